"""How an appointment came to be: agreed, moved and why, and what the customer says to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kit.errors import FailedPrecondition, InvalidArgument
from services.workorder.domain.orders import work_order
from services.workorder.domain.orders.work_order import Progress, State, Verb


class ChangeKind(StrEnum):
    """What happened to an appointment."""

    AGREED = "agreed"
    RESCHEDULED = "rescheduled"
    CUSTOMER_CONFIRMED = "customer_confirmed"
    CUSTOMER_ASKED = "customer_asked"
    SLOT_RELEASED = "slot_released"


class RescheduleReason(StrEnum):
    """Why an appointment moves."""

    CUSTOMER_UNAVAILABLE = "customer_unavailable"
    SITE_NOT_READY = "site_not_ready"
    TECHNICIAN_UNAVAILABLE = "technician_unavailable"
    PARTS_MISSING = "parts_missing"
    EARLIER_VISIT_OVERRAN = "earlier_visit_overran"
    OVERBOOKED = "overbooked"
    WEATHER_OR_ROAD = "weather_or_road"
    OTHER = "other"


class RescheduleBlame(StrEnum):
    """Whose doing it is."""

    CUSTOMER = "customer"
    TECHNICIAN = "technician"
    OUTLET = "outlet"
    COMPANY = "company"
    NOBODY = "nobody"


class CustomerAnswer(StrEnum):
    """What the customer says to the window agreed."""

    CONFIRMED = "confirmed"
    ANOTHER_TIME = "another_time"


#: How an answer stands in the history.
KIND_OF_ANSWER = {
    CustomerAnswer.CONFIRMED: ChangeKind.CUSTOMER_CONFIRMED,
    CustomerAnswer.ANOTHER_TIME: ChangeKind.CUSTOMER_ASKED,
}


@dataclass(frozen=True, slots=True)
class Why:
    """Why something happened to an appointment; empty where nobody has to say."""

    reason: str = ""
    code: RescheduleReason | None = None
    blamed_party: RescheduleBlame | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What the history says so far.

    Attributes:
        answer: to the window that is agreed now; None: none yet.
        reschedule_count: how often it was moved.
    """

    answer: CustomerAnswer | None
    reschedule_count: int


def told_by(kinds: Iterable[ChangeKind]) -> Told:
    """What a history says; a window that is agreed anew waits for an answer anew."""
    answer: CustomerAnswer | None = None
    count = 0
    for kind in kinds:
        match kind:
            case ChangeKind.AGREED:
                answer = None
            case ChangeKind.RESCHEDULED:
                answer, count = None, count + 1
            case ChangeKind.CUSTOMER_CONFIRMED:
                answer = CustomerAnswer.CONFIRMED
            case ChangeKind.CUSTOMER_ASKED:
                answer = CustomerAnswer.ANOTHER_TIME
            case ChangeKind.SLOT_RELEASED:
                pass
    return Told(answer, count)


def agree(progress: Progress) -> tuple[Progress, Verb]:
    """A window is agreed with the customer: with a technician it is scheduled, before one has accepted
    it is promised, and technicians see it in the offer.

    Raises:
        FailedPrecondition: ``WORK_ORDER_STATE_FORBIDS``.
    """
    if progress.state in (State.CREATED, State.OFFERED):
        return work_order.edit(progress, Verb.PROMISE), Verb.PROMISE
    return work_order.schedule(progress), Verb.SCHEDULE


def require_why(why: Why) -> Why:
    """Why an appointment moves, and whose doing it is; another reason than those named needs words.

    Raises:
        InvalidArgument: ``APPOINTMENT_REASON_MISSING``.
    """
    for field, message, missing in (
        ("reason_code", "say why it moves", why.code is None),
        ("blamed_party", "say whose doing it is, or nobody's", why.blamed_party is None),
        ("reason", "say in words why", why.code is RescheduleReason.OTHER and not why.reason),
    ):
        if missing:
            raise InvalidArgument("APPOINTMENT_REASON_MISSING", message, field=field)
    return why


def require_agreed(work_order_id: str, *, agreed: bool) -> None:
    """A window must be agreed before it can be moved or answered.

    Raises:
        FailedPrecondition: ``APPOINTMENT_MISSING``.
    """
    if not agreed:
        raise FailedPrecondition(
            "APPOINTMENT_MISSING",
            f"nothing is agreed for work order {work_order_id}; reserve a slot and confirm it",
            field="work_order_id",
        )


def kind_of(
    before: tuple[datetime, datetime] | None, window: tuple[datetime, datetime]
) -> ChangeKind:
    """What it is to agree on a window: another one than before is a move."""
    return ChangeKind.AGREED if before in (None, window) else ChangeKind.RESCHEDULED
