"""How many work orders are to be expected in an hour: the mean of the same hours of weeks before."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from kit.errors import InvalidArgument

_USUAL_DAYS: Final = 7
_MOST_DAYS: Final = 14
_USUAL_WEEKS: Final = 8
_MOST_WEEKS: Final = 12
#: Of the hours shown, those that are called peaks.
_PEAK_PART: Final = 10
_WEEK: Final = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour that is to come.

    Attributes:
        expected_hundredths: work orders, in hundredths.
        least: in that hour of any of the weeks.
        most: in that hour of any of the weeks.
    """

    starts_at: datetime
    expected_hundredths: int
    least: int
    most: int
    peak: bool


def require_days(days: int) -> int:
    """How many days are asked for (``FORECAST_INVALID``)."""
    return _within(days, _MOST_DAYS, _USUAL_DAYS, "days")


def require_weeks(weeks: int) -> int:
    """How many weeks of the past count (``FORECAST_INVALID``)."""
    return _within(weeks, _MOST_WEEKS, _USUAL_WEEKS, "weeks")


def hour_of(instant: datetime) -> datetime:
    """The hour that an instant lies in."""
    return instant.replace(minute=0, second=0, microsecond=0)


def forecast(
    counts: Mapping[datetime, int], first_hour: datetime, days: int, weeks: int
) -> Sequence[Hour]:
    """Every hour of some days, from what came in each hour of the past; no work order, no count.

    The weeks before an hour are those that are over when ``first_hour`` begins.
    """
    hours = [first_hour + timedelta(hours=number) for number in range(24 * days)]
    pasts = [[counts.get(past, 0) for past in _past(hour, first_hour, weeks)] for hour in hours]
    busiest = sorted((sum(past) for past in pasts), reverse=True)
    least_of_peaks = max(busiest[math.ceil(len(hours) / _PEAK_PART) - 1], 1)
    return [
        Hour(hour, sum(past) * 100 // weeks, min(past), max(past), sum(past) >= least_of_peaks)
        for hour, past in zip(hours, pasts, strict=True)
    ]


def _past(hour: datetime, first_hour: datetime, weeks: int) -> list[datetime]:
    newest = hour - _WEEK * ((hour - first_hour) // _WEEK + 1)
    return [newest - _WEEK * number for number in range(weeks)]


def _within(number: int, most: int, usual: int, field: str) -> int:
    if not 0 <= number <= most:
        raise InvalidArgument("FORECAST_INVALID", f"1 to {most}, or 0 for {usual}", field=field)
    return number or usual
