"""An earning from the promise to the bank, as the flow calls it, and what the ledger then holds."""

import pytest

from kit.errors import FailedPrecondition
from protos.settlement.v1 import ledger_pb2
from protos.settlement.v1 import settlement_pb2 as pb
from tests.rpc.settlement.conftest import Desk, Movement, unique
from tests.rpc.settlement.words import line


def held(technician: str, outlet: str) -> list[Movement]:
    """What 200 yuan at 70 / 20 / 10 set aside."""
    return [
        Movement(
            "platform:clearing", f"technician:{technician}:earning", 140_00, "earning", "PENDING"
        ),
        Movement("platform:clearing", f"outlet:{outlet}:earning", 40_00, "earning", "PENDING"),
        Movement("platform:clearing", "platform:revenue", 20_00, "earning", "PENDING"),
    ]


def state(earning: pb.Earning) -> str:
    return pb.EarningState.Name(earning.state).removeprefix("EARNING_STATE_")


async def promised(desk: Desk) -> tuple[pb.Earning, str, str]:
    technician, outlet = unique("pe"), unique("ou")
    earning = await desk.promise(
        line("base", 200_00),
        technician_id=technician,
        outlet_id=outlet,
        cooperation_mode="franchise",
    )
    return earning, technician, outlet


async def test_a_promise_touches_no_book(settlement: Desk) -> None:
    earning, technician, _ = await promised(settlement)
    assert state(earning) == "ESTIMATED"
    assert await settlement.transfers(earning.earning_id) == []
    assert await settlement.balances(f"technician:{technician}:") == {}


async def test_locking_sets_every_share_aside(settlement: Desk) -> None:
    earning, technician, outlet = await promised(settlement)
    locked = await settlement.lock(earning.earning_id)
    assert state(locked) == "LOCKED"
    assert await settlement.transfers(earning.earning_id) == held(technician, outlet)
    assert await settlement.balances(f"technician:{technician}:") == {
        f"technician:{technician}:earning": (0, 140_00)
    }


async def test_posting_gives_every_party_its_share(settlement: Desk) -> None:
    earning, technician, outlet = await promised(settlement)
    await settlement.lock(earning.earning_id)
    posted = await settlement.post(earning.earning_id)
    assert state(posted) == "PAYABLE"
    pending = held(technician, outlet)
    assert await settlement.transfers(earning.earning_id) == pending + [
        transfer._replace(state="POSTED") for transfer in pending
    ]
    assert await settlement.balances(f"outlet:{outlet}:") == {
        f"outlet:{outlet}:earning": (40_00, 0)
    }


async def test_a_payout_leaves_the_technicians_account_empty(settlement: Desk) -> None:
    earning, technician, _ = await promised(settlement)
    for step in (settlement.lock, settlement.post, settlement.start_payout):
        earning = await step(earning.earning_id)
    assert state(earning) == "PAYING"
    own = f"technician:{technician}:earning"
    assert await settlement.balances(own) == {own: (140_00, -140_00)}

    paid = await settlement.confirm_payout(earning.earning_id, "ICBC-7001")
    assert state(paid) == "PAID"
    assert paid.payout_reference == "ICBC-7001"
    assert await settlement.balances(own) == {own: (0, 0)}
    response = await settlement.ledger.ListLedgerTransfers(
        ledger_pb2.ListLedgerTransfersRequest(
            document_id=earning.earning_id, ledger_account="payout:clearing"
        )
    )
    assert [
        (transfer.memo, transfer.refers_to_transfer_number) for transfer in response.transfers
    ] == [
        ("", 0),
        ("ICBC-7001", response.transfers[0].transfer_number),
    ]


async def test_cancelling_a_promise_leaves_no_trace_in_the_ledger(settlement: Desk) -> None:
    earning, _, _ = await promised(settlement)
    assert state(await settlement.cancel(earning.earning_id)) == "CANCELLED"
    assert await settlement.transfers(earning.earning_id) == []


async def test_cancelling_a_locked_earning_voids_what_was_pending(settlement: Desk) -> None:
    earning, technician, outlet = await promised(settlement)
    await settlement.lock(earning.earning_id)
    assert state(await settlement.cancel(earning.earning_id)) == "CANCELLED"
    pending = held(technician, outlet)
    assert await settlement.transfers(earning.earning_id) == pending + [
        transfer._replace(state="VOIDED") for transfer in pending
    ]
    assert await settlement.balances(f"technician:{technician}:") == {
        f"technician:{technician}:earning": (0, 0)
    }


async def test_cancelling_a_payable_earning_reverses_it_and_keeps_the_original(
    settlement: Desk,
) -> None:
    earning, technician, outlet = await promised(settlement)
    await settlement.lock(earning.earning_id)
    await settlement.post(earning.earning_id)
    assert state(await settlement.cancel(earning.earning_id)) == "REVERSED"
    rows = await settlement.transfers(earning.earning_id)
    assert rows[6:] == [
        Movement(credit, debit, amount, "reversal", "POSTED")
        for debit, credit, amount, _, _ in held(technician, outlet)
    ]
    assert await settlement.balances(f"technician:{technician}:") == {
        f"technician:{technician}:earning": (0, 0)
    }


async def test_an_earning_that_is_being_paid_cannot_be_cancelled(settlement: Desk) -> None:
    earning, _, _ = await promised(settlement)
    for step in (settlement.lock, settlement.post, settlement.start_payout):
        await step(earning.earning_id)
    with pytest.raises(FailedPrecondition, match="wait until the payout is confirmed") as refusal:
        await settlement.cancel(earning.earning_id)
    assert (refusal.value.reason, refusal.value.field, refusal.value.details) == (
        "SETTLEMENT_EARNING_STATE",
        "earning_id",
        {"state": "paying"},
    )
    await settlement.confirm_payout(earning.earning_id)
    with pytest.raises(FailedPrecondition, match="deduction on the technician's next earning"):
        await settlement.cancel(earning.earning_id)


async def test_undoing_each_step_of_a_flow_cancels_once(settlement: Desk) -> None:
    earning, _, _ = await promised(settlement)
    await settlement.lock(earning.earning_id)
    first = await settlement.cancel(earning.earning_id, "流程撤回")
    second = await settlement.cancel(earning.earning_id, "流程撤回")
    assert second == first


async def test_steps_out_of_order_are_refused(settlement: Desk) -> None:
    earning, _, _ = await promised(settlement)
    for step in (settlement.post, settlement.start_payout, settlement.confirm_payout):
        with pytest.raises(FailedPrecondition) as refusal:
            await step(earning.earning_id)
        assert refusal.value.reason == "SETTLEMENT_EARNING_STATE"
    await settlement.lock(earning.earning_id)
    with pytest.raises(FailedPrecondition, match="that is locked cannot be locked"):
        await settlement.lock(earning.earning_id)
    assert (await settlement.get(earning.earning_id)).revision == 2


async def test_an_earning_of_nothing_lives_without_the_ledger(settlement: Desk) -> None:
    earning = await settlement.promise(line("base", 100_00), line("deduction", -100_00))
    assert (earning.total.amount_minor, [x.share_basis_points for x in earning.lines]) == (
        0,
        [0, 0],
    )
    for step in (
        settlement.lock,
        settlement.post,
        settlement.start_payout,
        settlement.confirm_payout,
    ):
        await step(earning.earning_id)
    assert await settlement.transfers(earning.earning_id) == []
    assert (await settlement.verify()).sound


async def test_the_audit_says_who_moved_it_and_why(settlement: Desk) -> None:
    earning, _, _ = await promised(settlement)
    await settlement.lock(earning.earning_id)
    finance = settlement.as_("pe_finance", "finance")
    await finance.cancel(earning.earning_id, "客户退款")
    changes = (await settlement.get(earning.earning_id)).changes
    assert [(x.acting_person_id, x.reason, x.previous_state, x.new_state) for x in changes] == [
        ("system", "派单报价时承诺", pb.EARNING_STATE_UNSPECIFIED, pb.EARNING_STATE_ESTIMATED),
        ("system", "客户已验收", pb.EARNING_STATE_ESTIMATED, pb.EARNING_STATE_LOCKED),
        ("pe_finance", "客户退款", pb.EARNING_STATE_LOCKED, pb.EARNING_STATE_CANCELLED),
    ]


async def test_the_ledger_is_sound_after_all_this(settlement: Desk) -> None:
    earning, _, _ = await promised(settlement)
    await settlement.lock(earning.earning_id)
    found = await settlement.verify()
    assert (found.sound, list(found.findings)) == (True, [])
    assert found.transfer_count >= 3
    assert len(found.chain_head) == 64
    posted = [posted for posted, _ in (await settlement.balances()).values()]
    assert sum(posted) == 0
