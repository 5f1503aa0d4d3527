"""What is written down of each act: who did what, by which rule if nobody did, and how long those
had been waited for whose turn it was."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from kit.calendar import ROUND_THE_CLOCK
from workflows.compiler.plan import UserTaskNode as PlanUserTask
from workflows.language.values import timestamp_to_json
from workflows.runtime.commands import RecordAct
from workflows.runtime.events import Act
from workflows.runtime.run import Run
from workflows.runtime.user_task import UserTask
from workflows.runtime.waiting import Waited, same_wait

#: Who acts when nobody does; also the first part of such an act's key.
SYSTEM: Final = "system"


def record(
    run: Run,
    act: Act,
    node: PlanUserTask | None,
    before: UserTask | None,
    after: UserTask | None,
    facts: dict[str, Any],
    rule: str = "",
    known_before: dict[str, Any] | None = None,
) -> None:
    """Hand an act to the audit.

    Args:
        act: what was done.
        before: the task as it stood; None: the act is the case's, or the task is not open yet.
        after: as it stands; None: it is closed.
        facts: what else there is to know afterwards: the form's values, the target.
        rule: why the system did it.
        known_before: what else there was to know before.
    """
    waited = None
    if node is not None and before is not None and (after is None or not same_wait(before, after)):
        waited = _waited(run, node, before)
    closed = {"closed": True} if before is not None else {}
    old, new = _facts(before) if before else {}, _facts(after) if after else closed
    if before is not None and after is not None:
        old, new = old | _moved(before, after), new | _moved(after, before)
    run.emit(
        RecordAct(
            at=run.at,
            act_key=act.act_key,
            task_id=act.task_id,
            node=node.id if node else "",
            verb=act.verb,
            person=act.person,
            origin=act.origin,
            origin_detail=act.origin_detail,
            comment=act.comment,
            people=act.people,
            rule=rule,
            before=old | (known_before or {}),
            after=new | facts,
            waited=waited,
        )
    )


def system_act(
    run: Run,
    node: PlanUserTask,
    visit: int,
    verb: str,
    why: str,
    people: tuple[str, ...] = (),
    comment: str = "",
) -> Act:
    """An act of the system; one of a visit for each verb and why."""
    return Act(
        act_key=f"{SYSTEM}/{run.path}{node.id}/{visit}/{verb}/{why}",
        verb=verb,
        person=SYSTEM,
        task_id=f"{node.id}/{visit}",
        people=people,
        comment=comment,
        origin=SYSTEM,
    )


def _waited(run: Run, node: PlanUserTask, task: UserTask) -> Waited:
    """The time of waiting that ends now."""
    since = task.waiting_since or task.opened_at
    clock = run.case.calendar or ROUND_THE_CLOCK
    paused, rule = task.paused, node.assignee
    party = "customer" if rule.rule == "customer" else rule.role
    return Waited(
        party=paused.blames if paused else party,
        people=() if paused else task.waiting_on,
        pause=paused.reason if paused else "",
        since=since,
        until=run.at,
        working_seconds=int(clock.between(since, run.at).total_seconds()),
    )


def _moved(task: UserTask, other: UserTask) -> dict[str, Any]:
    """The deadlines of a task that are others than they were."""
    return {
        name: _in_words(getattr(task, name))
        for name in ("respond_due", "complete_due", "provisional")
        if getattr(task, name) != getattr(other, name)
    }


def _in_words(value: datetime | bool | None) -> Any:
    return timestamp_to_json(value) if isinstance(value, datetime) else value


def _facts(task: UserTask) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "assignee": task.assignee,
        "candidates": list(task.people),
        "revision": task.revision,
    }
    further: dict[str, Any] = {
        "signed": [signature.person for signature in task.signatures],
        "lent": dict(task.lent),
    }
    return facts | {name: value for name, value in further.items() if value}
