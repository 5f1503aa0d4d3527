"""Appointments: calendars of slots, slots, who holds them, and how appointments move."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from protos.workorder.v1 import appointment_pb2  # noqa: F401 - its descriptors are what is exposed
from services.gateway.rpc_routes import expose

_SERVICE: Final = "workorder.v1.AppointmentService"
_TAG: Final = "appointments 预约"

_CALENDAR: Final = {
    "territory_code": "110105",
    "service_kind": "any",
    "effective_from": "2026-12-01",
    "slots": [
        {"weekday": 1, "start_minute": 540, "end_minute": 660, "capacity": 4},
        {"weekday": 1, "start_minute": 660, "end_minute": 780, "capacity": 4},
    ],
    "opens_days_before": 14,
    "closes_minutes_before": 120,
    "hold_minutes": 30,
}
_OVERRIDE: Final = {
    "territory_code": "CN",
    "day": "2027-02-06",
    "kind": "SLOT_OVERRIDE_KIND_CLOSED",
    "reason": "春节",
}
_RESERVATION: Final = {"work_order_id": "wo_…", "window_start": "2026-12-07T09:00:00+08:00"}
_MOVE: Final = {
    "window_start": "2026-12-08T09:00:00+08:00",
    "reason_code": "RESCHEDULE_REASON_CUSTOMER_UNAVAILABLE",
    "reason": "客户出差",
    "blamed_party": "RESCHEDULE_BLAME_CUSTOMER",
}
_ANSWER: Final = {"answer": "CUSTOMER_ANSWER_CONFIRMED"}

calendars = APIRouter(prefix="/slot-calendars", tags=[_TAG])
expose(calendars, "GET", "", f"{_SERVICE}/ListSlotCalendars", "Every version of every calendar")
expose(
    calendars,
    "POST",
    "",
    f"{_SERVICE}/PutSlotCalendar",
    "The slots of every week of a territory, from a day on",
    body="slot_calendar",
    example=_CALENDAR,
)

overrides = APIRouter(prefix="/slot-overrides", tags=[_TAG])
expose(overrides, "GET", "", f"{_SERVICE}/ListSlotOverrides", "Days that differ")
expose(
    overrides,
    "POST",
    "",
    f"{_SERVICE}/PutSlotOverride",
    "One day is different: closed, or with more or fewer visits",
    body="slot_override",
    example=_OVERRIDE,
)

slots = APIRouter(prefix="/slots", tags=[_TAG])
expose(slots, "GET", "", f"{_SERVICE}/ListSlots", "The slots of a place, with what is left of each")
expose(
    slots,
    "GET",
    "/overbooked",
    f"{_SERVICE}/ListOverbookedSlots",
    "Slots that have more visits than they can take",
)

reservations = APIRouter(prefix="/slot-reservations", tags=[_TAG])
expose(reservations, "GET", "", f"{_SERVICE}/ListSlotReservations", "Who holds slots")
expose(
    reservations,
    "POST",
    "",
    f"{_SERVICE}/ReserveSlot",
    "Hold a slot for some time",
    example=_RESERVATION,
)
expose(
    reservations, "GET", "/{reservation_id}", f"{_SERVICE}/GetSlotReservation", "One reservation"
)
expose(
    reservations,
    "POST",
    "/{reservation_id}/confirm",
    f"{_SERVICE}/ConfirmSlot",
    "What is held is agreed",
    example={},
)
expose(
    reservations,
    "POST",
    "/{reservation_id}/release",
    f"{_SERVICE}/ReleaseSlot",
    "Give the slot back",
    example={"reason": "客户取消"},
)

appointments = APIRouter(prefix="/appointments", tags=[_TAG])
expose(
    appointments,
    "GET",
    "/{work_order_id}",
    f"{_SERVICE}/GetAppointment",
    "The window agreed, its slot, the customer's answer, and everything that led there",
)
expose(
    appointments,
    "POST",
    "/{work_order_id}/reschedule",
    f"{_SERVICE}/RescheduleAppointment",
    "Another slot instead, with the reason and whose doing it is",
    example=_MOVE,
)
expose(
    appointments,
    "POST",
    "/{work_order_id}/answer",
    f"{_SERVICE}/AnswerAppointment",
    "What the customer says to the window",
    example=_ANSWER,
)

ROUTERS: Final = (calendars, overrides, slots, reservations, appointments)
