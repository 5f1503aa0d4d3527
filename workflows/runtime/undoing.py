"""Undoing what was done, newest first, before the case goes on or ends.

What is under way is not forgotten: calls, field work and inner runs that were withdrawn are waited
for, and what they still achieved is undone with the rest. An inner run undoes what it did itself; once
it is over, what it did is the outer run's to undo.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from workflows.compiler.plan import ServiceNode, UserTaskNode
from workflows.language.values import Json
from workflows.runtime.commands import Purpose
from workflows.runtime.effects import effect_of
from workflows.runtime.places import node_at
from workflows.runtime.run import Run
from workflows.runtime.state import Effect, Incident, PendingCall, Trouble, Unwind


def take_over(run: Run, key: str, effects: Iterable[Effect], *, withdrawn: bool = False) -> None:
    """An inner run or a child case is over: what it has done is this run's to undo.

    Args:
        key: the inner run's, or the child's ``node/visit``.
        withdrawn: it was not wanted any more: undo it with the rest.
    """
    lifted = [replace(effect, node=f"{key}:{effect.node}") for effect in effects]
    if withdrawn:
        _undo_with_the_rest(run, *lifted)
    else:
        run.effects = tuple(sorted((*run.effects, *lifted), key=lambda effect: effect.order))


def withdrawn_succeeded(run: Run, node: ServiceNode, call: PendingCall, reply: Json) -> None:
    """A call that was withdrawn succeeded after all: undo it with the rest."""
    effect = effect_of(run, node, call, reply, run.case.next_order())
    _undo_with_the_rest(run, *([effect] if effect else []))


def find_out_again(run: Run, incident: Incident, request: dict[str, Json]) -> None:
    """Compute once more how to undo what was done, or take the request that operations give."""
    call = incident.call
    assert call is not None
    own = run.graph.by_id.get(incident.node)
    node = own or node_at(run.graph, incident.node)
    assert isinstance(node, ServiceNode)
    assert node.compensation is not None
    undo = node.compensation
    del run.incidents[incident.incident_id]
    if request:
        effect: Effect | None = Effect(
            incident.node,
            incident.visit,
            incident.order,
            undo.rpc,
            undo.quick,
            request,
            undo.takes_reason,
        )
    else:
        effect = effect_of(run, node, call, incident.reply, incident.order)
    if effect is not None and any(effect.root in unwind.nodes for unwind in run.unwinding):
        _undo_with_the_rest(run, effect)
    elif effect is not None:
        run.effects = tuple(sorted((*run.effects, effect), key=lambda each: each.order))


def _undo_with_the_rest(run: Run, *effects: Effect) -> None:
    for effect in effects:
        whose = next(unwind for unwind in run.unwinding if effect.root in unwind.nodes)
        with_it = replace(whose, effects=(*whose.effects, effect))
        run.unwinding = tuple(with_it if u is whose else u for u in run.unwinding)
    go_on(run)


def go_on(run: Run) -> None:
    """Undo the next thing of each unwinding, as far as nothing it waits for is under way."""
    for unwind in list(run.unwinding):
        if unwind.stuck or is_held_up(run, unwind):
            continue
        if unwind.effects:
            _undo(run, unwind)
            continue
        run.unwinding = tuple(other for other in run.unwinding if other != unwind)
        if unwind.goal:
            _forget_results(run, unwind.nodes)
            run.agenda.append(("", unwind.goal))


def _forget_results(run: Run, nodes: Iterable[str]) -> None:
    """What was undone has left nothing behind; what people filled in is offered to them again."""
    for node in nodes:
        result = run.own_data.get(node)
        if result is not None and isinstance(run.graph.by_id[node], UserTaskNode):
            run.earlier[node] = result
        run.forget_result(node)


def is_held_up(run: Run, unwind: Unwind) -> bool:
    """Whether something that was withdrawn may still succeed, or is being undone, or nobody knows how
    to undo it."""
    nodes = set(unwind.nodes)
    return (
        any(child.cancelling and child.node in nodes for child in run.children.values())
        or any(i.trouble is Trouble.EFFECT and i.root in nodes for i in run.incidents.values())
        or any(
            call.root in nodes and (call.withdrawn or call.purpose == Purpose.COMPENSATE)
            for call in run.calls.values()
        )
        or any(
            inner.unwinding
            for node, visit in [(i.node, i.visit) for i in run.inner.values()]
            if node in nodes
            for inner in run.inner_of(node, visit)
        )
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
        summary=f"{node_at(run.graph, effect.node).name}：撤销",
    )


def undone(run: Run, call: PendingCall) -> None:
    """A compensation succeeded, or was given up."""
    run.incidents.pop(f"{call.node}/{call.visit}/undo", None)
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
    _set_stuck(run, call, stuck=True)
    run.raise_incident(
        Trouble.UNDO, call.node, call.visit, reason, message, detail="undo", call=call
    )


def undo_again(run: Run, incident: Incident, request: dict[str, Json]) -> None:
    """Make a compensation again that failed, with another request if operations give one."""
    call = incident.call
    assert call is not None
    del run.incidents[incident.incident_id]
    _set_stuck(run, call, stuck=False)
    call_again(run, call, request)


def give_up(run: Run, incident: Incident) -> None:
    """Leave undone what could not be undone: operations have seen to it."""
    call = incident.call
    assert call is not None
    _set_stuck(run, call, stuck=False)
    undone(run, call)


def call_again(run: Run, call: PendingCall, request: dict[str, Json]) -> None:
    """Make a call again that failed. Another request than the one that may have been applied is made
    only when that was not, and never will be."""
    if not request or request == call.request:
        run.make(call)
    elif call.mutating:
        run.make(replace(call, instead=request), closing=True)
    else:
        run.make(replace(call, request=request))


def _set_stuck(run: Run, call: PendingCall, *, stuck: bool) -> None:
    run.unwinding = tuple(
        replace(unwind, stuck=stuck)
        if any((e.node, e.visit) == (call.node, call.visit) for e in unwind.effects)
        else unwind
        for unwind in run.unwinding
    )
