"""Ranking over the wire: who is excluded and why, every value and score, and the decision kept."""

from typing import Any

from kit.authn import Actor
from protos.common.v1.place_pb2 import Location, Place
from protos.workorder.v1 import registry_pb2
from protos.workorder.v1 import workorder_pb2 as pb
from tests.rpc.workorder.conftest import Desk
from tests.rpc.workorder.registry.asking import ask

#: A district of its own, where no other test's technicians work.
TONGZHOU = Place(adcode="110112", adcode_path=["110112", "110100"])
TOWN = Location(longitude=116.66, latitude=39.91)
FAR = Location(longitude=116.96, latitude=39.91)


async def tongzhou(desk: Desk, technician_id: str, **fields: object) -> str:
    return await desk.technician(
        technician_id=technician_id,
        **{"territory_codes": ["110112"], "home": TOWN, **fields},
    )


async def test_a_ranking_shows_every_value_score_and_weight_and_can_be_read_again(
    desk: Desk,
) -> None:
    near = await tongzhou(desk, "pe_rank_near", rating_hundredths=480)
    far = await tongzhou(desk, "pe_rank_far", home=FAR, rating_hundredths=0)
    await desk.accepted(far)
    order = await desk.order(
        place=TONGZHOU, location=TOWN, required_skills=["aircon_install"], case_id="ca_rank"
    )
    decision = await desk.call("RankCandidates", work_order_id=order.work_order_id)
    assert decision.policy_version.startswith("default-")  # whose weights these are
    assert [one.technician_id for one in decision.candidates] == [near, far]
    first, second = decision.candidates
    assert (first.outlet_id, first.cooperation_mode) == ("ol_chaoyang", "direct")
    assert first.display_name == "张师傅"
    assert [(f.factor, f.raw_value, f.score, f.weight_basis_points) for f in first.factors] == [
        ("distance", "0.000 km", 10_000, 2_500),
        ("load", "0 of 4", 10_000, 1_500),
        ("skill_fit", "1 above the least level", 7_500, 1_000),
        ("rating", "4.80 stars", 9_600, 1_500),
        ("quality", "0 reworks of 0", 9_500, 1_000),
        ("preference", "none", 0, 1_000),
        ("parts", "none needed", 10_000, 500),
        ("fairness", "0 minor units in 7 days", 10_000, 1_000),
    ]
    assert [(c.check, c.raw_value) for c in first.checks] == [
        ("skills", "certified until further notice"),
        ("territory", "serves code 1 of the place"),
        ("duty", "1440 minutes on duty in one piece"),
        ("window", "1440 minutes free in one piece"),
        ("capacity", "0 of 4"),
        ("exclusions", "none"),
        ("outlet", "contract until further notice"),
    ]
    assert first.score == sum(f.score * f.weight_basis_points for f in first.factors) // 10_000
    assert decision.candidate_count == 2
    assert decision.technician_count == 2 + sum(e.technician_count for e in decision.excluded)
    raw = {f.factor: f.raw_value for f in second.factors}
    assert raw["load"] == "1 of 4"
    assert raw["rating"] == "not rated"
    assert raw["distance"] == "33.264 km"
    assert await desk.call("GetDispatchDecision", decision_id=decision.decision_id) == decision
    east = Actor("pe_east", frozenset({"dispatcher"}), region_adcodes=("310000",))
    refusal = await desk.refused("GetDispatchDecision", east, decision_id=decision.decision_id)
    assert refusal.reason == "WORK_ORDER_UNKNOWN"


async def test_who_cannot_go_is_counted_by_the_rule_that_says_so(desk: Desk) -> None:
    place = Place(adcode="110113")
    here = {"territory_codes": ["110113"]}
    fit = await tongzhou(desk, "pe_count_fit", **here)
    full = await tongzhou(desk, "pe_count_full", daily_capacity=1, **here)
    await tongzhou(desk, "pe_count_off", active=False, **here)
    declined = await tongzhou(desk, "pe_count_declined", **here)
    await desk.accepted(full)
    order = await desk.order(place=place)
    decision = await desk.call(
        "RankCandidates", work_order_id=order.work_order_id, excluded_technician_ids=[declined]
    )
    assert [one.technician_id for one in decision.candidates] == [fit]
    excluded = {count.reason: count.technician_count for count in decision.excluded}
    assert excluded["EXCLUDED"] == 1
    assert excluded["CAPACITY_REACHED"] == 1
    assert excluded["INACTIVE"] >= 1
    known = desk.rows("SELECT count(*) FROM technician")[0][0]
    assert len(decision.candidates) + sum(excluded.values()) == known


async def test_only_an_outlet_or_a_team_can_be_asked(desk: Desk) -> None:
    place = Place(adcode="110117")
    near = {"territory_codes": ["110117"]}
    ours = await tongzhou(desk, "pe_asked_ours", outlet_id="ot_asked", **near)
    mate = await tongzhou(desk, "pe_asked_mate", outlet_id="ot_asked", **near)
    await tongzhou(desk, "pe_asked_other", outlet_id="ot_other", **near)
    team = registry_pb2.Team(team_id="tm_asked", name="一班", kind="install", technician_ids=[mate])
    await ask(desk, "Registry/PutTeam", team=team)
    order = await desk.order(place=place)

    async def ranked(**asked: Any) -> set[str]:
        decision = await desk.call("RankCandidates", work_order_id=order.work_order_id, **asked)
        return {one.technician_id for one in decision.candidates}

    assert await ranked(outlet_id="ot_asked") == {ours, mate}
    assert await ranked(team_id="tm_asked") == {mate}
    refusal = await desk.refused(
        "RankCandidates", work_order_id=order.work_order_id, team_id="tm_none"
    )
    assert refusal.reason == "TEAM_UNKNOWN"


async def test_skills_levels_and_certificates_decide_who_can_go(desk: Desk) -> None:
    place = Place(adcode="110114")
    levels = {"pe_skill_1": 1, "pe_skill_3": 3, "pe_skill_5": 5}
    for technician_id, level in levels.items():
        await tongzhou(
            desk,
            technician_id,
            territory_codes=["110114"],
            skills=[
                pb.Skill(
                    skill_code="work_at_height",
                    level=level,
                    certificate_expires_at=desk.later(days=1),
                )
            ],
        )
    order = await desk.order(place=place, required_skills=["work_at_height:3"])
    decision = await desk.call("RankCandidates", work_order_id=order.work_order_id)
    assert [one.technician_id for one in decision.candidates] == ["pe_skill_3", "pe_skill_5"]
    desk.clock.advance(desk.later(days=2).ToDatetime() - desk.later(days=0).ToDatetime())
    later = await desk.call("RankCandidates", work_order_id=order.work_order_id)
    assert list(later.candidates) == []
    assert {"CERTIFICATE_EXPIRED": 2}.items() <= {
        count.reason: count.technician_count for count in later.excluded
    }.items()


async def test_the_answer_is_cut_at_the_limit_but_the_decision_keeps_everybody(desk: Desk) -> None:
    for number in range(4):
        await tongzhou(desk, f"pe_limit_{number}", territory_codes=["110115"])
    order = await desk.order(place=Place(adcode="110115"))
    answer = await desk.call("RankCandidates", work_order_id=order.work_order_id, limit=2)
    kept = await desk.call("GetDispatchDecision", decision_id=answer.decision_id)
    assert [one.technician_id for one in answer.candidates] == ["pe_limit_0", "pe_limit_1"]
    assert [one.technician_id for one in kept.candidates] == [
        f"pe_limit_{number}" for number in range(4)
    ]
    refusal = await desk.refused("RankCandidates", work_order_id=order.work_order_id, limit=51)
    assert (refusal.reason, refusal.field) == ("DISPATCH_LIMIT_INVALID", "limit")


async def test_nobody_to_send_is_an_answer_not_an_error(desk: Desk) -> None:
    order = await desk.order(place=Place(adcode="650100"))
    decision = await desk.call("RankCandidates", work_order_id=order.work_order_id)
    assert list(decision.candidates) == []


async def test_an_unknown_decision_is_not_found(desk: Desk) -> None:
    refusal = await desk.refused("GetDispatchDecision", decision_id="dd_nobody")
    assert (refusal.reason, refusal.field) == ("DISPATCH_DECISION_UNKNOWN", "decision_id")
