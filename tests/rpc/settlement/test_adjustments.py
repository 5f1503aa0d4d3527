"""Adjustments: proposed by one, approved by another, posted once, undone once."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kit.clock import SystemClock
from kit.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ServiceError,
)
from protos.settlement.v1 import adjustment_pb2 as pb
from protos.settlement.v1 import settlement_pb2
from services.settlement.main import mounts
from tests.rpc.conftest import Serve
from tests.rpc.settlement.adjusting import Adjustments
from tests.rpc.settlement.conftest import Desk, unique
from tests.rpc.settlement.words import money, portion

BONUS = pb.PerformanceTerms(
    bands=[
        pb.PerformanceBand(rating_at_least="4.8", ratio="0.05", cap_minor=10_00),
        pb.PerformanceBand(rating_below="3", ratio="-0.02"),
    ]
)
PENALTY = pb.PenaltyTerms(free_minutes=30, per_started_hour_minor=20_00, cap_minor=100_00)


@pytest.fixture(scope="module")
async def desk(serve: Serve) -> Adjustments:
    books = Desk(await serve("settlement", mounts(SystemClock())))
    await books.put_rule(
        "standard", "", portion("technician", "0.7"), portion("platform", remaining=True)
    )
    await books.put_rule(
        "franchise",
        "franchise",
        portion("technician", "0.7"),
        portion("outlet", "0.2"),
        portion("platform", remaining=True),
    )
    made = Adjustments(books)
    await made.rule("rating_bonus", performance=BONUS, automatic_limit_minor=8_00)
    await made.rule("waiting", sla_penalty=PENALTY)
    await made.rule("small_refunds", claw_back=pb.ClawBackTerms(), automatic_limit_minor=50_00)
    await made.rule("heat", subsidy=pb.FlatTerms(amount_minor=15_00))
    return made


async def refused(call: Awaitable[Any], kind: type[ServiceError], reason: str) -> None:
    with pytest.raises(kind) as refusal:
        await call
    assert refusal.value.reason == reason


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


async def test_a_good_rating_is_paid_by_the_rule_itself_within_its_limit(desk: Adjustments) -> None:
    earning = await desk.earning()
    given = await desk.rated(earning.earning_id, "4.9", duration_minutes=95, standard_minutes=120)
    assert given.amount == money(7_00)
    assert given.adjustment.state == pb.ADJUSTMENT_STATE_POSTED
    assert given.adjustment.automatic
    assert given.adjustment.approved_by_person_id == "rule"
    assert given.explanation.startswith("评分 4.9，用时 95/120 分钟：¥140.00 × 5%")
    assert await desk.stands(earning.technician_id) == (147_00, 0, 0)
    await refused(
        desk.rated(earning.earning_id, "5"), AlreadyExists, "SETTLEMENT_ADJUSTMENT_EXISTS"
    )


async def test_beyond_the_limit_or_by_a_person_it_waits_for_approval(desk: Adjustments) -> None:
    large = await desk.rated((await desk.earning(2000_00)).earning_id, "5")
    assert (large.amount, large.adjustment.state) == (money(10_00), pb.ADJUSTMENT_STATE_PROPOSED)
    by_hand = await desk.qian.rated((await desk.earning()).earning_id, "5")
    assert by_hand.adjustment.state == pb.ADJUSTMENT_STATE_PROPOSED


async def test_an_ordinary_rating_gives_nothing(desk: Adjustments) -> None:
    given = await desk.rated((await desk.earning()).earning_id, "4")
    assert (given.amount, given.HasField("adjustment")) == (money(0), False)


def interval(party: str, hours: int, party_id: str = "", begin: int = 0) -> pb.BlockedInterval:
    made = pb.BlockedInterval(
        party_kind=party, party_id=party_id or f"{party}_1", reason="等件", reference="pause-7"
    )
    made.blocked_from.FromSeconds(1_772_409_600 + begin * 3600)
    made.blocked_to.FromSeconds(1_772_409_600 + (begin + hours) * 3600)
    return made


async def test_waiting_is_charged_to_the_warehouse_and_not_to_the_technician(
    desk: Adjustments,
) -> None:
    technician, outlet = unique("pe"), unique("ou")
    reply = await desk.qian.stub.ProposePenalties(
        pb.ProposePenaltiesRequest(
            idempotency_key=unique("penalty"),
            work_order_id=unique("wo"),
            intervals=[
                interval("warehouse", 3),
                interval("technician", 3, technician),
                interval("outlet", 1, outlet, begin=9),
                interval("customer", 2, "cu_1", begin=12),
            ],
        )
    )
    charged = {each.shares[0].party_kind: each.amount.amount_minor for each in reply.adjustments}
    assert charged == {"warehouse": -60_00, "outlet": -20_00, "customer": -40_00}
    assert reply.adjustments[0].evidence[0].reference == "pause-7"
    for each in reply.adjustments:
        await desk.zhao.approve(each.adjustment_id)
    assert await desk.balance("warehouse:warehouse_1:debt") == -60_00
    assert await desk.balance("customer:cu_1:receivable") == -40_00
    assert await desk.balance(f"outlet:{outlet}:debt") == -20_00
    assert await desk.stands(technician) == (0, 0, 0)


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


async def outcomes(*calls: Awaitable[Any]) -> list[str]:
    async def outcome(call: Awaitable[Any]) -> str:
        try:
            await call
        except ServiceError as refusal:
            return refusal.reason
        return "done"

    return sorted(await asyncio.gather(*map(outcome, calls)))


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


async def test_everybody_sees_their_own_part_and_no_more(desk: Adjustments) -> None:
    outlet = unique("ou")
    earning = await desk.earning(cooperation_mode="franchise", outlet_id=outlet)
    made = await desk.qian.claw_back(earning.earning_id)
    whole = await desk.zhao.approve(made.adjustment_id)
    assert whole.amount == money(-200_00)

    own = await desk.as_(earning.technician_id, "technician").get(made.adjustment_id)
    assert own.amount == money(-140_00)
    assert [share.party_kind for share in own.shares] == ["technician"]
    assert (own.reason, own.evidence) == (whole.reason, whole.evidence)

    manager = desk.as_("pe_manager", "outlet_manager", outlet_id=outlet)
    seen = await manager.get(made.adjustment_id)
    assert [share.party_kind for share in seen.shares] == ["technician", "outlet"]
    assert [each.adjustment_id for each in await manager.listed()] == [made.adjustment_id]

    for stranger in (
        desk.as_(unique("pe"), "technician"),
        desk.as_("pe_manager", "outlet_manager", outlet_id=unique("ou")),
    ):
        await refused(stranger.get(made.adjustment_id), NotFound, "SETTLEMENT_ADJUSTMENT_NOT_FOUND")
        assert await stranger.listed() == []
    await refused(
        desk.as_("cu_1", "customer").get(made.adjustment_id), PermissionDenied, "ROLE_REQUIRED"
    )


async def test_an_earning_shows_what_was_adjusted_of_it_to_each_as_they_may_see(
    desk: Adjustments,
) -> None:
    outlet = unique("ou")
    earning = await desk.earning(cooperation_mode="franchise", outlet_id=outlet)
    party: dict[str, Any] = {"party_kind": "outlet", "party_id": outlet}
    outlets = await desk.qian.propose(earning_id=earning.earning_id, **party)
    taken = await desk.qian.claw_back(earning.earning_id, 20_00)
    office = await desk.books.get(earning.earning_id)
    assert [each.adjustment_id for each in office.adjustments] == [
        outlets.adjustment_id,
        taken.adjustment_id,
    ]
    technician = desk.books.as_(earning.technician_id, "technician")
    own = (await technician.get(earning.earning_id)).adjustments
    assert [(each.adjustment_id, each.amount) for each in own] == [
        (taken.adjustment_id, money(-14_00))
    ]


Act = tuple[Callable[[Adjustments], Awaitable[Any]], set[str]]
OPERATORS, APPROVERS = {"finance", "supervisor", "admin"}, {"finance", "hq", "admin"}
EVERYBODY = {"technician", "outlet_manager", "finance", "hq", "supervisor", "admin"}
ACTS: dict[str, Act] = {
    "propose": (lambda desk: desk.propose(earning_id="ea_none"), OPERATORS),
    "rated": (lambda desk: desk.rated("ea_none", "5"), OPERATORS),
    "claw_back": (lambda desk: desk.claw_back("ea_none"), OPERATORS),
    "approve": (lambda desk: desk.approve("aj_none"), APPROVERS),
    "reject": (lambda desk: desk.reject("aj_none"), APPROVERS),
    "reverse": (lambda desk: desk.reverse("aj_none"), APPROVERS),
    "settle": (lambda desk: desk.settle(), APPROVERS),
    "put": (lambda desk: desk.put(""), APPROVERS),
    "decide": (lambda desk: desk.decide("none", 1), APPROVERS),
    "release": (lambda desk: desk.release("hb_none"), OPERATORS),
    "forfeit": (lambda desk: desk.forfeit("hb_none"), OPERATORS),
    "release_due": (lambda desk: desk.release_due(), APPROVERS),
    "list": (lambda desk: desk.listed(), EVERYBODY),
    "holdbacks": (lambda desk: desk.holdbacks(), EVERYBODY),
}


@pytest.mark.parametrize("act", ACTS)
async def test_only_those_who_may_act_do(desk: Adjustments, act: str) -> None:
    do, allowed = ACTS[act]
    for role in (*EVERYBODY, "customer"):
        actor = desk.as_("pe_somebody", role, outlet_id="ou_1")
        if role in allowed:
            with contextlib.suppress(NotFound, InvalidArgument):  # let in, with nothing to act on
                await do(actor)
        else:
            await refused(do(actor), PermissionDenied, "ROLE_REQUIRED")


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


async def test_a_rule_says_how_much_when_it_is_named(desk: Adjustments) -> None:
    earning = await desk.earning()
    request = pb.ProposeAdjustmentRequest(
        idempotency_key=unique("heat"),
        kind=pb.ADJUSTMENT_KIND_SUBSIDY,
        earning_id=earning.earning_id,
        rule_code="heat",
        reason="高温",
    )
    made = await desk.qian.stub.ProposeAdjustment(request)
    assert (made.amount, made.rule_code, made.rule_version) == (money(15_00), "heat", 1)


async def test_a_rule_needs_two_people_and_its_versions_stay(desk: Adjustments) -> None:
    put = await desk.qian.put("cold", subsidy=pb.FlatTerms(amount_minor=9_00))
    await refused(desk.qian.decide("cold", 1), FailedPrecondition, "SETTLEMENT_FOUR_EYES")
    earning = await desk.earning()
    unapproved = pb.ProposeAdjustmentRequest(
        idempotency_key=unique("cold"),
        kind=pb.ADJUSTMENT_KIND_SUBSIDY,
        earning_id=earning.earning_id,
        rule_code="cold",
        reason="严寒",
    )
    await refused(
        desk.qian.stub.ProposeAdjustment(unapproved),
        NotFound,
        "SETTLEMENT_ADJUSTMENT_RULE_NOT_FOUND",
    )
    assert (await desk.zhao.decide("cold", put.version)).state == pb.ADJUSTMENT_RULE_STATE_APPROVED
    await desk.qian.put("cold", subsidy=pb.FlatTerms(amount_minor=11_00))
    await desk.zhao.decide("cold", 2, approve=False)
    listed = await desk.stub.ListAdjustmentRules(pb.ListAdjustmentRulesRequest(rule_code="cold"))
    assert [(rule.version, rule.subsidy.amount_minor) for rule in listed.rules] == [
        (2, 11_00),
        (1, 9_00),
    ]
    await refused(
        desk.qian.put("cold", deduction=pb.FlatTerms(amount_minor=1)),
        InvalidArgument,
        "SETTLEMENT_ADJUSTMENT_RULE_INVALID",
    )


async def test_a_rule_is_tried_on_what_was_rated_and_kept(desk: Adjustments) -> None:
    earning = await desk.earning(2000_00)
    await desk.rated(earning.earning_id, "4.85")
    doubled = pb.PerformanceTerms(bands=[pb.PerformanceBand(rating_at_least="4.8", ratio="0.1")])
    await desk.qian.put("double_bonus", performance=doubled)
    tried = await desk.qian.stub.TryAdjustmentRule(
        pb.TryAdjustmentRuleRequest(
            rule_code="double_bonus", first_day="2020-01-01", last_day="2099-12-31"
        )
    )
    (mine,) = [each for each in tried.trials if each.earning_id == earning.earning_id]
    assert mine.would_give == money(140_00)
    assert tried.tried_count >= tried.given_count >= 1
    # The proposal still waits for approval, and trying posted nothing.
    assert await desk.stands(earning.technician_id) == (1400_00, 0, 0)


async def test_an_earnings_life_goes_on_as_before_without_hold_back_rules(
    desk: Adjustments,
) -> None:
    earning = await desk.earning(to="paid")
    assert earning.state == settlement_pb2.EARNING_STATE_PAID
    assert await desk.holdbacks(earning_id=earning.earning_id) == []
