"""What calls have done, and what undoing it takes: kept with the run, newest last."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from workflows.compiler.plan import ServiceNode
from workflows.language.failure import EvaluationError
from workflows.language.values import Json
from workflows.runtime.run import InnerRun, Run
from workflows.runtime.state import Effect, PendingCall, Trouble


def keep_effect(run: Run, node: ServiceNode, call: PendingCall, reply: Json) -> None:
    """A call succeeded: keep what undoing it would take."""
    effect = effect_of(run, node, call, reply, run.case.next_order())
    if effect is not None:
        run.effects = (*run.effects, effect)


def effect_of(
    run: Run, node: ServiceNode, call: PendingCall, reply: Json, order: int
) -> Effect | None:
    """What undoing a successful call would take; None when it need not be undone, or when operations
    must say how."""
    undo = node.compensation
    if undo is None:
        return None
    # The contract's own compensation reads reply and request under names no expression can say.
    data: dict[str, Any] = {**run.data, node.id: reply, "$reply": reply, "$request": call.request}
    try:
        undo_request = undo.request.run(data)
    except EvaluationError as error:
        message = f"undoing {node.id}: {error.message}"
        raise_unknown(run, node.id, call, error.reason, message, reply, order)
        return None
    return Effect(node.id, call.visit, order, undo.rpc, undo.quick, undo_request, undo.takes_reason)


def raise_unknown(
    run: Run, node: str, call: PendingCall, reason: str, message: str, reply: Any, order: int
) -> None:
    """Nobody knows how to undo what a call has done."""
    run.raise_incident(
        Trouble.EFFECT,
        node,
        call.visit,
        reason,
        message,
        detail="effect",
        call=call,
        reply=reply,
        order=order,
    )


def lift_unknown(run: Run, inner: InnerRun) -> None:
    """An inner run is over: what it does not know how to undo is this run's to find out."""
    for incident in inner.incidents.values():
        if incident.trouble is Trouble.EFFECT:
            own_id = f"{inner.key}:{incident.incident_id}"
            run.incidents[own_id] = replace(
                incident, incident_id=own_id, node=f"{inner.key}:{incident.node}"
            )
