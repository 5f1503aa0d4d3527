"""The messages that a case sends on its own account, to the people of its user tasks."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from workflows.compiler.plan import PlanNode
from workflows.compiler.plan import UserTaskNode as PlanUserTask
from workflows.language.times import shanghai_text
from workflows.language.values import Json
from workflows.runtime.commands import Purpose
from workflows.runtime.run import CaseRun, Run
from workflows.runtime.state import PendingCall
from workflows.runtime.user_task import UserTask

SEND: Final = "notify.v1.NotifyService/Send"
#: The template of what those hear who are copied to.
_CASE_COPIED: Final = "case_copied"


def announce(
    run: Run,
    node: PlanUserTask,
    task: UserTask,
    people: tuple[str, ...],
    *,
    after_read: bool = False,
) -> None:
    """Tell people that a user task waits for them now, where the node says so."""
    if not node.announce or not people:
        return
    again = f"-{task.revision}" if task.revision > 1 else ""
    tell(
        run,
        node,
        task.visit,
        f"announce{again}",
        people=people,
        template=node.announce,
        reason="新待办",
        task=task,
        after_read=after_read,
    )


def tell(
    run: Run,
    node: PlanNode,
    visit: int,
    detail: str,
    *,
    people: tuple[str, ...],
    template: str,
    reason: str,
    task: UserTask | None = None,
    urgent: bool = False,
    after_read: bool = False,
) -> None:
    """Send a message about a visit of a node, once for each detail."""
    _send(
        run,
        PendingCall(f"{node.id}/{visit}/{detail}", node.id, visit, Purpose.NOTIFY, detail=detail),
        people,
        template,
        {
            "flow": run.plan.name,
            "node": run.name(node),
            "assignee": "、".join(task.waiting_on) if task else "",
            "due_at": _due_text(task),
            "reason": reason,
        },
        urgent=urgent,
        barrier=after_read,
    )


def tell_copied(case: CaseRun, title: str, people: tuple[str, ...], comment: str) -> None:
    """Tell people that they may read the case from now on (抄送)."""
    call_id = f"copied/{case.next_order()}"
    call = PendingCall(call_id, "", 0, Purpose.NOTIFY, detail=call_id)
    told: dict[str, Json] = {"flow": case.plan.name, "node": title, "reason": comment}
    _send(case, call, people, _CASE_COPIED, told)


def _send(
    run: Run,
    call: PendingCall,
    people: tuple[str, ...],
    template: str,
    variables: dict[str, Json],
    *,
    urgent: bool = False,
    barrier: bool = False,
) -> None:
    request: dict[str, Json] = {
        "template_code": template,
        "recipient_person_ids": list(people),
        "variables": variables,
        "urgency": "URGENCY_URGENT" if urgent else "URGENCY_NORMAL",
        "case_id": run.case.case_id,
    }
    run.call(
        call,
        SEND,
        request,
        quick=True,
        mutating=True,
        summary=f"{variables['node']}：{variables['reason']}",
        barrier=barrier,
    )


def _due_text(task: UserTask | None) -> str:
    due = nearest_due(task) if task else None
    return shanghai_text(due) if due else ""


def nearest_due(task: UserTask) -> datetime | None:
    """The deadline that counts now: to respond while nobody has, then to complete; none while the
    clocks stand."""
    if task.stands:
        return None
    if task.responded_at is None and task.respond_due is not None:
        return task.respond_due
    return task.complete_due
