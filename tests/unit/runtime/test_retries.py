"""What a case and a field work know of calls that are made again and again."""

from __future__ import annotations

from datetime import timedelta

from tests.unit.runtime.cases import MONDAY, Case, Small
from tests.unit.runtime.test_incidents import MAKE
from tests.unit.runtime.works import Work
from workflows.activities.retrying import is_told
from workflows.runtime import describe
from workflows.runtime.events import CallRetried, RpcFailed, RpcSucceeded
from workflows.runtime.field_work.record import details, retried_calls
from workflows.runtime.port import Reply
from workflows.runtime.state import Retries

NEVER = timedelta(days=999)
RPC = "test.v1.Things/Make"


def retries(attempts: int) -> Retries:
    return Retries(RPC, attempts, "SERVICE_UNAVAILABLE", "things are down", MONDAY)


def unanswered() -> Case:
    case = Case(MAKE, Small(Make=Reply({"thing_id": "t", "count": 1}, after=NEVER)))
    case.feed(CallRetried(MONDAY, "make/1", retries(4)))
    return case


def test_a_call_that_is_made_again_is_shown_with_its_node_and_last_error() -> None:
    case = unanswered()
    [told] = describe.retried_calls(case.state, case.plan)
    assert (told["call_id"], told["node"], told["node_title"]) == ("make/1", "make", "做")
    assert (told["rpc"], told["attempt_count"]) == (RPC, 4)
    shown = describe.standing(case.state, case.plan)
    assert [node["node"] for node in shown["nodes"] if node["retrying"]] == ["make"]
    assert any("试了 4 次，仍在重试：SERVICE_UNAVAILABLE" in text for text in shown["waiting_for"])
    assert "仍在重试" in describe.details(case.state, case.plan)


def test_its_end_takes_that_back_and_a_word_that_comes_too_late_changes_nothing() -> None:
    case = unanswered()
    case.feed(RpcSucceeded(MONDAY, "make/1", {"thing_id": "t", "count": 1}))
    assert describe.retried_calls(case.state, case.plan) == []
    before = case.state
    case.feed(CallRetried(MONDAY, "make/1", retries(8)))
    assert case.state is before


def test_what_operations_try_again_begins_without_the_retries_of_before() -> None:
    case = unanswered()
    case.feed(RpcFailed(MONDAY, "make/1", "RPC_GAVE_UP", "tried in vain"))
    assert describe.retried_calls(case.state, case.plan) == []
    case.do("pe_ops", "retry", incident_id="make/1", roles=("ops",))
    assert "make/1" in case.state.calls
    assert describe.retried_calls(case.state, case.plan) == []


def test_field_work_shows_its_calls_until_they_have_ended() -> None:
    work = Work(hold={"work_order"}).begin()
    call = work.state.calling
    work.feed(CallRetried(MONDAY, call, retries(2)))
    assert [told["call_id"] for told in retried_calls(work.state)] == [call]
    assert "仍在重试" in details(work.state)
    work.feed(RpcFailed(MONDAY, call, "RPC_GAVE_UP", "tried in vain"))
    assert retried_calls(work.state) == []


def test_a_restart_is_not_told_and_then_each_time_that_the_attempts_have_doubled() -> None:
    first, minute = timedelta(seconds=2), timedelta(minutes=1)
    assert not any(is_told(attempt, first) for attempt in range(1, 5))
    assert [attempt for attempt in range(1, 100) if is_told(attempt, minute)] == [
        1, 2, 4, 8, 16, 32, 64,
    ]  # fmt: skip
