"""Reservations of parts: how long they hold, and which are drawn from first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from kit.errors import FailedPrecondition, InvalidArgument, NotFound

#: How long parts are held when nobody says.
USUAL: Final = timedelta(hours=48)
_LONGEST: Final = timedelta(days=90)


class Outcome(StrEnum):
    """How a reservation ended."""

    USED = "used"
    RELEASED = "released"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class HeldLine:
    """What a reservation still holds of an item."""

    reservation_id: str
    part_request_id: str
    stockroom_id: str
    item_code: str
    open_quantity: int


@dataclass(frozen=True, slots=True)
class Draw:
    """So many taken out of what a reservation holds."""

    line: HeldLine
    quantity: int


def draw(held: Iterable[HeldLine], item_code: str, quantity: int) -> list[Draw]:
    """Take up to a quantity of an item out of what is held: a part request's first, then the oldest."""
    of_item = [line for line in held if line.item_code == item_code and line.open_quantity]
    of_item.sort(key=lambda line: (not line.part_request_id, line.reservation_id))
    draws: list[Draw] = []
    for line in of_item:
        taken = min(line.open_quantity, quantity)
        if taken:
            draws.append(Draw(line, taken))
            quantity -= taken
    return draws


def end_of_hold(wanted: datetime | None, now: datetime, field: str) -> datetime:
    """Until when parts are held.

    Raises:
        InvalidArgument: ``STOCK_EXPIRY_INVALID``.
    """
    until = now + USUAL if wanted is None else wanted
    if not now < until <= now + _LONGEST:
        raise InvalidArgument(
            "STOCK_EXPIRY_INVALID",
            f"parts are held until an instant within the next {_LONGEST.days} days",
            field=field,
        )
    return until


def unknown(reservation_id: str) -> NotFound:
    """The refusal for a reservation that is not there, or that the actor may not know of."""
    return NotFound(
        "STOCK_RESERVATION_UNKNOWN",
        f"there is no reservation {reservation_id!r}",
        field="reservation_id",
    )


def require_free_standing(part_request_id: str) -> None:
    """What a part request holds is given back through the request.

    Raises:
        FailedPrecondition: ``STOCK_RESERVATION_OF_REQUEST``.
    """
    if part_request_id:
        raise FailedPrecondition(
            "STOCK_RESERVATION_OF_REQUEST",
            f"it is held for part request {part_request_id}; cancel or close that",
            field="reservation_id",
        )
