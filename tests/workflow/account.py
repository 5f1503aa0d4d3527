"""The account of what became of many cases after a storm; each finding is a defect, in a sentence."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any, Final

from google.protobuf.json_format import ParseDict
from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowHistory,
)
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, WorkflowRunner

from protos.cases.v1 import cases_pb2
from workflows.runtime.shell.field_work import FieldWorkWorkflow
from workflows.runtime.workflow import CaseWorkflow

#: Workflows of cases; others that they begin, such as alerts, are accounted for by themselves.
_OURS: Final = ("case:", "field_work:")
#: A task that must run again because something came in meanwhile, or because its worker went.
_HARMLESS: Final = (
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_STICKY_TASK_QUEUE,
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_UPDATE,
)

#: What a worker cannot help while what it needs is down, or the machine is starved: the task is done
#: again.
_OUTSIDE: Final = ("Unavailable", "TimeoutError", "_DeadlockError")


async def histories(
    temporal: Client, workflow_ids: Iterable[str]
) -> AsyncIterator[WorkflowHistory]:
    """The history of every run of these workflows."""
    for workflow_id in workflow_ids:
        run_id: str | None = None
        while True:
            handle = temporal.get_workflow_handle(workflow_id, run_id=run_id)
            history = await handle.fetch_history()
            yield history
            started = history.events[0].workflow_execution_started_event_attributes
            run_id = started.continued_execution_run_id
            if not run_id:
                break


async def family(temporal: Client, workflow_ids: Iterable[str]) -> list[str]:
    """These workflows, and the child cases and field work that they began."""
    found = list(workflow_ids)
    for workflow_id in found:  # grows as it goes
        async for history in histories(temporal, [workflow_id]):
            for event in history.events:
                if event.event_type == EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED:
                    started = event.child_workflow_execution_started_event_attributes
                    child = started.workflow_execution.workflow_id
                    if child not in found and child.startswith(_OURS):
                        found.append(child)
    return found


async def restless(temporal: Client, workflow_id: str) -> str:
    """What a workflow is still doing; empty: it has ended, or waits.

    Nothing is asked of the workflow itself: a query may show it what is not recorded yet.
    """
    description = await temporal.get_workflow_handle(workflow_id).describe()
    if description.status is not WorkflowExecutionStatus.RUNNING:
        return ""
    raw = description.raw_description
    if raw.HasField("pending_workflow_task"):
        return f"try {raw.pending_workflow_task.attempt} of a workflow task"
    return ", ".join(
        f"try {activity.attempt} of {activity.activity_type.name}: {activity.last_failure.message}"
        for activity in raw.pending_activities
    )


def forgotten(standing: dict[str, Any]) -> list[str]:
    """A case that runs and waits for nobody and nothing."""
    runs = standing["state"] == "CASE_STATE_RUNNING"
    waits = standing["user_tasks"] or standing.get("waiting_for")
    return [f"{standing['workflow_id']} waits for nobody and nothing"] if runs and not waits else []


def failed_tasks(history: WorkflowHistory) -> list[str]:
    """Workflow tasks that failed by a fault of ours, nondeterminism first of all."""
    return [
        f"{history.workflow_id}: the workflow task before event {event.event_id} failed:"
        f" {WorkflowTaskFailedCause.Name(failed.cause)}"
        f" {failed.failure.application_failure_info.type} {failed.failure.message}"
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
        and (failed := event.workflow_task_failed_event_attributes).cause not in _HARMLESS
        and failed.failure.application_failure_info.type not in _OUTSIDE
    ]


async def replay_failures(
    temporal: Client, found: AsyncIterator[WorkflowHistory], runner: WorkflowRunner | None = None
) -> list[str]:
    """Histories that another worker could not take up; the client's converter knows their plans.

    Each is kept in the directory that ``KEEP_HISTORIES`` names, if it names one.
    """
    replayer = Replayer(
        workflows=[CaseWorkflow, FieldWorkWorkflow],
        data_converter=temporal.config()["data_converter"],
        workflow_runner=runner or UnsandboxedWorkflowRunner(),
    )
    failures: list[str] = []
    async with replayer.workflow_replay_iterator(found) as results:
        async for result in results:
            if result.replay_failure is not None:
                _keep(result.history)
                failures.append(
                    f"{result.history.workflow_id} does not replay: {result.replay_failure}"
                )
    return failures


def _keep(history: WorkflowHistory) -> None:
    if directory := os.environ.get("KEEP_HISTORIES"):
        run_id = history.events[
            0
        ].workflow_execution_started_event_attributes.original_execution_run_id
        Path(directory, f"{history.workflow_id}_{run_id}.json").write_text(history.to_json())


def told_otherwise(standing: dict[str, Any], told: cases_pb2.Case) -> list[str]:
    """Where the read model has a case otherwise than the case has it."""
    own = ParseDict(standing, cases_pb2.Case(), ignore_unknown_fields=True)
    found: list[str] = []
    for name in ("revision", "state", "stage", "incident"):
        if getattr(own, name) != getattr(told, name):
            found.append(f"{name} is {getattr(told, name)} and not {getattr(own, name)}")
    mine = {task.user_task_id: task.revision for task in own.user_tasks}
    theirs = {
        task.user_task_id: task.revision
        for task in told.user_tasks
        if task.workflow_id == own.workflow_id
    }
    if mine != theirs:
        found.append(f"its open user tasks are {theirs} and not {mine}")
    return [f"{own.workflow_id} in the read model: {text}" for text in found]


def acts_astray(
    case_id: str, sent: Iterable[tuple[int, str, bool]], audit: Iterable[str]
) -> list[str]:
    """Acknowledged acts that the audit lacks, has twice or in another order, and refused ones it has.

    Args:
        sent: the turn, key and outcome of each act of one client; in one turn it sends several at
            once, and the next turn begins when all of them are answered.
        audit: the keys in the order of their instants.
    """
    known = list(sent)
    times = Counter(audit)
    found = [f"{case_id}: the audit has {key} {n} times" for key, n in times.items() if n > 1]
    for _, key, applied in known:
        if applied and key not in times:
            found.append(f"{case_id}: {key} was acknowledged and is not in the audit")
        if not applied and key in times:
            found.append(f"{case_id}: {key} was refused and is in the audit")
    turns = {key: turn for turn, key, _ in known}
    had = [turns[key] for key in times if key in turns]
    if had != sorted(had):
        found.append(f"{case_id}: the audit has the client's turns as {had}")
    return found
