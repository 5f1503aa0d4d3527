"""Adjustments that a rule makes: ratings, waiting; how rules come about."""

from kit.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
)
from protos.settlement.v1 import adjustment_pb2 as pb
from tests.rpc.settlement.adjustments.desk import Adjustments, refused
from tests.rpc.settlement.conftest import unique
from tests.rpc.settlement.words import money


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
