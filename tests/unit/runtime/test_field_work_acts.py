"""What a technician does in a field work, and what they see of it."""

from __future__ import annotations

from datetime import timedelta

from tests.unit.runtime.works import START, WINDOW, Work, cny
from workflows.runtime.events import (
    TimerFired,
)
from workflows.runtime.field_work.record import details, standing


def test_a_wrong_code_settles_the_act_as_refused_and_leaves_the_visit_open() -> None:
    work = Work().begin().on_site()
    work.act("complete", act_key="wrong", form={"completion_code": "000000"})
    assert work.state.settled["wrong"].reason == "WORK_ORDER_CODE_WRONG"
    assert work.task is not None
    assert work.report is None
    work.act("complete", form={"completion_code": "123456"})
    assert work.report is not None


def test_a_refusal_of_the_service_is_the_technicians_to_read() -> None:
    work = Work().begin()
    work.refuse["accept"] = "WORK_ORDER_OFFER_EXPIRED"
    work.act("accept", act_key="late")
    assert work.state.settled["late"].reason == "WORK_ORDER_OFFER_EXPIRED"
    assert work.task is not None
    assert work.task.kind == "offer"


def test_an_acceptance_under_way_when_the_offer_lapses_is_decided_by_the_work_order() -> None:
    work = Work().begin()
    work.hold = {"accept"}
    work.act("accept")
    work.feed(TimerFired(START + timedelta(minutes=30), "offer"))
    assert work.made("close_offer") == []
    work.release()
    assert work.task is not None
    assert work.task.kind == "visit"


def test_an_acceptance_refused_after_the_offer_lapsed_passes_it_on() -> None:
    work = Work().begin()
    work.hold = {"accept"}
    work.act("accept")
    work.feed(TimerFired(START + timedelta(minutes=30), "offer"))
    work.refuse["accept"] = "WORK_ORDER_OFFER_EXPIRED"
    work.release()
    assert [call.call_id for call in work.calls][-3:] == ["promise/2", "offer/2", "announce/2"]


def test_acts_are_the_holders_and_fit_what_is_open() -> None:
    work = Work().begin()
    assert work.refusal("accept", "pe_b") == "CASE_TASK_NOT_YOURS"
    assert work.refusal("complete") == "CASE_VERB_ILLEGAL"
    assert work.refusal("accept", revision=7) == "CASE_REVISION_STALE"
    work.act("accept")
    assert work.refusal("schedule", form={}) == "CASE_FORM_INVALID"
    assert work.refusal("schedule", form={**WINDOW, "window_end": "morgen"}) == "CASE_FORM_INVALID"
    assert work.refusal("schedule", form={**WINDOW, "window_end": "2026-03-03T09:00"}) == (
        "CASE_FORM_INVALID"
    )


def test_a_second_act_waits_for_the_first_and_the_same_one_is_made_once() -> None:
    work = Work().begin()
    work.hold = {"accept"}
    work.act("accept", act_key="k")
    assert work.refusal("decline") == "CASE_ACT_PENDING"
    before = work.state
    work.act("accept", act_key="k")
    assert work.state is before
    work.release()
    assert len(work.made("accept")) == 1


def test_the_inbox_shows_the_offer_with_its_lines_and_never_the_code() -> None:
    work = Work().begin()
    shown = standing(work.state)
    (task,) = shown["user_tasks"]
    assert task["user_task_kind"] == "offer"
    assert task["assignee_person_id"] == "pe_a"
    assert task["respond_due_at"] == "2026-03-02T01:30:00Z"
    assert task["context"]["earning"]["total"] == cny(12_000)
    assert "123456" not in str(shown)
    assert "pe_a" in details(work.state)


def test_a_visit_offers_what_comes_next_under_one_task() -> None:
    work = Work().begin()
    seen = []
    for verb, form in (
        ("accept", {}),
        ("schedule", WINDOW),
        ("schedule", WINDOW),
        ("check_in", {}),
    ):
        work.act(verb, form=form)
        task = work.task
        assert task is not None
        seen.append((task.task_id, task.revision, [str(v) for v in task.verbs]))
    assert seen == [
        ("install/1/visit", 1, ["schedule"]),
        ("install/1/visit", 2, ["schedule", "check_in"]),
        ("install/1/visit", 3, ["schedule", "check_in"]),
        ("install/1/visit", 4, ["complete"]),
    ]
