"""All situations that a book tells apart, as boxes of bits.

Of each dimension only the values matter that some rule speaks of, and one for all others; of numbers
the stretches between the ends of ranges. So a condition is a set of bits for each dimension, and
whether one rule covers another, where two meet and where none holds is arithmetic of whole numbers.
Places are not among the dimensions here: they are a hierarchy, see `territory`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, NamedTuple

from services.pricing.domain.conditions import (
    ANY,
    EQUALITIES,
    LAST_DAY,
    Conditions,
    Limits,
    Range,
    Situation,
)

#: The dimensions of a box after the equalities; days and weekdays are one, for not every stretch of
#: days has every weekday.
CALENDAR, HOURS, QUANTITY, FLOOR, MONTHS_OPEN = range(len(EQUALITIES), len(EQUALITIES) + 5)
#: What people call them.
AXES: Final = (*EQUALITIES, "days", "hours", "quantity", "floor", "months_open")

#: For each dimension the bits of its values.
Box = tuple[int, ...]


class Stretch(NamedTuple):
    """Whole numbers, both ends included."""

    least: int
    most: int


_HOURS: Final = Stretch(0, 1439)
_FLOORS: Final = Stretch(-1_000, 10_000)
_MONTHS: Final = Stretch(1, 12_000)
_WEEKDAYS: Final = 7


class Values:
    """A dimension of one value; bit 0 is whatever is not named here, nothing said included."""

    def __init__(self, named: Iterable[str]) -> None:
        self.values = ("", *sorted(set(named) - {""}))
        self.full = (1 << len(self.values)) - 1
        self._bits = {value: 1 << number for number, value in enumerate(self.values)}

    def mask(self, value: str) -> int:
        """The bits where a condition holds; nothing said holds always."""
        return self._bits[value] if value else self.full

    def bits(self, values: Iterable[str]) -> int:
        """The bits of values themselves; an empty one is bit 0."""
        return sum({self._bits[value] for value in values if value in self._bits})


class Stretches:
    """A dimension of whole numbers, cut where a range begins or has ended; with ``unsaid`` bit 0
    stands for a number that was not said."""

    def __init__(self, ranges: Iterable[Range], within: Stretch, *, unsaid: bool = False) -> None:
        first, self._last = within
        cuts = {first}
        for least, most in ranges:
            cuts |= {least} if least is not None else set()
            cuts |= {most + 1} if most is not None else set()
        self.starts = sorted(cut for cut in cuts if first <= cut <= self._last)
        self._unsaid = int(unsaid)
        self.full = (1 << len(self.starts) + self._unsaid) - 1

    def mask(self, numbers: Range) -> int:
        """The bits of the numbers of a range; a number that was not said lies in none."""
        if numbers == ANY:
            return self.full
        first = 0 if numbers.least is None else bisect_left(self.starts, numbers.least)
        beyond = (
            len(self.starts) if numbers.most is None else bisect_right(self.starts, numbers.most)
        )
        return ((1 << beyond) - (1 << first) if beyond > first else 0) << self._unsaid

    def stretch(self, bit: int) -> Stretch | None:
        """The numbers of a bit; None: not said."""
        number = bit - self._unsaid
        return self.numbered(number) if number >= 0 else None

    def numbered(self, number: int) -> Stretch:
        """A stretch by where it stands among them."""
        beyond = self.starts[number + 1] if number + 1 < len(self.starts) else self._last + 1
        return Stretch(self.starts[number], beyond - 1)


class Calendar:
    """Stretches of days, and in each of them the weekdays it has."""

    def __init__(self, ranges: Iterable[Range], first_day: int) -> None:
        self._days = Stretches(ranges, Stretch(first_day, LAST_DAY))
        self.full = sum(
            1 << _WEEKDAYS * number + (day - 1) % _WEEKDAYS
            for number in range(len(self._days.starts))
            for day in self._first_week(number)
        )

    def mask(self, days: Range, weekdays: Collection[int]) -> int:
        """The bits of the days of a range that are one of the weekdays; none named: any."""
        week = sum(1 << weekday - 1 for weekday in weekdays) or (1 << _WEEKDAYS) - 1
        mask = self._days.mask(days)
        bits = 0
        for number in bits_of(mask):
            bits |= week << _WEEKDAYS * number
        return bits & self.full

    def days(self, bit: int) -> Stretch:
        """The stretch that a bit lies in."""
        return self._days.numbered(bit // _WEEKDAYS)

    def day(self, bit: int) -> int:
        """The first day of a bit."""
        return next(
            day
            for day in self._first_week(bit // _WEEKDAYS)
            if (day - 1) % _WEEKDAYS == bit % _WEEKDAYS
        )

    def _first_week(self, number: int) -> range:
        first, last = self._days.numbered(number)
        return range(first, min(first + _WEEKDAYS - 1, last) + 1)


class Grid:
    """The values of every dimension that the conditions of a book tell apart.

    Args:
        conditions: all that any rule of the book has.
        first_day: no earlier day is asked of the book.
        most_quantity: of a line.
        said: by dimension, values that count beside those of the conditions.
        cuts: stretches of days to tell apart beside those of the conditions.
        has_openings: whether any place has one; otherwise no month since it is ever known.
    """

    def __init__(
        self,
        conditions: Iterable[Conditions],
        *,
        first_day: int,
        most_quantity: int,
        said: Mapping[str, Iterable[str]],
        cuts: Iterable[Range] = (),
        has_openings: bool = True,
    ) -> None:
        known = set(conditions)
        limits = {each.limits for each in known}
        self.values = tuple(
            Values({getattr(each, name) for each in known} | set(said.get(name, ())))
            for name in EQUALITIES
        )
        days = [Range(each.first_day, each.last_day) for each in limits]
        self.calendar = Calendar([*days, *cuts], first_day)
        self.hours = Stretches([part for each in limits for part in _hours(each)], _HOURS)
        self.quantity = Stretches([each.quantity for each in limits], Stretch(1, most_quantity))
        self.floor = Stretches([each.floor for each in limits], _FLOORS, unsaid=True)
        self.months = Stretches([each.months_open for each in limits], _MONTHS, unsaid=True)
        self.everything: Box = (
            *(values.full for values in self.values),
            self.calendar.full,
            self.hours.full,
            self.quantity.full,
            self.floor.full,
            self.months.full if has_openings else 1,
        )
        self._equal: dict[tuple[str, ...], Box] = {}
        self._limited: dict[Limits, Box] = {}
        self._situations: dict[Box, Situation] = {}

    def box(self, conditions: Conditions) -> Box:
        """Where conditions hold, whatever the place."""
        key, limits = conditions.equalities(), conditions.limits
        equal = self._equal.get(key)
        if equal is None:
            masks = zip(self.values, key, strict=True)
            equal = self._equal[key] = tuple(values.mask(value) for values, value in masks)
        limited = self._limited.get(limits)
        if limited is None:
            limited = self._limited[limits] = self._limits(limits)
        return equal + limited

    def _limits(self, limits: Limits) -> Box:
        return (
            self.calendar.mask(Range(limits.first_day, limits.last_day), limits.weekdays),
            _union(self.hours.mask(part) for part in _hours(limits)),
            self.quantity.mask(limits.quantity),
            self.floor.mask(limits.floor),
            self.months.mask(limits.months_open) & self.everything[MONTHS_OPEN],
        )

    def situation(self, box: Box) -> Situation:
        """A situation within a box, without a place; as little is said as can be."""
        found = self._situations.get(box)
        if found is None:
            found = self._situations[box] = self._situation(box)
        return found

    def _situation(self, box: Box) -> Situation:
        lowest = [_lowest(mask) for mask in box]
        said: dict[str, Any] = {
            name: values.values[bit]
            for name, values, bit in zip(EQUALITIES, self.values, lowest, strict=False)
        }
        floor = self.floor.stretch(lowest[FLOOR])
        months = self.months.stretch(lowest[MONTHS_OPEN])
        return Situation(
            **said,
            day=self.calendar.day(lowest[CALENDAR]),
            minute=self.hours.numbered(lowest[HOURS]).least,
            floor=None if floor is None else min(max(1, floor.least), floor.most),
            months_open=None if months is None else months.least,
        )

    def least_quantity(self, box: Box) -> int:
        """The least quantity of a box."""
        return self.quantity.numbered(_lowest(box[QUANTITY])).least


def meet(one: Box, other: Box) -> Box | None:
    """What lies in both; None: nothing."""
    both = tuple(a & b for a, b in zip(one, other, strict=True))
    return both if all(both) else None


def covers(outer: Box, inner: Box) -> bool:
    """Whether all of one lies in another."""
    return all(a & b == b for a, b in zip(outer, inner, strict=True))


def bits_of(mask: int) -> Iterable[int]:
    """The numbers of the bits of a mask, ascending."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _lowest(mask: int) -> int:
    return (mask & -mask).bit_length() - 1


def _union(masks: Iterable[int]) -> int:
    bits = 0
    for mask in masks:
        bits |= mask
    return bits


def _hours(limits: Limits) -> tuple[Range, ...]:
    """The minutes of a day, the night's in two parts."""
    if not limits.said_hours:
        return (ANY,)
    first, beyond = limits.from_minute, limits.until_minute
    if first < beyond:
        return (Range(first, beyond - 1),)
    parts = (Range(first, None), Range(None, beyond - 1))
    return parts if beyond else parts[:1]
