"""What a run of every release hands to the next loads today, and goes on from where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from workflows.compiler.plan import INTERPRETER_VERSION, Plan
from workflows.runtime import describe
from workflows.runtime.events import CancelRequested, Event, RpcFailed, TimerFired
from workflows.runtime.field_work.carried import CarriedWork
from workflows.runtime.field_work.record import standing
from workflows.runtime.field_work.step import step as step_field_work
from workflows.runtime.interpreter import step
from workflows.runtime.payloads import CarriedOver, CaseInput
from workflows.runtime.places import each
from workflows.runtime.state import CaseState, CaseStatus, dump_state, load_state

HERE = Path(__file__).parent
STATES = sorted((HERE / "states").glob("*/*.json"))
WORKS = [path for path in STATES if "_field_work." in path.name]
CASES = [path for path in STATES if path not in WORKS]
CASE = TypeAdapter(CaseInput)
FIELD_WORK = TypeAdapter(CarriedWork)
AT = datetime(2030, 1, 1, tzinfo=UTC)


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def handed_over(path: Path) -> CarriedOver:
    carried = CASE.validate_json(path.read_bytes()).carried
    assert carried is not None
    return carried


def plan_of(state: CaseState) -> Plan:
    return Plan.from_bytes((HERE / "plans" / f"{state.plan_hash}.json").read_bytes())


def what_may_happen(state: CaseState, plan: Plan) -> Iterator[Event]:
    for timer_id, _ in each(state, plan, "timers"):
        yield TimerFired(AT, timer_id)
    for call_id, _ in each(state, plan, "calls"):
        yield RpcFailed(AT, call_id, "SERVICE_REFUSED", "no")


@pytest.mark.parametrize("path", CASES, ids=name)
def test_a_case_that_was_handed_over_goes_on(path: Path) -> None:
    carried = handed_over(path)
    assert carried.interpreter <= INTERPRETER_VERSION
    state, plan = carried.state, plan_of(carried.state)
    assert load_state(dump_state(state)) == state
    assert describe.standing(state, plan)["revision"] == state.revision
    running = state.status is CaseStatus.RUNNING
    for event in what_may_happen(state, plan):
        after, _ = step(state, event, plan)
        assert (after.revision > state.revision) or not running
        assert load_state(dump_state(after)) == after
    ends, _ = step(state, CancelRequested(AT, "ops", "no longer wanted"), plan)
    assert ends.status is not CaseStatus.RUNNING


@pytest.mark.parametrize("path", WORKS, ids=name)
def test_a_field_work_that_was_handed_over_goes_on(path: Path) -> None:
    carried = FIELD_WORK.validate_json(path.read_bytes())
    assert carried.interpreter <= INTERPRETER_VERSION
    assert standing(carried.state)["revision"] == carried.state.revision
    state, _ = step_field_work(carried.state, CancelRequested(AT, "case", "no longer wanted"))
    assert state.ending is not None
    again = FIELD_WORK.validate_json(FIELD_WORK.dump_json(CarriedWork(state)))
    assert again.state == state


def test_there_is_something_to_load() -> None:
    stories = {path.name.partition(".")[0] for path in STATES}
    assert {"installed", "stuck", "measured", "purchased", "installed_field_work"} <= stories
    assert {"replanned", "migrated", "transferred", "nudged"} <= stories
