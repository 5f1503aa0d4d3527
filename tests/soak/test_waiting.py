"""Whatever a case waits for, it survives the death of any one process."""

import pytest

from tests.e2e.conftest import Product
from tests.e2e.crowd import KILLED
from tests.e2e.waiting import survive


@pytest.mark.parametrize("name", KILLED)
async def test_cases_that_wait_survive_the_death_of_a_process(product: Product, name: str) -> None:
    await survive(product, name)
