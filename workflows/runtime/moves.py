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
    effects,
    endings,
    joins,
    opening,
    undoing,
    waits,
    work,
)
from workflows.runtime.commands import RPC_GAVE_UP
from workflows.runtime.run import InnerRun, Run
from workflows.runtime.state import CaseStatus, PendingCall, Phase, Trouble


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
            go_through(run, ready)
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
        undoing.go_on(run)
        return
    undoing.take_over(run, inner.key, inner.effects)
    effects.lift_unknown(run, inner)
    inner.effects = ()
    node = run.graph.by_id[inner.node]
    if inner.status is CaseStatus.FAILED:
        fail(run, node, inner.visit, inner.reason, f"{inner.key} ended at {inner.end_node}")
        return
    try:
        done = bodies.done(run, node, inner)
    except EvaluationError as error:
        run.raise_incident(
            Trouble.ROUNDS, node.id, inner.visit, error.reason, f"{node.id}: {error.message}"
        )
        return
    if done:
        leave(run, node)


def enter(run: Run, node: PlanNode, edge: str) -> None:
    """A token comes to a node, by an edge or (an empty one) by itself."""
    if node.id in run.tokens or edge in run.joined.get(node.id, ()):
        # Sound plans never do this; losing a token would be worse than standing still.
        visit = run.standings[node.id].visit
        message = f"a second token came to {node.id}"
        run.raise_incident(
            Trouble.ARRIVAL, node.id, visit, "CASE_DEFECT", message, detail="second", edge=edge
        )
        return
    # A join is visited once for all its branches.
    visit = run.standings[node.id].visit if node.id in run.joined else run.begin_visit(node)
    begin(run, node, visit, edge)


def begin(run: Run, node: PlanNode, visit: int, edge: str = "", *, armed: bool = False) -> None:
    """Begin a visit of a node, or begin it again.

    Args:
        armed: the ways out of it are armed already.
    """
    trouble = Trouble.BOUNDARY
    try:
        if not armed:
            boundaries.arm(run, node, visit)
        trouble = Trouble.ENTRY
        _begin(run, node, visit, edge)
    except EvaluationError as error:
        _get_stuck(run, node, trouble, error)


def _begin(run: Run, node: PlanNode, visit: int, edge: str) -> None:
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
            assign(run, node)
            waits.begin_race(run, node, visit)
        case DecisionNode() | ParallelNode():
            if joins.arrive(run, node, edge):
                go_through(run, node)
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


def go_through(run: Run, node: DecisionNode | ParallelNode) -> None:
    """The token goes on at once, along the edges that are taken."""
    run.joined.pop(node.id, None)
    try:
        chosen = joins.chosen(run, node)
        assign(run, node)
    except EvaluationError as error:
        _get_stuck(run, node, Trouble.PASSAGE, error)
        return
    run.end_visit(node.id)
    run.follow(node.id, *chosen)


def _get_stuck(run: Run, node: PlanNode, trouble: Trouble, error: EvaluationError) -> None:
    token = run.place_token(node, Phase.STUCK)
    run.raise_incident(trouble, node.id, token.visit, error.reason, f"{node.id}: {error.message}")


def _end(run: Run, node: EndNode) -> None:
    assign(run, node)
    run.end_visit(node.id)
    come_to_end(run, node)


def come_to_end(run: Run, node: EndNode) -> None:
    """A token's end; it may be that of all others too."""
    run.end_node = node.id
    if node.terminate or node.fails:
        compensation.stop(run, node.name)
        run.reason = node.fails


def leave(run: Run, node: PlanNode) -> None:
    """The node is done: its token goes along its edge."""
    try:
        assign(run, node)
    except EvaluationError as error:
        visit = run.standings[node.id].visit
        run.raise_incident(
            Trouble.EXIT, node.id, visit, error.reason, f"{node.id}: {error.message}"
        )
        return
    pass_on(run, node)


def pass_on(run: Run, node: PlanNode) -> None:
    """The token goes along the node's edge, whatever the node was to set."""
    run.end_visit(node.id)
    run.follow(node.id, *node.next)


def fail(
    run: Run,
    node: PlanNode,
    visit: int,
    reason: str,
    message: str,
    call: PendingCall | None = None,
) -> None:
    """The node failed: its token goes along the error path for the reason, or stands still.

    Args:
        call: the call that failed; None: it was a child or a body.
    """
    path = boundaries.error_path(node, reason)
    if path is None:
        trouble = Trouble.CALL if call else Trouble.CHILD
        run.raise_incident(trouble, node.id, visit, reason, message, call=call)
        return
    if call is not None and reason == RPC_GAVE_UP:
        compensation.let_go(run, call)
    take(run, node, path)


def take(run: Run, node: PlanNode, way: PlanBoundary) -> None:
    """A way out of a node that is not done: the node is left, unless the way goes alongside."""
    if not way.alongside:
        compensation.leave_early(run, node.id, way.name or f"{way.id} was taken")
        run.forget_result(node.id)
    run.follow(node.id, way)


def assign(run: Run, node: PlanNode) -> None:
    """Give the variables of the flow the values that a node has for them.

    Raises:
        EvaluationError: one has no value for this case.
    """
    if node.assign:
        run.set_variables({name: code.run(run.data) for name, code in node.assign})
