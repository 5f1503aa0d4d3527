"""A field work as the case read model and operations see it."""

from __future__ import annotations

import json
from typing import Any, Final

from workflows.language.values import SHANGHAI, timestamp_to_json
from workflows.runtime.describe import retried_call, retried_in_words
from workflows.runtime.field_work.acts import FORMS
from workflows.runtime.field_work.lines import money_text
from workflows.runtime.field_work.state import FieldTask, FieldWorkState, Offer

#: How others' changes to the work order are heard of.
ORDER_CHANGED: Final = "workorder.v1.WorkOrderChanged"

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
    return {
        "case_id": state.input.case_id,
        "workflow_id": state.workflow_id,
        "revision": state.revision,
        "user_tasks": [user_task(state, task) for task in state.tasks],
    }


def awaited(state: FieldWorkState) -> list[dict[str, Any]]:
    """What it waits to hear of others, in the words of ``cases.v1.AwaitedEvent``. Each time anew: what
    was heard once is not told again."""
    if state.ending is not None:
        return []
    return [
        {
            "node": f"work_order/{state.heard}",
            "event_type": ORDER_CHANGED,
            "key": state.input.work_order_id,
        }
    ]


def retried_calls(state: FieldWorkState) -> list[dict[str, Any]]:
    """Its calls that are made again and again, in the words of ``cases.v1.RetriedCall``."""
    node, title = state.input.node, state.input.title
    return [retried_call(id, node, title, retries) for id, retries in state.retried.items()]


def user_task(state: FieldWorkState, task: FieldTask) -> dict[str, Any]:
    """An offer, a visit or a dispatcher's decision, in the words of ``cases.v1.UserTask``."""
    shown = {
        "user_task_id": task.task_id,
        "case_id": state.input.case_id,
        "workflow_id": state.workflow_id,
        "node": state.input.node,
        "title": state.work_order["title"],
        "stage": state.input.stage,
        "user_task_kind": task.kind,
        "verbs": [verb.value for verb in task.verbs],
        "revision": task.revision,
        "opened_at": timestamp_to_json(task.opened_at),
        "form_schema_json": json.dumps(FORMS[task.verbs[-1]], ensure_ascii=False),
        "context": _context(state, task),
    }
    if task.offer_number:
        shown["assignee_person_id"] = state.offer(task.offer_number).technician_id
    else:
        shown["candidate_person_ids"] = list(task.people)
    if task.due is not None:
        shown["respond_due_at"] = timestamp_to_json(task.due)
    return shown


def _context(state: FieldWorkState, task: FieldTask) -> dict[str, Any]:
    context: dict[str, Any] = {
        "work_order": {name: state.work_order[name] for name in _SHOWN if name in state.work_order},
        "forms": {verb.value: FORMS[verb] for verb in task.verbs},
    }
    if task.offer_number:
        earning = state.offer(task.offer_number).promised
        names = ("earning_id", "total", "lines")
        context["earning"] = {name: earning[name] for name in names}
    else:
        context["asked"] = list(state.excluded)
    return context


def details(state: FieldWorkState) -> str:
    """Where it stands, in markdown, for the Temporal UI."""
    title = state.work_order.get("title", "")
    lines = [f"**{title or state.input.title}** · 工单 `{state.input.work_order_id}`"]
    lines += [_offer_in_words(each) for each in state.offers]
    for task in state.tasks:
        verbs = "、".join(task.verbs)
        due = f"，截止 {task.due.astimezone(SHANGHAI):%m-%d %H:%M}" if task.due else ""
        lines.append(f"- 等待：{task.kind}（{verbs}）{due}")
    lines += [f"- {retried_in_words(retries)}" for retries in state.retried.values()]
    lines += [f"- ⚠ `{each.reason}` {each.message}" for each in state.incidents.values()]
    if state.ending is not None:
        lines.append(f"- 结束：{state.ending.outcome} {state.ending.reason}".rstrip())
    return "\n".join(lines)


def _offer_in_words(offer: Offer) -> str:
    earning = f"，收益 {money_text(offer.earning['total'])}" if offer.earning else ""
    how = "指派" if offer.by_hand else "派给"
    answer = f"：{offer.answer}" if offer.answer else ""
    return f"- 第 {offer.number} 次{how} `{offer.technician_id}`{earning}{answer}"
