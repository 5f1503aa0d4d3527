"""Every process dies again and again under two hundred cases; everything is accounted for."""

from random import SystemRandom

import pytest

from tests.e2e import test_chaos
from tests.e2e.conftest import Product

ROUNDS = 3
LONGEST_TEST_SECONDS = 1_800
CASES = 200


@pytest.mark.parametrize("rounds", range(ROUNDS))
async def test_two_hundred_cases_come_through_the_death_of_any_process(
    product: Product, rounds: int
) -> None:
    seed = SystemRandom().randrange(10**9)
    await test_chaos.live_and_die(product, seed, cases=CASES, seconds=200, deaths=60)
