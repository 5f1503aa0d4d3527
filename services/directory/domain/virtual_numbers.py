"""For how long a virtual number may stand in for somebody's own."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from kit.errors import InvalidArgument

_DEFAULT_MINUTES: Final = 24 * 60
_MOST_MINUTES: Final = 7 * _DEFAULT_MINUTES


def expires_at(minutes: int, now: datetime) -> datetime:
    """Until when a number bound now leads somewhere; 0 minutes: for a day.

    Raises:
        InvalidArgument: ``VIRTUAL_NUMBER_MINUTES_INVALID``.
    """
    if not 0 <= minutes <= _MOST_MINUTES:
        raise InvalidArgument(
            "VIRTUAL_NUMBER_MINUTES_INVALID",
            f"1 to {_MOST_MINUTES} minutes, or 0 for {_DEFAULT_MINUTES}",
            field="minutes",
        )
    return now + timedelta(minutes=minutes or _DEFAULT_MINUTES)
