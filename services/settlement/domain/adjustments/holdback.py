"""A hold-back (质保金): kept of a posted earning until its release date, ended once.

held ─release→ released      on its date by itself, or earlier with approval
  ├─forfeit→ forfeited       with approval
  └─return→ returned         its earning was reversed: there is nothing to keep of
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum

from kit.clock import SHANGHAI
from kit.errors import FailedPrecondition, NotFound


class HoldbackState(StrEnum):
    """Where a hold-back stands."""

    HELD = "held"
    RELEASED = "released"
    FORFEITED = "forfeited"
    RETURNED = "returned"


def release_at(held_on: date, days: int) -> datetime:
    """When what is kept from a day on goes back: at the beginning of a day in Shanghai."""
    day = held_on + timedelta(days=days)
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


def check_held(state: HoldbackState) -> None:
    """Refuse to end twice what ends once (``SETTLEMENT_HOLDBACK_STATE``)."""
    if state is not HoldbackState.HELD:
        raise FailedPrecondition(
            "SETTLEMENT_HOLDBACK_STATE",
            f"this hold-back is {state} already",
            field="holdback_id",
            details={"state": state},
        )


def check_free(adjustment_id: str) -> None:
    """Refuse a second proposal to end a hold-back (``SETTLEMENT_HOLDBACK_SPOKEN_FOR``)."""
    if adjustment_id:
        raise FailedPrecondition(
            "SETTLEMENT_HOLDBACK_SPOKEN_FOR",
            f"adjustment {adjustment_id} about this hold-back waits for approval; decide it first",
            field="holdback_id",
            details={"adjustment_id": adjustment_id},
        )


def holdback_missing(holdback_id: str) -> NotFound:
    """The answer for a hold-back that is not there, or not for this actor to know of."""
    return NotFound(
        "SETTLEMENT_HOLDBACK_NOT_FOUND",
        f"there is no hold-back {holdback_id!r}",
        field="holdback_id",
    )
