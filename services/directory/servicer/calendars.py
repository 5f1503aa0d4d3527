"""Calendars."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from kit.authn import current_actor
from kit.clock import SHANGHAI
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.rpc.convert import instant_from_proto, instant_to_proto
from protos.directory.v1 import directory_pb2 as pb
from services.directory.convert.calendars import (
    calendar_to_proto,
    definition_from_proto,
    definition_from_row,
    definition_to_proto,
    definition_to_row,
    spans_to_proto,
    working_time_to_proto,
)
from services.directory.domain import working_time
from services.directory.domain.calendar import (
    CalendarDefinition,
    CalendarYears,
    DaySpan,
    changed_days,
    check_definition,
    check_version,
    lay_out,
)
from services.directory.servicer.base import Context, Rpcs, record_event
from services.directory.store import calendars
from services.directory.store.rows import add

_KEEPS_CALENDARS: Final = ("hq", "admin")
#: How many years an edit is compared over, the present one first: as many as a case starts with.
_COMPARED_YEARS: Final = 3
#: How many years are known when working time is asked about; those after them are provisional.
_COMPUTED_YEARS: Final = 5


class CalendarRpcs(Rpcs):
    """Calendars."""

    async def GetCalendar(self, request: pb.GetCalendarRequest, context: Context) -> pb.Calendar:
        row = await calendars.calendar(current_session(), request.calendar_code, request.version)
        first = request.first_year or self._clock.now().astimezone(SHANGHAI).year
        definition = definition_from_row(row)
        return calendar_to_proto(lay_out(definition, first, request.last_year or first + 1))

    async def ListCalendars(
        self, request: pb.ListCalendarsRequest, context: Context
    ) -> pb.ListCalendarsResponse:
        rows = await calendars.calendars(current_session())
        return pb.ListCalendarsResponse(
            calendars=[definition_to_proto(definition_from_row(row)) for row in rows]
        )

    async def ListCalendarVersions(
        self, request: pb.ListCalendarVersionsRequest, context: Context
    ) -> pb.ListCalendarVersionsResponse:
        rows = await calendars.versions(current_session(), request.calendar_code)
        return pb.ListCalendarVersionsResponse(
            calendars=[definition_to_proto(definition_from_row(row)) for row in rows]
        )

    async def PreviewCalendar(
        self, request: pb.PreviewCalendarRequest, context: Context
    ) -> pb.PreviewCalendarResponse:
        now = self._clock.now()
        definition, changed = await self._edited(request.edit, now)
        this_year = now.astimezone(SHANGHAI).year
        return pb.PreviewCalendarResponse(
            calendar=calendar_to_proto(lay_out(definition, this_year, this_year + 1)),
            changed_days=spans_to_proto(changed),
        )

    async def AddWorkingTime(
        self, request: pb.AddWorkingTimeRequest, context: Context
    ) -> pb.WorkingTime:
        start = _required(request, "start")
        years = await self._around(request.calendar_code, start)
        found = working_time.add(years, start, request.duration.ToTimedelta())
        return working_time_to_proto(found, years)

    async def MeasureWorkingTime(
        self, request: pb.MeasureWorkingTimeRequest, context: Context
    ) -> pb.WorkingTime:
        start = _required(request, "start")
        years = await self._around(request.calendar_code, start)
        found = working_time.measure(years, start, _required(request, "end"))
        return working_time_to_proto(found, years)

    async def PutCalendar(self, request: pb.PutCalendarRequest, context: Context) -> pb.Calendar:
        current_actor().require_role(*_KEEPS_CALENDARS)
        now = self._clock.now()
        await calendars.lock_calendar(current_session(), request.calendar_code)
        definition, changed = await self._edited(request, now)
        row = definition_to_row(definition, now, current_actor().person_id)
        await add(current_session(), row)
        event = pb.CalendarChanged(
            calendar_code=definition.calendar_code,
            changed_at=instant_to_proto(now),
            version=definition.version,
            changed_days=spans_to_proto(changed),
        )
        await record_event(event, "calendar", definition.calendar_code, now)
        this_year = now.astimezone(SHANGHAI).year
        return calendar_to_proto(lay_out(definition_from_row(row), this_year, this_year + 1))

    async def _around(self, calendar_code: str, start: datetime) -> CalendarYears:
        row = await calendars.calendar(current_session(), calendar_code)
        year = start.astimezone(SHANGHAI).year
        return lay_out(definition_from_row(row), year - 1, year + _COMPUTED_YEARS - 1)

    async def _edited(
        self, edit: pb.PutCalendarRequest, now: datetime
    ) -> tuple[CalendarDefinition, tuple[DaySpan, ...]]:
        """What an edit makes of a calendar, and the days from today on that it changes."""
        definition = definition_from_proto(edit)
        check_definition(definition)
        row = await calendars.newest(current_session(), edit.calendar_code)
        check_version(edit.version, row.version if row else 0)
        definition = replace(definition, version=row.version + 1 if row else 1)
        today = now.astimezone(SHANGHAI).date()
        years = (today.year, today.year + _COMPARED_YEARS - 1)
        before = lay_out(definition_from_row(row), *years) if row else None
        return definition, changed_days(before, lay_out(definition, *years), today)


def _required(
    request: pb.AddWorkingTimeRequest | pb.MeasureWorkingTimeRequest, field: str
) -> datetime:
    """An instant of a request.

    Raises:
        InvalidArgument: ``CALENDAR_INSTANT_MISSING``.
    """
    if not request.HasField(field):  # type: ignore[arg-type]  # a field of one of them
        raise InvalidArgument("CALENDAR_INSTANT_MISSING", f"say the {field}", field=field)
    return instant_from_proto(getattr(request, field))
