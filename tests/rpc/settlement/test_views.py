"""Who sees and does what."""

import contextlib
from collections.abc import Awaitable, Callable

import pytest

from kit.errors import InvalidArgument, NotFound, PermissionDenied
from protos.common.v1.page_pb2 import PageRequest
from protos.settlement.v1 import ledger_pb2
from protos.settlement.v1 import settlement_pb2 as pb
from tests.rpc.settlement.conftest import Desk, unique
from tests.rpc.settlement.words import line


async def franchised(desk: Desk, technician: str, outlet: str, **facts: str) -> pb.Earning:
    return await desk.promise(
        line("base", 200_00),
        technician_id=technician,
        outlet_id=outlet,
        cooperation_mode="franchise",
        **facts,
    )


async def test_a_technician_sees_their_lines_and_nobody_elses_share(settlement: Desk) -> None:
    technician, outlet = unique("pe"), unique("ou")
    whole = await franchised(settlement, technician, outlet)
    seen = await settlement.as_(technician, "technician").get(whole.earning_id)
    assert (seen.lines, seen.total, seen.changes) == (whole.lines, whole.total, whole.changes)
    assert [share.party_kind for share in seen.shares] == ["technician"]
    assert not seen.HasField("settlement_total")


async def test_an_outlets_manager_sees_the_outlets_and_its_technicians_share(
    settlement: Desk,
) -> None:
    outlet = unique("ou")
    earning = await franchised(settlement, unique("pe"), outlet)
    manager = settlement.as_("pe_manager", "outlet_manager", outlet_id=outlet)
    seen = await manager.get(earning.earning_id)
    assert [share.party_kind for share in seen.shares] == ["technician", "outlet"]
    assert not seen.HasField("settlement_total")


@pytest.mark.parametrize("role", ["finance", "hq", "supervisor", "admin"])
async def test_the_office_sees_it_whole(settlement: Desk, role: str) -> None:
    earning = await franchised(settlement, unique("pe"), unique("ou"))
    seen = await settlement.as_("pe_office", role).get(earning.earning_id)
    assert seen.HasField("net_estimate") == (role == "finance")
    seen.ClearField("net_estimate")
    assert seen == earning


async def test_somebody_elses_earning_is_not_there(settlement: Desk) -> None:
    earning = await franchised(settlement, unique("pe"), unique("ou"))
    for stranger in (
        settlement.as_(unique("pe"), "technician"),
        settlement.as_("pe_manager", "outlet_manager", outlet_id=unique("ou")),
    ):
        with pytest.raises(NotFound) as refusal:
            await stranger.get(earning.earning_id)
        assert refusal.value.reason == "SETTLEMENT_EARNING_NOT_FOUND"
    with pytest.raises(PermissionDenied):
        await settlement.as_("pe_customer", "customer").get(earning.earning_id)


async def test_lists_hold_what_each_may_see_newest_first(settlement: Desk) -> None:
    technician, outlet = unique("pe"), unique("ou")
    own = [await franchised(settlement, technician, unique("ou")) for _ in range(2)]
    other = await franchised(settlement, unique("pe"), outlet)
    for desk, expected in (
        (settlement.as_(technician, "technician"), [own[1], own[0]]),
        (settlement.as_("pe_manager", "outlet_manager", outlet_id=outlet), [other]),
        (settlement.as_(unique("pe"), "technician"), []),
    ):
        reply = await desk.stub.ListEarnings(pb.ListEarningsRequest())
        assert [x.earning_id for x in reply.earnings] == [x.earning_id for x in expected]
    # Asking for another technician by name shows nothing more.
    reply = await settlement.as_(technician, "technician").stub.ListEarnings(
        pb.ListEarningsRequest(technician_id=other.technician_id)
    )
    assert list(reply.earnings) == []


async def test_lists_are_filtered_and_paged(settlement: Desk) -> None:
    case = unique("ca")
    made = [await settlement.promise(case_id=case) for _ in range(5)]
    await settlement.lock(made[2].earning_id)
    locked = await settlement.stub.ListEarnings(
        pb.ListEarningsRequest(case_id=case, state=pb.EARNING_STATE_LOCKED)
    )
    assert [x.earning_id for x in locked.earnings] == [made[2].earning_id]

    seen: list[str] = []
    page = PageRequest(page_size=2)
    while True:
        reply = await settlement.stub.ListEarnings(pb.ListEarningsRequest(case_id=case, page=page))
        seen += [x.earning_id for x in reply.earnings]
        if not reply.page.next_page_token:
            break
        page = PageRequest(page_size=2, page_token=reply.page.next_page_token)
    assert seen == [x.earning_id for x in reversed(made)]

    with pytest.raises(InvalidArgument) as refusal:
        await settlement.stub.ListEarnings(pb.ListEarningsRequest(state=99))  # type: ignore[arg-type]
    assert refusal.value.reason == "SETTLEMENT_STATE_UNKNOWN"


async def test_transfers_are_paged_in_the_order_they_were_recorded(settlement: Desk) -> None:
    earning = await settlement.promise()
    await settlement.lock(earning.earning_id)
    await settlement.post(earning.earning_id)
    first = await settlement.ledger.ListLedgerTransfers(
        ledger_pb2.ListLedgerTransfersRequest(
            document_id=earning.earning_id, page=PageRequest(page_size=3)
        )
    )
    rest = await settlement.ledger.ListLedgerTransfers(
        ledger_pb2.ListLedgerTransfersRequest(
            document_id=earning.earning_id,
            page=PageRequest(page_size=3, page_token=first.page.next_page_token),
        )
    )
    numbers = [x.transfer_number for x in [*first.transfers, *rest.transfers]]
    assert (len(numbers), sorted(numbers), rest.page.next_page_token) == (4, numbers, "")
    with pytest.raises(InvalidArgument, match="next_page_token as it was given"):
        await settlement.ledger.ListLedgerTransfers(
            ledger_pb2.ListLedgerTransfersRequest(page=PageRequest(page_token="bm9wZQ=="))
        )


Act = Callable[[Desk, str], Awaitable[object]]
ACTS: dict[str, tuple[Act, set[str]]] = {
    "promise": (lambda desk, _: desk.promise(), {"finance", "supervisor", "admin"}),
    "preview": (lambda desk, _: desk.preview(), {"finance", "hq", "supervisor", "admin"}),
    "lock": (lambda desk, earning: desk.lock(earning), {"finance", "supervisor", "admin"}),
    "cancel": (lambda desk, earning: desk.cancel(earning), {"finance", "supervisor", "admin"}),
    "start_payout": (lambda desk, earning: desk.start_payout(earning), {"finance", "admin"}),
    "confirm_payout": (lambda desk, earning: desk.confirm_payout(earning), {"finance", "admin"}),
    "verify": (lambda desk, _: desk.verify(), {"finance", "hq", "admin"}),
    "balances": (lambda desk, _: desk.balances(), {"finance", "hq", "admin"}),
    "transfers": (lambda desk, earning: desk.transfers(earning), {"finance", "hq", "admin"}),
    "put_rule": (lambda desk, _: desk.put_rule("", ""), {"finance", "hq", "admin"}),
}


@pytest.mark.parametrize("act", ACTS)
async def test_only_those_who_may_act_do(settlement: Desk, act: str) -> None:
    do, allowed = ACTS[act]
    for role in (
        "technician",
        "outlet_manager",
        "customer",
        "finance",
        "hq",
        "supervisor",
        "admin",
    ):
        desk = settlement.as_("pe_somebody", role, outlet_id="ou_1")
        if role in allowed:
            with contextlib.suppress(NotFound, InvalidArgument):  # let in, with nothing to act on
                await do(desk, "ea_none")
        else:
            with pytest.raises(PermissionDenied) as refusal:
                await do(desk, "ea_none")
            assert refusal.value.reason == "ROLE_REQUIRED"
