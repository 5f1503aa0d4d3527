"""A field work as the case read model and operations see it."""

from __future__ import annotations

import json
from typing import Any, Final

from workflows.language.values import SHANGHAI, timestamp_to_json
from workflows.runtime.describe import retried_call, retried_in_words
from workflows.runtime.field_work.acts import FORMS
from workflows.runtime.field_work.lines import money_text
from workflows.runtime.field_work.state import FieldTask, FieldWorkState

#: What a technician needs to know of the work; the completion code is not among it.
_SHOWN: Final = (
    "work_order_id",
    "title",
    "state",
    "customer_id",
    "address_id",
    "place",
    "location",
    "floor",
    "notes",
    "lines",
    "appointment",
)


def standing(state: FieldWorkState) -> dict[str, Any]:
    """What ``RecordCase`` takes of a field work: its user task, under its own workflow id."""
    tasks = [] if state.task is None else [user_task(state, state.task)]
    return {
        "case_id": state.input.case_id,
        "workflow_id": state.workflow_id,
        "revision": state.revision,
        "user_tasks": tasks,
    }


def retried_calls(state: FieldWorkState) -> list[dict[str, Any]]:
    """Its calls that are made again and again, in the words of ``cases.v1.RetriedCall``."""
    node, title = state.input.node, state.input.title
    return [retried_call(id, node, title, retries) for id, retries in state.retried.items()]


def user_task(state: FieldWorkState, task: FieldTask) -> dict[str, Any]:
    """An offer or a visit, in the words of ``cases.v1.UserTask``."""
    shown = {
        "user_task_id": task.task_id,
        "case_id": state.input.case_id,
        "workflow_id": state.workflow_id,
        "node": state.input.node,
        "title": state.work_order["title"],
        "stage": state.input.stage,
        "user_task_kind": task.kind,
        "assignee_person_id": state.candidate.technician_id,
        "verbs": [verb.value for verb in task.verbs],
        "revision": task.revision,
        "opened_at": timestamp_to_json(task.opened_at),
        "form_schema_json": json.dumps(FORMS[task.verbs[-1]], ensure_ascii=False),
        "context": _context(state, task),
    }
    if task.due is not None:
        shown["respond_due_at"] = timestamp_to_json(task.due)
    return shown


def _context(state: FieldWorkState, task: FieldTask) -> dict[str, Any]:
    earning = state.promised
    return {
        "work_order": {name: state.work_order[name] for name in _SHOWN if name in state.work_order},
        "earning": {
            "earning_id": earning["earning_id"],
            "total": earning["total"],
            "lines": earning["lines"],
        },
        "forms": {verb.value: FORMS[verb] for verb in task.verbs},
    }


def details(state: FieldWorkState) -> str:
    """Where it stands, in markdown, for the Temporal UI."""
    title = state.work_order.get("title", "")
    lines = [f"**{title or state.input.title}** · 工单 `{state.input.work_order_id}`"]
    if state.technician is not None:
        earning = f"，收益 {money_text(state.earning['total'])}" if state.earning else ""
        lines.append(f"- 第 {state.round} 位师傅：`{state.technician.technician_id}`{earning}")
    if state.task is not None:
        verbs = "、".join(state.task.verbs)
        due = f"，截止 {state.task.due.astimezone(SHANGHAI):%m-%d %H:%M}" if state.task.due else ""
        lines.append(f"- 等待：{state.task.kind}（{verbs}）{due}")
    lines += [f"- {retried_in_words(retries)}" for retries in state.retried.values()]
    lines += [f"- ⚠ `{each.reason}` {each.message}" for each in state.incidents.values()]
    if state.ending is not None:
        lines.append(f"- 结束：{state.ending.outcome} {state.ending.reason}".rstrip())
    return "\n".join(lines)
