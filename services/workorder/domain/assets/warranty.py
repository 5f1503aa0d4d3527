"""Warranties (保修): periods of days in which somebody else than the customer pays.

A day is covered from its midnight in Shanghai to the next. Periods may overlap and follow one
another; a voided one covers nothing. What an asset is covered for on a day is what all periods of
that day cover together.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from kit.clock import SHANGHAI
from kit.errors import InvalidArgument

_ONE_DAY: Final = timedelta(days=1)
_MOST_MONTHS: Final = 600


class WarrantyKind(StrEnum):
    """Whose period it is."""

    STANDARD = "standard"
    EXTENDED = "extended"
    GOODWILL = "goodwill"


class Cover(StrEnum):
    """What is not charged to the customer."""

    PARTS = "parts"
    LABOUR = "labour"
    VISIT = "visit"


@dataclass(frozen=True, slots=True)
class Period:
    """A period that holds: its first and its last day, and what it covers."""

    warranty_id: str
    first_day: date
    last_day: date
    covers: frozenset[Cover] = frozenset(Cover)

    def includes(self, day: date) -> bool:
        """Whether it covers a day."""
        return self.first_day <= day <= self.last_day


@dataclass(frozen=True, slots=True)
class Verdict:
    """What covers an asset on a day.

    Attributes:
        periods: those that do, the one that lasts longest first.
        covers: what they cover together.
        covered_until: the last day of unbroken cover from then on; None when there is none.
    """

    day: date
    periods: tuple[Period, ...]
    covers: frozenset[Cover]
    covered_until: date | None

    @property
    def in_warranty(self) -> bool:
        """Whether anything is covered (保内)."""
        return bool(self.periods)


def day_of(instant: datetime) -> date:
    """The day in Shanghai."""
    return instant.astimezone(SHANGHAI).date()


def verdict(periods: Iterable[Period], day: date) -> Verdict:
    """What covers an asset on a day."""
    known = sorted(periods, key=lambda one: (one.last_day, one.warranty_id), reverse=True)
    holding = tuple(one for one in known if one.includes(day))
    covers = frozenset(cover for one in holding for cover in one.covers)
    return Verdict(day, holding, covers, _covered_until(known, day) if holding else None)


def _covered_until(periods: Sequence[Period], day: date) -> date:
    """The last day up to which no day is left out, from a covered one."""
    last = day
    for one in sorted(periods, key=lambda one: one.first_day):
        # A period that begins on the day after the last covered one goes on with it.
        if one.first_day <= last + _ONE_DAY and one.last_day > last:
            last = one.last_day
    return last


def days_of(
    kind: WarrantyKind,
    given: tuple[date | None, date | None, int],
    installed_on: date | None,
    periods: Iterable[Period],
) -> tuple[date, date]:
    """The first and the last day of a new period.

    Args:
        kind: an extension that names no first day begins after the last one covered.
        given: first day, last day, months; the last day or the months, not both.
        installed_on: where any other that names no first day begins.
        periods: those that the asset has.

    Raises:
        InvalidArgument: ``WARRANTY_INVALID``, naming the field.
    """
    first, last, months = given
    if first is None and kind is WarrantyKind.EXTENDED:
        ends = [one.last_day for one in periods]
        first = max(ends) + _ONE_DAY if ends else None
    first = first or installed_on
    if first is None:
        raise _invalid(
            "first_day",
            "say its first day; the asset has none to begin from",
            "请写明保修起始日；设备没有安装日期可用。",
        )
    if (last is None) == (months == 0):
        raise _invalid(
            "last_day",
            "say its last day, or how many months it lasts",
            "请写明保修截止日，或者保修月数，二者选一。",
        )
    if last is None:
        if not 0 < months <= _MOST_MONTHS:
            raise _invalid("months", f"1 to {_MOST_MONTHS}", f"1 到 {_MOST_MONTHS} 个月。")
        last = after_months(first, months) - _ONE_DAY
    if last < first:
        raise _invalid("last_day", "not before the first day", "截止日不能早于起始日。")
    return first, last


def after_months(day: date, months: int) -> date:
    """The same day so many months later, or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _invalid(field: str, english: str, chinese: str) -> InvalidArgument:
    return InvalidArgument("WARRANTY_INVALID", english, field=field, details={"zh": chinese})
