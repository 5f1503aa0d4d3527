"""Priorities of cases and their child cases: with which they start, and who follows whom."""

from __future__ import annotations

from datetime import timedelta

from tests.unit.compiler.flows import CATALOG, HEADER, flow
from tests.unit.runtime.cases import MONDAY, Case
from workflows.compiler.compile import compile_or_raise
from workflows.compiler.library import EMPTY_LIBRARY, Library, interface_of
from workflows.runtime.audit import SYSTEM
from workflows.runtime.commands import Command, PrioritiseChild, RecordAct, StartSubflow
from workflows.runtime.events import CancelRequested, Prioritised, Started
from workflows.runtime.interpreter import step
from workflows.runtime.state import CaseState

PRIORITIES = """
priorities:
  - {id: urgent, name: 加急, when: "has(inputs.hurry) && inputs.hurry"}
  - {id: normal, name: 普通, default: true}
inputs: [{id: hurry, kind: boolean, name: 加急}]
"""
INNER = compile_or_raise(
    flow(
        """
        start: check
        nodes:
          - id: check
            kind: approval
            name: 核
            assignee: {role: boss}
            sla: {calendar: natural, complete: 8h, by_priority: {urgent: {complete: 2h}}}
          - {id: done, kind: end, name: 完}
        edges: [{from: check, to: done}]
        """,
        HEADER.replace("small", "inner") + PRIORITIES,
    ),
    CATALOG,
)
OUTER = compile_or_raise(
    flow(
        """
        start: each
        nodes:
          - id: each
            kind: for_each
            name: 每件
            items: =["a", "b"]
            body:
              start: sub
              nodes:
                - {id: sub, kind: subflow, name: 子, flow: inner}
                - {id: over, kind: end, name: 完}
              edges: [{from: sub, to: over}]
          - {id: done, kind: end, name: 完}
        edges: [{from: each, to: done}]
        """,
        HEADER + PRIORITIES,
    ),
    CATALOG,
    Library([interface_of(INNER, 1, EMPTY_LIBRARY)]),
)


def child(priority: str, **inputs: object) -> CaseState:
    begins = Started(MONDAY, "ca_2", "case:ca_2", inputs, "pe", is_child=True, priority=priority)
    return step(CaseState(), begins, INNER)[0]


def test_a_child_case_is_as_urgent_as_its_parent_where_its_flow_knows_how() -> None:
    case = Case(OUTER, hurry=True)
    assert [start.priority for start in case.all(StartSubflow)] == ["urgent", "urgent"]
    assert child("urgent").priority == "urgent"
    assert child("normal", hurry=True).priority == "urgent", "it may be more urgent by itself"
    assert child("").priority == "normal"
    assert child("vip").priority == "normal"


def test_open_child_cases_are_told_when_their_parent_becomes_urgent() -> None:
    case = Case(OUTER)
    case.do("pe_boss", "prioritise", to="urgent", roles=("boss",), act_key="k1")
    assert case.all(PrioritiseChild) == [
        PrioritiseChild(f"each/1.{n}:sub", 1, "urgent", "k1") for n in (1, 2)
    ]


def told(state: CaseState, priority: str) -> tuple[CaseState, list[Command]]:
    return step(state, Prioritised(MONDAY + timedelta(hours=1), priority, "k1"), INNER)


def test_a_child_that_follows_computes_its_deadlines_again_and_writes_down_why() -> None:
    case = Case(INNER)
    state, commands = told(case.state, "urgent")
    assert state.priority == "urgent"
    assert state.tasks["check/1"].complete_due == MONDAY + timedelta(hours=2)
    done = [act for act in commands if isinstance(act, RecordAct) and act.verb == "prioritise"]
    assert [(act.person, act.rule, act.before, act.after) for act in done] == [
        (SYSTEM, "parent", {"priority": "normal"}, {"priority": "urgent"})
    ]
    assert told(state, "urgent") == (state, []), "the same word again changes nothing"
    assert told(state, "vip") == (state, []), "nor does a priority that its flow does not have"


def test_a_case_that_is_being_cancelled_is_left_in_peace() -> None:
    case = Case(OUTER)
    stopping, _ = step(case.state, CancelRequested(case.now, "ops", "refund"), OUTER)
    assert step(stopping, Prioritised(case.now, "urgent", "k1"), OUTER) == (stopping, [])
