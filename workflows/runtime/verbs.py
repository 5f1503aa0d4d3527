"""The verbs, and to whom each is open as a user task or a case stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from workflows.compiler.plan import ApprovalNode, ConfirmNode, FormNode, Plan
from workflows.compiler.plan import UserTaskNode as PlanUserTask
from workflows.runtime.user_task import UserTask


class Verb(StrEnum):
    """What a person can do."""

    CLAIM = "claim"  # 签收; also what was lent, by whoever lent it
    RELEASE = "release"  # back to the pool, or undone to whoever lent it
    COMPLETE = "complete"
    APPROVE = "approve"
    OPPOSE = "oppose"  # a vote against, 反对
    REJECT = "reject"  # send back, 驳回
    TRANSFER = "transfer"  # 转办
    DELEGATE = "delegate"  # 委派
    ADD_SIGNER_BEFORE = "add_signer_before"  # 前加签
    ADD_SIGNER_AFTER = "add_signer_after"  # 后加签
    REMOVE_SIGNER = "remove_signer"  # 减签
    PAUSE = "pause"
    RESUME = "resume"
    SKIP = "skip"
    URGE = "urge"  # 催办
    COPY_TO = "copy_to"  # 抄送
    COMMENT = "comment"
    WITHDRAW = "withdraw"  # 撤回, by whoever started the case
    TAKE_BACK = "take_back"  # 拿回, by whoever did a node
    PRIORITISE = "prioritise"  # 定优先级
    CANCEL = "cancel"
    RETRY = "retry"  # of an incident: try again
    MOVE = "move"  # of an incident: the token goes elsewhere
    HAND_OVER = "hand_over"  # 离职交接; the system's alone


#: Verbs of those whose move it is that manage a task rather than do it, and are open to whoever
#: manages the flow as well.
MANAGING: Final = (Verb.TRANSFER, Verb.REMOVE_SIGNER, Verb.PAUSE, Verb.RESUME, Verb.SKIP)
#: Roles that resolve incidents.
OPS_ROLES: Final = ("ops", "admin")
#: Verbs that leave a task as it is: nobody need look again before they act.
PASSING: Final = (Verb.URGE, Verb.COMMENT, Verb.COPY_TO)
#: Verbs that may be used on what somebody else has just changed.
ANY_REVISION: Final = (*PASSING, Verb.HAND_OVER)
#: Approvals that can be lent, and to which signers can be added.
_ONE_BY_ONE: Final = ("one", "all", "sequence")


@dataclass(frozen=True, slots=True)
class Allowance:
    """Verbs that are open to these people, to whoever holds one of these roles, or to anybody who
    may see the case."""

    verbs: tuple[Verb, ...]
    people: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    anybody: bool = False

    def admits(self, person: str, roles: Iterable[str]) -> bool:
        """Whether they are open to this person."""
        return self.anybody or person in self.people or not set(self.roles).isdisjoint(roles)


def task_allowances(node: PlanUserTask, task: UserTask, plan: Plan) -> tuple[Allowance, ...]:
    """Who may do what to an open user task."""
    borrowers = tuple(person for person in task.waiting_on if task.lender(person))
    holders = tuple(person for person in task.waiting_on if person not in borrowers)
    adders = tuple(s.added_by for s in task.signers if s.added_by and s.person not in task.signed)
    pausing = _pausing(node, task)
    managing = [Verb.TRANSFER] if not isinstance(node, ConfirmNode) else []
    if task.signers:
        managing.append(Verb.REMOVE_SIGNER)
    managing += [Verb.SKIP] if node.skippable else []
    return tuple(
        allowance
        for allowance in (
            Allowance((*_holding(node, task), *pausing), holders),
            Allowance((_doing(node), Verb.RELEASE, Verb.DELEGATE, *pausing), borrowers),
            Allowance((Verb.CLAIM,), tuple(task.lent)),
            Allowance((Verb.REMOVE_SIGNER,), tuple(dict.fromkeys(adders))),
            Allowance((*managing, *pausing), roles=plan.managed_by),
            Allowance((Verb.COPY_TO,), task.waiting_on, plan.managed_by),
            Allowance((Verb.URGE, Verb.COMMENT), anybody=True),
        )
        if allowance.verbs and (allowance.people or allowance.roles or allowance.anybody)
    )


def possible_verbs(
    allowances: Iterable[Allowance], person: str, roles: Iterable[str]
) -> tuple[Verb, ...]:
    """What a person may do now, in the order in which it is offered."""
    held = tuple(roles)
    open_to = {v for each in allowances if each.admits(person, held) for v in each.verbs}
    return tuple(verb for verb in Verb if verb in open_to)


def case_allowances(
    plan: Plan, started_by: str, handlers: Iterable[str], *, withdrawable: bool, halted: bool
) -> tuple[Allowance, ...]:
    """Who may do what to a running case.

    Args:
        handlers: who has done something in it.
        withdrawable: there is something that whoever started it may call back.
        halted: it is paused.
    """
    starter = (Verb.CANCEL, Verb.WITHDRAW) if withdrawable else (Verb.CANCEL,)
    managing = tuple(dict.fromkeys((*plan.managed_by, *OPS_ROLES)))
    stopping = Verb.RESUME if halted else Verb.PAUSE
    urging = (Verb.PRIORITISE,) if plan.priorities else ()
    took_part = tuple(dict.fromkeys((started_by, *handlers)))
    return (
        Allowance(starter, (started_by,)),
        Allowance((Verb.CANCEL, stopping, *urging), roles=managing),
        Allowance((Verb.COPY_TO,), took_part, plan.managed_by),
        Allowance((Verb.COMMENT,), anybody=True),
    )


def signs(node: PlanUserTask) -> bool:
    """Whether a node's task is signed by all it finds, rather than done by one of them."""
    return isinstance(node, ApprovalNode) and node.mode in ("all", "sequence", "quorum")


def is_in_order(node: PlanUserTask) -> bool:
    """Whether those who sign do so one after the other."""
    return isinstance(node, ApprovalNode) and node.mode == "sequence"


def _doing(node: PlanUserTask) -> Verb:
    return Verb.COMPLETE if isinstance(node, FormNode) else Verb.APPROVE


def _holding(node: PlanUserTask, task: UserTask) -> tuple[Verb, ...]:
    """The verbs of those whose turn it is in their own right."""
    verbs: list[Verb] = []
    mode = node.mode if isinstance(node, ApprovalNode) else "one"
    if not task.signers and mode != "any":
        verbs.append(Verb.RELEASE if task.assignee else Verb.CLAIM)
    verbs.append(_doing(node))
    if mode == "quorum":
        verbs.append(Verb.OPPOSE)
    if node.send_back:
        verbs.append(Verb.REJECT)
    if isinstance(node, ConfirmNode):
        return tuple(verbs)
    verbs.append(Verb.TRANSFER)
    if mode in _ONE_BY_ONE:
        verbs.append(Verb.DELEGATE)
        if isinstance(node, ApprovalNode):
            verbs += (Verb.ADD_SIGNER_BEFORE, Verb.ADD_SIGNER_AFTER)
    return tuple(verbs)


def _pausing(node: PlanUserTask, task: UserTask) -> tuple[Verb, ...]:
    if task.paused is not None:
        return (Verb.RESUME,)
    return (Verb.PAUSE,) if node.pause_reasons else ()
