"""Calling back what went on: a withdrawal (撤回) by whoever started the case, a take-back (拿回) by
whoever did a node. Where to, and whether it is too late."""

from __future__ import annotations

from workflows.compiler.plan import (
    ApprovalNode,
    ConfirmNode,
    FieldWorkNode,
    ForEachNode,
    FormNode,
    Plan,
    SubflowNode,
)
from workflows.runtime.places import Place, places
from workflows.runtime.state import CaseState, CaseStatus
from workflows.runtime.user_task import UserTask
from workflows.runtime.verbs import Allowance, case_allowances

#: Lived through by people of their own: what they have done is not seen from here.
_OPAQUE = FieldWorkNode | ForEachNode | SubflowNode


def withdrawal_of(state: CaseState, plan: Plan) -> str | None:
    """To which node a withdrawal leads: the last one that whoever started the case has done and to
    which all that has come of it may go back. Empty: nobody has done anything yet, so it cancels the
    case; None: there is nothing to withdraw."""
    done = [
        (place.run.standings[node].order, place.path + node)
        for place in places(state, plan)
        for node, person in place.run.handlers.items()
        if person == state.started_by and _may_go_back(place, node)
    ]
    if done:
        return max(done)[1]
    return "" if all(_is_untouched(place) for place in places(state, plan)) else None


def _is_untouched(place: Place) -> bool:
    """Whether no user task has ever been done there; a node of an earlier version may have been one."""
    return not any(
        standing.visit > 1 or standing.left_at is not None
        for node, standing in place.run.standings.items()
        if isinstance(place.graph.by_id.get(node), FormNode | ApprovalNode | ConfirmNode | None)
    )


def to_take_back(state: CaseState, plan: Plan, person: str) -> tuple[str, ...]:
    """The nodes that a person has done and may take back: nobody has acted on what followed."""
    return tuple(
        place.path + node
        for place in places(state, plan)
        for node, handler in place.run.handlers.items()
        if handler == person and is_retrievable(place, node)
    )


def allowances_of(state: CaseState, plan: Plan) -> tuple[Allowance, ...]:
    """Who may do what to the case itself."""
    if state.status is not CaseStatus.RUNNING:
        return ()
    doers = [who for place in places(state, plan) for who in place.run.handlers.values()]
    withdrawable = withdrawal_of(state, plan) is not None
    return case_allowances(
        plan,
        state.started_by,
        doers,
        withdrawable=withdrawable,
        halted=state.halted_at is not None,
    )


def is_retrievable(place: Place, node: str) -> bool:
    """Whether whoever did a node may still take it back."""
    done = place.node(node)
    if not isinstance(done, FormNode | ApprovalNode | ConfirmNode) or not done.take_back:
        return False
    since = place.run.standings[node].order
    return _may_go_back(place, node) and not any(
        _has_been_acted_on(place, other)
        for other, standing in place.run.standings.items()
        if standing.order > since and place.graph.comes_of(other, node)
    )


def _may_go_back(place: Place, node: str) -> bool:
    """Whether something has come of a node, and all of it may go back there."""
    run = place.run
    if node in run.tokens or node not in place.graph.targets:
        return False
    standing = [place.node(token) for token in run.tokens if place.graph.comes_of(token, node)]
    return bool(standing) and all(
        node in other.returns
        for other in standing
        if isinstance(other, FormNode | ApprovalNode | ConfirmNode)
    )


def _has_been_acted_on(place: Place, follower: str) -> bool:
    run = place.run
    if isinstance(place.node(follower), _OPAQUE):
        return True
    if follower not in run.tokens:
        return bool(run.handlers.get(follower))
    task = run.tasks.get(f"{follower}/{run.standings[follower].visit}")
    return task is not None and _is_touched(task)


def _is_touched(task: UserTask) -> bool:
    asked = any(not signature.by_rule for signature in task.signatures)
    return bool(task.assignee or task.responded_at or asked or task.lent or task.paused)
