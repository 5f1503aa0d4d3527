"""A case as people see it: the case read model's picture, and a few lines for the Temporal UI."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from kit.calendar import BusinessCalendar
from workflows.compiler.plan import (
    DecisionNode,
    Plan,
    PlanPriority,
    WaitNode,
)
from workflows.language.times import shanghai_text
from workflows.language.values import timestamp_to_json
from workflows.runtime.describe_task import allowance_in_words, user_task
from workflows.runtime.incidents import possible_verbs
from workflows.runtime.messages import nearest_due
from workflows.runtime.places import Place, node_at, places, titled
from workflows.runtime.returning import allowances_of, is_retrievable, withdrawal_of
from workflows.runtime.state import CaseState, CaseStatus, Incident, Phase, Retries
from workflows.runtime.user_task import UserTask

_STATES: Final = {
    CaseStatus.RUNNING: "CASE_STATE_RUNNING",
    CaseStatus.CANCELLING: "CASE_STATE_RUNNING",
    CaseStatus.COMPLETED: "CASE_STATE_COMPLETED",
    CaseStatus.CANCELLED: "CASE_STATE_CANCELLED",
    CaseStatus.FAILED: "CASE_STATE_FAILED",
}
_STATUS_NAMES: Final = {
    CaseStatus.RUNNING: "进行中",
    CaseStatus.CANCELLING: "取消中",
    CaseStatus.COMPLETED: "已完成",
    CaseStatus.CANCELLED: "已取消",
    CaseStatus.FAILED: "未成功",
}


def standing(state: CaseState, plan: Plan) -> dict[str, Any]:
    """The case in the words of ``cases.v1.Case``, ready for protobuf's JSON.

    Case facts that the interpreter does not know (run, title, customer) are the shell's to add.
    """
    inside = list(places(state, plan))
    incidents = _incidents(inside)
    shown: dict[str, Any] = {
        "case_id": state.case_id,
        "workflow_id": state.workflow_id,
        "revision": state.revision,
        "flow_code": plan.flow,
        "flow_version": state.flow_version,
        "plan_hash": state.plan_hash,
        "calendar_hash": state.calendar.version_hash if state.calendar else "",
        "stage": state.stage,
        "priorities": [_priority(each) for each in plan.priorities],
        "state": _state(state, incidents),
        "started_by_person_id": state.started_by,
        "user_tasks": [
            user_task(state, place, task, plan)
            for place in inside
            for task in place.run.tasks.values()
        ],
        "nodes": [node for place in inside for node in _nodes(place)],
        "waiting_for": [
            *_halt(state, plan),
            *(text for place in inside for text in _waiting_for(place)),
        ],
        "incident": _trouble(state, incidents),
        "data": state.data,
        "allowances": [allowance_in_words(each) for each in allowances_of(state, plan)],
        "withdrawal_node": withdrawal_of(state, plan) or "",
    }
    for priority in plan.priorities:
        if priority.id == state.priority:
            shown["priority"] = _priority(priority)
    if state.calendar is not None:
        shown["business_clock"] = _business_clock(state.calendar, inside)
    shown |= _instants(started_at=state.started_at, ended_at=state.ended_at)
    return shown


def _priority(priority: PlanPriority) -> dict[str, Any]:
    return {
        "priority_id": priority.id,
        "title": priority.name,
        "title_en": priority.name_en,
        "rank": priority.rank,
    }


def _business_clock(calendar: BusinessCalendar, inside: list[Place]) -> dict[str, Any]:
    """Over which time the open deadlines of working time reach."""
    spans = [
        (timer.clock.armed_at, timer.due)
        for place in inside
        for timer in place.run.timers.values()
        if timer.calendar == "business" and timer.clock is not None
    ]
    spans += [
        (task.clock.armed_at, due)
        for place in inside
        for task in place.run.tasks.values()
        if task.clock is not None and not task.stands and _counts_working_time(place, task)
        for due in (task.respond_due, task.complete_due)
        if due is not None
    ]
    told: dict[str, Any] = {
        "calendar_code": calendar.code,
        "calendar_version": calendar.version,
    }
    if spans:
        told |= _instants(
            since=min(since for since, _ in spans),
            next_due_at=min(due for _, due in spans),
            until=max(due for _, due in spans),
        )
    return told


def _counts_working_time(place: Place, task: UserTask) -> bool:
    sla = getattr(place.node(task.node), "sla", None)
    return sla is not None and sla.calendar == "business"


def _incidents(inside: list[Place]) -> dict[str, Incident]:
    return {f"{p.path}{id}": found for p in inside for id, found in p.run.incidents.items()}


def _trouble(state: CaseState, incidents: dict[str, Incident]) -> str:
    if state.status is CaseStatus.FAILED:
        return state.reason
    return "; ".join(f"{id}: {incident.message}" for id, incident in incidents.items())


def _state(state: CaseState, incidents: dict[str, Incident]) -> str:
    if incidents and not state.status.over:
        return "CASE_STATE_INCIDENT"
    return _STATES[state.status]


def awaited(state: CaseState, plan: Plan) -> list[dict[str, Any]]:
    """The events that the case waits for, in the words of ``cases.v1.AwaitedEvent``."""
    return [
        {"node": f"{place.path}{key}", "event_type": event.type, "key": event.key}
        for place in places(state, plan)
        for key, event in place.run.awaited.items()
    ]


def incidents(state: CaseState, plan: Plan) -> list[dict[str, Any]]:
    """What stands still, in the words of ``cases.v1.Incident``; none once the case is over."""
    if state.status.over:
        return []
    return [
        _incident(place, incident)
        for place in places(state, plan)
        for incident in place.run.incidents.values()
    ]


def _incident(place: Place, incident: Incident) -> dict[str, Any]:
    node = node_at(place.graph, incident.node) if incident.node else None
    return {
        "incident_id": f"{place.path}{incident.incident_id}",
        "node": f"{place.path}{incident.node}" if incident.node else "",
        "node_title": titled(node.name, place.of) if node else "",
        "trouble": str(incident.trouble),
        "reason": incident.reason,
        "message": incident.message,
        "verbs": [str(verb) for verb in possible_verbs(incident, node)],
        "request": incident.call.request if incident.call else {},
    } | _instants(raised_at=incident.at)


def retried_calls(state: CaseState, plan: Plan) -> list[dict[str, Any]]:
    """The calls that are made again and again, in the words of ``cases.v1.RetriedCall``."""
    return [
        retried_call(
            f"{place.path}{call_id}",
            f"{place.path}{call.node}" if call.node else "",
            place.name(call.root) if call.node else "",
            call.retries,
        )
        for place in places(state, plan)
        for call_id, call in place.run.calls.items()
        if call.retries is not None
    ]


def retried_call(call_id: str, node: str, title: str, retries: Retries) -> dict[str, Any]:
    """One of these calls."""
    return {
        "call_id": call_id,
        "node": node,
        "node_title": title,
        "rpc": retries.rpc,
        "attempt_count": retries.attempts,
        "reason": retries.reason,
        "message": retries.message,
        "since": timestamp_to_json(retries.since),
    }


def _instants(**instants: datetime | None) -> dict[str, str]:
    return {name: timestamp_to_json(at) for name, at in instants.items() if at is not None}


def _nodes(place: Place) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = []
    retried = {call.root for call in place.run.calls.values() if call.retries}
    for node in place.graph.nodes:
        standing_of = place.run.standings.get(node.id)
        if standing_of is None:
            continue
        active = standing_of.left_at is None
        handler = place.run.handlers.get(node.id, "")
        nodes.append(
            {
                "node": f"{place.path}{node.id}",
                "title": place.name(node.id),
                "progress": "NODE_PROGRESS_ACTIVE" if active else "NODE_PROGRESS_DONE",
                "visit": standing_of.visit,
                "handled_by_person_id": handler,
                "retrievable": bool(handler) and is_retrievable(place, node.id),
                "retrying": node.id in retried,
            }
            | _instants(entered_at=standing_of.entered_at, left_at=standing_of.left_at)
        )
    return nodes


def _halt(state: CaseState, plan: Plan) -> list[str]:
    """That the case is paused, by whom, since when and why."""
    if state.halted_at is None:
        return []
    reasons = {reason.id: reason.name for reason in plan.pause_reasons}
    why = reasons.get(state.halted_for, state.halted_for)
    return [f"已暂停：{state.halted_by} 自 {shanghai_text(state.halted_at)}，{why}"]


def _waiting_for(place: Place) -> list[str]:
    """What a run waits for besides people, in words."""
    state = place.run
    waits: list[str] = []
    for timer in state.timers.values():
        node = place.node(timer.node)
        if isinstance(node, WaitNode | DecisionNode):
            waits.append(f"{place.name(node.id)}：等到 {shanghai_text(timer.due)}")
    for token in state.tokens.values():
        name = place.name(token.node)
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
    waits += [retried_in_words(call.retries) for call in state.calls.values() if call.retries]
    return waits


def retried_in_words(retries: Retries) -> str:
    """That a call has no answer, how often it was made, since when and why."""
    since = shanghai_text(retries.since)
    tried = f"自 {since} 试了 {retries.attempts} 次，仍在重试"
    return f"{retries.rpc}：{tried}：{retries.reason} {retries.message}"


def details(state: CaseState, plan: Plan, *, unrecorded: str = "") -> str:
    """Where the case stands, who is on it and when it is due, in markdown for the Temporal UI.

    Args:
        unrecorded: why the read model does not know it; empty: it does.
    """
    stage = plan.stage_names.get(state.stage, "")
    status = _STATUS_NAMES[state.status]
    lines = [f"**{plan.name}** · `{state.case_id}` · {status}{f' · {stage}' if stage else ''}"]
    inside = list(places(state, plan))
    lines += [_task_line(place, task) for place in inside for task in place.run.tasks.values()]
    lines += [f"- {text}" for place in inside for text in _waiting_for(place)]
    lines += [f"- ⚠ `{i.reason}` {i.message}" for i in _incidents(inside).values()]
    lines += [f"- ⏸ {text}" for text in _halt(state, plan)]
    if unrecorded:
        lines.append(f"- ⚠ 未能记录：{unrecorded}")
    return "\n".join(lines)


def _task_line(place: Place, task: UserTask) -> str:
    people = "、".join(f"`{person}`" for person in task.waiting_on)
    text = f"- 待办 **{place.name(task.node)}**：{people}"
    due = nearest_due(task)
    if due is None:
        return text
    kind = "响应" if task.responded_at is None and task.respond_due else "完成"
    provisional = "（暂定）" if task.provisional else ""
    return f"{text}，应于 {shanghai_text(due)} 前{kind}{provisional}"
