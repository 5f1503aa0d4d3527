"""Calendars of slots and slots on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kit.errors import InvalidArgument
from kit.ids import new_id
from kit.rpc.convert import instant_to_proto
from protos.workorder.v1 import appointment_pb2 as pb
from services.workorder.convert.enums import enum_from_proto, enum_to_proto
from services.workorder.domain.appointments import slot_calendar as rules
from services.workorder.domain.appointments.slots import (
    Asked,
    Overbooked,
    OverrideKind,
    Slot,
    SlotKey,
    Template,
    day_of,
)
from services.workorder.domain.orders.intake import require_reason
from services.workorder.tables.appointments import (
    SlotCalendarRow,
    SlotOverrideRow,
    SlotTemplateRow,
)


def calendar_from_proto(given: pb.SlotCalendar, now: datetime, person_id: str) -> SlotCalendarRow:
    """The row of a new version.

    Raises:
        InvalidArgument: ``APPOINTMENT_CALENDAR_INVALID``, naming the field.
    """
    templates = [
        Template(each.weekday, each.start_minute, each.end_minute, each.capacity)
        for each in given.slots
    ]
    rules.require_templates(templates)
    since = given.effective_from
    return SlotCalendarRow(
        slot_calendar_id=new_id("sc", now),
        territory_code=rules.require_territory(given.territory_code),
        service_kind=rules.require_kind(given.service_kind),
        effective_from=rules.require_day(since, "effective_from") if since else day_of(now),
        opens_days_before=rules.require_opening(given.opens_days_before),
        closes_minutes_before=rules.require_closing(given.closes_minutes_before),
        hold_minutes=rules.require_hold(given.hold_minutes),
        put_at=now,
        put_by_person_id=person_id,
        templates=[
            SlotTemplateRow(
                weekday=each.weekday,
                start_minute=each.start_minute,
                end_minute=each.end_minute,
                capacity=each.capacity,
            )
            for each in sorted(templates, key=lambda each: (each.weekday, each.start_minute))
        ],
    )


def calendar_to_proto(row: SlotCalendarRow) -> pb.SlotCalendar:
    """A version of a calendar."""
    return pb.SlotCalendar(
        slot_calendar_id=row.slot_calendar_id,
        territory_code=row.territory_code,
        service_kind=row.service_kind,
        effective_from=row.effective_from.isoformat(),
        slots=[
            pb.SlotTemplate(
                weekday=each.weekday,
                start_minute=each.start_minute,
                end_minute=each.end_minute,
                capacity=each.capacity,
            )
            for each in row.templates
        ],
        opens_days_before=row.opens_days_before,
        closes_minutes_before=row.closes_minutes_before,
        hold_minutes=row.hold_minutes,
        put_at=instant_to_proto(row.put_at),
        put_by_person_id=row.put_by_person_id,
    )


def override_from_proto(given: pb.SlotOverride, now: datetime, person_id: str) -> SlotOverrideRow:
    """The row of a day that differs.

    Raises:
        InvalidArgument: ``APPOINTMENT_CALENDAR_INVALID`` or ``WORK_ORDER_REASON_MISSING``.
    """
    start_minute = given.start_minute if given.HasField("start_minute") else None
    kind = _override_kind(given.kind)
    rules.require_override(kind, start_minute, given.extra_capacity)
    return SlotOverrideRow(
        slot_override_id=new_id("so", now),
        territory_code=rules.require_territory(given.territory_code),
        service_kind=rules.require_kind(given.service_kind, every=True),
        day=rules.require_day(given.day, "day"),
        start_minute=start_minute,
        kind=kind,
        extra_capacity=given.extra_capacity,
        reason=require_reason(given.reason),
        put_at=now,
        put_by_person_id=person_id,
    )


def override_to_proto(row: SlotOverrideRow) -> pb.SlotOverride:
    """A day that differs."""
    return pb.SlotOverride(
        slot_override_id=row.slot_override_id,
        territory_code=row.territory_code,
        service_kind=row.service_kind,
        day=row.day.isoformat(),
        start_minute=row.start_minute,
        kind=enum_to_proto(pb.SlotOverrideKind, OverrideKind(row.kind)),
        extra_capacity=row.extra_capacity,
        reason=row.reason,
        put_at=instant_to_proto(row.put_at),
        put_by_person_id=row.put_by_person_id,
    )


def slot_to_proto(slot: Slot, taken: int, now: datetime, *, to_office: bool) -> pb.Slot:
    """A slot with what is left of it; how full it is only the office sees."""
    because = slot.closed_because(taken, now)
    return pb.Slot(
        **_window(slot.key, slot.end),
        capacity=slot.capacity if to_office else 0,
        taken=taken if to_office else 0,
        remaining=0 if slot.closed else max(0, slot.capacity - taken),
        overbooked=max(0, taken - slot.capacity) if to_office else 0,
        open=because is None,
        closed_because=because or "",
    )


def overbooked_to_proto(slot: Overbooked) -> pb.Slot:
    """A slot that has more visits than it can take."""
    return pb.Slot(
        **_window(slot.key, slot.end),
        capacity=slot.capacity,
        taken=slot.count,
        overbooked=slot.over,
        closed_because="closed" if slot.closed else "full",
    )


def asked_of(place_codes: list[str], outlet_id: str, kinds: tuple[str, ...]) -> Asked:
    """What a visit is asked for, its outlet before all places.

    Raises:
        InvalidArgument: ``APPOINTMENT_PLACE_MISSING``.
    """
    codes = tuple(dict.fromkeys(filter(None, (outlet_id, *place_codes))))
    if not 0 < len(codes) <= 100:
        raise InvalidArgument(
            "APPOINTMENT_PLACE_MISSING",
            "name the work order, or the place by 1 to 100 codes, the most specific first",
            field="place_codes",
        )
    return Asked(codes, kinds)


def _window(key: SlotKey, end: datetime) -> dict[str, Any]:
    return {
        "territory_code": key.territory_code,
        "service_kind": key.service_kind,
        "window_start": instant_to_proto(key.start),
        "window_end": instant_to_proto(end),
    }


def _override_kind(number: pb.SlotOverrideKind.ValueType) -> OverrideKind:
    kind = enum_from_proto(pb.SlotOverrideKind, OverrideKind, number, "kind")
    if kind is not None:
        return kind
    raise InvalidArgument(
        "APPOINTMENT_CALENDAR_INVALID",
        "say whether the day is closed, open, or what was said is withdrawn",
        field="kind",
    )
