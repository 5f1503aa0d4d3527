"""How tokens move: into a node, out of it, and to the end."""

from __future__ import annotations

from typing import assert_never

from workflows.compiler.plan import (
    ApprovalNode,
    Code,
    ConfirmNode,
    DecisionNode,
    EndNode,
    FieldWorkNode,
    ForEachNode,
    FormNode,
    ParallelNode,
    PlanBoundary,
    PlanEdge,
    PlanNode,
    ServiceNode,
    SubflowNode,
    WaitNode,
)
from workflows.language.operations import EvaluationError
from workflows.language.values import DECODERS
from workflows.runtime import tasks
from workflows.runtime.commands import EndCase, Purpose, StartFieldWork
from workflows.runtime.run import Run
from workflows.runtime.state import Awaited, CaseStatus, Child, PendingCall, Phase

#: A case that moves this often in one step is not moving at all.
_MAX_MOVES = 10_000


def settle(run: Run) -> None:
    """Move tokens on until every one waits for something, then see whether the case is over."""
    moves = 0
    while run.agenda:
        moves += 1
        if moves > _MAX_MOVES:
            raise RuntimeError(f"case {run.case_id} moves without end at {run.agenda[0]}")
        edge, target = run.agenda.pop(0)
        enter(run, run.plan.by_id[target], edge)
    _end_if_over(run)


def enter(run: Run, node: PlanNode, edge: str) -> None:
    """A token comes to a node, by an edge or (an empty one) by itself."""
    if node.id in run.tokens:
        # Sound plans never do this; losing a token would be worse than standing still.
        token = run.tokens[node.id]
        run.raise_incident(
            node.id,
            token.visit,
            "CASE_DEFECT",
            f"a second token came to {node.id}",
            detail="second",
        )
        return
    # A join is visited once for all its branches.
    visit = run.standings[node.id].visit if node.id in run.joined else run.begin_visit(node)
    try:
        _begin(run, node, visit, edge)
    except EvaluationError as error:
        run.place_token(node, Phase.STUCK)
        run.raise_incident(node.id, visit, error.reason, f"{node.id}: {error.message}")


def _begin(run: Run, node: PlanNode, visit: int, edge: str) -> None:
    match node:
        case FormNode() | ApprovalNode() | ConfirmNode():
            tasks.begin(run, node, visit)
        case ServiceNode():
            _call(run, node, visit)
        case FieldWorkNode():
            request = node.request.run(run.data)
            run.place_token(node, Phase.FIELD_WORK)
            run.children[f"{node.id}/{visit}"] = Child(node.id, visit, "field_work")
            run.emit(StartFieldWork(node.id, visit, request, node.name))
        case WaitNode():
            _wait(run, node, visit)
        case DecisionNode():
            chosen = _chosen(run, node)
            _assign(run, node)
            run.end_visit(node.id)
            run.follow(chosen)
        case ParallelNode():
            _join(run, node, edge)
        case ForEachNode() | SubflowNode():
            raise NotImplementedError(node.kind)
        case EndNode():
            _assign(run, node)
            run.end_visit(node.id)
            run.end_node = node.id
        case _:
            assert_never(node)


def _call(run: Run, node: ServiceNode, visit: int) -> None:
    request = node.request.run(run.data)
    run.place_token(node, Phase.CALL)
    run.call(
        PendingCall(
            f"{node.id}/{visit}",
            node.id,
            visit,
            Purpose.NODE,
            request=request if node.compensation else {},
        ),
        node.rpc,
        request,
        quick=node.quick,
        mutating=node.mutating,
        summary=node.name,
        barrier=node.barrier,
    )


def _wait(run: Run, node: WaitNode, visit: int) -> None:
    if node.event:
        key = _value(node.key, run)
        run.place_token(node, Phase.EVENT)
        run.awaited[f"{node.id}/{visit}"] = Awaited(node.id, visit, node.event, key)
        return
    if node.duration_seconds is not None:
        due = run.due_after(node.duration_seconds, node.calendar).at
    else:
        due = DECODERS["timestamp"](_value(node.until, run))
    run.place_token(node, Phase.TIME)
    run.start_timer(node, visit, "wait", due, node.name)


def _value(code: Code | None, run: Run) -> str:
    value = code.run(run.data) if code else None
    return str(value)


def _chosen(run: Run, node: DecisionNode) -> PlanEdge:
    return next(edge for edge in node.next if edge.when is None or edge.when.run(run.data))


def _join(run: Run, node: ParallelNode, edge: str) -> None:
    arrived = (*run.joined.get(node.id, ()), edge)
    if len(arrived) < len(node.arrivals):
        run.joined[node.id] = arrived
        return
    run.joined.pop(node.id, None)
    _assign(run, node)
    run.end_visit(node.id)
    run.follow(*node.next)


def leave(run: Run, node: PlanNode) -> None:
    """The node is done: its token goes along its edge."""
    try:
        _assign(run, node)
    except EvaluationError as error:
        visit = run.standings[node.id].visit
        run.raise_incident(node.id, visit, error.reason, f"{node.id}: {error.message}")
        return
    run.end_visit(node.id)
    run.follow(*node.next)


def fail(run: Run, node: PlanNode, visit: int, reason: str, message: str) -> None:
    """The node failed: its token goes along the error path for the reason, or stands still."""
    path = _error_path(node, reason)
    if path is None:
        run.raise_incident(node.id, visit, reason, message)
        return
    run.end_visit(node.id)
    run.follow(path)


def _error_path(node: PlanNode, reason: str) -> PlanBoundary | None:
    """The way out for a failure: one that names its reason, else the one for all."""
    paths = [way for way in node.boundary if way.cause == "error"]
    named = (way for way in paths if reason in way.reasons)
    return next(named, None) or next((way for way in paths if not way.reasons), None)


def _assign(run: Run, node: PlanNode) -> None:
    if node.assign:
        run.set_variables({name: code.run(run.data) for name, code in node.assign})


def _end_if_over(run: Run) -> None:
    """The case ends when no token is left and nothing it started is still under way."""
    if not run.running or not run.end_node:
        return
    if run.tokens or run.joined or run.unwinding or run.calls or run.children:
        return
    conclude(run, CaseStatus.COMPLETED, "")


def conclude(run: Run, status: CaseStatus, reason: str) -> None:
    """The case is over."""
    run.status = status
    run.outcome = status.value
    run.ended_at = run.at
    run.emit(EndCase(run.outcome, run.end_node, reason))
