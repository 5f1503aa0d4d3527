"""How urgent a case is: the priority with which it starts, and what follows when it gets another."""

from __future__ import annotations

from kit.errors import FailedPrecondition
from workflows.language.failure import EvaluationError
from workflows.runtime.audit import SYSTEM, record
from workflows.runtime.commands import PrioritiseChild
from workflows.runtime.deadlines import plan_again
from workflows.runtime.events import Act, Prioritised
from workflows.runtime.run import CaseRun
from workflows.runtime.verbs import Verb

#: The rule by which a child case gets another priority.
_PARENT = "parent"


def first_priority(case: CaseRun, parents: str) -> str:
    """With which priority a case starts: the first whose condition holds, else the default; of a child
    case its parent's, where its flow has that one and it is more urgent.

    Raises:
        FailedPrecondition: a condition has no value.
    """
    ranks = {each.id: each.rank for each in case.plan.priorities}
    own = _own(case)
    return min(own, parents, key=lambda id: ranks[id]) if parents in ranks else own


def _own(case: CaseRun) -> str:
    try:
        for priority in case.plan.priorities:
            if priority.when is not None and priority.when.run(case.data):
                return priority.id
    except EvaluationError as error:
        message = f"the priority cannot be told: {error.message}"
        raise FailedPrecondition(error.reason, message) from error
    return next((each.id for each in case.plan.priorities if each.rank == 0), "")


def prioritise(case: CaseRun, priority: str, act_key: str) -> None:
    """Give a case another priority: its deadlines are computed again, and its child cases follow."""
    case.priority = priority
    plan_again(case, f"priority/{act_key}")
    for run in case.all_inside():
        for child in run.children.values():
            if child.kind == "subflow" and not child.cancelling:
                run.emit(PrioritiseChild(child.node, child.visit, priority, act_key))


def follow(case: CaseRun, event: Prioritised) -> None:
    """Take the priority that the parent has been given, where the flow has it."""
    known = {each.id for each in case.plan.priorities}
    if event.priority not in known or event.priority == case.priority:
        return
    case.changed = True
    act = Act(
        act_key=f"{SYSTEM}/{Verb.PRIORITISE}/{event.act_key}",
        verb=Verb.PRIORITISE,
        person=SYSTEM,
        origin=SYSTEM,
    )
    before, after = {"priority": case.priority}, {"priority": event.priority}
    prioritise(case, event.priority, event.act_key)
    record(case, act, None, None, None, after, _PARENT, before)
