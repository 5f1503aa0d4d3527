"""Which open cases count working time by an older edit of their calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, false, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from workflows.cases.tables import CaseRow


@dataclass(frozen=True, slots=True)
class Stale:
    """Open cases of a calendar.

    Attributes:
        before_version: those by an older edit than this; 0: by any.
        crossing: those whose open deadlines reach over one of these times, each from an instant to
            an instant; none: all.
        case_ids: only these; none: any.
    """

    calendar_code: str
    before_version: int = 0
    crossing: tuple[tuple[datetime, datetime], ...] = ()
    case_ids: tuple[str, ...] = ()

    def conditions(self) -> list[ColumnElement[bool]]:
        """The filter in SQL."""
        wanted = [CaseRow.calendar_code == self.calendar_code, CaseRow.ended_at.is_(None)]
        if self.before_version:
            wanted.append(CaseRow.calendar_version < self.before_version)
        if self.crossing:
            wanted.append(self.crosses())
        if self.case_ids:
            wanted.append(CaseRow.case_id.in_(self.case_ids))
        return wanted

    def crosses(self) -> ColumnElement[bool]:
        """Whether a case's open deadlines reach over one of the times."""
        return or_(
            false(),
            *(
                (CaseRow.clock_since < until) & (CaseRow.clock_until > since)
                for since, until in self.crossing
            ),
        )


async def list_stale(
    session: AsyncSession, wanted: Stale, after: tuple[datetime | None, str] | None, limit: int
) -> Sequence[CaseRow]:
    """A page of them: those that cross by what is due next, all by id."""
    key = (CaseRow.clock_next_due_at, CaseRow.case_id) if wanted.crossing else (CaseRow.case_id,)
    query = select(CaseRow).where(*wanted.conditions()).order_by(*key).limit(limit)
    if after is not None:
        query = query.where(tuple_(*key) > (after if wanted.crossing else after[1:]))
    return (await session.scalars(query)).all()


async def count_stale(session: AsyncSession, wanted: Stale) -> tuple[int, int]:
    """How many cross, and how many there are."""
    everything = Stale(wanted.calendar_code, wanted.before_version)
    crossing = func.count().filter(wanted.crosses())
    row = (
        await session.execute(select(crossing, func.count()).where(*everything.conditions()))
    ).one()
    return row[0], row[1]
