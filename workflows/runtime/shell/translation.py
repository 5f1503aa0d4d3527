"""Between Temporal's side and the interpreter's: inputs and signals to events, states to records."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from temporalio import workflow

from workflows.compiler.plan import Plan
from workflows.runtime import describe
from workflows.runtime.commands import StartFieldWork
from workflows.runtime.events import Event, EventArrived, FieldWorkEnded, Started
from workflows.runtime.field_work.state import FieldWorkInput
from workflows.runtime.payloads import FIELD_WORK_ENDED, CaseInput, Signal
from workflows.runtime.state import CaseState


def beginning_of(source: CaseInput) -> Started:
    """How a case begins; at an instant that is in the history, whichever task applies it."""
    info = workflow.info()
    return Started(
        at=info.workflow_start_time,
        case_id=source.case_id,
        workflow_id=info.workflow_id,
        inputs=source.inputs,
        started_by=source.started_by,
        flow_version=source.flow_version,
        calendar=source.calendar,
    )


def event_of(signal: Signal, now: datetime) -> Event:
    """What a signal tells.

    Raises:
        TypeError: the end of a field work lacks a part, or has one too many.
    """
    if signal.type == FIELD_WORK_ENDED:
        return FieldWorkEnded(at=now, **signal.payload)
    return EventArrived(
        at=now,
        type=signal.type,
        key=signal.key,
        aggregate=signal.aggregate,
        sequence=signal.sequence,
        payload=signal.payload,
    )


def field_work_of(command: StartFieldWork, plan: Plan, state: CaseState) -> FieldWorkInput:
    """What a field work starts with."""
    node = plan.by_id[command.node]
    return FieldWorkInput(
        case_id=state.case_id,
        case_workflow_id=state.workflow_id,
        node=command.node,
        visit=command.visit,
        stage=node.stage,
        title=node.name,
        **command.input,
    )


def awaited_of(state: CaseState) -> list[dict[str, Any]]:
    """The events a case waits for, in the words of ``cases.v1.AwaitedEvent``."""
    return [
        {"node": event["node"], "event_type": event["type"], "key": event["key"]}
        for event in describe.awaited(state)
    ]
