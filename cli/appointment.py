"""`gongdan appointment`: slots, who holds them, and how appointments move."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import RenderableType

from cli import appointment_calendar
from cli.api import part
from cli.output import facts, moment, state, table, tell, text, time
from cli.pages import first_page
from cli.times import instant
from cli.verb import api, noun, verb
from protos.workorder.v1 import appointment_pb2, workorder_pb2

app = noun("appointment", "Appointments 预约: slots, holds, confirmations, another time.")
app.add_typer(appointment_calendar.app)

_WorkOrder = Annotated[str, typer.Argument(metavar="WORK_ORDER")]
_Reservation = Annotated[str, typer.Argument(metavar="RESERVATION", help="sr_…")]
_Start = Annotated[str, typer.Argument(metavar="START", help="Of the slot: 2026-12-07T09:00")]


class Reason(StrEnum):
    """Why an appointment moves."""

    CUSTOMER_UNAVAILABLE = "customer-unavailable"
    SITE_NOT_READY = "site-not-ready"
    TECHNICIAN_UNAVAILABLE = "technician-unavailable"
    PARTS_MISSING = "parts-missing"
    EARLIER_VISIT_OVERRAN = "earlier-visit-overran"
    OVERBOOKED = "overbooked"
    WEATHER_OR_ROAD = "weather-or-road"
    OTHER = "other"


class Blame(StrEnum):
    """Whose doing it is."""

    CUSTOMER = "customer"
    TECHNICIAN = "technician"
    OUTLET = "outlet"
    COMPANY = "company"
    NOBODY = "nobody"


class Answer(StrEnum):
    """What the customer says."""

    CONFIRMED = "confirmed"
    ANOTHER_TIME = "another-time"


@verb(app)
def slots(
    work_order: Annotated[str, typer.Option(help="For this work order …")] = "",
    place: Annotated[
        list[str] | None, typer.Option(help="… or here, the most specific code first")
    ] = None,
    outlet: Annotated[str, typer.Option(help="Of this outlet before all places")] = "",
    kind: Annotated[str, typer.Option(help="Of this kind of service")] = "",
    start: Annotated[str, typer.Option("--from", help="Since then; now")] = "",
    until: Annotated[str, typer.Option(help="Before then; a week later")] = "",
    closed: Annotated[bool, typer.Option("--closed", help="Those too that are not open")] = False,
) -> None:
    """Slots that can be promised, with what is left of each."""
    query = {
        "work_order_id": work_order,
        "place_codes": place or [],
        "outlet_id": outlet,
        "service_kind": kind,
        "include_closed": "true" if closed else "",
        **({"starts_from": instant(start).isoformat()} if start else {}),
        **({"starts_before": instant(until).isoformat()} if until else {}),
    }
    found = api().get("/slots", appointment_pb2.ListSlotsResponse, **query)
    tell(found, lambda found: _slots(found.slots))


@verb(app)
def overbooked(
    territory: Annotated[str, typer.Option(help="Only of this territory")] = "",
) -> None:
    """Slots that have more visits than they can take 超约."""
    found = first_page(
        "/slots/overbooked",
        appointment_pb2.ListOverbookedSlotsResponse,
        "slots",
        {"territory_code": territory},
    )
    tell(found, lambda found: _slots(found.slots))


@verb(app)
def reserve(
    work_order: _WorkOrder,
    start: _Start,
    kind: Annotated[str, typer.Option(help="Of this kind of service")] = "",
    minutes: Annotated[int, typer.Option(help="How long; as the calendar says")] = 0,
) -> None:
    """Hold a slot for a work order 占位."""
    body = {
        "work_order_id": work_order,
        "window_start": instant(start).isoformat(),
        "service_kind": kind,
        "hold_minutes": minutes,
    }
    held = api().send("POST", "/slot-reservations", appointment_pb2.SlotReservation, body)
    tell(held, lambda made: _reservations([made]))


@verb(app)
def confirm(
    reservation: _Reservation,
    work_order: Annotated[str, typer.Option(help="If it was reserved before there was one")] = "",
) -> None:
    """What is held is agreed 确认."""
    _settle(reservation, "confirm", {"work_order_id": work_order})


@verb(app)
def release(
    reservation: _Reservation,
    reason: Annotated[str, typer.Option(help="Why")] = "",
) -> None:
    """Give a slot back 释放."""
    _settle(reservation, "release", {"reason": reason})


@verb(app)
def reservations(
    case: Annotated[str, typer.Option(help="Only of this case")] = "",
    work_order: Annotated[str, typer.Option(help="Only of this work order")] = "",
) -> None:
    """Who holds slots, the last one first."""
    query = {"case_id": case, "work_order_id": work_order}
    found = first_page(
        "/slot-reservations",
        appointment_pb2.ListSlotReservationsResponse,
        "reservations",
        query,
    )
    tell(found, lambda found: _reservations(found.reservations))


@verb(app)
def show(work_order: _WorkOrder) -> None:
    """The window agreed, its slot, the customer's answer, and what led there."""
    path = f"/appointments/{part(work_order)}"
    tell(api().get(path, appointment_pb2.AppointmentStanding), _standing)


@verb(app)
def reschedule(
    work_order: _WorkOrder,
    start: _Start,
    because: Annotated[Reason, typer.Option(help="Why it moves")],
    blame: Annotated[Blame, typer.Option(help="Whose doing it is")],
    reason: Annotated[str, typer.Option(help="In words")] = "",
) -> None:
    """Another slot instead 改约."""
    body = {
        "window_start": instant(start).isoformat(),
        "reason_code": f"RESCHEDULE_REASON_{because.name}",
        "reason": reason,
        "blamed_party": f"RESCHEDULE_BLAME_{blame.name}",
    }
    path = f"/appointments/{part(work_order)}/reschedule"
    tell(api().send("POST", path, appointment_pb2.AppointmentStanding, body), _standing)


@verb(app)
def answer(
    work_order: _WorkOrder,
    says: Annotated[Answer, typer.Argument()],
    comment: Annotated[str, typer.Option(help="In the customer's words")] = "",
) -> None:
    """What the customer says to the window 客户答复."""
    body = {"answer": f"CUSTOMER_ANSWER_{says.name}", "comment": comment}
    path = f"/appointments/{part(work_order)}/answer"
    tell(api().send("POST", path, appointment_pb2.AppointmentStanding, body), _standing)


def _settle(reservation: str, what: str, body: dict[str, str]) -> None:
    path = f"/slot-reservations/{part(reservation)}/{what}"
    settled = api().send("POST", path, appointment_pb2.SlotReservation, body)
    tell(settled, lambda made: _reservations([made]))


def _slots(found: Iterable[appointment_pb2.Slot]) -> RenderableType:
    rows = table("start", "until", "territory", "kind", "left", "taken", "capacity", "over", "")
    for slot in found:
        rows.add_row(
            moment(slot.window_start),
            moment(slot.window_end)[-5:],
            text(slot.territory_code),
            slot.service_kind,
            str(slot.remaining),
            str(slot.taken or ""),
            str(slot.capacity or ""),
            str(slot.overbooked or ""),
            slot.closed_because,
        )
    return rows


def _reservations(found: Iterable[appointment_pb2.SlotReservation]) -> RenderableType:
    rows = table("reservation", "work order", "case", "start", "territory", "state", "until")
    for each in found:
        rows.add_row(
            each.reservation_id,
            each.work_order_id,
            each.case_id,
            moment(each.window_start),
            text(each.territory_code),
            state(each),
            time(each.expires_at),
        )
    return rows


def _standing(standing: appointment_pb2.AppointmentStanding) -> list[RenderableType]:
    rows = table("#", "what", "when", "by", "window", "why", "blamed")
    for each in standing.changes:
        rows.add_row(
            str(each.change_number),
            state(each, "kind"),
            moment(each.changed_at),
            each.acting_person_id,
            _window(each.to_window),
            " ".join(filter(None, (_named(each, "reason_code"), text(each.reason)))),
            _named(each, "blamed_party"),
        )
    head = facts(
        ("work order", standing.work_order_id),
        ("appointment", _window(standing.appointment)),
        ("slot", standing.reservation.reservation_id),
        ("customer", _named(standing, "customer_answer")),
        ("rescheduled", str(standing.reschedule_count or "")),
    )
    return [head, rows]


def _named(
    message: appointment_pb2.AppointmentChange | appointment_pb2.AppointmentStanding, field: str
) -> str:
    return state(message, field) if getattr(message, field) else ""


def _window(window: workorder_pb2.Appointment) -> str:
    start = moment(window.window_start)
    return f"{start} – {moment(window.window_end)[-5:]}" if start else ""
