"""Taking tokens away: a send-back or a cancellation, after which what their nodes had done is undone;
a node that is left early, which takes back what it had under way while the case goes on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from workflows.compiler.plan import ServiceNode
from workflows.runtime import tasks
from workflows.runtime.commands import RPC_GAVE_UP, CancelCall, CancelChild, Purpose
from workflows.runtime.effects import raise_unknown
from workflows.runtime.run import Run
from workflows.runtime.state import CaseStatus, Incident, PendingCall, Trouble, Unwind
from workflows.runtime.undoing import go_on, is_held_up


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
    if is_held_up(run, unwind):
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
