"""Technicians' calendars, and the directory's absences that they go by."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument
from protos.workorder.v1 import registry_pb2 as pb
from protos.workorder.v1.registry_pb2_grpc import RegistryServiceServicer
from services.workorder.convert.places import instant_if_given
from services.workorder.convert.registry import absences as protos
from services.workorder.convert.registry.technicians import hours_of
from services.workorder.domain import access
from services.workorder.domain.registry import working_hours
from services.workorder.servicer.base import Context, Rpcs
from services.workorder.store.registry import absences, technicians

_USUAL: Final = timedelta(days=7)
_LONGEST: Final = timedelta(days=62)


class CalendarRpcs(Rpcs, RegistryServiceServicer):
    """When technicians work."""

    async def GetTechnicianCalendar(
        self, request: pb.GetTechnicianCalendarRequest, context: Context
    ) -> pb.TechnicianCalendar:
        access.require_technician(current_actor(), request.technician_id, *access.OFFICE)
        session = current_session()
        starts_at = (
            instant_if_given(
                request.starts_at, present=request.HasField("starts_at"), field="starts_at"
            )
            or self._clock.now()
        )
        ends_at = (
            instant_if_given(request.ends_at, present=request.HasField("ends_at"), field="ends_at")
            or starts_at + _USUAL
        )
        if not starts_at < ends_at <= starts_at + _LONGEST:
            raise InvalidArgument(
                "CALENDAR_RANGE_INVALID",
                f"a calendar is of at most {_LONGEST.days} days, and ends after it begins",
                field="ends_at",
            )
        row = await technicians.read(session, request.technician_id)
        away = await absences.between(session, row.technician_id, starts_at, ends_at)
        hours = hours_of(row)
        spans = working_hours.available(
            hours, map(protos.absence_from_row, away), starts_at, ends_at
        )
        return protos.calendar_to_proto(row.technician_id, spans, away, hours)
