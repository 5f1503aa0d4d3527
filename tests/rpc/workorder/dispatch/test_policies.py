"""The policy and its versions over the wire; what another one would have decided; fairness."""

from datetime import timedelta
from typing import Any

from kit.authn import Actor
from protos.common.v1.place_pb2 import Location, Place
from protos.workorder.v1 import dispatch_pb2 as pb
from tests.rpc.workorder.conftest import DISPATCHER, Desk, technician

SUPERVISOR = Actor("pe_supervisor", frozenset({"supervisor"}))
TOWN = Location(longitude=116.65, latitude=40.13)
FAR = Location(longitude=116.95, latitude=40.13)


def policy(version: str, **weights: int) -> pb.DispatchPolicy:
    return pb.DispatchPolicy(
        policy_version=version,
        weights=[
            pb.FactorWeight(factor=factor, weight_basis_points=weight)
            for factor, weight in weights.items()
        ],
        road_factor_basis_points=13_000,
        distance_limit_m=50_000,
        unrated_rating_hundredths=400,
        usual_orders=20,
        usual_quality_basis_points=9_500,
        previous_technician_score=8_000,
        preferred_outlet_score=5_000,
        horizon_minutes=1_440,
        service_minutes=60,
        note="先看距离",
    )


async def put(desk: Desk, given: pb.DispatchPolicy, by: Actor = SUPERVISOR) -> Any:
    return await desk.call("DispatchService/PutDispatchPolicy", by, policy=given)


async def test_a_policy_decides_from_its_instant_on_and_what_was_decided_stays(desk: Desk) -> None:
    near = await desk.technician(territory_codes=["110161"], home=TOWN, rating_hundredths=300)
    far = await desk.technician(territory_codes=["110161"], home=FAR, rating_hundredths=500)
    order = await desk.order(place=Place(adcode="110161"), location=TOWN)
    now = desk.clock.now()
    soon = policy("stars-1", rating=10_000)
    soon.effective_from.FromDatetime(now + timedelta(hours=1))
    kept = await put(desk, soon)
    assert kept.put_by_person_id == "pe_supervisor"
    before = await desk.call("RankCandidates", work_order_id=order.work_order_id)
    desk.clock.advance(timedelta(hours=1))
    after = await desk.call("RankCandidates", work_order_id=order.work_order_id)
    assert [before.candidates[0].technician_id, after.candidates[0].technician_id] == [near, far]
    assert after.policy_version == "stars-1"
    assert await desk.call("GetDispatchDecision", decision_id=before.decision_id) == before
    in_force = await desk.call("DispatchService/GetDispatchPolicy", DISPATCHER)
    assert in_force == kept
    # The tests after this one decide as before.
    desk.clock.advance(timedelta(minutes=1))
    back = await desk.call(
        "DispatchService/GetDispatchPolicy", DISPATCHER, policy_version="default-2"
    )
    back.policy_version, back.note = "default-3", "回到平日"
    back.ClearField("effective_from")
    await put(desk, back)
    listed = await desk.call("DispatchService/ListDispatchPolicies", technician("pe_any"))
    versions = [each.policy_version for each in listed.policies]
    assert versions[:2] == ["default-3", "stars-1"]
    assert versions[-2:] == ["default-2", "default-1"]


async def test_a_bad_policy_is_refused_by_its_field_and_changes_nothing(desk: Desk) -> None:
    for given, field in [
        (policy("bad-1", rating=9_999), "policy.weights"),
        (policy("bad-1", luck=10_000), "policy.weights[0].factor"),
        (policy("Bad 1", rating=10_000), "policy.policy_version"),
    ]:
        refusal = await desk.refused("DispatchService/PutDispatchPolicy", SUPERVISOR, policy=given)
        assert (refusal.reason, refusal.field) == ("DISPATCH_POLICY_INVALID", field)
    taken = await desk.refused(
        "DispatchService/PutDispatchPolicy", SUPERVISOR, policy=policy("default-1", rating=10_000)
    )
    assert (taken.reason, taken.field) == ("DISPATCH_POLICY_EXISTS", "policy.policy_version")
    other = await desk.refused(
        "DispatchService/PutDispatchPolicy", DISPATCHER, policy=policy("mine-1", rating=10_000)
    )
    assert other.reason == "ROLE_REQUIRED"
    assert desk.rows("SELECT count(*) FROM dispatch_policy WHERE policy_version LIKE 'bad%%'") == [
        (0,)
    ]


async def test_the_database_itself_refuses_weights_that_are_not_whole(desk: Desk) -> None:
    answers = desk.rows(
        "SELECT are_whole_weights('{\"load\": 9999}'), are_whole_weights('{}'),"
        ' are_whole_weights(\'{"load": 10001, "rating": -1}\'),'
        " are_whole_weights('{\"load\": 10000}')"
    )
    assert answers == [(False, False, False, True)]


async def test_a_policy_is_tried_on_what_was_decided(desk: Desk) -> None:
    near = await desk.technician(territory_codes=["110162"], home=TOWN, rating_hundredths=300)
    far = await desk.technician(territory_codes=["110162"], home=FAR, rating_hundredths=500)
    order = await desk.order(place=Place(adcode="110162"), location=TOWN)
    decision = await desk.call("RankCandidates", work_order_id=order.work_order_id)
    tried = await desk.call(
        "DispatchService/TryDispatchPolicy",
        SUPERVISOR,
        policy=policy("tried-1", rating=10_000),
        work_order_ids=[order.work_order_id],
    )
    assert list(tried.decisions) == [
        pb.TriedDecision(
            work_order_id=order.work_order_id,
            decision_id=decision.decision_id,
            first_technician_id=near,
            tried_first_technician_id=far,
            tried_rank_of_first=2,
        )
    ]
    assert tried.changed_count == 1


async def test_fairness_shows_who_was_offered_what_and_earned_what(desk: Desk) -> None:
    code = {"territory_codes": ["110163"]}
    rich = await desk.technician(**code, outlet_id="ol_fair")
    poor = await desk.technician(**code, outlet_id="ol_fair")
    begin = desk.clock.now()
    await desk.accepted(rich)
    await desk.accepted(rich)
    offered = await desk.offered(poor)
    await desk.call(
        "DeclineOffer", work_order_id=offered.work_order_id, technician_id=poor, reason="太远"
    )
    desk.clock.advance(timedelta(minutes=1))
    asked = {"begins_at": begin, "ends_at": desk.clock.now(), "territory_code": "110163"}
    report = await desk.call("DispatchService/ReportFairness", SUPERVISOR, **asked)
    assert [
        (s.technician_id, s.offered_count, s.accepted_count, s.declined_count, s.share_basis_points)
        for s in report.shares
    ] == [(poor, 1, 0, 1, 0), (rich, 2, 2, 0, 10_000)]
    assert report.earned.amount_minor == 2 * 16_800
    assert (report.technician_count, report.offer_count) == (2, 3)
    assert (report.gini_basis_points, report.median_earned.amount_minor) == (5_000, 0)
    refusal = await desk.refused(
        "DispatchService/ReportFairness", SUPERVISOR, **{**asked, "ends_at": begin}
    )
    assert (refusal.reason, refusal.field) == ("DISPATCH_TIME_INVALID", "ends_at")
