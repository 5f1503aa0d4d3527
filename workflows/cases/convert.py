"""Protobuf to rows of the read model and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeVar

from google.protobuf import json_format
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp

from kit.rpc.convert import instant_from_proto, instant_to_proto
from protos.cases.v1 import bulk_acts_pb2, cases_pb2, incidents_pb2
from protos.directory.v1 import directory_pb2
from workflows.cases.finding import task_terms
from workflows.cases.store.incidents import Key, Resolution
from workflows.cases.store.retries import RetriedCall
from workflows.cases.store.task_lists import NodeCount
from workflows.cases.tables import (
    ActRow,
    BulkActRow,
    CaseRow,
    HandOverRow,
    IncidentRow,
    UserTaskRow,
)
from workflows.runtime.waiting import Waited

M = TypeVar("M", bound=Message)


def case_values(case: cases_pb2.Case) -> dict[str, Any]:
    """A case's row."""
    return {
        "case_id": case.case_id,
        "workflow_id": case.workflow_id,
        "run_id": case.run_id,
        "revision": case.revision,
        "flow_code": case.flow_code,
        "flow_version": case.flow_version,
        "plan_hash": case.plan_hash,
        "calendar_hash": case.calendar_hash,
        "title": case.title,
        "stage": case.stage,
        "state": case.state,
        "region_adcode": case.region_adcode,
        "customer_id": case.customer_id,
        "started_at": instant_from_proto(case.started_at),
        "started_by_person_id": case.started_by_person_id,
        "parent_case_id": case.parent_case_id,
        "changed_at": instant_from_proto(case.changed_at),
        "ended_at": _instant(case, "ended_at"),
        "nodes": [_plain(node) for node in case.nodes],
        "waiting_for": list(case.waiting_for),
        "incident": case.incident,
        "allowances": [_plain(allowance) for allowance in case.allowances],
        "withdrawal_node": case.withdrawal_node,
        "priority": _plain(case.priority) if case.HasField("priority") else None,
        "priorities": [_plain(priority) for priority in case.priorities],
        **_clock_values(case.business_clock),
        "data": _plain(case.data),
    }


def _clock_values(clock: cases_pb2.BusinessClock) -> dict[str, Any]:
    return {
        "calendar_code": clock.calendar_code,
        "calendar_version": clock.calendar_version,
        "clock_since": _instant(clock, "since"),
        "clock_next_due_at": _instant(clock, "next_due_at"),
        "clock_until": _instant(clock, "until"),
    }


def user_task_values(
    task: cases_pb2.UserTask, case: cases_pb2.Case, flow_code: str
) -> dict[str, Any]:
    """An open user task's row; its case and workflow are those of the telling."""
    return {
        "workflow_id": case.workflow_id,
        "user_task_id": task.user_task_id,
        "case_id": case.case_id,
        "node": task.node,
        "title": task.title,
        "stage": task.stage,
        "user_task_kind": task.user_task_kind,
        "assignee_person_id": task.assignee_person_id,
        "candidate_person_ids": list(task.candidate_person_ids),
        "candidate_role": task.candidate_role,
        "verbs": list(task.verbs),
        "revision": task.revision,
        "opened_at": instant_from_proto(task.opened_at),
        "respond_due_at": _instant(task, "respond_due_at"),
        "complete_due_at": _instant(task, "complete_due_at"),
        "due_provisional": task.due_provisional,
        "form_schema_json": task.form_schema_json,
        "context": _plain(task.context),
        "substitutions": [_plain(each) for each in task.substitutions],
        "delegations": [_plain(each) for each in task.delegations],
        "signers": [_plain(each) for each in task.signers],
        "votes_needed": task.votes_needed,
        "pause": _plain(task.pause) if task.HasField("pause") else None,
        "priority": None,
        "priority_rank": 0,
        "allowances": [_plain(each) for each in task.allowances],
        "flow_code": flow_code,
        "terms": task_terms(flow_code, task.node, task.stage, task.user_task_kind),
    }


def act_values(act: cases_pb2.Act, case_id: str) -> dict[str, Any]:
    """An act's row."""
    return {
        "case_id": case_id,
        "act_key": act.act_key,
        "node": act.node,
        "user_task_id": act.user_task_id,
        "verb": act.verb,
        "acting_person_id": act.acting_person_id,
        "acted_at": instant_from_proto(act.acted_at),
        "comment": act.comment,
        "origin": act.origin,
        "origin_detail": act.origin_detail,
        "before": _plain(act.before),
        "after": _plain(act.after),
        "named_person_ids": list(act.named_person_ids),
        "rule": act.rule,
        "waited": _plain(act.waited) if act.HasField("waited") else None,
    }


def awaited_values(awaited: cases_pb2.AwaitedEvent, workflow_id: str) -> dict[str, Any]:
    """An awaited event's row."""
    return {
        "workflow_id": workflow_id,
        "node": awaited.node,
        "event_type": awaited.event_type,
        "key": awaited.key,
    }


def incident_values(
    incident: incidents_pb2.Incident, case: cases_pb2.Case, flow_code: str
) -> dict[str, Any]:
    """An open incident's row; its case and workflow are those of the telling."""
    return {
        "workflow_id": case.workflow_id,
        "incident_id": incident.incident_id,
        "raised_at": instant_from_proto(incident.raised_at),
        "case_id": case.case_id,
        "flow_code": flow_code,
        "node": incident.node,
        "node_title": incident.node_title,
        "trouble": incident.trouble,
        "reason": incident.reason,
        "message": incident.message,
        "verbs": list(incident.verbs),
        "request": _plain(incident.request),
    }


def resolutions_of(acts: Iterable[cases_pb2.Act]) -> dict[Key, Resolution]:
    """How acts of operations have resolved incidents."""
    found: dict[Key, Resolution] = {}
    for act in acts:
        before = _plain(act.before)
        if "incident" in before:
            key = (str(before["incident"]), datetime.fromisoformat(before["raised_at"]))
            found[key] = Resolution(act.acting_person_id, act.verb, act.comment)
    return found


def incident_message(row: IncidentRow) -> incidents_pb2.Incident:
    """An incident."""
    return incidents_pb2.Incident(
        incident_id=row.incident_id,
        case_id=row.case_id,
        workflow_id=row.workflow_id,
        flow_code=row.flow_code,
        node=row.node,
        node_title=row.node_title,
        trouble=row.trouble,
        reason=row.reason,
        message=row.message,
        raised_at=instant_to_proto(row.raised_at),
        verbs=row.verbs,
        request=_struct(row.request),
        resolved_at=instant_to_proto(row.resolved_at),
        resolved_by_person_id=row.resolved_by_person_id,
        resolved_with_verb=row.resolved_with_verb,
        comment=row.comment,
    )


def recorder_values(request: cases_pb2.RecordCaseRequest) -> dict[str, Any]:
    """Which workflow tells, when in its life, and the calls it makes again, as its row keeps them."""
    case = request.case
    return {
        "workflow_id": case.workflow_id,
        "case_id": case.case_id,
        "told_in_task": request.told_in_task,
        "told_in_history": request.told_in_history,
        "revision": case.revision,
        "retried_calls": [_plain(call) for call in request.retried_calls],
    }


def retried_message(call: RetriedCall) -> incidents_pb2.RetriedCall:
    """A call that is made again."""
    told = asdict(call) | {"since": instant_to_proto(call.since)}
    return incidents_pb2.RetriedCall(**told)


def case_message(row: CaseRow, data: dict[str, Any] | None = None) -> cases_pb2.Case:
    """A case without its user tasks; with data only where data is given."""
    return cases_pb2.Case(
        case_id=row.case_id,
        workflow_id=row.workflow_id,
        run_id=row.run_id,
        revision=row.revision,
        flow_code=row.flow_code,
        flow_version=row.flow_version,
        plan_hash=row.plan_hash,
        calendar_hash=row.calendar_hash,
        title=row.title,
        stage=row.stage,
        state=cases_pb2.CaseState.ValueType(row.state),
        region_adcode=row.region_adcode,
        customer_id=row.customer_id,
        started_at=instant_to_proto(row.started_at),
        started_by_person_id=row.started_by_person_id,
        parent_case_id=row.parent_case_id,
        changed_at=instant_to_proto(row.changed_at),
        ended_at=instant_to_proto(row.ended_at),
        nodes=_each(row.nodes, cases_pb2.NodeStanding),
        waiting_for=row.waiting_for,
        incident=row.incident,
        allowances=_each(row.allowances, cases_pb2.Allowance),
        withdrawal_node=row.withdrawal_node,
        priority=_parsed(row.priority, cases_pb2.Priority),
        priorities=_each(row.priorities, cases_pb2.Priority),
        business_clock=_clock(row),
        data=_struct(data),
    )


def _clock(row: CaseRow) -> cases_pb2.BusinessClock | None:
    if not row.calendar_code:
        return None
    return cases_pb2.BusinessClock(
        calendar_code=row.calendar_code,
        calendar_version=row.calendar_version,
        since=instant_to_proto(row.clock_since),
        next_due_at=instant_to_proto(row.clock_next_due_at),
        until=instant_to_proto(row.clock_until),
    )


def user_task_message(row: UserTaskRow, *, with_form: bool = True) -> cases_pb2.UserTask:
    """An open user task."""
    return cases_pb2.UserTask(
        user_task_id=row.user_task_id,
        case_id=row.case_id,
        workflow_id=row.workflow_id,
        node=row.node,
        title=row.title,
        stage=row.stage,
        user_task_kind=row.user_task_kind,
        assignee_person_id=row.assignee_person_id,
        candidate_person_ids=row.candidate_person_ids,
        candidate_role=row.candidate_role,
        verbs=row.verbs,
        revision=row.revision,
        opened_at=instant_to_proto(row.opened_at),
        respond_due_at=instant_to_proto(row.respond_due_at),
        complete_due_at=instant_to_proto(row.complete_due_at),
        due_provisional=row.due_provisional,
        form_schema_json=row.form_schema_json if with_form else "",
        context=_struct(row.context) if with_form else None,
        substitutions=_each(row.substitutions, directory_pb2.Substitution),
        delegations=_each(row.delegations, cases_pb2.Delegation),
        signers=_each(row.signers, cases_pb2.Signer),
        votes_needed=row.votes_needed,
        pause=_parsed(row.pause, cases_pb2.Pause),
        priority=_parsed(row.priority, cases_pb2.Priority),
        allowances=_each(row.allowances, cases_pb2.Allowance),
    )


def user_task_counts(rows: Sequence[NodeCount]) -> cases_pb2.UserTaskCounts:
    """How many user tasks there are, from how many stand at each node."""
    return cases_pb2.UserTaskCounts(
        count=sum(row.count for row in rows),
        claimed_count=sum(row.claimed for row in rows),
        overdue_count=sum(row.overdue for row in rows),
        due_today_count=sum(row.due_today for row in rows),
        nodes=[
            cases_pb2.NodeCount(
                flow_code=row.flow_code,
                node=row.node,
                title=row.title,
                count=row.count,
                overdue_count=row.overdue,
            )
            for row in rows
        ],
    )


def act_message(row: ActRow) -> cases_pb2.Act:
    """An act."""
    return cases_pb2.Act(
        act_key=row.act_key,
        case_id=row.case_id,
        node=row.node,
        user_task_id=row.user_task_id,
        verb=row.verb,
        acting_person_id=row.acting_person_id,
        acted_at=instant_to_proto(row.acted_at),
        comment=row.comment,
        origin=row.origin,
        origin_detail=row.origin_detail,
        before=_struct(row.before),
        after=_struct(row.after),
        named_person_ids=row.named_person_ids,
        rule=row.rule,
        waited=_parsed(row.waited, cases_pb2.Waited),
    )


def waited_of(plain: dict[str, Any]) -> Waited:
    """A time of waiting as it was written down."""
    message = json_format.ParseDict(plain, cases_pb2.Waited())
    return Waited(
        party=message.party,
        people=tuple(message.person_ids),
        pause=message.pause_reason,
        since=instant_from_proto(message.since),
        until=instant_from_proto(message.until),
        working_seconds=message.working_seconds,
    )


def hand_over_values(hand_over: cases_pb2.HandOver) -> dict[str, Any]:
    """A hand-over's row."""
    return {
        "hand_over_id": hand_over.hand_over_id,
        "from_person_id": hand_over.from_person_id,
        "to_person_id": hand_over.to_person_id,
        "ordered_by_person_id": hand_over.ordered_by_person_id,
        "started_at": instant_from_proto(hand_over.started_at),
        "ended_at": _instant(hand_over, "ended_at"),
        "handed_over_count": hand_over.handed_over_count,
        "failures": [_plain(failure) for failure in hand_over.failures],
    }


def hand_over_message(row: HandOverRow) -> cases_pb2.HandOver:
    """A hand-over."""
    return cases_pb2.HandOver(
        hand_over_id=row.hand_over_id,
        from_person_id=row.from_person_id,
        to_person_id=row.to_person_id,
        ordered_by_person_id=row.ordered_by_person_id,
        started_at=instant_to_proto(row.started_at),
        ended_at=instant_to_proto(row.ended_at),
        handed_over_count=row.handed_over_count,
        failures=_each(row.failures, cases_pb2.HandOverFailure),
    )


def bulk_act_values(bulk_act: bulk_acts_pb2.BulkAct) -> dict[str, Any]:
    """A bulk act's row."""
    return {
        "bulk_act_id": bulk_act.bulk_act_id,
        "verb": bulk_act.verb,
        "to": bulk_act.to,
        "comment": bulk_act.comment,
        "ordered_by_person_id": bulk_act.ordered_by_person_id,
        "started_at": instant_from_proto(bulk_act.started_at),
        "ended_at": _instant(bulk_act, "ended_at"),
        "target_count": bulk_act.target_count,
        "done_count": bulk_act.done_count,
        "failures": [_plain(failure) for failure in bulk_act.failures],
    }


def bulk_act_message(row: BulkActRow) -> bulk_acts_pb2.BulkAct:
    """A bulk act."""
    return bulk_acts_pb2.BulkAct(
        bulk_act_id=row.bulk_act_id,
        verb=row.verb,
        to=row.to,
        comment=row.comment,
        ordered_by_person_id=row.ordered_by_person_id,
        started_at=instant_to_proto(row.started_at),
        ended_at=instant_to_proto(row.ended_at),
        target_count=row.target_count,
        done_count=row.done_count,
        failures=_each(row.failures, bulk_acts_pb2.BulkActFailure),
    )


def _parsed(plain: dict[str, Any] | None, kind: type[M]) -> M | None:
    return None if plain is None else json_format.ParseDict(plain, kind())


def _each(plain: list[dict[str, Any]], kind: type[M]) -> list[M]:
    return [json_format.ParseDict(each, kind()) for each in plain]


def _instant(message: Message, field: str) -> datetime | None:
    stamp: Timestamp = getattr(message, field)
    return instant_from_proto(stamp) if message.HasField(field) else None


def _struct(plain: dict[str, Any] | None) -> Struct | None:
    if plain is None:
        return None
    struct = Struct()
    struct.update(plain)
    return struct


def _plain(message: Message) -> Any:
    return _whole(json_format.MessageToDict(message, preserving_proto_field_name=True))


def _whole(plain: Any) -> Any:
    """A struct knows only floating numbers; whole ones are integers again."""
    match plain:
        case dict():
            return {key: _whole(value) for key, value in plain.items()}
        case list():
            return [_whole(value) for value in plain]
        case float() if plain.is_integer():
            return int(plain)
        case _:
            return plain
