"""Incidents: which are open, and how the others were resolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from workflows.cases.store.paging import Order
from workflows.cases.tables import IncidentRow

NEWEST: Final = Order(
    (IncidentRow.raised_at, IncidentRow.workflow_id, IncidentRow.incident_id), "down"
)

#: What tells one incident from another of the same id: when it was raised.
Key = tuple[str, datetime]


@dataclass(frozen=True, slots=True)
class Resolution:
    """Who resolved an incident, and how."""

    person_id: str
    verb: str
    comment: str


async def replace_open(
    session: AsyncSession,
    workflow_id: str,
    told: Sequence[dict[str, Any]],
    resolutions: Mapping[Key, Resolution],
    now: datetime,
) -> None:
    """Make these the open incidents of a workflow; those that were open before are resolved, by
    whoever says so or by the case itself."""
    if told:
        await session.execute(insert(IncidentRow).on_conflict_do_nothing(), told)
    open_now = {(each["incident_id"], each["raised_at"]) for each in told}
    rows = await session.scalars(
        select(IncidentRow).where(
            IncidentRow.workflow_id == workflow_id, IncidentRow.resolved_at.is_(None)
        )
    )
    for row in rows:
        key = (row.incident_id, row.raised_at)
        if key not in open_now:
            row.resolved_at = now
            if resolution := resolutions.get(key):
                row.resolved_by_person_id = resolution.person_id
                row.resolved_with_verb = resolution.verb
                row.comment = resolution.comment


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """Which incidents a list wants; what is empty does not filter."""

    resolved: bool = False
    flow_code: str = ""
    node: str = ""
    reason: str = ""
    case_id: str = ""
    raised_from: datetime | None = None
    raised_before: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The filter in SQL."""
        resolved_at = IncidentRow.resolved_at
        wanted: list[ColumnElement[bool]] = []
        wanted += [resolved_at.is_not(None) if self.resolved else resolved_at.is_(None)]
        same = (
            (IncidentRow.flow_code, self.flow_code),
            (IncidentRow.node, self.node),
            (IncidentRow.reason, self.reason),
            (IncidentRow.case_id, self.case_id),
        )
        wanted += [column == value for column, value in same if value]
        if self.raised_from is not None:
            wanted.append(IncidentRow.raised_at >= self.raised_from)
        if self.raised_before is not None:
            wanted.append(IncidentRow.raised_at < self.raised_before)
        return wanted


async def list_incidents(
    session: AsyncSession, wanted: IncidentFilter, after: tuple[Any, ...] | None, limit: int
) -> Sequence[IncidentRow]:
    """Incidents, the newest first, after the last one of the page before."""
    query = select(IncidentRow).where(*wanted.conditions())
    return (await session.scalars(NEWEST.page(query, after, limit))).all()


async def count_open(session: AsyncSession) -> Sequence[Row[Any]]:
    """How many are open of each flow and reason, and since when; the most first."""
    count = func.count().label("incident_count")
    found = await session.execute(
        select(
            IncidentRow.flow_code,
            IncidentRow.reason,
            count,
            func.min(IncidentRow.raised_at).label("oldest_raised_at"),
        )
        .where(IncidentRow.resolved_at.is_(None))
        .group_by(IncidentRow.flow_code, IncidentRow.reason)
        .order_by(count.desc(), IncidentRow.flow_code, IncidentRow.reason)
    )
    return found.all()
