"""What a case is found and sorted by: from itself, its open user tasks and its acts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from protos.cases.v1 import cases_pb2
from workflows.cases.tables import CaseRow, UserTaskRow
from workflows.cases.terms import id_terms, named, node_term, region_terms, title_terms

#: Later than anything that is due: what has no instant is sorted last.
NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)


def make_findable(
    case: CaseRow, tasks: Sequence[UserTaskRow], acted: Iterable[str], copied: Iterable[str]
) -> None:
    """Bring a case's own terms and instants up to date, those of user tasks that were told of before
    their case was, and their priority."""
    for task in tasks:
        if task.flow_code != case.flow_code:
            task.flow_code = case.flow_code
            task.terms = task_terms(case.flow_code, task.node, task.stage, task.user_task_kind)
        if task.priority != case.priority:
            task.priority = case.priority
            task.priority_rank = int(case.priority.get("rank", 0)) if case.priority else 0
    entered = [str(node["entered_at"]) for node in _active(case)]
    opened = [task.opened_at for task in tasks]
    opened = opened or [datetime.fromisoformat(instant) for instant in entered]
    case.due_at = min((task.due_at for task in tasks), default=NEVER)
    case.waiting_since = min(opened, default=NEVER)
    case.terms = sorted(_terms(case, tasks, acted, copied))


def task_terms(flow_code: str, node: str, stage: str, kind: str) -> list[str]:
    """What an open user task is found by, beside its people."""
    return sorted(
        named("flow", [flow_code])
        | named("stage", [stage])
        | named("kind", [kind])
        | {node_term(flow_code, node)}
    )


def _terms(
    case: CaseRow, tasks: Iterable[UserTaskRow], acted: Iterable[str], copied: Iterable[str]
) -> set[str]:
    stands = {str(node["node"]) for node in _active(case)} | {task.node for task in tasks}
    return (
        {f"flow:{case.flow_code}", f"version:{case.flow_code}/{case.flow_version}"}
        | {f"state:{case.state}"}
        | named("stage", [case.stage])
        | named("customer", [case.customer_id])
        | named("started", [case.started_by_person_id])
        | named("parent", [case.parent_case_id])
        | named("priority", [str(case.priority["priority_id"])] if case.priority else [])
        | named("acted", acted)
        | named("copied", copied)
        | named("waits", (person for task in tasks for person in task.open_to_person_ids))
        | {node_term(case.flow_code, node) for node in stands}
        | region_terms(case.region_adcode)
        | id_terms(case.case_id, case.customer_id)
        | title_terms(case.title)
    )


def _active(case: CaseRow) -> list[dict[str, object]]:
    """The nodes where the case stands."""
    if case.ended_at is not None:
        return []
    active = cases_pb2.NodeProgress.Name(cases_pb2.NODE_PROGRESS_ACTIVE)
    return [node for node in case.nodes if node.get("progress") == active]
