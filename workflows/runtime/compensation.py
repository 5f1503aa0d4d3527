"""Undoing: a send-back or a cancellation takes tokens away and undoes what their nodes had done,
newest first, before the case goes on or ends.

What is under way is not forgotten: calls and field work that were withdrawn are waited for, and
what they still achieved is undone with the rest.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from workflows.compiler.plan import ServiceNode
from workflows.language.operations import EvaluationError
from workflows.language.values import Json
from workflows.runtime.commands import CancelChild, Purpose
from workflows.runtime.moves import conclude
from workflows.runtime.run import Run
from workflows.runtime.state import CaseStatus, Effect, PendingCall, Unwind


def effect_of(
    run: Run, node: ServiceNode, visit: int, request: dict[str, Json], reply: Json
) -> Effect | None:
    """What undoing a successful call would take; None when it cannot or need not be undone."""
    undo = node.compensation
    if undo is None:
        return None
    run.order += 1
    # The contract's own compensation reads reply and request under names no expression can say.
    data: dict[str, Any] = {**run.data, node.id: reply, "$reply": reply, "$request": request}
    try:
        undo_request = undo.request.run(data)
    except EvaluationError as error:
        run.raise_incident(
            node.id, visit, error.reason, f"undoing {node.id}: {error.message}", detail="undo"
        )
        return None
    return Effect(node.id, visit, run.order, undo.rpc, undo.quick, undo_request, undo.takes_reason)


def go_back(run: Run, target: str, reason: str) -> None:
    """Take back all tokens from the nodes to which every way goes through the target, undo what was
    done there since the target's last visit, and let a token enter the target.

    The target is one of the ``returns`` of a node that has a token.
    """
    since = run.standings[target].order
    _unwind(run, run.plan.region(target), since, target, reason)


def cancel(run: Run, reason: str) -> None:
    """Take back everything, undo what can be undone, and end the case."""
    run.status = CaseStatus.CANCELLING
    run.agenda.clear()
    _unwind(run, frozenset(run.plan.by_id), 0, "", reason)


def _unwind(run: Run, nodes: frozenset[str], since: int, goal: str, reason: str) -> None:
    for node in [token for token in run.tokens if token in nodes]:
        _withdraw(run, node, reason)
    for join in [join for join in run.joined if join in nodes]:
        del run.joined[join]
        run.end_visit(join)
    undone = [effect for effect in run.effects if effect.node in nodes and effect.order > since]
    run.effects = tuple(effect for effect in run.effects if effect not in undone)
    # An unwinding that would have led into these nodes leads nowhere now; its work stays to do.
    absorbed = [u for u in run.unwinding if u.goal in nodes]
    run.unwinding = tuple(u for u in run.unwinding if u not in absorbed)
    undone += [effect for unwind in absorbed for effect in unwind.effects]
    order = [node for node in run.plan.by_id if node in nodes]
    effects = tuple(sorted(undone, key=lambda effect: effect.order))
    run.unwinding = (*run.unwinding, Unwind(goal, tuple(order), reason, effects))
    go_on(run)


def _withdraw(run: Run, node: str, reason: str) -> None:
    visit = run.tokens[node].visit
    key = f"{node}/{visit}"
    run.tasks.pop(key, None)
    run.awaited.pop(key, None)
    run.cancel_timers(node)
    for incident in [i for i in run.incidents.values() if i.node == node and i.visit == visit]:
        del run.incidents[incident.incident_id]
    for call in [c for c in run.calls.values() if c.node == node]:
        if call.purpose == Purpose.NODE:
            run.calls[call.call_id] = replace(call, withdrawn=True)
        elif call.purpose == Purpose.ASSIGN:
            del run.calls[call.call_id]
    child = run.children.get(key)
    if child is not None:
        run.children[key] = replace(child, cancelling=True)
        run.emit(CancelChild(child.node, child.visit, reason))
    run.end_visit(node)


def go_on(run: Run) -> None:
    """Undo the next thing of each unwinding, as far as nothing it waits for is under way."""
    for unwind in list(run.unwinding):
        if unwind.stuck or _waits(run, unwind):
            continue
        if unwind.effects:
            _undo(run, unwind)
            continue
        run.unwinding = tuple(other for other in run.unwinding if other != unwind)
        if unwind.goal:
            run.agenda.append(("", unwind.goal))
        else:
            conclude(run, CaseStatus.CANCELLED, unwind.reason)


def _waits(run: Run, unwind: Unwind) -> bool:
    nodes = set(unwind.nodes)
    return any(child.cancelling and child.node in nodes for child in run.children.values()) or any(
        call.node in nodes and (call.withdrawn or call.purpose == Purpose.COMPENSATE)
        for call in run.calls.values()
    )


def _undo(run: Run, unwind: Unwind) -> None:
    effect = unwind.effects[-1]
    request = dict(effect.request)
    if effect.takes_reason:
        request["reason"] = unwind.reason
    run.call(
        PendingCall(
            f"{effect.node}/{effect.visit}/undo", effect.node, effect.visit, Purpose.COMPENSATE
        ),
        effect.rpc,
        request,
        quick=effect.quick,
        mutating=True,
        summary=f"{run.plan.by_id[effect.node].name}：撤销",
    )


def undone(run: Run, call: PendingCall) -> None:
    """A compensation succeeded."""
    run.unwinding = tuple(
        replace(
            unwind,
            effects=tuple(
                effect
                for effect in unwind.effects
                if (effect.node, effect.visit) != (call.node, call.visit)
            ),
        )
        for unwind in run.unwinding
    )
    go_on(run)


def not_undone(run: Run, call: PendingCall, reason: str, message: str) -> None:
    """A compensation failed for good: operations must look at it before the case goes on."""
    run.unwinding = tuple(
        replace(unwind, stuck=True)
        if any((e.node, e.visit) == (call.node, call.visit) for e in unwind.effects)
        else unwind
        for unwind in run.unwinding
    )
    run.raise_incident(call.node, call.visit, reason, message, detail="undo")


def withdrawn_succeeded(run: Run, effect: Effect | None) -> None:
    """A withdrawn call succeeded after all: undo it with the rest."""
    if effect is not None:
        run.unwinding = tuple(
            replace(unwind, effects=(*unwind.effects, effect))
            if effect.node in unwind.nodes
            else unwind
            for unwind in run.unwinding
        )
    go_on(run)
