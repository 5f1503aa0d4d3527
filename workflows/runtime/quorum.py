"""When a shared approval is decided: all have signed, or enough votes are in (票签)."""

from __future__ import annotations

from workflows.compiler.plan import ApprovalNode
from workflows.compiler.plan import UserTaskNode as PlanUserTask
from workflows.runtime.user_task import UserTask


def verdict(node: PlanUserTask, task: UserTask) -> bool | None:
    """Whether a task that several sign is approved; None while that is open.

    Votes decide as soon as those to come cannot change the outcome any more.
    """
    if not isinstance(node, ApprovalNode) or node.mode != "quorum":
        return None if task.turn else True
    needed = votes_needed(node, task)
    votes = {signer.person: signer.votes for signer in task.signers}
    given = {signature.person: signature.in_favour for signature in task.signatures}
    in_favour = sum(count for person, count in votes.items() if given.get(person))
    undecided = sum(count for person, count in votes.items() if person not in given)
    if in_favour >= needed:
        return True
    return False if in_favour + undecided < needed else None


def votes_needed(node: ApprovalNode, task: UserTask) -> int:
    """How many votes in favour decide."""
    quorum = node.quorum
    if quorum is None:
        return 0
    if quorum.votes is not None:
        return quorum.votes
    return -(-_all_votes(task) * (quorum.percent or 100) // 100)


def is_reachable(node: PlanUserTask, task: UserTask) -> bool:
    """Whether there are enough signers for a vote in favour."""
    if not isinstance(node, ApprovalNode) or node.mode != "quorum":
        return True
    return votes_needed(node, task) <= _all_votes(task)


def _all_votes(task: UserTask) -> int:
    return sum(signer.votes for signer in task.signers)
