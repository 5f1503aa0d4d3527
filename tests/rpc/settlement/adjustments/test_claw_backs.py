"""Claw-backs: of each recorded share in part, in the end whole, and never more."""

from kit.errors import (
    FailedPrecondition,
    InvalidArgument,
)
from protos.settlement.v1 import adjustment_pb2 as pb
from tests.rpc.settlement.adjustments.desk import Adjustments, outcomes, refused
from tests.rpc.settlement.conftest import unique
from tests.rpc.settlement.words import money


async def test_a_claw_back_takes_each_recorded_share_in_part_and_in_the_end_whole(
    desk: Adjustments,
) -> None:
    outlet = unique("ou")
    earning = await desk.earning(199_99, cooperation_mode="franchise", outlet_id=outlet)
    shares = {share.party_kind: share.amount.amount_minor for share in earning.shares}
    for _ in range(3):
        made = await desk.qian.claw_back(
            earning.earning_id, refunded=money(120_00), paid=money(360_00)
        )
        await desk.zhao.approve(made.adjustment_id)
    taken: dict[str, int] = {}
    for each in await desk.listed(earning_id=earning.earning_id, kind="ADJUSTMENT_KIND_CLAW_BACK"):
        for share in each.shares:
            taken[share.party_kind] = taken.get(share.party_kind, 0) - share.amount.amount_minor
    assert taken == shares
    assert await desk.stands(earning.technician_id) == (0, 0, 0)
    assert await desk.balance(f"outlet:{outlet}:earning") == 0
    await refused(
        desk.qian.claw_back(earning.earning_id, 1),
        InvalidArgument,
        "SETTLEMENT_CLAW_BACK_TOO_MUCH",
    )


async def test_a_flows_small_claw_back_goes_by_rule_and_a_large_one_waits(
    desk: Adjustments,
) -> None:
    earning = await desk.earning()
    small = await desk.claw_back(earning.earning_id, 50_00, rule_code="small_refunds")
    assert small.state == pb.ADJUSTMENT_STATE_POSTED
    large = await desk.claw_back(earning.earning_id, 50_01, rule_code="small_refunds")
    assert large.state == pb.ADJUSTMENT_STATE_PROPOSED
    without = await desk.claw_back(earning.earning_id, 1)
    assert without.state == pb.ADJUSTMENT_STATE_PROPOSED


async def test_after_the_payout_it_is_owed_and_later_earnings_pay_it_visibly(
    desk: Adjustments,
) -> None:
    earning = await desk.earning(to="paid")
    technician = earning.technician_id
    made = await desk.qian.claw_back(earning.earning_id)
    posted = await desk.zhao.approve(made.adjustment_id)
    assert posted.shares[0].debt == money(140_00)
    assert await desk.stands(technician) == (0, -140_00, 0)

    second = await desk.earning(100_00, technician_id=technician)
    assert await desk.stands(technician) == (0, -70_00, 0)
    (offset,) = await desk.listed(earning_id=second.earning_id)
    assert offset.kind == pb.ADJUSTMENT_KIND_DEBT_OFFSET
    assert (offset.amount, offset.automatic) == (money(-70_00), True)
    seen = await desk.as_(technician, "technician").listed(earning_id=second.earning_id)
    assert [each.reason for each in seen] == ["以后续收益抵扣欠款"]

    await desk.earning(200_00, technician_id=technician)
    assert await desk.stands(technician) == (70_00, 0, 0)
    assert (await desk.books.verify()).sound


async def test_a_claw_back_undone_after_its_debt_was_paid_gives_the_payment_back(
    desk: Adjustments,
) -> None:
    earning = await desk.earning(to="paid")
    technician = earning.technician_id
    made = await desk.qian.claw_back(earning.earning_id)
    await desk.zhao.approve(made.adjustment_id)
    await desk.earning(300_00, technician_id=technician)
    assert await desk.stands(technician) == (70_00, 0, 0)
    await desk.zhao.reverse(made.adjustment_id)
    assert await desk.stands(technician) == (210_00, 0, 0)


async def test_an_earning_of_which_parts_were_taken_back_is_not_reversed_whole(
    desk: Adjustments,
) -> None:
    earning = await desk.earning()
    await desk.qian.claw_back(earning.earning_id, 10_00)
    await refused(
        desk.books.cancel(earning.earning_id),
        FailedPrecondition,
        "SETTLEMENT_EARNING_CLAWED_BACK",
    )


async def test_nothing_is_taken_back_of_what_was_never_posted(desk: Adjustments) -> None:
    earning = await desk.earning(to="locked")
    await refused(
        desk.qian.claw_back(earning.earning_id),
        FailedPrecondition,
        "SETTLEMENT_EARNING_NOT_POSTED",
    )


async def test_the_same_refund_claws_back_once_though_asked_at_once(desk: Adjustments) -> None:
    earning, cause = await desk.earning(), unique("rf")
    found = await outcomes(
        *(desk.qian.claw_back(earning.earning_id, cause_reference=cause) for _ in range(8))
    )
    assert found == ["SETTLEMENT_ADJUSTMENT_EXISTS"] * 7 + ["done"] or found == [
        "SETTLEMENT_CLAW_BACK_TOO_MUCH"
    ] * 7 + ["done"]
    assert len(await desk.listed(earning_id=earning.earning_id)) == 1


async def test_different_refunds_at_once_never_take_more_than_the_whole(desk: Adjustments) -> None:
    earning = await desk.earning()
    found = await outcomes(*(desk.qian.claw_back(earning.earning_id, 60_00) for _ in range(8)))
    assert found == ["SETTLEMENT_CLAW_BACK_TOO_MUCH"] * 5 + ["done"] * 3
