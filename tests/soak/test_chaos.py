"""Every process dies again and again; the product always comes back, and its books are sound."""

import json

import pytest

from stack.processes import PROCESSES, Ready
from tests.e2e.conftest import Product

ROUNDS = 3
SERVERS = [process.name for process in PROCESSES if process.ready is not Ready.EXIT]


@pytest.mark.parametrize("rounds", range(ROUNDS))
@pytest.mark.parametrize("name", SERVERS)
async def test_killed_process_comes_back_and_everybody_is_well(
    product: Product, name: str, rounds: int
) -> None:
    await product.ready_again(name, product.kill(name))
    for other in SERVERS:
        await product.ready_again(other, killed=0)
    verified = await product.gongdan("ledger", "verify", "--json")
    assert verified.code == 0, verified.errors
    assert json.loads(verified.output)["sound"] is True
