"""Calendars as they were defined."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.directory.tables import CalendarDefinitionRow


async def calendar(session: AsyncSession, calendar_code: str) -> CalendarDefinitionRow:
    """What a calendar is defined as now.

    Raises:
        NotFound: ``CALENDAR_UNKNOWN``.
    """
    query = (
        select(CalendarDefinitionRow)
        .where(CalendarDefinitionRow.calendar_code == calendar_code)
        .order_by(CalendarDefinitionRow.definition_number.desc())
        .limit(1)
    )
    row = (await session.scalars(query)).one_or_none()
    if row is None:
        raise NotFound(
            "CALENDAR_UNKNOWN", f"there is no calendar {calendar_code!r}", field="calendar_code"
        )
    return row
