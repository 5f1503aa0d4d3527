"""Hold-backs: kept of what is posted, released on their date, each ended once."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kit.clock import SHANGHAI, FixedClock
from kit.errors import FailedPrecondition, NotFound, ServiceError
from protos.settlement.v1 import adjustment_pb2 as pb
from protos.settlement.v1 import settlement_pb2
from tests.rpc.conftest import Serve
from tests.rpc.settlement.adjustments.desk import Adjustments, opened, refused
from tests.rpc.settlement.conftest import unique
from tests.rpc.settlement.words import money

TENTH = pb.HoldbackTerms(ratio="0.1", release_after_days=90)
FRANCHISED = pb.HoldbackTerms(
    ratio="0.05", release_after_days=30, party_kind="outlet", cooperation_mode="franchise"
)
CLOCK = FixedClock(datetime.now(UTC))


@pytest.fixture(scope="module")
async def desk(serve: Serve) -> Adjustments:
    made = await opened(serve, CLOCK)
    await made.rule("quality", holdback=TENTH)
    await made.rule("franchise_quality", holdback=FRANCHISED)
    return made


async def kept(desk: Adjustments, fen: int = 200_00, **facts: str) -> tuple[Any, pb.Holdback]:
    """A posted earning, and what is kept of its technician's part."""
    earning = await desk.earning(fen, **facts)
    (held,) = await desk.holdbacks(earning_id=earning.earning_id, party_kind="technician")
    return earning, held


async def test_a_part_of_each_posted_earning_is_kept_apart_until_its_date(
    desk: Adjustments,
) -> None:
    earning, held = await kept(desk, 199_99)  # 139.99 or 140.00 of it the technician's
    part = earning.total.amount_minor // 10
    assert (held.amount, held.rule_code, held.rule_version) == (money(part), "quality", 1)
    assert await desk.stands(earning.technician_id) == (
        earning.total.amount_minor - part,
        0,
        part,
    )
    release = held.release_at.ToDatetime(UTC).astimezone(SHANGHAI)
    assert (release.hour, release.minute) == (0, 0)
    assert release.date() == CLOCK.now().astimezone(SHANGHAI).date() + timedelta(days=90)


async def test_modes_have_rules_of_their_own_for_each_kind_of_party(desk: Adjustments) -> None:
    outlet = unique("ou")
    earning = await desk.earning(cooperation_mode="franchise", outlet_id=outlet)
    found = {
        each.party_kind: each.amount for each in await desk.holdbacks(earning_id=earning.earning_id)
    }
    assert found == {"technician": money(14_00), "outlet": money(2_00)}
    assert await desk.balance(f"outlet:{outlet}:holdback") == 2_00


async def test_what_is_due_goes_back_by_itself_and_once(desk: Adjustments) -> None:
    earning, held = await kept(desk)
    await desk.release_due()
    assert await desk.stands(earning.technician_id) == (126_00, 0, 14_00)
    CLOCK.advance(timedelta(days=90))
    answers = await asyncio.gather(*(desk.release_due() for _ in range(4)))
    assert sum(answer.released_count for answer in answers) >= 1
    assert await desk.stands(earning.technician_id) == (140_00, 0, 0)
    (after,) = await desk.holdbacks(earning_id=earning.earning_id)
    assert (after.state, after.end_reason) == (pb.HOLDBACK_STATE_RELEASED, "到期释放")
    await refused(desk.release(held.holdback_id), FailedPrecondition, "SETTLEMENT_HOLDBACK_STATE")
    assert (await desk.books.verify()).sound


async def test_before_its_date_it_goes_back_when_two_agree(desk: Adjustments) -> None:
    earning, held = await kept(desk)
    waiting = await desk.qian.release(held.holdback_id, "师傅离职结清")
    assert waiting.state == pb.HOLDBACK_STATE_HELD
    assert waiting.adjustment_id
    await refused(
        desk.qian.release(held.holdback_id, "再来"),
        FailedPrecondition,
        "SETTLEMENT_HOLDBACK_SPOKEN_FOR",
    )
    await refused(
        desk.qian.approve(waiting.adjustment_id), FailedPrecondition, "SETTLEMENT_FOUR_EYES"
    )
    approved = await desk.zhao.approve(waiting.adjustment_id)
    assert (approved.kind, approved.state) == (
        pb.ADJUSTMENT_KIND_EARLY_RELEASE,
        pb.ADJUSTMENT_STATE_POSTED,
    )
    assert await desk.stands(earning.technician_id) == (140_00, 0, 0)
    await refused(
        desk.zhao.reverse(waiting.adjustment_id), FailedPrecondition, "SETTLEMENT_ADJUSTMENT_FINAL"
    )


async def test_a_forfeiture_needs_two_and_keeps_it_from_going_back_meanwhile(
    desk: Adjustments,
) -> None:
    earning, held = await kept(desk)
    proposed = await desk.qian.forfeit(held.holdback_id)
    CLOCK.advance(timedelta(days=91))
    await desk.release_due()
    assert await desk.stands(earning.technician_id) == (126_00, 0, 14_00)
    before = await desk.balance("platform:adjustment")
    await desk.zhao.approve(proposed.adjustment_id)
    assert await desk.stands(earning.technician_id) == (126_00, 0, 0)
    assert await desk.balance("platform:adjustment") == before + 14_00


async def test_a_forfeiture_that_is_rejected_lets_it_go_back(desk: Adjustments) -> None:
    earning, held = await kept(desk)
    proposed = await desk.qian.forfeit(held.holdback_id)
    CLOCK.advance(timedelta(days=91))
    await desk.zhao.reject(proposed.adjustment_id)
    await desk.release_due()
    assert await desk.stands(earning.technician_id) == (140_00, 0, 0)


async def test_an_early_release_that_nobody_approved_is_overtaken_by_the_date(
    desk: Adjustments,
) -> None:
    _, held = await kept(desk)
    waiting = await desk.qian.release(held.holdback_id, "急用钱")
    CLOCK.advance(timedelta(days=91))
    await desk.release_due()
    assert (await desk.get(waiting.adjustment_id)).state == pb.ADJUSTMENT_STATE_REJECTED
    await refused(
        desk.zhao.approve(waiting.adjustment_id), FailedPrecondition, "SETTLEMENT_ADJUSTMENT_STATE"
    )


async def test_an_approval_and_the_date_at_once_let_it_go_once(desk: Adjustments) -> None:
    earning, held = await kept(desk)
    waiting = await desk.qian.release(held.holdback_id, "急用钱")
    CLOCK.advance(timedelta(days=91))

    async def approve() -> str:
        try:
            await desk.zhao.approve(waiting.adjustment_id)
        except ServiceError as refusal:
            return refusal.reason
        return "approved"

    approved, _ = await asyncio.gather(approve(), desk.release_due())
    assert approved in ("approved", "SETTLEMENT_ADJUSTMENT_STATE")
    await desk.release_due()
    assert await desk.stands(earning.technician_id) == (140_00, 0, 0)
    assert (await desk.books.verify()).sound


async def test_what_goes_back_pays_a_debt_first(desk: Adjustments) -> None:
    earning, _ = await kept(desk)
    taken = await desk.qian.claw_back(earning.earning_id)
    await desk.zhao.approve(taken.adjustment_id)
    assert await desk.stands(earning.technician_id) == (0, -14_00, 14_00)
    CLOCK.advance(timedelta(days=91))
    await desk.release_due()
    assert await desk.stands(earning.technician_id) == (0, 0, 0)


async def test_of_an_earning_that_is_reversed_nothing_stays_behind(desk: Adjustments) -> None:
    earning, held = await kept(desk)
    waiting = await desk.qian.release(held.holdback_id, "急用钱")
    reversed_ = await desk.books.cancel(earning.earning_id)
    assert reversed_.state == settlement_pb2.EARNING_STATE_REVERSED
    assert await desk.stands(earning.technician_id) == (0, 0, 0)
    (after,) = await desk.holdbacks(earning_id=earning.earning_id)
    assert after.state == pb.HOLDBACK_STATE_RETURNED
    assert (await desk.get(waiting.adjustment_id)).state == pb.ADJUSTMENT_STATE_REJECTED
    assert (await desk.books.verify()).sound


async def test_everybody_sees_their_own(desk: Adjustments) -> None:
    outlet = unique("ou")
    earning, held = await kept(desk, cooperation_mode="franchise", outlet_id=outlet)
    own = await desk.as_(earning.technician_id, "technician").holdbacks()
    assert [each.holdback_id for each in own] == [held.holdback_id]
    manager = desk.as_("pe_manager", "outlet_manager", outlet_id=outlet)
    assert {each.party_kind for each in await manager.holdbacks()} == {"technician", "outlet"}
    assert await desk.as_(unique("pe"), "technician").holdbacks() == []


async def test_an_earning_shows_what_is_kept_of_it(desk: Adjustments) -> None:
    earning, held = await kept(desk)
    shown = await desk.books.as_(earning.technician_id, "technician").get(earning.earning_id)
    assert list(shown.holdbacks) == [held]


async def test_a_hold_back_that_is_not_there_is_not_found(desk: Adjustments) -> None:
    with pytest.raises(NotFound) as refusal:
        await desk.qian.release("hb_none")
    assert refusal.value.reason == "SETTLEMENT_HOLDBACK_NOT_FOUND"


async def test_a_hold_back_rule_is_tried_on_what_was_posted(desk: Adjustments) -> None:
    earning, _ = await kept(desk)
    await desk.qian.put("fifth", holdback=pb.HoldbackTerms(ratio="0.2", release_after_days=30))
    today = CLOCK.now().astimezone(SHANGHAI).date().isoformat()
    tried = await desk.qian.stub.TryAdjustmentRule(
        pb.TryAdjustmentRuleRequest(rule_code="fifth", first_day=today, last_day=today)
    )
    mine = [each for each in tried.trials if each.earning_id == earning.earning_id]
    assert [each.would_give for each in mine] == [money(-28_00)]
