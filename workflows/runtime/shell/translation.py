"""Between Temporal's side and the interpreter's: inputs and signals to events, commands to inputs."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter
from temporalio import workflow

from kit.calendar import BusinessCalendar
from kit.errors import ServiceError
from workflows.compiler.plan import Plan
from workflows.runtime.calendars import GET_CALENDAR, calendar_request
from workflows.runtime.commands import CallRpc, Purpose, StartFieldWork, StartSubflow
from workflows.runtime.events import (
    CalendarChanged,
    CallRetried,
    CancelRequested,
    ChildEnded,
    Event,
    EventArrived,
    Prioritised,
    Started,
    event_to_json,
)
from workflows.runtime.field_work.state import FieldWorkInput
from workflows.runtime.payloads import (
    CALENDAR_CHANGED,
    CALL_RETRIED,
    CANCEL,
    CHILD_ENDED,
    PRIORITISED,
    CaseInput,
    ParentCase,
    Signal,
)
from workflows.runtime.places import node_at
from workflows.runtime.state import CaseState, Incident, Retries

_CHILD_ENDED: Final = TypeAdapter(ChildEnded)
_CALENDAR_CHANGED: Final = TypeAdapter(CalendarChanged)
_RETRIES: Final = TypeAdapter(Retries)


def beginning_of(source: CaseInput, calendar: BusinessCalendar | None) -> Started:
    """How a case begins; at an instant that is in the history, whichever task applies it."""
    info = workflow.info()
    return Started(
        at=info.workflow_start_time,
        case_id=source.case_id,
        workflow_id=info.workflow_id,
        inputs=source.inputs,
        started_by=source.started_by,
        flow_version=source.flow_version,
        calendar=calendar,
        is_child=source.parent is not None,
        priority=source.priority,
    )


def facts_of(source: CaseInput) -> dict[str, Any]:
    """What the read model is told of a case that the interpreter does not know."""
    return {
        "run_id": workflow.info().run_id,
        "title": source.title,
        "region_adcode": source.region_adcode,
        "customer_id": source.customer_id,
        "parent_case_id": source.parent.case_id if source.parent else "",
        "changed_at": workflow.now().isoformat(),
    }


def with_defect(
    state: CaseState, source: CaseInput, where: str, defect: Exception, event: Event | None = None
) -> CaseState:
    """A case that has met what the interpreter cannot take: operations see it as an incident.

    Args:
        event: kept in it, to be applied again once the interpreter can take it.
    """
    incident = Incident(
        incident_id=f"defect/{state.revision}",
        node="",
        visit=0,
        reason=defect.reason if isinstance(defect, ServiceError) else "CASE_DEFECT",
        message=f"{where}: {defect}",
        at=workflow.now(),
        event=event_to_json(event) if event is not None else None,
    )
    return replace(
        state,
        case_id=source.case_id,
        workflow_id=workflow.info().workflow_id,
        revision=state.revision + 1,
        incidents={**state.incidents, incident.incident_id: incident},
    )


def event_of(signal: Signal, now: datetime) -> Event:
    """What a signal tells.

    Raises:
        TypeError, ValueError: word from one of our own workflows lacks a part, or is no such word.
    """
    if signal.type == CHILD_ENDED:
        return _CHILD_ENDED.validate_python({"at": now, **signal.payload})
    if signal.type == CALENDAR_CHANGED:
        return _CALENDAR_CHANGED.validate_python({"at": now, **signal.payload})
    if signal.type == CALL_RETRIED:
        return call_retried(signal, now)
    if signal.type == PRIORITISED:
        return Prioritised(at=now, **signal.payload)
    if signal.type == CANCEL:
        return CancelRequested(at=now, by="case", **signal.payload)
    return EventArrived(
        at=now,
        type=signal.type,
        key=signal.key,
        aggregate=signal.aggregate,
        sequence=signal.sequence,
        payload=signal.payload,
    )


def call_retried(signal: Signal, now: datetime) -> CallRetried:
    """What the activity that makes a call tells of it.

    Raises:
        ValueError: the word lacks a part.
    """
    return CallRetried(now, signal.key, _RETRIES.validate_python(signal.payload))


def calendar_call(code: str) -> CallRpc:
    """What a case asks for before it begins, when nobody gave it its calendar."""
    return CallRpc(
        call_id="calendar",
        node="",
        visit=0,
        rpc=GET_CALENDAR,
        request=calendar_request(code, workflow.info().workflow_start_time),
        idempotency_key="",
        quick=True,
        summary=f"工作日历 {code}",
        purpose=Purpose.NODE,
    )


def field_work_of(command: StartFieldWork, plan: Plan, state: CaseState) -> FieldWorkInput:
    """What a field work starts with."""
    node = node_at(plan, command.node)
    return FieldWorkInput(
        case_id=state.case_id,
        case_workflow_id=state.workflow_id,
        node=command.node,
        visit=command.visit,
        stage=node.stage,
        title=command.summary,
        **command.input,
    )


def child_case_of(command: StartSubflow, state: CaseState, source: CaseInput) -> CaseInput:
    """What a child case starts with; its id is the same whenever it is made."""
    name = f"{state.workflow_id}\x1f{command.node}/{command.visit}"
    return CaseInput(
        case_id=f"ca_{hashlib.sha256(name.encode()).hexdigest()[:26]}",
        flow_version=command.flow_version,
        inputs=command.inputs,
        started_by=source.started_by,
        title=f"{source.title} · {command.summary}",
        customer_id=source.customer_id,
        region_adcode=source.region_adcode,
        parent=ParentCase(state.case_id, state.workflow_id, command.node, command.visit),
        priority=command.priority,
    )
