"""Whatever a case waits for, it survives the sudden death of what runs it, all at once; `make soak`
kills each process by itself."""

from tests.e2e.conftest import Product
from tests.e2e.waiting import survive


async def test_cases_that_wait_survive_the_death_of_all_that_runs_them(product: Product) -> None:
    await survive(product, "workflows", "temporal", "postgres", "workorder")
