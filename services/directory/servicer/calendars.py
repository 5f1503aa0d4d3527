"""Calendars."""

from __future__ import annotations

from typing import Final

from kit.authn import current_actor
from kit.clock import SHANGHAI
from kit.db.session import current_session
from kit.rpc.convert import instant_to_proto
from protos.directory.v1 import directory_pb2 as pb
from services.directory.convert.calendars import (
    calendar_to_proto,
    definition_from_proto,
    definition_from_row,
    definition_to_row,
)
from services.directory.domain.calendar import check_definition, lay_out
from services.directory.servicer.base import Context, Rpcs, record_event
from services.directory.store import calendars
from services.directory.store.rows import add

_KEEPS_CALENDARS: Final = ("hq", "admin")


class CalendarRpcs(Rpcs):
    """Calendars."""

    async def GetCalendar(self, request: pb.GetCalendarRequest, context: Context) -> pb.Calendar:
        definition = definition_from_row(
            await calendars.calendar(current_session(), request.calendar_code)
        )
        first = request.first_year or self._clock.now().astimezone(SHANGHAI).year
        return calendar_to_proto(lay_out(definition, first, request.last_year or first + 1))

    async def PutCalendar(self, request: pb.PutCalendarRequest, context: Context) -> pb.Calendar:
        current_actor().require_role(*_KEEPS_CALENDARS)
        now = self._clock.now()
        definition = definition_from_proto(request)
        check_definition(definition)
        row = definition_to_row(definition, now, current_actor().person_id)
        await add(current_session(), row)
        event = pb.CalendarChanged(
            calendar_code=definition.calendar_code, changed_at=instant_to_proto(now)
        )
        await record_event(event, "calendar", definition.calendar_code, now)
        this_year = now.astimezone(SHANGHAI).year
        return calendar_to_proto(lay_out(definition, this_year, this_year + 1))
