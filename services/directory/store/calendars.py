"""Calendars as they were defined, edit by edit."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.directory.tables.calendars import CalendarDefinitionRow


async def lock_calendar(session: AsyncSession, calendar_code: str) -> None:
    """Let edits of one calendar go one after another until the transaction ends."""
    name = func.hashtextextended(f"calendar {calendar_code}", 0)
    await session.execute(select(func.pg_advisory_xact_lock(name)))


async def newest(session: AsyncSession, calendar_code: str) -> CalendarDefinitionRow | None:
    """What a calendar is defined as now; None: there is none."""
    rows = await versions(session, calendar_code, 1)
    return rows[0] if rows else None


async def calendar(
    session: AsyncSession, calendar_code: str, version: int = 0
) -> CalendarDefinitionRow:
    """What a calendar is defined as now, or was in an earlier version.

    Raises:
        NotFound: ``CALENDAR_UNKNOWN``.
    """
    query = select(CalendarDefinitionRow).where(
        CalendarDefinitionRow.calendar_code == calendar_code,
        CalendarDefinitionRow.version == version,
    )
    if version:
        row = (await session.scalars(query)).one_or_none()
    else:
        row = await newest(session, calendar_code)
    if row is None:
        of_it = f", version {version}" if version else ""
        raise NotFound(
            "CALENDAR_UNKNOWN",
            f"there is no calendar {calendar_code!r}{of_it}",
            field="calendar_code",
        )
    return row


async def versions(
    session: AsyncSession, calendar_code: str, limit: int | None = None
) -> Sequence[CalendarDefinitionRow]:
    """The edits of a calendar, the newest first."""
    rows = await session.scalars(
        select(CalendarDefinitionRow)
        .where(CalendarDefinitionRow.calendar_code == calendar_code)
        .order_by(CalendarDefinitionRow.version.desc())
        .limit(limit)
    )
    return rows.all()


async def calendars(session: AsyncSession) -> Sequence[CalendarDefinitionRow]:
    """What each calendar is defined as now, by code."""
    rows = await session.scalars(
        select(CalendarDefinitionRow)
        .distinct(CalendarDefinitionRow.calendar_code)
        .order_by(CalendarDefinitionRow.calendar_code, CalendarDefinitionRow.version.desc())
    )
    return rows.all()
