"""The life of a slot's reservation: held until an instant, confirmed or not, given back.

A hold whose time is over holds nothing, whether anybody has written that down or not: who asks where
it stands says when.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from kit.authn import Actor
from kit.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from services.workorder.domain import access
from services.workorder.domain.access import Scope
from services.workorder.domain.appointments.slots import Asked, ClosedBecause, Slot

_LONGEST_ASKED: Final = timedelta(days=62)
_USUALLY_ASKED: Final = timedelta(days=7)
_FARTHEST: Final = timedelta(days=800)
#: Who keeps the calendars of slots.
CALENDAR_KEEPERS: Final = ("admin", "dispatcher", "hq", "outlet_manager", "supervisor")
#: Who agrees on visits with customers.
BOOKING: Final = tuple(sorted({*access.INTAKE, *access.PLANNING}))

_WHY_NOT: Final = {
    ClosedBecause.CLOSED: "it is closed on that day",
    ClosedBecause.TOO_EARLY: "it is not open yet",
    ClosedBecause.TOO_LATE: "it is too close",
    ClosedBecause.FULL: "it is full",
}


class State(StrEnum):
    """Where a reservation stands."""

    HELD = "held"  # 占位
    CONFIRMED = "confirmed"  # 已确认
    RELEASED = "released"  # 已释放
    EXPIRED = "expired"  # 已过期


#: The states in which a slot is taken.
LIVE: Final = (State.HELD, State.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Reservation:
    """What the transitions decide on."""

    reservation_id: str
    state: State
    expires_at: datetime

    def state_at(self, now: datetime) -> State:
        """Where it stands at an instant: a hold expires by itself."""
        if self.state is State.HELD and now >= self.expires_at:
            return State.EXPIRED
        return self.state


@dataclass(frozen=True, slots=True)
class Visit:
    """Whose visit a slot is for, and where to look for slots.

    Attributes:
        work_order_id: empty: there is none yet.
        technician_id: who makes it; empty: nobody has accepted.
    """

    case_id: str
    work_order_id: str
    customer_id: str
    technician_id: str
    asked: Asked


def unknown(reservation_id: str) -> NotFound:
    """The refusal for a reservation that is not there, or that the actor may not know of."""
    return NotFound(
        "APPOINTMENT_RESERVATION_UNKNOWN",
        f"there is no reservation {reservation_id!r}",
        field="reservation_id",
    )


def confirm(reservation: Reservation, now: datetime) -> Reservation:
    """It is agreed, and expires no more; what is confirmed stays so.

    Raises:
        FailedPrecondition: ``APPOINTMENT_HOLD_OVER``.
    """
    state = reservation.state_at(now)
    if state not in LIVE:
        raise FailedPrecondition(
            "APPOINTMENT_HOLD_OVER",
            f"reservation {reservation.reservation_id} is {state}; reserve a slot anew",
            field="reservation_id",
            details={"state": state},
        )
    return replace(reservation, state=State.CONFIRMED)


def release(reservation: Reservation, now: datetime) -> Reservation:
    """The slot is given back; what has ended stays as it is."""
    state = reservation.state_at(now)
    return replace(reservation, state=State.RELEASED if state in LIVE else state)


def require_replaceable(reservation: Reservation) -> None:
    """Only what is not agreed yet is let go of for another slot without saying why.

    Raises:
        FailedPrecondition: ``APPOINTMENT_CONFIRMED_ALREADY``.
    """
    if reservation.state is State.CONFIRMED:
        raise FailedPrecondition(
            "APPOINTMENT_CONFIRMED_ALREADY",
            f"reservation {reservation.reservation_id} is confirmed; reschedule the appointment, or"
            " release the slot first",
            field="window_start",
        )


def require_near(start: datetime, now: datetime) -> None:
    """No calendar has slots that far off (``APPOINTMENT_SLOT_UNKNOWN``)."""
    if abs(start - now) > _FARTHEST:
        raise _no_slot()


def require_open(slot: Slot | None, taken: int, now: datetime) -> Slot:
    """A slot that takes one more visit.

    Raises:
        NotFound: ``APPOINTMENT_SLOT_UNKNOWN``, no calendar has a slot that begins then.
        FailedPrecondition: ``APPOINTMENT_SLOT_FULL`` or ``APPOINTMENT_SLOT_CLOSED``.
    """
    if slot is None:
        raise _no_slot()
    because = slot.closed_because(taken, now)
    if because is None:
        return slot
    message = f"the slot cannot be reserved: {_WHY_NOT[because]}; choose another"
    if because is ClosedBecause.FULL:
        raise FailedPrecondition("APPOINTMENT_SLOT_FULL", message, field="window_start")
    raise FailedPrecondition(
        "APPOINTMENT_SLOT_CLOSED", message, field="window_start", details={"because": because}
    )


def _no_slot() -> NotFound:
    return NotFound(
        "APPOINTMENT_SLOT_UNKNOWN",
        "no calendar of this place has a slot that begins then; list the slots",
        field="window_start",
    )


def require_span(begin: datetime, end: datetime | None, now: datetime) -> datetime:
    """The end of what is asked for (``APPOINTMENT_SPAN_INVALID``)."""
    near = abs(begin - now) <= _FARTHEST
    if near and end is None:
        return begin + _USUALLY_ASKED
    if not near or end is None or not begin < end <= begin + _LONGEST_ASKED:
        raise InvalidArgument(
            "APPOINTMENT_SPAN_INVALID",
            f"ask for slots of at most {_LONGEST_ASKED.days} days, within a year or so",
            field="starts_before",
        )
    return end


def require_party(actor: Actor, customer_id: str, technician_id: str) -> None:
    """Those who agree on a visit: the office, the customer, and the technician who makes it.

    Raises:
        PermissionDenied: ``APPOINTMENT_NOT_YOURS``.
    """
    if actor.has_role(*BOOKING):
        return
    if actor.has_role("customer") and actor.person_id == customer_id:
        return
    if actor.has_role("technician") and actor.person_id == technician_id:
        return
    raise PermissionDenied(
        "APPOINTMENT_NOT_YOURS", "only the office, its customer and its technician agree on a visit"
    )


def require_region(scope: Scope, customer_id: str, asked: Asked) -> None:
    """Slots are reserved for one's own customers and regions (``APPOINTMENT_NOT_YOURS``)."""
    if not scope.covers("", customer_id, asked.place_codes):
        raise PermissionDenied(
            "APPOINTMENT_NOT_YOURS",
            "the customer or the place is not among yours",
            field="place_codes",
        )


def require_case(case_id: str, customer_id: str) -> None:
    """Without a work order, the case and its customer say whose the slot is.

    Raises:
        InvalidArgument: ``APPOINTMENT_HOLDER_MISSING``.
    """
    for field, given in (("case_id", case_id), ("customer_id", customer_id)):
        if not given:
            raise InvalidArgument(
                "APPOINTMENT_HOLDER_MISSING",
                "name the work order, or the case and its customer",
                field=field,
            )


def require_same_case(case_id: str, of_work_order: str) -> None:
    """A slot goes to a work order of the case that it was reserved for.

    Raises:
        InvalidArgument: ``APPOINTMENT_OTHER_CASE``.
    """
    if case_id != of_work_order:
        raise InvalidArgument(
            "APPOINTMENT_OTHER_CASE",
            f"the slot was reserved for case {case_id}, the work order is of {of_work_order}",
            field="work_order_id",
        )


def require_free_work_order(other: Reservation | None, work_order_id: str) -> None:
    """A work order has one slot at a time.

    Raises:
        FailedPrecondition: ``APPOINTMENT_CONFIRMED_ALREADY``.
    """
    if other is not None:
        raise FailedPrecondition(
            "APPOINTMENT_CONFIRMED_ALREADY",
            f"work order {work_order_id} has reservation {other.reservation_id}; release that first",
            field="work_order_id",
        )


def require_moved(*, moved: bool) -> None:
    """Rescheduling goes to another window (``APPOINTMENT_UNMOVED``)."""
    if not moved:
        raise InvalidArgument(
            "APPOINTMENT_UNMOVED",
            "the appointment is at that window already; choose another slot",
            field="window_start",
        )
