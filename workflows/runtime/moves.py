"""How tokens move: into a node, out of it, and on until every one waits for something."""

from __future__ import annotations

from typing import assert_never

from workflows.compiler.plan import (
    ApprovalNode,
    ConfirmNode,
    DecisionNode,
    EndNode,
    FieldWorkNode,
    ForEachNode,
    FormNode,
    ParallelNode,
    PlanBoundary,
    PlanNode,
    ServiceNode,
    SubflowNode,
    WaitNode,
)
from workflows.language.failure import EvaluationError
from workflows.runtime import (
    bodies,
    boundaries,
    compensation,
    endings,
    joins,
    opening,
    waits,
    work,
)
from workflows.runtime.run import InnerRun, Run
from workflows.runtime.state import CaseStatus, Phase


def settle(run: Run) -> None:
    """Move tokens on until every one waits for something, here and in the inner runs, then see
    whether the run is over."""
    moving = True
    while moving:
        while run.agenda:
            edge, target = run.agenda.pop(0)
            run.case.count_move(target)
            enter(run, run.graph.by_id[target], edge)
        for inner in run.opened():
            _settle_inner(run, inner)
        ready = None if run.agenda else joins.ready(run)
        if ready is not None:
            _pass(run, ready)
        moving = bool(run.agenda) or any(inner.agenda for inner in run.opened())
    endings.end_if_done(run)


def _settle_inner(run: Run, inner: InnerRun) -> None:
    before = inner.status
    settle(inner)
    if inner.status is not before and inner.status.over:
        _inner_over(run, inner)
    if inner.status.over and not endings.is_under_way(inner):
        run.forget_inner(inner)


def _inner_over(run: Run, inner: InnerRun) -> None:
    if inner.status is CaseStatus.CANCELLED:
        compensation.go_on(run)
        return
    compensation.take_over(run, inner.key, inner.effects)
    inner.effects = ()
    node = run.graph.by_id[inner.node]
    if inner.status is CaseStatus.FAILED:
        fail(run, node, inner.visit, inner.reason, f"{inner.key} ended at {inner.end_node}")
        return
    try:
        done = bodies.done(run, node, inner)
    except EvaluationError as error:
        run.raise_incident(node.id, inner.visit, error.reason, f"{node.id}: {error.message}")
        return
    if done:
        leave(run, node)


def enter(run: Run, node: PlanNode, edge: str) -> None:
    """A token comes to a node, by an edge or (an empty one) by itself."""
    if node.id in run.tokens or edge in run.joined.get(node.id, ()):
        # Sound plans never do this; losing a token would be worse than standing still.
        visit = run.standings[node.id].visit
        message = f"a second token came to {node.id}"
        run.raise_incident(node.id, visit, "CASE_DEFECT", message, detail="second")
        return
    # A join is visited once for all its branches.
    visit = run.standings[node.id].visit if node.id in run.joined else run.begin_visit(node)
    try:
        _begin(run, node, visit, edge)
    except EvaluationError as error:
        _get_stuck(run, node, error)


def _begin(run: Run, node: PlanNode, visit: int, edge: str) -> None:
    boundaries.arm(run, node, visit)
    match node:
        case FormNode() | ApprovalNode() | ConfirmNode():
            if opening.begin(run, node, visit):
                leave(run, node)
        case ServiceNode() | FieldWorkNode():
            work.begin(run, node, visit)
        case WaitNode():
            waits.begin(run, node, visit)
        case ForEachNode() | SubflowNode():
            _live_through(run, node, visit)
        case DecisionNode(mode="event"):
            _assign(run, node)
            waits.begin_race(run, node, visit)
        case DecisionNode() | ParallelNode():
            if joins.arrive(run, node, edge):
                _pass(run, node)
        case EndNode():
            _end(run, node)
        case _:
            assert_never(node)


def _live_through(run: Run, node: ForEachNode | SubflowNode, visit: int) -> None:
    if isinstance(node, SubflowNode):
        begin = bodies.begin if node.body else work.begin
        begin(run, node, visit)
    elif bodies.begin_rounds(run, node, visit):
        leave(run, node)


def _pass(run: Run, node: DecisionNode | ParallelNode) -> None:
    """The token goes on at once, along the edges that are taken."""
    run.joined.pop(node.id, None)
    try:
        chosen = joins.chosen(run, node)
        _assign(run, node)
    except EvaluationError as error:
        _get_stuck(run, node, error)
        return
    run.end_visit(node.id)
    run.follow(node.id, *chosen)


def _get_stuck(run: Run, node: PlanNode, error: EvaluationError) -> None:
    token = run.place_token(node, Phase.STUCK)
    run.raise_incident(node.id, token.visit, error.reason, f"{node.id}: {error.message}")


def _end(run: Run, node: EndNode) -> None:
    _assign(run, node)
    run.end_visit(node.id)
    run.end_node = node.id
    if node.terminate or node.fails:
        compensation.stop(run, node.name)
        run.reason = node.fails


def leave(run: Run, node: PlanNode) -> None:
    """The node is done: its token goes along its edge."""
    try:
        _assign(run, node)
    except EvaluationError as error:
        visit = run.standings[node.id].visit
        run.raise_incident(node.id, visit, error.reason, f"{node.id}: {error.message}")
        return
    run.end_visit(node.id)
    run.follow(node.id, *node.next)


def fail(run: Run, node: PlanNode, visit: int, reason: str, message: str) -> None:
    """The node failed: its token goes along the error path for the reason, or stands still."""
    path = boundaries.error_path(node, reason)
    if path is None:
        run.raise_incident(node.id, visit, reason, message)
    else:
        take(run, node, path)


def take(run: Run, node: PlanNode, way: PlanBoundary) -> None:
    """A way out of a node that is not done: the node is left, unless the way goes alongside."""
    if not way.alongside:
        compensation.leave_early(run, node.id, way.name or f"{way.id} was taken")
        run.forget_result(node.id)
    run.follow(node.id, way)


def _assign(run: Run, node: PlanNode) -> None:
    if node.assign:
        run.set_variables({name: code.run(run.data) for name, code in node.assign})
