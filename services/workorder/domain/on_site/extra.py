"""Extras: what turns out to be needed at the door, and the customer's word on it.

proposed ─ approved | declined   the customer
         ─ withdrawn             the technician, or the office
         ─ expired               nobody answered in time; written nowhere, the time says it
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from kit.errors import FailedPrecondition, InvalidArgument, NotFound
from services.workorder.domain.orders.work_order import State

_MOST_LINES: Final = 50
_PARTS: Final = "spare_part_library"
CATALOGUES: Final = ("project_library", _PARTS)
#: While somebody is at work, or on the way.
_POSSIBLE: Final = (State.ACCEPTED, State.SCHEDULED, State.IN_PROGRESS)


class ExtraState(StrEnum):
    """Where an extra stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class ExtraLine:
    """One thing more, at the price of the quote."""

    item_code: str
    catalogue: str
    quantity: int
    amount_minor: int
    serial_numbers: Sequence[str]
    photo_file_ids: Sequence[str]


def unknown(extra_id: str) -> NotFound:
    """The refusal for an extra that is not there, or that the actor may not know of."""
    return NotFound("EXTRA_UNKNOWN", f"there is no extra {extra_id!r}", field="extra_id")


def standing(stored: str, expires_at: datetime, now: datetime) -> ExtraState:
    """Where it stands now."""
    state = ExtraState(stored)
    return ExtraState.EXPIRED if state is ExtraState.PROPOSED and now >= expires_at else state


def require_possible(work_order_id: str, state: State) -> None:
    """Refuse an extra where nobody is at work (``EXTRA_NOT_POSSIBLE``)."""
    if state not in _POSSIBLE:
        raise FailedPrecondition(
            "EXTRA_NOT_POSSIBLE",
            f"work order {work_order_id} is {state}: an extra is proposed while somebody is at work",
            field="work_order_id",
        )


def require_lines(lines: Sequence[ExtraLine], total_minor: int) -> None:
    """Lines with a price each, that make the total; a part with its serial number and a photo.

    Raises:
        InvalidArgument: ``EXTRA_INVALID`` or ``EXTRA_PART_UNPROVEN``, naming the field.
    """
    if not 0 < len(lines) <= _MOST_LINES:
        raise InvalidArgument(
            "EXTRA_INVALID", f"an extra has 1 to {_MOST_LINES} lines", field="lines"
        )
    for position, line in enumerate(lines):
        field = f"lines[{position}]"
        if not line.item_code or line.catalogue not in CATALOGUES or line.quantity < 1:
            raise InvalidArgument(
                "EXTRA_INVALID",
                "an extra is so many of an item of one of the two libraries",
                field=f"{field}.item_code",
            )
        unproven = [
            name for name in ("serial_numbers", "photo_file_ids") if not getattr(line, name)
        ]
        if line.catalogue == _PARTS and unproven:
            raise InvalidArgument(
                "EXTRA_PART_UNPROVEN",
                "a part is charged with its serial number and a photo of it",
                field=f"{field}.{unproven[0]}",
            )
    if total_minor < 0:
        raise InvalidArgument(
            "EXTRA_INVALID", "an extra costs something, or nothing", field="total"
        )


def require_open(extra_id: str, state: ExtraState) -> None:
    """Refuse what has ended already (``EXTRA_ENDED``)."""
    if state is not ExtraState.PROPOSED:
        raise FailedPrecondition(
            "EXTRA_ENDED",
            f"extra {extra_id} is {state} already",
            field="extra_id",
            details={"state": state},
        )


def require_none_open(extra_ids: Sequence[str]) -> None:
    """Refuse completion while the customer has not answered (``WORK_ORDER_EXTRA_PENDING``)."""
    if extra_ids:
        raise FailedPrecondition(
            "WORK_ORDER_EXTRA_PENDING",
            f"the customer has not answered {', '.join(extra_ids)}; ask them, or withdraw it",
            field="work_order_id",
            details={"extra_ids": ", ".join(extra_ids)},
        )
