"""A dispatcher names somebody, has it dispatched anew, or decides when nobody is left."""

from __future__ import annotations

import pytest

from kit.errors import ServiceError
from tests.unit.runtime.works import Work
from workflows.runtime.field_work.record import standing


def test_whom_a_dispatcher_names_has_the_work_and_who_was_asked_is_asked_no_more() -> None:
    work = Work().begin()
    work.calls.clear()
    work.dispatch("assign", "pe_z", act_key="named")
    assert [call.call_id for call in work.calls] == [
        "close_offer/1", "cancel_earning/1", "gone/1",
        "technician/2", "promise/2", "offer/2", "take/2", "assigned/2",
    ]  # fmt: skip
    assert work.state.settled["named"].reason == ""
    assert work.task is not None
    assert (work.task.kind, work.task_of("pe_z")) == ("visit", work.task)
    assert [record.verb for record in work.records] == ["assign"]
    assert (work.records[0].comment, work.records[0].people) == ("急单", ("pe_z",))


def test_who_held_the_work_is_released_before_another_gets_it() -> None:
    work = Work().begin()
    work.act("accept")
    work.calls.clear()
    work.dispatch("assign", "pe_b", form={"release_code": "no_show"})
    assert [call.call_id.partition("/")[0] for call in work.calls] == [
        "release", "cancel_earning", "gone", "technician", "promise", "offer", "take", "assigned",
    ]  # fmt: skip
    assert work.made("release")[0].request["release_code"] == "no_show"
    assert work.made("cancel_earning")[-1].request["reason"] == "WORK_RELEASED"
    assert work.task is not None
    assert work.task.task_id == "install/1/visit/2"


def test_work_that_is_dispatched_anew_goes_to_the_next_and_not_to_who_gave_it_back() -> None:
    work = Work().begin()
    work.act("accept")
    work.dispatch("redispatch", act_key="anew")
    assert work.state.settled["anew"].reason == ""
    assert work.made("rank")[-1].request["excluded_technician_ids"] == ["pe_a"]
    assert work.task_of("pe_b") is not None


def test_an_offer_nobody_answered_is_dispatched_anew_to_another() -> None:
    work = Work().begin()
    work.dispatch("redispatch")
    assert work.task_of("pe_b") is not None
    assert work.task_of("pe_a") is None


@pytest.mark.parametrize(
    ("where", "promised_in_vain"),
    [("technician", []), ("promise", []), ("offer", ["er_pe_z"]), ("take", ["er_pe_z"])],
)
def test_a_dispatcher_hears_why_somebody_cannot_have_it_and_the_search_goes_on(
    where: str, promised_in_vain: list[str]
) -> None:
    work = Work().begin()
    work.act("decline")
    work.hold.add(where)
    work.dispatch("assign", "pe_z", act_key="named")
    work.hold.clear()
    (refused,) = work.held
    work.fail(refused, "TECHNICIAN_UNKNOWN")
    assert work.state.settled["named"].reason == "TECHNICIAN_UNKNOWN"
    assert work.task_of("pe_z") is None
    assert work.task_of("pe_b") is not None
    assert work.report is None
    taken_back = [each.request["earning_id"] for each in work.made("cancel_earning")]
    assert taken_back == ["er_pe_a", "er_pe_b", *promised_in_vain]
    assert work.made("promise")[-1].request["facts"]["technician_id"] == "pe_b"


def test_an_assignment_needs_a_dispatcher_a_reason_and_somebody_else() -> None:
    work = Work().begin()
    work.act("accept")
    for wrong, reason in (
        ({"roles": ("technician",)}, "CASE_DISPATCHERS_ONLY"),
        ({"comment": " "}, "CASE_REASON_MISSING"),
        ({"to": ""}, "CASE_TARGET_ILLEGAL"),
        ({"to": "pe_a"}, "CASE_TARGET_ILLEGAL"),
    ):
        with pytest.raises(ServiceError) as refused:
            work.dispatch("assign", "pe_b", **wrong)
        assert refused.value.reason == reason


def left_to_a_dispatcher() -> Work:
    work = Work(technicians=("pe_a",), source={"when_nobody": "dispatcher"}).begin()
    work.act("decline")
    return work


def test_when_nobody_is_left_a_dispatcher_is_asked() -> None:
    work = left_to_a_dispatcher()
    assert work.report is None
    (task,) = standing(work.state)["user_tasks"]
    assert task["user_task_kind"] == "dispatch"
    assert task["candidate_person_ids"] == ["pe_chen"]
    assert task["verbs"] == ["assign", "redispatch", "give_up"]
    assert task["context"]["asked"] == ["pe_a"]


def test_the_dispatcher_may_name_somebody_who_declined_before() -> None:
    work = left_to_a_dispatcher()
    assert work.task is not None
    work.dispatch("assign", "pe_a", task_id=work.task.task_id)
    assert work.task_of("pe_a") is not None


def test_the_dispatcher_may_have_everybody_asked_again() -> None:
    work = left_to_a_dispatcher()
    assert work.task is not None
    work.dispatch("redispatch", task_id=work.task.task_id)
    assert work.made("rank")[-1].request["excluded_technician_ids"] == []
    assert work.task_of("pe_a") is not None


def test_the_dispatcher_may_give_up() -> None:
    work = left_to_a_dispatcher()
    assert work.task is not None
    work.dispatch("give_up", task_id=work.task.task_id, comment="区域无人")
    assert work.report is not None
    assert (work.report.reason, work.report.message) == ("FIELD_WORK_NOBODY", "区域无人")


def test_a_way_out_that_nobody_knows_ends_it_with_the_known_ones() -> None:
    work = Work(source={"when_nobody": "boss"}).begin()
    assert work.report is not None
    assert work.report.reason == "FIELD_WORK_INPUT_INVALID"
    assert "fail, dispatcher" in work.report.message
