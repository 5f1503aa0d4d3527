"""The search attributes by which operations find cases; written when they have changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

from temporalio import workflow
from temporalio.common import SearchAttributeKey

from workflows.compiler.plan import Plan
from workflows.runtime.messages import nearest_due
from workflows.runtime.places import each
from workflows.runtime.state import CaseState
from workflows.runtime.user_task import UserTask

FLOW: Final = SearchAttributeKey.for_keyword("GongdanFlow")
FLOW_VERSION: Final = SearchAttributeKey.for_keyword("GongdanFlowVersion")
STAGE: Final = SearchAttributeKey.for_keyword("GongdanStage")
REGION: Final = SearchAttributeKey.for_keyword("GongdanRegion")
ASSIGNEES: Final = SearchAttributeKey.for_keyword_list("GongdanAssignees")
SLA_STATE: Final = SearchAttributeKey.for_keyword("GongdanSlaState")

ALL: Final[tuple[SearchAttributeKey[Any], ...]] = (
    FLOW,
    FLOW_VERSION,
    STAGE,
    REGION,
    ASSIGNEES,
    SLA_STATE,
)


Values: TypeAlias = dict[SearchAttributeKey[Any], str | Sequence[str]]


def values_of(state: CaseState, plan: Plan, region_adcode: str, now: datetime) -> Values:
    """What operations may search a case by."""
    tasks = [task for _, task in each(state, plan, "tasks")]
    assignees = {person for task in tasks for person in task.waiting_on}
    return {
        FLOW: plan.flow,
        FLOW_VERSION: str(state.flow_version),
        STAGE: state.stage,
        REGION: region_adcode,
        ASSIGNEES: sorted(assignees),
        SLA_STATE: _sla_state(tasks, now),
    }


def _sla_state(tasks: list[UserTask], now: datetime) -> str:
    due = [at for task in tasks if (at := nearest_due(task)) is not None]
    if not due:
        return "none"
    return "overdue" if min(due) <= now else "running"


def show(values: Values) -> None:
    """Write those that are new or different; empty ones that were never written stay so."""
    shown = workflow.info().typed_search_attributes
    changed = [
        key.value_set(value)
        for key, value in values.items()
        if (before := shown.get(key)) != value and (value or before)
    ]
    if changed:
        workflow.upsert_search_attributes(changed)
