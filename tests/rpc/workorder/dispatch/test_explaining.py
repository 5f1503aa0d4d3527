"""Why this one and why not me: everybody's answer, from the facts as they were when it was decided."""

from datetime import timedelta
from typing import Any

from kit.authn import Actor
from protos.common.v1.place_pb2 import Location, Place
from protos.workorder.v1 import dispatch_pb2 as pb
from protos.workorder.v1.workorder_pb2 import Appointment, Skill
from tests.rpc.workorder.conftest import DISPATCHER, Desk, technician, theirs

SHUNYI = Place(adcode="110113", adcode_path=["110113", "110100"])
TOWN = Location(longitude=116.65, latitude=40.13)
FAR = Location(longitude=116.95, latitude=40.13)


async def shunyi(desk: Desk, technician_id: str, code: str, **fields: Any) -> str:
    return await desk.technician(
        technician_id=technician_id, **{"territory_codes": [code], "home": TOWN, **fields}
    )


async def decided(desk: Desk, code: str, **fields: Any) -> Any:
    order = await desk.order(place=Place(adcode=code), location=TOWN)
    return await desk.call("RankCandidates", work_order_id=order.work_order_id, **fields)


async def explained(
    desk: Desk, decision_id: str, technician_id: str, by: Actor = DISPATCHER
) -> Any:
    return await desk.call(
        "DispatchService/ExplainCandidate",
        by,
        decision_id=decision_id,
        technician_id=technician_id,
    )


async def test_a_candidate_reads_their_place_and_where_they_lost(desk: Desk) -> None:
    near = await shunyi(desk, "pe_why_near", "110151")
    far = await shunyi(desk, "pe_why_far", "110151", home=FAR)
    decision = await decided(desk, "110151")
    first = await explained(desk, decision.decision_id, near)
    assert (first.rank, first.candidate_count, list(first.exclusions)) == (1, 2, [])
    assert first.candidate == decision.candidates[0]
    own = await explained(desk, decision.decision_id, far, technician(far))
    assert (own.rank, own.best_score) == (2, decision.candidates[0].score)
    assert own.candidate == decision.candidates[1]
    assert own.explanation_zh.startswith("在 2 名候选人中排第 2，得 ")
    assert "主要失分：" in own.explanation_zh
    assert "距离 " in own.explanation_zh
    assert "most was lost on" in own.explanation_en


async def test_who_was_kept_out_reads_every_rule_they_failed_and_all_their_values(
    desk: Desk,
) -> None:
    await shunyi(desk, "pe_why_fit", "110152")
    out = await shunyi(
        desk,
        "pe_why_out",
        "310000",
        skills=[Skill(skill_code="cleaning", level=1)],
        rating_hundredths=480,
    )
    decision = await decided(desk, "110152", required_tags=["lang_en"])
    why = await explained(desk, decision.decision_id, out, technician(out))
    assert why.rank == 0
    assert list(why.exclusions) == [
        "SKILL_MISSING",
        "SKILL_LEVEL_TOO_LOW",
        "TAG_MISSING",
        "OUT_OF_TERRITORY",
    ]
    assert "不在服务区域内" in why.explanation_zh
    values = {each.factor: each.raw_value for each in why.candidate.factors}
    assert len(values) + len(why.candidate.checks) == 15
    assert values["rating"] == "4.80 stars"
    assert values["distance"] == "0.000 km"


async def test_the_answer_is_of_then_whatever_has_changed_since(desk: Desk) -> None:
    one = await shunyi(desk, "pe_then_1", "110153")
    other = await shunyi(desk, "pe_then_2", "110153", active=False)
    decision = await decided(desk, "110153")
    answers = [await explained(desk, decision.decision_id, each) for each in (one, other)]
    await shunyi(desk, "pe_then_1", "110153", home=FAR, rating_hundredths=100)
    await shunyi(desk, "pe_then_2", "110153")
    await desk.scheduled(one, place=SHUNYI)
    desk.clock.advance(timedelta(days=3))
    again = [await explained(desk, decision.decision_id, each) for each in (one, other)]
    assert again == answers
    assert list(again[1].exclusions) == ["INACTIVE"]
    now = await decided(desk, "110153")
    assert now.candidates[0].technician_id == other


async def test_every_change_counts_from_its_commit_on(desk: Desk) -> None:
    busy = await shunyi(desk, "pe_load", "110154", daily_capacity=2)

    async def load() -> str:
        decision = await decided(desk, "110154")
        return str({f.factor: f.raw_value for f in decision.candidates[0].factors}["load"])

    assert await load() == "0 of 2"
    order = await desk.offered(busy)
    assert await load() == "1 of 2"
    await desk.call("DeclineOffer", **theirs(order), reason="太远")
    assert await load() == "0 of 2"
    await desk.offered(busy)
    desk.clock.advance(timedelta(minutes=31))
    assert await load() == "0 of 2"  # it ran out, whether or not anybody has said so
    done = await desk.completed(busy)
    assert await load() == "0 of 2"
    await desk.call("RecordAcceptance", work_order_id=done.work_order_id, rating=5)
    decision = await decided(desk, "110154")
    values = {f.factor: f.raw_value for f in decision.candidates[0].factors}
    assert values["rating"] == "5.00 stars"
    assert values["quality"] == "0 reworks of 1"
    assert values["fairness"] == "16800 minor units in 7 days"
    assert {c.check: c.raw_value for c in decision.candidates[0].checks}["capacity"] == "1 of 2"


async def test_an_agreed_visit_keeps_its_time(desk: Desk) -> None:
    booked = await shunyi(desk, "pe_booked", "110155")
    order = await desk.scheduled(booked, place=Place(adcode="110155"))
    window = Appointment(
        window_start=order.appointment.window_start, window_end=order.appointment.window_end
    )
    during = await decided(desk, "110155", window=window)
    assert list(during.candidates) == []
    assert "BUSY" in {each.reason for each in during.excluded}
    after = await decided(desk, "110155", window=desk.window(hours=6))
    assert [each.technician_id for each in after.candidates] == [booked]


async def test_all_candidates_are_read_page_by_page(desk: Desk) -> None:
    ids = [await shunyi(desk, f"pe_page_{number}", "110156") for number in range(5)]
    decision = await decided(desk, "110156", limit=1)
    read: list[str] = []
    token = ""
    while True:
        page = await desk.call(
            "DispatchService/ListCandidates",
            DISPATCHER,
            decision_id=decision.decision_id,
            page={"page_size": 2, "page_token": token},
        )
        read += [each.technician_id for each in page.candidates]
        token = page.page.next_page_token
        if not token:
            break
    assert read == ids
    listed = await desk.call(
        "DispatchService/ListDispatchDecisions", DISPATCHER, work_order_id=decision.work_order_id
    )
    assert [each.decision_id for each in listed.decisions] == [decision.decision_id]
    assert [each.technician_id for each in listed.decisions[0].candidates] == ids[:1]


async def test_a_technician_asks_about_themself_only_and_sees_nobody_elses_values(
    desk: Desk,
) -> None:
    one = await shunyi(desk, "pe_self", "110157")
    decision = await decided(desk, "110157")
    refusal = await desk.refused(
        "DispatchService/ExplainCandidate",
        technician("pe_nosy"),
        decision_id=decision.decision_id,
        technician_id=one,
    )
    assert refusal.reason == "WORK_ORDER_NOT_YOURS"
    refusal = await desk.refused(
        "DispatchService/ListCandidates", technician(one), decision_id=decision.decision_id
    )
    assert refusal.reason == "ROLE_REQUIRED"
    unknown = await desk.refused(
        "DispatchService/ExplainCandidate",
        DISPATCHER,
        decision_id=decision.decision_id,
        technician_id="pe_nobody",
    )
    assert unknown.reason == "TECHNICIAN_UNKNOWN"


async def test_a_dispatcher_is_warned_before_deciding_by_hand(desk: Desk) -> None:
    off = await shunyi(desk, "pe_hand_off", "310000")
    fit = await shunyi(desk, "pe_hand_fit", "110158")
    order = await desk.order(place=Place(adcode="110158"), location=TOWN)

    async def warned(technician_id: str) -> pb.CheckAssignmentResponse:
        answer = await desk.call(
            "DispatchService/CheckAssignment",
            DISPATCHER,
            work_order_id=order.work_order_id,
            technician_id=technician_id,
        )
        assert isinstance(answer, pb.CheckAssignmentResponse)
        return answer

    assert list((await warned(off)).exclusions) == ["OUT_OF_TERRITORY"]
    assert (await warned(off)).explanation_zh == "不在服务区域内"
    assert list((await warned(fit)).exclusions) == []
