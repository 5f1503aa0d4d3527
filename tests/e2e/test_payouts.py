"""Money leaves through the whole product: drawn, approved by two, tapped on a phone, told, and the same
on both sides."""

from typing import Any

import httpx

from kit.rpc.client import RpcCaller
from protos.common.v1.money_pb2 import Money
from tests.e2e.conftest import Product, until
from tests.e2e.test_tax import FINANCE, earn, settlement

__all__ = ["settlement"]


async def test_a_technician_confirms_on_the_phone_and_the_money_has_arrived(
    product: Product, settlement: RpcCaller
) -> None:
    earning = await earn(settlement, "pe_liu", Money(currency="CNY", amount_minor=400_00))
    drawn = await product.told(
        "payout", "draw", "pe_liu", "--earning", earning.earning_id, person=FINANCE
    )
    batch, (payout,) = drawn["payout_batch_id"], drawn["payouts"]
    assert payout["gross"]["amount_minor"] == earning.total.amount_minor
    await product.told("payout", "approve", batch, person="pe_zheng")
    await product.told("payout", "approve", batch)  # the administrator
    phone = product.url("payout")
    async with httpx.AsyncClient(base_url=phone, trust_env=False) as http:

        async def waits() -> dict[str, Any] | None:
            transfers = (await http.get("/_sim/transfers")).json()
            return next(
                (
                    each
                    for each in transfers
                    if each["out_bill_no"] == payout["channel_number"]
                    and each["state"] == "WAIT_USER_CONFIRM"
                ),
                None,
            )

        transfer = await until(waits, "the transfer to wait for its payee")
        assert transfer["amount_minor"] == earning.total.amount_minor  # below ¥800: no tax
        assert payout["channel_number"] in (await http.get("/")).text
        tapped = await http.post(f"/_sim/transfers/{payout['channel_number']}/confirm")
        assert tapped.status_code == 200

    async def arrived() -> dict[str, Any] | None:
        shown = await product.told("payout", "show", payout["payout_id"], person="pe_liu")
        return shown if shown["state"] == "PAYOUT_STATE_PAID" else None

    paid = await until(arrived, "the money to arrive")
    shown = await product.told("earning", "show", earning.earning_id, person="pe_liu")
    assert (shown["state"], shown["payout_reference"]) == (
        "EARNING_STATE_PAID",
        paid["channel_bill_number"],
    )

    async def closed() -> dict[str, Any] | None:
        found = await product.told("payout", "show", batch, person=FINANCE)
        return found if found["state"] == "PAYOUT_BATCH_STATE_CLOSED" else None

    await until(closed, "the batch to close")
    compared = await product.told("payout", "reconcile", "2000-01-01", "2100-01-01", person=FINANCE)
    assert compared["compared_count"] == 1
    assert compared.get("differences", []) == []
    verdict = await product.told("ledger", "verify", person=FINANCE)
    assert verdict["sound"] is True
