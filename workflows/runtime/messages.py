"""The two RPCs that the interpreter calls on its own account: to find people and to tell them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from workflows.compiler.plan import PlanAssignee, PlanNode
from workflows.language.operations import shanghai_text
from workflows.language.values import Json
from workflows.runtime.commands import Purpose
from workflows.runtime.run import Run
from workflows.runtime.state import PendingCall, UserTask

RESOLVE_ASSIGNEES: Final = "directory.v1.DirectoryService/ResolveAssignees"
SEND: Final = "notify.v1.NotifyService/Send"


def find_people(
    run: Run, node: PlanNode, visit: int, rule: PlanAssignee, detail: str, *, fallback: bool = False
) -> None:
    """Ask the directory who holds a role; the answer comes as an assignment."""
    role = rule.nobody if fallback else rule.role
    request: dict[str, Json] = {"role": role}
    if not fallback and rule.region is not None:
        request["region_adcode"] = rule.region.run(run.data)
    if not fallback and rule.outlet is not None:
        request["outlet_id"] = rule.outlet.run(run.data)
    tail = f"{detail}/{'find-again' if fallback else 'find'}"
    call = PendingCall(
        f"{node.id}/{visit}/{tail}",
        node.id,
        visit,
        Purpose.ASSIGN,
        detail=detail,
        fallback=fallback,
    )
    run.call(
        call,
        RESOLVE_ASSIGNEES,
        request,
        quick=True,
        mutating=False,
        summary=f"{node.name}：查找 {role}",
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
    urgent: bool = False,
    after_read: bool = False,
) -> None:
    """Send a message about a user task, once for each visit and detail."""
    task = run.tasks.get(f"{node.id}/{visit}")
    call = PendingCall(f"{node.id}/{visit}/{detail}", node.id, visit, Purpose.NOTIFY, detail=detail)
    request: dict[str, Json] = {
        "template_code": template,
        "recipient_person_ids": list(people),
        "variables": {
            "flow": run.plan.name,
            "node": node.name,
            "assignee": "、".join(task.waiting_on) if task else "",
            "due_at": _due_text(task),
            "reason": reason,
        },
        "urgency": "URGENCY_URGENT" if urgent else "URGENCY_NORMAL",
        "case_id": run.case.case_id,
    }
    run.call(
        call,
        SEND,
        request,
        quick=True,
        mutating=True,
        summary=f"{node.name}：{reason}",
        barrier=after_read,
    )


def _due_text(task: UserTask | None) -> str:
    due = nearest_due(task) if task else None
    return shanghai_text(due) if due else ""


def nearest_due(task: UserTask) -> datetime | None:
    """The deadline that counts now: to respond while nobody has, then to complete."""
    if task.responded_at is None and task.respond_due is not None:
        return task.respond_due
    return task.complete_due
