"""A maintenance plan's life: visits fall due, are begun or skipped; the plan pauses, goes on, ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from kit.errors import FailedPrecondition, InvalidArgument, NotFound
from services.workorder.domain import access
from services.workorder.domain.maintenance.recurrence import (
    Occurrence,
    Recurrence,
    first_not_over,
    occurrences,
)

#: Who promises maintenance.
PLANNERS: Final = tuple(sorted({*access.INTAKE, *access.PLANNING}))
_MOST_LEAD_DAYS: Final = 366
#: So many visits of one plan fall due in one claim at most; the others do in the next.
_CLAIMED_AT_ONCE: Final = 50


class PlanState(StrEnum):
    """Where a plan stands."""

    ACTIVE = "active"  # 执行中
    PAUSED = "paused"  # 已暂停
    ENDED = "ended"  # 已结束


class PlanVerb(StrEnum):
    """What happens to a plan."""

    CREATE = "create"
    PAUSE = "pause"
    RESUME = "resume"
    END = "end"
    CLAIM = "claim"


class VisitState(StrEnum):
    """Where a visit stands."""

    DUE = "due"  # 待发起
    STARTED = "started"  # 已发起
    SKIPPED = "skipped"  # 已跳过


class Fact(StrEnum):
    """What a visit can tell its case."""

    CUSTOMER_ID = "customer_id"
    ADDRESS_ID = "address_id"
    ASSET_ID = "asset_id"
    ADCODE = "adcode"
    CONTRACT_NUMBER = "contract_number"
    PLAN_ID = "plan_id"
    VISIT_ID = "visit_id"
    VISIT_NUMBER = "visit_number"
    DUE_ON = "due_on"
    LAST_DAY = "last_day"
    LINES = "lines"


_NEXT: Final[dict[PlanVerb, dict[PlanState, PlanState]]] = {
    PlanVerb.PAUSE: {PlanState.ACTIVE: PlanState.PAUSED},
    PlanVerb.RESUME: {PlanState.PAUSED: PlanState.ACTIVE},
    PlanVerb.END: {PlanState.ACTIVE: PlanState.ENDED, PlanState.PAUSED: PlanState.ENDED},
    PlanVerb.CLAIM: {PlanState.ACTIVE: PlanState.ACTIVE},
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What the transitions decide on.

    Attributes:
        visit_count: how many visits the contract includes; None: as many as come.
        lead_days: how many days ahead of its day a visit falls due.
        claimed_count: visits that fell due so far.
        next: the next visit; None: none is left, and the plan has ended.
    """

    plan_id: str
    state: PlanState
    revision: int
    recurrence: Recurrence
    visit_count: int | None
    lead_days: int
    claimed_count: int
    next: Occurrence | None


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit that falls due, with its number in the plan: 1, 2, 3 …"""

    number: int
    occurrence: Occurrence


def unknown_plan(plan_id: str) -> NotFound:
    """The refusal for a plan that is not there, or that the actor may not know of."""
    return NotFound(
        "MAINTENANCE_PLAN_UNKNOWN", f"there is no maintenance plan {plan_id!r}", field="plan_id"
    )


def unknown_visit(visit_id: str) -> NotFound:
    """The refusal for a visit that is not there, or that the actor may not know of."""
    return NotFound(
        "MAINTENANCE_VISIT_UNKNOWN", f"there is no maintenance visit {visit_id!r}", field="visit_id"
    )


def begin(
    plan_id: str, recurrence: Recurrence, visit_count: int, lead_days: int, today: date
) -> Plan:
    """A new plan; visits whose days are over by now are passed over.

    Raises:
        InvalidArgument: ``MAINTENANCE_RECURRENCE_INVALID``, also when no visit is left at all.
    """
    if not 0 <= lead_days <= _MOST_LEAD_DAYS:
        raise InvalidArgument(
            "MAINTENANCE_RECURRENCE_INVALID",
            f"a case is started 0 to {_MOST_LEAD_DAYS} days ahead",
            field="lead_days",
        )
    first = first_not_over(recurrence, today)
    if first is None:
        raise InvalidArgument(
            "MAINTENANCE_RECURRENCE_INVALID",
            "no visit of this recurrence is left",
            field="recurrence.ends_on",
        )
    return Plan(plan_id, PlanState.ACTIVE, 1, recurrence, visit_count or None, lead_days, 0, first)


def pause(plan: Plan) -> Plan:
    """No visit falls due meanwhile."""
    return _advance(plan, PlanVerb.PAUSE)


def resume(plan: Plan, today: date) -> Plan:
    """Visits fall due again; those whose days are over by now never will. With none left it ends."""
    after = _advance(plan, PlanVerb.RESUME)
    number = plan.next.number if plan.next else 0
    return _going_on(after, first_not_over(plan.recurrence, today, number))


def end(plan: Plan) -> Plan:
    """No visit falls due any more."""
    return replace(_advance(plan, PlanVerb.END), next=None)


def claim(plan: Plan, today: date) -> tuple[Plan, list[Visit]]:
    """The visits that have fallen due, late ones too; after the last one the plan ends."""
    horizon = today + timedelta(days=plan.lead_days)
    due: list[Visit] = []
    left = plan.next
    while left is not None and left.due_on <= horizon and len(due) < _CLAIMED_AT_ONCE:
        number = plan.claimed_count + len(due) + 1
        due.append(Visit(number, left))
        later = occurrences(plan.recurrence, left.number + 1)
        left = None if number == plan.visit_count else next(later, None)
    if not due:
        return plan, due
    after = replace(_advance(plan, PlanVerb.CLAIM), claimed_count=due[-1].number)
    return _going_on(after, left), due


def coming(plan: Plan, limit: int) -> list[Occurrence]:
    """The visits to come."""
    if plan.next is None:
        return []
    left = limit if plan.visit_count is None else plan.visit_count - plan.claimed_count
    found = occurrences(plan.recurrence, plan.next.number)
    return [each for each, _ in zip(found, range(min(limit, left)), strict=False)]


def require_skippable(visit_id: str, state: VisitState) -> None:
    """A visit whose case runs is called off there.

    Raises:
        FailedPrecondition: ``MAINTENANCE_VISIT_SETTLED``.
    """
    if state is not VisitState.DUE:
        raise FailedPrecondition(
            "MAINTENANCE_VISIT_SETTLED",
            f"visit {visit_id} is {state}; only a visit that has no case yet can be skipped",
            field="visit_id",
            details={"state": state},
        )


def require_same_case(visit_id: str, started: str | None, case_id: str) -> None:
    """A visit has one case.

    Raises:
        FailedPrecondition: ``MAINTENANCE_VISIT_SETTLED``.
    """
    if started not in (None, case_id):
        raise FailedPrecondition(
            "MAINTENANCE_VISIT_SETTLED",
            f"visit {visit_id} was started as case {started}",
            field="case_id",
            details={"case_id": str(started)},
        )


def inputs_of(
    fixed: Mapping[str, Any], by_fact: Mapping[str, str], facts: Mapping[Fact, Any]
) -> dict[str, Any]:
    """What a visit's case is started with: what is the same for all of them, and its own facts.

    Args:
        by_fact: which input is which fact.
    """
    return {**fixed, **{name: facts[Fact(fact)] for name, fact in by_fact.items()}}


def _advance(plan: Plan, verb: PlanVerb) -> Plan:
    state = _NEXT[verb].get(plan.state)
    if state is None:
        raise FailedPrecondition(
            "MAINTENANCE_PLAN_STATE_FORBIDS",
            f"maintenance plan {plan.plan_id} is {plan.state}, which does not allow {verb}",
            field="plan_id",
            details={"state": plan.state, "verb": verb},
        )
    return replace(plan, state=state, revision=plan.revision + 1)


def _going_on(plan: Plan, following: Occurrence | None) -> Plan:
    state = PlanState.ENDED if following is None else plan.state
    return replace(plan, next=following, state=state)
