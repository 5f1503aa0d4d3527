"""Calendars of slots, days that differ, and what is left of each slot."""

from __future__ import annotations

from datetime import datetime

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.rpc.convert import (
    decode_page_token,
    encode_page_token,
    instant_from_proto,
    page_info,
    page_size,
)
from protos.common.v1 import page_pb2
from protos.workorder.v1 import appointment_pb2 as pb
from protos.workorder.v1.appointment_pb2_grpc import AppointmentServiceServicer
from services.workorder.convert.appointments import slots as protos
from services.workorder.domain import access
from services.workorder.domain.appointments.slot_calendar import require_day, require_kind
from services.workorder.domain.appointments.slot_reservation import CALENDAR_KEEPERS, require_span
from services.workorder.domain.appointments.slots import Asked, SlotKey, at, day_of, kinds_of
from services.workorder.domain.registry import skill
from services.workorder.servicer.base import Context, Rpcs
from services.workorder.store.appointments import overbooked, slots
from services.workorder.tables.work_orders import WorkOrderRow


class SlotRpcs(Rpcs, AppointmentServiceServicer):
    """What can be promised."""

    async def PutSlotCalendar(
        self, request: pb.PutSlotCalendarRequest, context: Context
    ) -> pb.SlotCalendar:
        actor, now, session = current_actor(), self._clock.now(), current_session()
        actor.require_role(*CALENDAR_KEEPERS)
        row = protos.calendar_from_proto(request.slot_calendar, now, actor.person_id)
        await slots.lock_calendars(session)
        await slots.add_calendar(session, row)
        since = at(row.effective_from, 0)
        await self._take_over(row.territory_code, row.service_kind, since)
        return protos.calendar_to_proto(row)

    async def ListSlotCalendars(
        self, request: pb.ListSlotCalendarsRequest, context: Context
    ) -> pb.ListSlotCalendarsResponse:
        current_actor().require_role(*access.OFFICE)
        size, before = page_size(request.page), _before(request.page)
        rows = await slots.calendars(
            current_session(), request.territory_code, request.service_kind, before, size + 1
        )
        return pb.ListSlotCalendarsResponse(
            slot_calendars=[protos.calendar_to_proto(row) for row in rows[:size]],
            page=page_info([str(row.calendar_number) for row in rows], size),
        )

    async def PutSlotOverride(
        self, request: pb.PutSlotOverrideRequest, context: Context
    ) -> pb.SlotOverride:
        actor, now, session = current_actor(), self._clock.now(), current_session()
        actor.require_role(*CALENDAR_KEEPERS)
        row = protos.override_from_proto(request.slot_override, now, actor.person_id)
        await slots.lock_calendars(session)
        await slots.add_override(session, row)
        await self._take_over(row.territory_code, row.service_kind, at(row.day, 0))
        return protos.override_to_proto(row)

    async def ListSlotOverrides(
        self, request: pb.ListSlotOverridesRequest, context: Context
    ) -> pb.ListSlotOverridesResponse:
        current_actor().require_role(*access.OFFICE)
        size, before = page_size(request.page), _before(request.page)
        days = (
            require_day(request.first_day, "first_day") if request.first_day else None,
            require_day(request.last_day, "last_day") if request.last_day else None,
        )
        rows = await slots.overrides(
            current_session(), request.territory_code, days, before, size + 1
        )
        return pb.ListSlotOverridesResponse(
            slot_overrides=[protos.override_to_proto(row) for row in rows[:size]],
            page=page_info([str(row.override_number) for row in rows], size),
        )

    async def ListSlots(
        self, request: pb.ListSlotsRequest, context: Context
    ) -> pb.ListSlotsResponse:
        actor, now, session = current_actor(), self._clock.now(), current_session()
        access.scope_of(actor)  # whoever knows of some work order may know when one could come
        asked = await self._asked(request)
        given = request.HasField("starts_from")
        begin = instant_from_proto(request.starts_from, "starts_from") if given else now
        end = require_span(begin, _end(request), now)
        timetable = await slots.timetable(session, asked, day_of(begin), day_of(end))
        taken = await slots.taken_between(session, asked, begin, end, now)
        to_office = actor.has_role(*access.OFFICE)
        found = (
            protos.slot_to_proto(slot, taken.get(slot.key, 0), now, to_office=to_office)
            for slot in timetable.slots(asked, begin, end)
        )
        return pb.ListSlotsResponse(
            slots=[slot for slot in found if slot.open or request.include_closed]
        )

    async def ListOverbookedSlots(
        self, request: pb.ListOverbookedSlotsRequest, context: Context
    ) -> pb.ListOverbookedSlotsResponse:
        current_actor().require_role(*access.OFFICE)
        size, after = page_size(request.page), _slot_before(request.page)
        found = await overbooked.overbooked(
            current_session(), request.territory_code, after, size + 1, self._clock.now()
        )
        more = len(found) > size
        return pb.ListOverbookedSlotsResponse(
            slots=[protos.overbooked_to_proto(slot) for slot in found[:size]],
            page=page_pb2.PageInfo(next_page_token=_token_of(found[size - 1].key) if more else ""),
        )

    async def _asked(self, request: pb.ListSlotsRequest) -> Asked:
        if request.work_order_id:
            row = await self._read(request.work_order_id)
            return asked_for(row, request.outlet_id, request.service_kind)
        kinds = kinds_of(named_kind(request.service_kind), ())
        return protos.asked_of(list(request.place_codes), request.outlet_id, kinds)

    async def _take_over(self, territory_code: str, service_kind: str, since: datetime) -> None:
        """What was said of a territory counts for its slots that were reserved before."""
        session, begin = current_session(), max(since, self._clock.now())
        there = await slots.slots_from(session, territory_code, service_kind, begin)
        if not there:
            return
        own = Asked((territory_code,), tuple({key.service_kind for key in there}))
        last = max(key.start for key in there)
        timetable = await slots.timetable(session, own, day_of(begin), day_of(last))
        by_now = {key: timetable.capacity_of(key) for key in there}
        await slots.set_capacities(
            session, {key: each for key, each in by_now.items() if each != there[key]}
        )


def asked_for(row: WorkOrderRow, outlet_id: str, service_kind: str) -> Asked:
    """What a work order asks for: its zones before its district and what lies above it."""
    codes = [*row.zone_codes, row.adcode, *row.adcode_path]
    skills = [each.code for each in skill.parse_required(row.required_skills)]
    return protos.asked_of(codes, outlet_id, kinds_of(named_kind(service_kind), skills))


def named_kind(service_kind: str) -> str:
    """The kind of service that was named, if one was (``APPOINTMENT_CALENDAR_INVALID``)."""
    return require_kind(service_kind, every=True)


def _end(request: pb.ListSlotsRequest) -> datetime | None:
    if not request.HasField("starts_before"):
        return None
    return instant_from_proto(request.starts_before, "starts_before")


def _token_of(key: SlotKey) -> str:
    return encode_page_token(key.start.isoformat(), key.territory_code, key.service_kind)


def _before(page: page_pb2.PageRequest) -> int:
    (number,) = decode_page_token(page, 1) or ("0",)
    if not number.isdecimal():
        raise _no_token()
    return int(number)


def _slot_before(page: page_pb2.PageRequest) -> SlotKey | None:
    after = decode_page_token(page, 3)
    if after is None:
        return None
    start, territory_code, service_kind = after
    try:
        return SlotKey(territory_code, service_kind, datetime.fromisoformat(start))
    except ValueError as error:
        raise _no_token() from error


def _no_token() -> InvalidArgument:
    return InvalidArgument(
        "PAGE_TOKEN_INVALID", "pass next_page_token as it was given", field="page.page_token"
    )
