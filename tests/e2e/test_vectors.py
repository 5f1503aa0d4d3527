"""The worked examples, through the whole running product: HTTP, services, PostgreSQL, Temporal."""

import re
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import Product

HEIGHT = "WORK-AT-HEIGHT"
INSIDE, OUTSIDE = "cu_inside", "cu_outside"
PRICES = {
    "V1 standard install with work at height": (OUTSIDE, "AC-INSTALL-STD", [HEIGHT], 240_00),
    "V2 standard install": (OUTSIDE, "AC-INSTALL-STD", [], 200_00),
    "V3 install on the third floor and up": (OUTSIDE, "AC-INSTALL-HIGH", [], 360_00),
    "V4 complex device": (OUTSIDE, "DEVICE-TUNING", [], 600_00),
    "V5 urgent extra": (OUTSIDE, "URGENT-INSTALL", [], 455_00),
    "V6 inside the fifth ring": (INSIDE, "AC-INSTALL-STD", [], 240_00),
    "V7 premium on the base, then the coefficient": (INSIDE, "AC-INSTALL-HIGH", [], 432_00),
}


def quote(door: httpx.Client, customer: str, item: str, modifiers: list[str]) -> Any:
    address = door.get(f"/customers/{customer}").json()["addresses"][0]
    place = door.post("/places/resolve", json={"address_id": address["address_id"]}).json()
    facts = {
        "lines": [{"item_code": item, "quantity": 1, "modifier_codes": modifiers}],
        "place": place,
        "cooperation_mode": "direct",
        "customer_level": "standard",
    }
    answer = door.post("/quotes/preview", json={"facts": facts})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("customer", "item", "modifiers", "fen"), PRICES.values(), ids=PRICES.keys()
)
async def test_a_price_is_right_to_the_fen(
    door: httpx.Client,
    customer: str,
    item: str,
    modifiers: list[str],
    fen: int,
) -> None:
    found = quote(door, customer, item, modifiers)
    assert found["total"] == {"currency": "CNY", "amount_minor": fen}
    steps = found["lines"][0]["steps"]
    assert steps[-1]["amount_after"]["amount_minor"] == fen


async def test_the_explanation_shows_the_premium_before_the_coefficient(
    door: httpx.Client,
) -> None:
    steps = quote(door, INSIDE, "AC-INSTALL-HIGH", [])["lines"][0]["steps"]
    amounts = [
        step["amount_after"]["amount_minor"] for step in steps if step["phase"] != "quantity"
    ]
    assert amounts == [300_00, 360_00, 432_00]


async def test_the_demo_walks_the_whole_way(product: Product) -> None:
    """From the first call to the paid earning, and V10 and V11 on the way."""
    done = await product.gongdan("demo", seconds=150)
    assert done.code == 0, done.output + done.errors
    whole, at_the_limit, over_the_limit = dict.fromkeys(re.findall(r"ca_[0-9a-z]+", done.output))
    (earning,) = (await product.told("earning", "list", "--case", whole))["earnings"]
    assert earning["state"] == "EARNING_STATE_PAID"
    earning = await product.told("earning", "show", earning["earning_id"])
    lines = [line["amount"]["amount_minor"] for line in earning["lines"]]
    assert sum(lines) == earning["total"]["amount_minor"] == 120_96
    found = await product.told("ledger", "transfers", "--earning", earning["earning_id"])
    kinds = {transfer["transfer_kind"] for transfer in found["transfers"]}
    assert kinds == {"earning", "payout"}
    assert (await product.told("ledger", "verify"))["sound"] is True
    visited = {
        case_id: [node["node"] for node in (await product.told("case", "show", case_id))["nodes"]]
        for case_id in (at_the_limit, over_the_limit)
    }
    assert "director" not in visited[at_the_limit], "V10: 50,000.00 is not over 50,000"
    assert "director" in visited[over_the_limit], "V11: 50,000.01 is"
