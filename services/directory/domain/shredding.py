"""When personal data may be destroyed: two people, nothing under way, and once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from kit.errors import FailedPrecondition, InvalidArgument, PermissionDenied

#: So long a screen shows what was revealed; another look is another reveal.
SHOWN_FOR: Final = timedelta(minutes=5)
_LONGEST_YEARS: Final = 30
_DEFAULT_YEARS: Final = 3


def shown_until(revealed_at: datetime) -> datetime:
    """Until when screens show what was revealed."""
    return revealed_at + SHOWN_FOR


def shredded(field: str) -> FailedPrecondition:
    """The refusal to read or to add to what was destroyed."""
    return FailedPrecondition(
        "PERSONAL_DATA_SHREDDED",
        "this customer's personal data was destroyed and cannot be read again",
        field=field,
    )


def check_open(decision: str | None) -> None:
    """Refuse to decide twice.

    Raises:
        FailedPrecondition: ``SHREDDING_DECIDED``.
    """
    if decision is not None:
        raise FailedPrecondition(
            "SHREDDING_DECIDED", f"it was {decision} already", field="shredding_id"
        )


def check_shredding(
    requested_by_person_id: str, by_person_id: str, under_way: Collection[str], *, despite: bool
) -> None:
    """Refuse to shred alone, or while something is under way.

    Args:
        requested_by_person_id: who asked for it.
        by_person_id: who is about to do it.
        under_way: what the timeline shows as not ended.
        despite: it is to be done although there is such.

    Raises:
        PermissionDenied: ``SHREDDING_NEEDS_ANOTHER``.
        FailedPrecondition: ``CUSTOMER_WORK_OPEN``.
    """
    if by_person_id == requested_by_person_id:
        raise PermissionDenied(
            "SHREDDING_NEEDS_ANOTHER",
            "who asked for it cannot do it; have somebody else look at it",
            field="shredding_id",
        )
    if under_way and not despite:
        raise FailedPrecondition(
            "CUSTOMER_WORK_OPEN",
            f"under way: {', '.join(sorted(under_way))}; wait for it or cancel it, or say that it"
            " is to be done all the same",
            field="despite_open_work",
        )


def inactive_years(years: int) -> int:
    """After how many years without anything a customer counts as inactive.

    Raises:
        InvalidArgument: ``INACTIVE_YEARS_INVALID``.
    """
    if not 0 <= years <= _LONGEST_YEARS:
        raise InvalidArgument(
            "INACTIVE_YEARS_INVALID",
            f"1 to {_LONGEST_YEARS}, or 0 for {_DEFAULT_YEARS}",
            field="years",
        )
    return years or _DEFAULT_YEARS
