"""Adjustments: proposed by one, approved by another, posted once, undone once."""

from typing import Any

import pytest

from kit.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
)
from protos.settlement.v1 import adjustment_pb2 as pb
from protos.settlement.v1 import settlement_pb2
from tests.rpc.settlement.adjustments.desk import Adjustments, outcomes, refused
from tests.rpc.settlement.conftest import unique
from tests.rpc.settlement.words import money


async def test_a_subsidy_waits_for_another_person_and_is_posted_once(desk: Adjustments) -> None:
    earning = await desk.earning()
    made = await desk.qian.propose(earning_id=earning.earning_id)
    assert made.state == pb.ADJUSTMENT_STATE_PROPOSED
    assert await desk.stands(earning.technician_id) == (140_00, 0, 0)
    await refused(desk.qian.approve(made.adjustment_id), FailedPrecondition, "SETTLEMENT_FOUR_EYES")
    approved = await desk.zhao.approve(made.adjustment_id)
    assert approved.state == pb.ADJUSTMENT_STATE_POSTED
    assert approved.approved_by_person_id == "pe_zhao"
    assert [change.new_state for change in approved.changes] == [
        pb.ADJUSTMENT_STATE_PROPOSED,
        pb.ADJUSTMENT_STATE_APPROVED,
        pb.ADJUSTMENT_STATE_POSTED,
    ]
    assert await desk.stands(earning.technician_id) == (160_00, 0, 0)
    await refused(
        desk.zhao.approve(made.adjustment_id), FailedPrecondition, "SETTLEMENT_ADJUSTMENT_STATE"
    )


async def test_whoever_gets_a_subsidy_does_not_approve_it(desk: Adjustments) -> None:
    earning = await desk.earning()
    made = await desk.qian.propose(earning_id=earning.earning_id)
    payee = desk.as_(earning.technician_id, "technician", "finance")
    await refused(payee.approve(made.adjustment_id), FailedPrecondition, "SETTLEMENT_FOUR_EYES")


async def test_a_rejected_one_moves_nothing_and_what_it_answered_may_be_asked_again(
    desk: Adjustments,
) -> None:
    earning = await desk.earning()
    said: dict[str, Any] = {
        "earning_id": earning.earning_id,
        "cause_reference": "heat-wave",
    }
    made = await desk.qian.propose(**said)
    await refused(desk.qian.propose(**said), AlreadyExists, "SETTLEMENT_ADJUSTMENT_EXISTS")
    assert (await desk.zhao.reject(made.adjustment_id)).state == pb.ADJUSTMENT_STATE_REJECTED
    assert await desk.stands(earning.technician_id) == (140_00, 0, 0)
    assert (await desk.qian.propose(**said)).state == pb.ADJUSTMENT_STATE_PROPOSED


async def test_a_reversal_restores_every_balance(desk: Adjustments) -> None:
    earning = await desk.earning(cooperation_mode="franchise", outlet_id=unique("ou"))
    before = await desk.books.balances()
    made = await desk.qian.claw_back(earning.earning_id, 100_01)
    await desk.zhao.approve(made.adjustment_id)
    assert await desk.books.balances() != before
    undone = await desk.as_("pe_sun", "finance").reverse(made.adjustment_id)
    assert undone.state == pb.ADJUSTMENT_STATE_REVERSED
    assert {k: v for k, v in (await desk.books.balances()).items() if v != (0, 0)} == {
        k: v for k, v in before.items() if v != (0, 0)
    }
    await refused(
        desk.zhao.reverse(made.adjustment_id), FailedPrecondition, "SETTLEMENT_ADJUSTMENT_STATE"
    )


async def test_what_was_given_and_paid_out_is_owed_when_it_is_reversed(desk: Adjustments) -> None:
    technician = unique("pe")
    party: dict[str, Any] = {
        "party_kind": "technician",
        "party_id": technician,
        "month": "2026-01",
    }
    made = await desk.qian.propose(**party)
    await desk.zhao.approve(made.adjustment_id)
    fine = await desk.qian.propose("deduction", 15_00, **party)
    await desk.zhao.approve(fine.adjustment_id)
    await desk.zhao.reverse(made.adjustment_id)
    assert await desk.stands(technician) == (0, -15_00, 0)
    assert (await desk.books.verify()).sound


async def test_an_adjustment_of_a_locked_earning_is_posted_once_that_is(desk: Adjustments) -> None:
    earning = await desk.earning(to="locked")
    made = await desk.qian.propose(earning_id=earning.earning_id)
    approved = await desk.zhao.approve(made.adjustment_id)
    assert approved.state == pb.ADJUSTMENT_STATE_APPROVED
    await desk.settle()
    assert (await desk.get(made.adjustment_id)).state == pb.ADJUSTMENT_STATE_APPROVED
    await desk.books.post(earning.earning_id)
    await desk.settle()
    assert (await desk.get(made.adjustment_id)).state == pb.ADJUSTMENT_STATE_POSTED
    assert await desk.stands(earning.technician_id) == (160_00, 0, 0)


async def test_an_adjustment_of_a_cancelled_earning_is_rejected(desk: Adjustments) -> None:
    earning = await desk.earning(to="locked")
    made = await desk.qian.propose(earning_id=earning.earning_id)
    await desk.zhao.approve(made.adjustment_id)
    await desk.books.cancel(earning.earning_id)
    await desk.settle()
    assert (await desk.get(made.adjustment_id)).state == pb.ADJUSTMENT_STATE_REJECTED


async def test_two_approvals_at_once_post_once(desk: Adjustments) -> None:
    earning = await desk.earning()
    made = await desk.qian.propose(earning_id=earning.earning_id)
    approvers = [desk.as_(f"pe_{number}", "finance") for number in range(8)]
    found = await outcomes(*(each.approve(made.adjustment_id) for each in approvers))
    assert found == ["SETTLEMENT_ADJUSTMENT_STATE"] * 7 + ["done"]
    assert await desk.stands(earning.technician_id) == (160_00, 0, 0)


async def test_a_revision_that_was_not_looked_at_is_not_approved(desk: Adjustments) -> None:
    made = await desk.qian.propose(earning_id=(await desk.earning()).earning_id)
    await refused(
        desk.zhao.approve(made.adjustment_id, revision=7),
        FailedPrecondition,
        "SETTLEMENT_ADJUSTMENT_STALE",
    )


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "month"),
        ({"month": "2026-1", "party_kind": "technician", "party_id": "pe_1"}, "month"),
        ({"month": "2026-01", "party_kind": "platform", "party_id": "platform"}, "party_kind"),
        ({"month": "2026-01", "party_kind": "technician", "party_id": "a:b"}, "party_id"),
        ({"amount": money(0)}, "amount"),
        ({"amount": money(1, "THB")}, "amount.currency"),
        ({"kind": "claw_back"}, "kind"),
        ({"kind": "deduction", "evidence": []}, "evidence"),
        ({"reason": ""}, "reason"),
        ({"rule_code": "heat"}, "amount"),
        ({"party_kind": "outlet", "party_id": "ou_other"}, "party_id"),
    ],
)
async def test_a_wrong_proposal_names_its_field_and_changes_nothing(
    desk: Adjustments, said: dict[str, Any], field: str
) -> None:
    earning = await desk.earning()
    about = {} if not said or "month" in said else {"earning_id": earning.earning_id}
    with pytest.raises(InvalidArgument) as refusal:
        await desk.qian.propose(**(about | said))
    assert refusal.value.field == field
    assert await desk.listed(earning_id=earning.earning_id) == []


async def test_an_earnings_life_goes_on_as_before_without_hold_back_rules(
    desk: Adjustments,
) -> None:
    earning = await desk.earning(to="paid")
    assert earning.state == settlement_pb2.EARNING_STATE_PAID
    assert await desk.holdbacks(earning_id=earning.earning_id) == []
