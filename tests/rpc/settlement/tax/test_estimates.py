"""What tax would leave of an earning stands beside it, for its technician and finance alone."""

import pytest

from protos.settlement.v1 import settlement_pb2 as pb
from tests.rpc.settlement.conftest import Desk, earning_facts
from tests.rpc.settlement.words import line

WORK = line("base", 10_000_00)


async def seen_by(desk: Desk, earning_id: str) -> bool:
    return (await desk.get(earning_id)).HasField("net_estimate")


async def test_a_technician_reads_at_the_offer_what_tax_would_leave(settlement: Desk) -> None:
    offered = await settlement.promise(WORK, technician_id="pe_net")
    own = await settlement.as_("pe_net", "technician").get(offered.earning_id)
    assert own.total.amount_minor == 7_000_00
    estimate = own.net_estimate
    assert (estimate.tax.amount_minor, estimate.net.amount_minor) == (1_120_00, 5_880_00)
    assert [step.chinese for step in estimate.steps][:2] == [
        "本次收入 ¥7,000.00",
        "费用 ¥7,000.00 × 20% = ¥1,400.00",
    ]
    assert await seen_by(settlement.as_("pe_finance", "finance"), offered.earning_id)


@pytest.mark.parametrize("role", ["hq", "supervisor", "admin", "outlet_manager"])
async def test_nobody_else_reads_it_and_neither_does_a_flow(settlement: Desk, role: str) -> None:
    offered = await settlement.promise(WORK, technician_id="pe_net", outlet_id="ou_east")
    assert not offered.HasField("net_estimate")
    assert not await seen_by(settlement, offered.earning_id)
    other = settlement.as_("pe_other", role, outlet_id="ou_east")
    assert not await seen_by(other, offered.earning_id)


async def test_a_preview_tells_it_to_finance(settlement: Desk) -> None:
    facts = pb.PreviewEarningRequest(facts=earning_facts(WORK))
    told = await settlement.as_("pe_finance", "finance").stub.PreviewEarning(facts)
    assert told.net_estimate.net.amount_minor == 5_880_00
    untold = await settlement.as_("pe_hq", "hq").stub.PreviewEarning(facts)
    assert not untold.HasField("net_estimate")


async def test_what_is_cancelled_or_cannot_be_taxed_has_none(settlement: Desk) -> None:
    technician = settlement.as_("pe_net", "technician")
    baht = await settlement.promise(line("base", 100_00, currency="THB"), technician_id="pe_net")
    assert not await seen_by(technician, baht.earning_id)
    cancelled = await settlement.promise(WORK, technician_id="pe_net")
    await settlement.cancel(cancelled.earning_id)
    assert not await seen_by(technician, cancelled.earning_id)
