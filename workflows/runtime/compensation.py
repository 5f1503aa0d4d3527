"""Undoing: a send-back or a cancellation takes tokens away and undoes what their nodes had done,
newest first, before the case goes on or ends; a node that is left early takes back what it had under
way while the case goes on.

What is under way is not forgotten: calls, field work and inner runs that were withdrawn are waited
for, and what they still achieved is undone with the rest. An inner run undoes what it did itself; once
it is over, what it did is the outer run's to undo.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from workflows.compiler.plan import ServiceNode, UserTaskNode
from workflows.language.failure import EvaluationError
from workflows.language.values import Json
from workflows.runtime import tasks
from workflows.runtime.commands import RPC_GAVE_UP, CancelCall, CancelChild, Purpose
from workflows.runtime.places import node_at
from workflows.runtime.run import InnerRun, Run
from workflows.runtime.state import CaseStatus, Effect, Incident, PendingCall, Trouble, Unwind


def keep_effect(run: Run, node: ServiceNode, call: PendingCall, reply: Json) -> None:
    """A call succeeded: keep what undoing it would take."""
    effect = _effect_of(run, node, call, reply, run.case.next_order())
    if effect is not None:
        run.effects = (*run.effects, effect)


def withdrawn_succeeded(run: Run, node: ServiceNode, call: PendingCall, reply: Json) -> None:
    """A call that was withdrawn succeeded after all: undo it with the rest."""
    effect = _effect_of(run, node, call, reply, run.case.next_order())
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
        effect = _effect_of(run, node, call, incident.reply, incident.order)
    if effect is not None and any(effect.root in unwind.nodes for unwind in run.unwinding):
        _undo_with_the_rest(run, effect)
    elif effect is not None:
        run.effects = tuple(sorted((*run.effects, effect), key=lambda each: each.order))


def _effect_of(
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


def go_back(run: Run, target: str, reason: str) -> None:
    """Take back all tokens from the nodes to which every way goes through the target, undo what was
    done there since the target's last visit, and let a token enter the target.

    The target is one of the ``returns`` of a node that has a token.
    """
    _unwind(run, run.graph.region(target), run.standings[target].order, target, reason)


def cancel(run: Run, reason: str) -> None:
    """Take back everything, undo what can be undone, and end the run."""
    run.status, run.reason = CaseStatus.CANCELLING, reason
    run.agenda.clear()
    _unwind(run, run.graph.by_id.keys(), 0, "", reason)


def leave_early(run: Run, node: str, reason: str) -> None:
    """Take the token from a node that is not done; what it was doing is taken back while the case
    goes on, what it has done stays."""
    _withdraw(run, node, reason)
    _take_back(run, [node], reason)


def stop(run: Run, reason: str) -> None:
    """Take all tokens from all nodes; what has been done stays."""
    run.agenda.clear()
    standing = [node for node in run.graph.by_id if node in run.tokens]
    for node in standing:
        _withdraw(run, node, reason)
    _forget_arrivals(run, run.graph.by_id.keys())
    run.unwinding = tuple(replace(unwind, goal="") for unwind in run.unwinding)
    _take_back(run, standing, reason)


def _take_back(run: Run, nodes: list[str], reason: str) -> None:
    unwind = Unwind("", tuple(nodes), reason)
    if _waits(run, unwind):
        run.unwinding = (*run.unwinding, unwind)


def _unwind(run: Run, nodes: Collection[str], since: int, goal: str, reason: str) -> None:
    inside = [node for node in run.graph.by_id if node in nodes]
    for node in inside:
        if node in run.tokens:
            _withdraw(run, node, reason)
    _forget_arrivals(run, nodes)
    run.forget_doers(nodes)
    undone = [effect for effect in run.effects if effect.root in nodes and effect.order > since]
    run.effects = tuple(effect for effect in run.effects if effect not in undone)
    # An unwinding that would have led into these nodes leads nowhere now; its work stays to do.
    absorbed = [u for u in run.unwinding if u.goal in nodes]
    run.unwinding = tuple(u for u in run.unwinding if u not in absorbed)
    undone += [effect for unwind in absorbed for effect in unwind.effects]
    effects = tuple(sorted(undone, key=lambda effect: effect.order))
    run.unwinding = (*run.unwinding, Unwind(goal, tuple(inside), reason, effects))
    go_on(run)


def _forget_arrivals(run: Run, nodes: Collection[str]) -> None:
    for join in [join for join in run.joined if join in nodes]:
        del run.joined[join]
        run.end_visit(join)


def _withdraw(run: Run, node: str, reason: str) -> None:
    visit = run.tokens[node].visit
    key = f"{node}/{visit}"
    tasks.withdraw(run, run.graph.by_id[node], visit, reason)
    for incident in [i for i in run.incidents.values() if (i.node, i.visit) == (node, visit)]:
        _leave_incident(run, incident)
    for call in [c for c in run.calls.values() if (c.node, c.visit) == (node, visit)]:
        _withdraw_call(run, call)
    child = run.children.get(key)
    if child is not None:
        run.children[key] = replace(child, cancelling=True)
        run.emit(CancelChild(child.node, child.visit, reason))
    for inner in run.inner_of(node, visit):
        if inner.running:
            cancel(inner, reason)
    run.end_visit(node)


def let_go(run: Run, call: PendingCall) -> None:
    """Nobody knows whether a call was applied, and its node is about to be left: it is withdrawn with
    the node's token, like one that is in flight."""
    run.calls[call.call_id] = call


def _leave_incident(run: Run, incident: Incident) -> None:
    """The token that stood still is taken away. What may have been done is still to be undone."""
    call = incident.call
    if incident.trouble in (Trouble.UNDO, Trouble.EFFECT):
        return
    del run.incidents[incident.incident_id]
    node = run.graph.by_id[incident.node]
    if call is None or not isinstance(node, ServiceNode) or node.compensation is None:
        return
    if incident.trouble is Trouble.REPLY:
        order, reason, message = run.case.next_order(), incident.reason, incident.message
        raise_unknown(run, node.id, call, reason, message, incident.reply, order)
    elif incident.trouble is Trouble.CALL and incident.reason == RPC_GAVE_UP:
        let_go(run, call)


def _withdraw_call(run: Run, call: PendingCall) -> None:
    if call.beside or call.purpose not in (Purpose.NODE, Purpose.ASSIGN):
        return
    node = run.graph.by_id[call.node]
    if isinstance(node, ServiceNode) and node.compensation is not None and call.mutating:
        # It may have been applied. If not it never will be; else it is undone.
        run.make(replace(call, withdrawn=True, instead=None), closing=True)
    else:
        del run.calls[call.call_id]
        run.emit(CancelCall(call.call_id))


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
            _forget_results(run, unwind.nodes)
            run.agenda.append(("", unwind.goal))


def _forget_results(run: Run, nodes: Iterable[str]) -> None:
    """What was undone has left nothing behind; what people filled in is offered to them again."""
    for node in nodes:
        result = run.own_data.get(node)
        if result is not None and isinstance(run.graph.by_id[node], UserTaskNode):
            run.earlier[node] = result
        run.forget_result(node)


def _waits(run: Run, unwind: Unwind) -> bool:
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


def _undo_with_the_rest(run: Run, *effects: Effect) -> None:
    for effect in effects:
        whose = next(unwind for unwind in run.unwinding if effect.root in unwind.nodes)
        with_it = replace(whose, effects=(*whose.effects, effect))
        run.unwinding = tuple(with_it if u is whose else u for u in run.unwinding)
    go_on(run)
