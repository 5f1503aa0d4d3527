"""Another flow, lived through as a child case."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kit.errors import ServiceError
from tests.unit.compiler.flows import CATALOG, HEADER, flow
from tests.unit.runtime.cases import MONDAY, Case
from workflows.compiler.compile import compile_or_raise
from workflows.compiler.library import EMPTY_LIBRARY, Library, interface_of
from workflows.runtime.commands import CancelChild, EndCase, Purpose, StartSubflow
from workflows.runtime.events import CancelRequested, ChildEnded, Started
from workflows.runtime.interpreter import step
from workflows.runtime.state import CaseState, CaseStatus, Effect

REPAIR = compile_or_raise(
    flow(
        """
        inputs: [{id: thing_id, kind: text, name: 物, required: true, max_length: 8}]
        outputs: {count: make.count}
        start: make
        nodes:
          - {id: make, kind: service, name: 做, rpc: test.v1.Things/Make, input: {label: =inputs.thing_id}}
          - {id: check, kind: approval, name: 核, assignee: {role: boss}}
          - {id: done, kind: end, name: 完}
        edges: [{from: make, to: check}, {from: check, to: done}]
        """,
        HEADER.replace("small", "repair"),
    ),
    CATALOG,
)
LIBRARY = Library([interface_of(REPAIR, 3, EMPTY_LIBRARY)])
OUTER = compile_or_raise(
    flow(
        """
        start: repair
        nodes:
          - {id: repair, kind: subflow, name: 修, flow: repair, input: {thing_id: =case.id}}
          - {id: check, kind: approval, name: 审, assignee: {role: boss}}
          - {id: by_hand, kind: wait, name: 人工, duration: 1h}
          - {id: tell, kind: service, name: 告, rpc: test.v1.Things/Make, input: {label: =string(repair.count)}}
          - {id: done, kind: end, name: 完}
        edges:
          - {from: repair, to: check}
          - {from: repair, to: by_hand, on: error, reasons: [STOCK_OUT, SUBFLOW_CANCELLED]}
          - {from: by_hand, to: done}
          - {from: check, to: tell}
          - {from: tell, to: done}
        """
    ),
    CATALOG,
    LIBRARY,
)


def ended(case: Case, outcome: str, **more: Any) -> None:
    case.feed(ChildEnded(case.now, "repair", 1, outcome, **more))
    case.advance(timedelta(0))


def test_a_child_case_starts_with_the_version_that_the_plan_pins() -> None:
    case = Case(OUTER)
    assert case.all(StartSubflow) == [
        StartSubflow("repair", 1, "repair", 3, REPAIR.hash, {"thing_id": "ca_1"}, "修")
    ]
    assert case.at == ["repair"]


def test_what_it_leaves_behind_is_the_nodes_result() -> None:
    case = Case(OUTER)
    ended(case, "completed", output={"count": 7})
    case.do("pe_boss", "approve", "check")
    assert case.calls_of(Purpose.NODE)[0].request == {"label": "7"}
    assert case.state.status is CaseStatus.COMPLETED


@pytest.mark.parametrize(
    ("outcome", "reason"), [("failed", "STOCK_OUT"), ("cancelled", "")], ids=["failed", "cancelled"]
)
def test_a_child_that_fails_or_is_cancelled_takes_the_error_path(outcome: str, reason: str) -> None:
    case = Case(OUTER)
    ended(case, outcome, reason=reason)
    assert case.at == ["by_hand"]


def test_a_reason_without_a_path_is_an_incident() -> None:
    case = Case(OUTER)
    ended(case, "failed", reason="CASE_FORM_INVALID", message="thing_id: too long")
    incident = case.state.incidents["repair/1"]
    assert (incident.reason, incident.message) == ("CASE_FORM_INVALID", "thing_id: too long")


def test_a_child_that_says_something_else_than_its_flow_promised_is_an_incident() -> None:
    case = Case(OUTER)
    ended(case, "completed", output={"count": "many"})
    assert case.state.incidents["repair/1"].reason == "SUBFLOW_MALFORMED"


DONE = (Effect("make", 1, 2, "test.v1.Things/Unmake", True, {"thing_id": "th_child"}, False),)


def test_what_a_child_has_done_is_undone_with_the_case_that_waited_for_it() -> None:
    case = Case(OUTER)
    ended(case, "completed", output={"count": 1}, effects=DONE)
    case.cancel("ops", "refund")
    (undo,) = case.calls_of(Purpose.COMPENSATE)
    assert undo.request == {"thing_id": "th_child"}
    assert undo.idempotency_key == "case:ca_1/repair/1:make/1/undo"
    assert case.state.status is CaseStatus.CANCELLED


def test_a_cancelled_case_cancels_its_child_and_waits_for_it() -> None:
    case = Case(OUTER)
    case.cancel("ops", "refund")
    assert case.all(CancelChild) == [CancelChild("repair", 1, "refund")]
    assert case.all(EndCase) == [EndCase("cancelled", "", "refund")]


def test_a_child_that_ends_while_it_is_being_cancelled_is_undone_by_its_parent() -> None:
    case = Case(OUTER)
    state, commands = step(case.state, CancelRequested(case.now, "ops", "refund"), case.plan)
    assert [type(command).__name__ for command in commands] == ["CancelChild"]
    over = ChildEnded(case.now, "repair", 1, "completed", {"count": 1}, effects=DONE)
    state, commands = step(state, over, case.plan)
    assert [getattr(command, "call_id", "") for command in commands] == ["repair/1:make/1/undo"]
    assert state.status is CaseStatus.CANCELLING


def started(thing_id: str, *, is_child: bool) -> Started:
    return Started(
        MONDAY, "ca_2", "case:ca_2", {"thing_id": thing_id}, "pe_starter", is_child=is_child
    )


def test_a_child_that_cannot_start_fails_where_a_case_of_its_own_is_refused() -> None:
    too_long = "much too long a name"
    with pytest.raises(ServiceError):
        step(CaseState(), started(too_long, is_child=False), REPAIR)
    state, (end,) = step(CaseState(), started(too_long, is_child=True), REPAIR)
    assert state.status is CaseStatus.FAILED
    assert isinstance(end, EndCase)
    assert (end.outcome, end.reason) == ("failed", "CASE_FORM_INVALID")
    assert "thing_id" in end.message
