"""Several are asked at once (抢单): all see it together, whoever accepts first has it."""

from __future__ import annotations

from datetime import timedelta

from tests.unit.runtime.works import START, Work
from workflows.runtime.events import TimerFired
from workflows.runtime.field_work.record import standing

THREE = ("pe_a", "pe_b", "pe_c")


def three() -> Work:
    return Work(technicians=(*THREE, "pe_d"), source={"offers_at_once": 3}).begin()


def test_each_is_promised_what_they_earn_and_all_are_told_when_the_last_offer_is_made() -> None:
    work = three()
    assert work.made("rank")[0].request["limit"] == 3
    assert [call.call_id for call in work.calls[3:]] == [
        "promise/1", "offer/1", "promise/2", "offer/2", "promise/3", "offer/3",
        "announce/1", "announce/2", "announce/3",
    ]  # fmt: skip
    beside = [call.request.get("beside_others", False) for call in work.made("offer")]
    assert beside == [False, True, True]
    shown = standing(work.state)["user_tasks"]
    assert [task["assignee_person_id"] for task in shown] == list(THREE)
    assert len({task["user_task_id"] for task in shown}) == 3


def test_nobody_sees_an_offer_before_all_are_made() -> None:
    work = Work(technicians=THREE, source={"offers_at_once": 3}, hold={"offer"}).begin()
    assert standing(work.state)["user_tasks"] == []


def test_the_first_to_accept_has_it_and_the_others_earnings_are_cancelled() -> None:
    work = three()
    work.calls.clear()
    work.act("accept", "pe_b")
    assert [call.call_id for call in work.calls if "accept" not in call.call_id] == [
        "cancel_earning/1", "gone/1", "cancel_earning/3", "gone/3",
    ]  # fmt: skip
    (task,) = standing(work.state)["user_tasks"]
    assert (task["user_task_kind"], task["assignee_person_id"]) == ("visit", "pe_b")
    assert work.state.winner is not None
    assert work.state.winner.earning is not None


def test_who_accepts_while_another_acceptance_is_under_way_waits_for_its_end() -> None:
    work = three()
    work.hold = {"accept"}
    work.act("accept", "pe_c", act_key="first")
    work.act("accept", "pe_a", act_key="second")
    assert [call.idempotency_key.rpartition("/")[2] for call in work.held] == ["first"]
    work.release()
    assert work.state.settled["first"].reason == ""
    assert work.state.settled["second"].reason == "CASE_TASK_CLOSED"
    assert work.state.winner is not None
    assert work.state.winner.technician_id == "pe_c"


def test_when_the_first_acceptance_is_refused_the_second_has_its_turn() -> None:
    work = three()
    work.hold = {"accept"}
    work.act("accept", "pe_c", act_key="first")
    work.act("accept", "pe_a", act_key="second")
    (held,) = work.held
    work.hold = set()
    work.fail(held, "TECHNICIAN_CAPACITY_REACHED")
    assert work.state.settled["first"].reason == "TECHNICIAN_CAPACITY_REACHED"
    assert work.state.settled["second"].reason == ""
    assert work.state.winner is not None
    assert work.state.winner.technician_id == "pe_a"


def test_one_who_declines_leaves_the_others_asked() -> None:
    work = three()
    work.calls.clear()
    work.act("decline", "pe_a", comment="太远")
    assert [call.call_id for call in work.calls] == ["close_offer/1", "cancel_earning/1"]
    left = [task["assignee_person_id"] for task in standing(work.state)["user_tasks"]]
    assert left == ["pe_b", "pe_c"]
    work.act("decline", "pe_b")
    work.act("decline", "pe_c")
    assert work.made("rank")[-1].request["excluded_technician_ids"] == list(THREE)
    assert work.task is not None


def test_when_the_time_is_over_all_offers_end_and_the_next_are_asked() -> None:
    work = three()
    work.feed(TimerFired(START + timedelta(minutes=30), "offer"))
    assert [call.call_id for call in work.made("close_offer")] == [
        "close_offer/1", "close_offer/2", "close_offer/3",
    ]  # fmt: skip
    assert len(work.made("cancel_earning")) == 3
    assert work.task_of("pe_d") is not None


def test_never_more_are_asked_than_the_flow_allows() -> None:
    work = Work(technicians=(*THREE, "pe_d"), max_offers=4, source={"offers_at_once": 3}).begin()
    for person in (*THREE, "pe_d"):
        work.act("decline", person)
    assert len(work.made("offer")) == 4
    assert len(work.made("rank")) == 2
    assert work.report is not None
    assert work.report.reason == "FIELD_WORK_NOBODY"


def test_one_whose_day_is_full_meanwhile_is_passed_over() -> None:
    work = Work(source={"offers_at_once": 2}, refuse={"offer": "TECHNICIAN_CAPACITY_REACHED"})
    work.begin()
    assert [call.call_id for call in work.made("cancel_earning")] == [
        "cancel_earning/1", "cancel_earning/2",
    ]  # fmt: skip
    assert work.report is not None
    assert work.report.reason == "FIELD_WORK_NOBODY"


def test_only_an_outlets_technicians_are_asked_where_the_flow_says_so() -> None:
    work = Work(source={"outlet_id": "ot_9", "team_id": "tm_2"}).begin()
    request = work.made("rank")[0].request
    assert (request["outlet_id"], request["team_id"]) == ("ot_9", "tm_2")
