"""Parts used on a work order: by whom, when, and taken back if it was a mistake."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from kit.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from services.workorder.domain.orders.work_order import State

_WHILE: Final = (State.IN_PROGRESS, State.COMPLETED)
_CLOCKS_DIFFER: Final = timedelta(minutes=10)


def unknown(part_use_id: str) -> NotFound:
    """The refusal for a use that is not there, or that the actor may not know of."""
    return NotFound(
        "PART_USE_UNKNOWN", f"there is no use of parts {part_use_id!r}", field="part_use_id"
    )


def require_usable(
    work_order_id: str, state: State, held_by: Collection[str], technician_id: str
) -> None:
    """Parts are used while the work is done, by who does it; late news is taken until acceptance.

    Raises:
        FailedPrecondition: ``PART_USE_STATE_FORBIDS``.
        PermissionDenied: ``WORK_ORDER_NOT_YOURS``.
    """
    if technician_id not in held_by:
        raise PermissionDenied(
            "WORK_ORDER_NOT_YOURS",
            f"work order {work_order_id} is not held by technician {technician_id!r}",
            field="technician_id",
        )
    if state not in _WHILE:
        raise FailedPrecondition(
            "PART_USE_STATE_FORBIDS",
            f"work order {work_order_id} is {state}; parts are used while it is"
            f" {' or '.join(_WHILE)}",
            field="work_order_id",
            details={"state": state},
        )


def used_at(told: datetime | None, now: datetime) -> datetime:
    """When it was used, as it was told; not in the future (``PART_USE_TIME_INVALID``)."""
    if told is None:
        return now
    if told > now + _CLOCKS_DIFFER:
        raise InvalidArgument(
            "PART_USE_TIME_INVALID", "used_at lies in the future", field="used_at"
        )
    return told
