"""Ways out of a node before it is done."""

from __future__ import annotations

import pytest

from tests.unit.compiler.flows import CATALOG, HEADER, codes_of, diagnostics_of, flow, plan_of
from workflows.compiler.compile import compile_flow, compile_or_raise
from workflows.compiler.plan import FormNode

ASKING = """
    start: ask
    nodes:
      - id: ask
        kind: form
        name: 询
        assignee: {{role: sales}}
        form: [{{id: answer, kind: text, name: 答, required: true}}]
        {ask}
      - {{id: call, kind: service, name: 电, rpc: test.v1.Things/Make, input: {{{call}}}}}
      - {{id: met, kind: decision, name: 并}}
      - {{id: done, kind: end, name: 完}}
      - {{id: lost, kind: end, name: 失}}
    edges:
      - {{from: ask, to: met}}
      - {{from: ask, to: call, {on}}}
      - {{from: call, to: {after_call}}}
      - {{from: met, to: done}}
"""


def asking(
    on: str = "on: timer, after: 2h", ask: str = "", call: str = "", after_call: str = "met"
) -> str:
    body = ASKING.format(on=on, ask=ask, call=call, after_call=after_call)
    return (
        body
        if after_call == "lost"
        else body.replace("      - {id: lost, kind: end, name: 失}\n", "")
    )


def test_a_timer_takes_the_case_on_and_is_kept_in_seconds_under_its_edge() -> None:
    plan = plan_of(asking())
    (way,) = plan.by_id["ask"].boundary
    assert (way.id, way.to, way.cause, way.after_seconds) == ("ask>call", "call", "timer", 7200)
    assert way.calendar == "natural"
    assert [edge.id for edge in plan.by_id["ask"].next] == ["ask>met"]


def test_a_timer_counts_working_time_where_the_flow_has_a_calendar() -> None:
    source = flow(asking("on: timer, after: 2h, calendar: business"), HEADER + "calendar: office\n")
    (way,) = compile_or_raise(source, CATALOG).by_id["ask"].boundary
    assert way.calendar == "business"
    # Round the clock a day is a day; in working time it is not.
    assert codes_of(asking("on: timer, after: 1d, calendar: business")) == []
    days = flow(asking("on: timer, after: 1d, calendar: business"), HEADER + "calendar: office\n")
    with pytest.raises(Exception, match="FLOW_DURATION_DAYS"):
        compile_or_raise(days, CATALOG)


def test_an_interrupting_timer_leaves_what_the_node_would_have_set_unset() -> None:
    assert codes_of(asking(call='label: =ask.answer + "!"')) == ["FLOW_VARIABLE_UNSET"]


def test_a_branch_alongside_needs_a_join_or_an_end_of_its_own() -> None:
    assert codes_of(asking("on: timer, after: 2h, alongside: true")) == ["FLOW_UNSOUND_SAME_END"]
    assert codes_of(asking("on: timer, after: 2h, alongside: true", after_call="lost")) == []


def test_an_event_may_interrupt_and_says_whose_it_is() -> None:
    plan = plan_of(asking("on: event, event: test.v1.ThingChanged, key: =case.id"))
    (way,) = plan.by_id["ask"].boundary
    assert (way.cause, way.event, way.key and way.key.source) == (
        "event", "test.v1.ThingChanged", "=case.id",
    )  # fmt: skip
    assert way.payload is not None


def test_an_escalation_that_takes_a_way_is_a_boundary_named_after_its_alarm() -> None:
    sla = "sla: {complete: 8h, escalate: [{of: complete, take: call}]}"
    body = asking(ask=sla).replace("      - {from: ask, to: call, on: timer, after: 2h}\n", "")
    ask = plan_of(body).by_id["ask"]
    (way,) = ask.boundary
    assert (way.id, way.cause, way.alarm) == ("ask>call", "escalation", "escalate-1")
    assert not way.alongside


def test_an_escalation_may_hand_the_task_to_somebody_else() -> None:
    sla = "sla: {complete: 8h, escalate: [{of: complete, after: 1h, reassign_to: {role: boss}}]}"
    ask = plan_of(asking("on: timer, after: 24h", ask=sla)).by_id["ask"]
    assert isinstance(ask, FormNode)
    assert ask.sla is not None
    (alarm,) = ask.sla.alarms
    assert alarm.reassign is not None
    assert (alarm.offset_seconds, alarm.notify, alarm.reassign.role) == (3600, None, "boss")


@pytest.mark.parametrize(
    ("on", "code"),
    [
        ("on: error", "FLOW_ERROR_PATH_MISPLACED"),
        ("on: timer", "FLOW_KEY_MISSING"),
        ("on: event, event: test.v1.ThingChanged", "FLOW_KEY_MISSING"),
        ("on: event, event: test.v1.ThingMoved, key: x", "FLOW_EVENT_UNKNOWN"),
        ("on: timer, after: 0h", "FLOW_DURATION_INVALID"),
        ("on: timer, after: 2h, when: 'true'", "FLOW_EDGE_CONDITION_MISPLACED"),
        ("on: timer, after: 2h, reasons: [LATE]", "FLOW_EDGE_SETTING"),
        ("on: event, event: test.v1.ThingChanged, key: x, after: 2h", "FLOW_EDGE_SETTING"),
        ("after: 2h", "FLOW_EDGE_SETTING"),
    ],
)
def test_a_boundary_has_what_its_cause_needs_and_nothing_else(on: str, code: str) -> None:
    assert code in codes_of(asking(on))


def test_no_timer_can_overtake_a_call() -> None:
    body = (
        asking()
        .replace("{from: ask, to: call", "{from: call, to: met")
        .replace("      - {from: call, to: met}\n", "      - {from: call, to: done}\n")
    )
    (found,) = [d for d in diagnostics_of(body) if d.code == "FLOW_BOUNDARY_MISPLACED"]
    assert "'call' is a service" in found.message


@pytest.mark.parametrize(
    ("first", "second", "codes"),
    [
        ("on: timer, after: 2h", "on: timer, after: 3h", ["FLOW_TIMER_NEVER"]),
        ("on: timer, after: 2h", "on: timer, after: 1h", ["FLOW_TIMER_NEVER"]),
        ("on: timer, after: 2h", "on: timer, after: 1h, calendar: business", []),
    ],
)
def test_a_timer_that_is_never_over_first_is_told(
    first: str, second: str, codes: list[str]
) -> None:
    body = asking(first).replace(
        "{from: call, to: met}",
        f"{{from: call, to: met}}\n      - {{from: ask, to: done, {second}}}",
    )
    source = flow(body, HEADER + "calendar: office\n")
    assert [d.code for d in compile_flow(source, CATALOG).diagnostics] == codes


def test_a_timer_on_a_wait_that_is_over_before_it_is_told() -> None:
    body = """
        start: rest
        nodes:
          - {id: rest, kind: wait, name: 歇, duration: 2h}
          - {id: done, kind: end, name: 完}
        edges:
          - {from: rest, to: done}
          - {from: rest, to: done, on: timer, after: 2h}
    """
    assert codes_of(body) == ["FLOW_TIMER_NEVER"]
    assert codes_of(body.replace("after: 2h", "after: 119m")) == []
