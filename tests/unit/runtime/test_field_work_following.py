"""Others change the work order, on the desk or on site: the field work follows."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from kit.errors import ServiceError
from tests.unit.runtime.works import START, WINDOW, Work
from workflows.runtime.events import CancelRequested, TimerFired
from workflows.runtime.field_work.record import awaited, details, standing
from workflows.runtime.field_work.state import OrderChanged


def test_it_waits_for_the_next_change_each_time_anew() -> None:
    work = Work().begin()
    (first,) = awaited(work.state)
    work.others("OFFERED", offered_technician_ids=["pe_a"])
    (second,) = awaited(work.state)
    assert first["key"] == second["key"] == "wo_1"
    assert first["node"] != second["node"]


def test_work_that_was_released_on_the_desk_is_offered_to_the_next() -> None:
    work = Work().begin()
    work.act("accept")
    work.others("CREATED")
    assert work.made("cancel_earning")[-1].request["reason"] == "WORK_RELEASED"
    assert work.task_of("pe_b") is not None
    assert work.made("release") == []


def test_offers_that_a_hand_over_withdrew_are_not_closed_again() -> None:
    work = Work().begin()
    work.others("CREATED")
    assert work.made("close_offer") == []
    assert len(work.made("cancel_earning")) == 1
    assert work.task_of("pe_a") is not None, "who was asked may be asked again"


def test_work_that_was_called_off_ends_it_and_owes_nobody_anything() -> None:
    work = Work().begin()
    work.others("CANCELLED", cancel_reason="客户取消")
    assert work.report is not None
    assert (work.report.outcome, work.report.reason) == ("cancelled", "WORK_ORDER_CANCELLED")
    assert len(work.made("cancel_earning")) == 1


def test_who_accepted_elsewhere_has_it() -> None:
    work = Work(source={"offers_at_once": 2}).begin()
    work.others("ACCEPTED", technician_id="pe_b")
    assert work.state.winner is not None
    assert work.state.winner.technician_id == "pe_b"
    assert [call.call_id for call in work.made("cancel_earning")] == ["cancel_earning/1"]
    assert work.task_of("pe_b") is not None


def test_somebody_named_on_the_desk_is_promised_what_they_earn() -> None:
    work = Work().begin()
    work.others("ACCEPTED", technician_id="pe_x")
    assert work.made("promise")[-1].request["facts"]["technician_id"] == "pe_x"
    assert work.task_of("pe_x") is not None
    assert work.made("take") == []


def test_who_declined_elsewhere_is_asked_no_more() -> None:
    work = Work(source={"offers_at_once": 2}).begin()
    work.others("OFFERED", offered_technician_ids=["pe_b"])
    assert work.task_of("pe_a") is None
    assert work.task_of("pe_b") is not None
    assert work.made("close_offer") == []


def test_a_visit_that_went_on_elsewhere_goes_on_here() -> None:
    work = Work().begin()
    work.act("accept")
    for state, verbs in (("SCHEDULED", ["schedule", "check_in"]), ("IN_PROGRESS", ["complete"])):
        work.others(state, technician_id="pe_a")
        assert work.task is not None
        assert [str(verb) for verb in work.task.verbs] == verbs
    work.others("COMPLETED", technician_id="pe_a")
    assert work.report is not None
    assert work.report.outcome == "completed"


def test_what_is_older_than_what_is_known_says_nothing() -> None:
    work = Work().begin()
    work.act("accept")
    old = {**work.work_order("CREATED"), "revision": 1}
    work.feed(OrderChanged(work.at, old))
    assert work.state.winner is not None


def test_news_that_come_while_a_call_is_in_flight_wait_for_its_end() -> None:
    work = Work().begin()
    work.hold = {"accept"}
    work.act("accept", act_key="late")
    work.others("CANCELLED")
    assert not work.state.ended
    work.refuse["accept"] = "WORK_ORDER_STATE_FORBIDS"
    work.release()
    assert work.state.settled["late"].reason == "WORK_ORDER_STATE_FORBIDS"
    assert work.report is not None
    assert work.report.reason == "WORK_ORDER_CANCELLED"


PEOPLE = st.sampled_from(["pe_a", "pe_b", "pe_c", "pe_z"])
DONE = st.one_of(
    st.tuples(st.just("act"), st.sampled_from(["accept", "accept", "decline"]), PEOPLE),
    st.tuples(st.just("act"), st.sampled_from(["schedule", "check_in", "complete"]), PEOPLE),
    st.tuples(st.just("dispatch"), st.sampled_from(["assign", "redispatch", "give_up"]), PEOPLE),
    st.tuples(
        st.just("others"),
        st.sampled_from(["CREATED", "OFFERED", "ACCEPTED", "SCHEDULED", "CANCELLED"]),
        PEOPLE,
    ),
    st.tuples(st.just("hold"), st.sampled_from(["accept", "offer", "take", "close_offer"]), PEOPLE),
    st.tuples(st.just("refuse"), st.sampled_from(["accept", "take", "release", "offer"]), PEOPLE),
    st.tuples(st.just("time"), st.just(""), PEOPLE),
    st.tuples(st.just("release"), st.just(""), PEOPLE),
)
FORMS = {"schedule": WINDOW, "complete": {"completion_code": "123456"}}


def do(work: Work, what: str, which: str, person: str, at: datetime) -> None:
    match what:
        case "act":
            if work.state.tasks:
                work.act(which, person, form=FORMS.get(which, {}), comment="忙")
        case "dispatch":
            dispatching = work.state.dispatching
            task_id = dispatching.task_id if dispatching else ""
            work.dispatch(which, person, task_id=task_id)
        case "others":
            work.others(which, technician_id=person, offered_technician_ids=[person])
        case "hold":
            work.hold.add(which)
        case "refuse":
            work.refuse[which] = "TECHNICIAN_CAPACITY_REACHED"
        case "time":
            work.feed(TimerFired(at, "offer"))
        case _:
            work.refuse.clear()
            work.release()


@settings(max_examples=400)
@given(
    st.lists(DONE, max_size=25),
    st.integers(1, 3),
    st.sampled_from(["fail", "dispatcher"]),
)
def test_whatever_happens_every_promise_is_somebodys_or_taken_back(
    happenings: list[tuple[str, str, str]], at_once: int, when_nobody: str
) -> None:
    work = Work(
        technicians=("pe_a", "pe_b", "pe_c"),
        source={"offers_at_once": at_once, "when_nobody": when_nobody},
    ).begin()
    for number, (what, which, person) in enumerate(happenings):
        if work.state.ended:
            break
        try:
            do(work, what, which, person, START + timedelta(minutes=31 + number))
        except ServiceError:
            continue
        assert len([call for call in work.held if call.call_id == work.state.calling]) <= 1
        assert standing(work.state)["revision"] == work.state.revision
        assert details(work.state)
    work.refuse.clear()
    while work.held:
        work.release()
    work.hold.clear()
    if not work.state.ended:
        work.feed(CancelRequested(work.at, "case", "退单"))
    assert work.state.ended
    assert work.report is not None
    assert work.state.pending is None
    assert not work.state.waiting
    promised = {call.call_id.partition("/")[2] for call in work.made("promise")}
    cancelled = {call.call_id.partition("/")[2] for call in work.made("cancel_earning")}
    kept = promised - cancelled
    assert len(kept) == (1 if work.report.outcome == "completed" else 0)
    opened = {call.call_id.partition("/")[2] for call in work.made("offer")}
    assert len(opened) == len(work.made("offer")), "each offer is made once"
