"""Waits: for a time, until an instant, for an event; and the race of several, of which the first that
is over is taken."""

from __future__ import annotations

from workflows.compiler.plan import Code, DecisionNode, PlanNode, WaitNode
from workflows.language.types import from_json
from workflows.language.values import DECODERS, Json, conform
from workflows.runtime.run import Run
from workflows.runtime.state import Awaited, Phase

#: What a wait's own timer is called.
_OWN = "wait"


def begin(run: Run, node: WaitNode, visit: int) -> None:
    """Begin to wait.

    Raises:
        EvaluationError: what is waited for has no value for this case.
    """
    _arm(run, node, visit, node)
    run.place_token(node, Phase.EVENT if node.event else Phase.TIME)


def begin_race(run: Run, node: DecisionNode, visit: int) -> None:
    """Begin to wait for whatever is over first.

    Raises:
        EvaluationError: what is waited for has no value for this case.
    """
    for edge in node.next:
        wait = run.graph.by_id[edge.to]
        assert isinstance(wait, WaitNode)
        _arm(run, node, visit, wait, edge.id)
    run.place_token(node, Phase.EVENT)


def win(run: Run, node: DecisionNode, way: str) -> WaitNode:
    """A wait is over first: the token goes on to it, the others are not waited for any more."""
    edge = next(edge for edge in node.next if edge.id == way)
    wait = run.graph.by_id[edge.to]
    assert isinstance(wait, WaitNode)
    run.end_visit(node.id)
    run.begin_visit(wait)
    run.place_token(wait, Phase.EVENT)
    return wait


def read_payload(node: WaitNode, payload: dict[str, Json]) -> Json:
    """What an event leaves behind.

    Raises:
        ValueMismatch: it does not say what its contract says.
    """
    return conform(payload, from_json(node.payload or {"record": [], "name": ""}))


def _arm(run: Run, owner: PlanNode, visit: int, wait: WaitNode, way: str = "") -> None:
    if wait.event:
        key = f"{owner.id}/{visit}/{way}" if way else f"{owner.id}/{visit}"
        run.awaited[key] = Awaited(owner.id, visit, wait.event, _value(wait.key, run), way)
        return
    purpose, seconds, summary = way or _OWN, wait.duration_seconds, run.name(wait)
    if seconds is not None:
        run.arm_after(owner, visit, purpose, seconds, wait.calendar, summary)
    else:
        due = DECODERS["timestamp"](_value(wait.until, run))
        run.arm_at(owner, visit, purpose, due, summary)


def _value(code: Code | None, run: Run) -> str:
    value = code.run(run.data) if code else None
    return str(value)
