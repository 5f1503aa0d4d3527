"""A case as people see it: the case read model's picture, and a few lines for the Temporal UI."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from workflows.compiler.plan import ApprovalNode, ConfirmNode, FormNode, Plan, WaitNode
from workflows.compiler.plan import UserTaskNode as PlanUserTask
from workflows.language.operations import shanghai_text
from workflows.language.schema import form_schema
from workflows.language.values import timestamp_to_json
from workflows.runtime.acts import possible_verbs
from workflows.runtime.forms import defaults_of
from workflows.runtime.messages import nearest_due
from workflows.runtime.state import CaseState, CaseStatus, Phase, UserTask

_STATES: Final = {
    CaseStatus.RUNNING: "CASE_STATE_RUNNING",
    CaseStatus.CANCELLING: "CASE_STATE_RUNNING",
    CaseStatus.COMPLETED: "CASE_STATE_COMPLETED",
    CaseStatus.CANCELLED: "CASE_STATE_CANCELLED",
}
_STATUS_NAMES: Final = {
    CaseStatus.RUNNING: "进行中",
    CaseStatus.CANCELLING: "取消中",
    CaseStatus.COMPLETED: "已完成",
    CaseStatus.CANCELLED: "已取消",
}


def standing(state: CaseState, plan: Plan) -> dict[str, Any]:
    """The case in the words of ``cases.v1.Case``, ready for protobuf's JSON.

    Case facts that the interpreter does not know (run, title, customer) are the shell's to add.
    """
    shown: dict[str, Any] = {
        "case_id": state.case_id,
        "workflow_id": state.workflow_id,
        "revision": state.revision,
        "flow_code": plan.flow,
        "flow_version": state.flow_version,
        "plan_hash": state.plan_hash,
        "calendar_hash": state.calendar.version_hash if state.calendar else "",
        "stage": state.stage,
        "state": _state(state),
        "started_by_person_id": state.started_by,
        "user_tasks": [user_task(state, task, plan) for task in state.tasks.values()],
        "nodes": _nodes(state, plan),
        "waiting_for": _waiting_for(state, plan),
        "incident": "; ".join(f"{i.incident_id}: {i.message}" for i in state.incidents.values()),
        "data": state.data,
    }
    shown |= _instants(started_at=state.started_at, ended_at=state.ended_at)
    return shown


def _state(state: CaseState) -> str:
    if state.incidents and not state.status.over:
        return "CASE_STATE_INCIDENT"
    return _STATES[state.status]


def awaited(state: CaseState) -> list[dict[str, Any]]:
    """The domain events that the case waits for, by type and key."""
    return [
        {"type": event.type, "key": event.key, "node": event.node, "visit": event.visit}
        for event in state.awaited.values()
    ]


def user_task(state: CaseState, task: UserTask, plan: Plan) -> dict[str, Any]:
    """A user task in the words of ``cases.v1.UserTask``."""
    node = plan.by_id[task.node]
    assert isinstance(node, FormNode | ApprovalNode | ConfirmNode)
    shown: dict[str, Any] = {
        "user_task_id": task.task_id,
        "case_id": state.case_id,
        "workflow_id": state.workflow_id,
        "node": task.node,
        "title": node.name,
        "stage": node.stage,
        "user_task_kind": node.kind,
        "assignee_person_id": task.assignee,
        "candidate_person_ids": list(task.waiting_on),
        "candidate_role": node.assignee.role,
        "verbs": [str(verb) for verb in possible_verbs(node, task)],
        "revision": task.revision,
        "due_provisional": task.provisional,
        "form_schema_json": json.dumps(
            form_schema([f.field for f in node.form]), ensure_ascii=False
        ),
        "context": _context(state, node, task, plan),
    }
    shown |= _instants(
        opened_at=task.opened_at,
        respond_due_at=task.respond_due if task.responded_at is None else None,
        complete_due_at=task.complete_due,
    )
    return shown


def _context(state: CaseState, node: PlanUserTask, task: UserTask, plan: Plan) -> dict[str, Any]:
    """What the person should see beside the form: the form's start, where it may be sent back to,
    who has signed."""
    context: dict[str, Any] = {
        "defaults": defaults_of(node.form, state.data),
        "send_back_to": [
            {"node": target, "name": plan.by_id[target].name} for target in node.send_back
        ],
        "signed": [signature.person for signature in task.signatures],
    }
    return {key: value for key, value in context.items() if value}


def _instants(**instants: datetime | None) -> dict[str, str]:
    return {name: timestamp_to_json(at) for name, at in instants.items() if at is not None}


def _nodes(state: CaseState, plan: Plan) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = []
    for node in plan.nodes:
        standing_of = state.standings.get(node.id)
        if standing_of is None:
            continue
        active = standing_of.left_at is None
        nodes.append(
            {
                "node": node.id,
                "title": node.name,
                "progress": "NODE_PROGRESS_ACTIVE" if active else "NODE_PROGRESS_DONE",
                "visit": standing_of.visit,
            }
            | _instants(entered_at=standing_of.entered_at, left_at=standing_of.left_at)
        )
    return nodes


def _waiting_for(state: CaseState, plan: Plan) -> list[str]:
    """What the case waits for besides people, in words."""
    waits: list[str] = []
    for timer in state.timers.values():
        node = plan.by_id[timer.node]
        if isinstance(node, WaitNode):
            waits.append(f"{node.name}：等到 {shanghai_text(timer.due)}")
    for token in state.tokens.values():
        name = plan.by_id[token.node].name
        match token.phase:
            case Phase.CALL | Phase.ASSIGNING:
                waits.append(f"{name}：调用中")
            case Phase.FIELD_WORK:
                waits.append(f"{name}：上门服务中")
            case Phase.SUBFLOW:
                waits.append(f"{name}：子流程中")
            case Phase.EVENT:
                waits.append(f"{name}：等待事件")
            case Phase.STUCK:
                waits.append(f"{name}：异常，待运维处理")
            case Phase.PERSON | Phase.TIME | Phase.BODY:
                pass
    waits += [f"撤销 {len(unwind.effects)} 项" for unwind in state.unwinding if unwind.effects]
    return waits


def details(state: CaseState, plan: Plan) -> str:
    """Where the case stands, who is on it and when it is due, in markdown for the Temporal UI."""
    stage = plan.stage_names.get(state.stage, "")
    status = _STATUS_NAMES[state.status]
    lines = [f"**{plan.name}** · `{state.case_id}` · {status}{f' · {stage}' if stage else ''}"]
    for task in state.tasks.values():
        node = plan.by_id[task.node]
        people = "、".join(f"`{person}`" for person in task.waiting_on)
        due = nearest_due(task)
        text = f"- 待办 **{node.name}**：{people}"
        if due is not None:
            kind = "响应" if task.responded_at is None and task.respond_due else "完成"
            provisional = "（暂定）" if task.provisional else ""
            text += f"，应于 {shanghai_text(due)} 前{kind}{provisional}"
        lines.append(text)
    lines += [f"- {text}" for text in _waiting_for(state, plan)]
    lines += [f"- ⚠ `{i.reason}` {i.message}" for i in state.incidents.values()]
    return "\n".join(lines)
