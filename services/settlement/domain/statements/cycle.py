"""Settlement cycles: which stretches of time statements are made for.

Periods begin and end at midnight in Shanghai. They tile time: each begins where the one before it ends,
also where the cycle changes, since a change cuts the period that runs at its first day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from kit.clock import SHANGHAI
from kit.errors import FailedPrecondition, InvalidArgument

_DAY: Final = timedelta(days=1)
_MOST_DAYS: Final = 60


class CycleKind(StrEnum):
    """How long a period is: from Monday to Sunday, to the 15th or the month's end, a month, a day."""

    WEEKLY = "weekly"
    HALF_MONTH = "half_month"
    MONTHLY = "monthly"
    T_PLUS = "t_plus"


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a cycle holds: an outlet, else a region with all below it, else everywhere."""

    region_adcode: str = ""
    outlet_id: str = ""


@dataclass(frozen=True, slots=True)
class Cycle:
    """A version of a scope's cycle.

    Args:
        scope: where it holds.
        kind: how long a period is.
        delay_days: T+n: each day's period is closed so many days after it; otherwise 0.
        from_day: the first day it holds.
        version: its number in its scope.
    """

    scope: Scope
    kind: CycleKind
    delay_days: int
    from_day: date
    version: int = 0


@dataclass(frozen=True, slots=True)
class Period:
    """From an instant on and before another, closed at a third."""

    start: datetime
    end: datetime
    closes_at: datetime


def check_cycle(cycle: Cycle, today: date) -> None:
    """Refuse a cycle that means nothing, or would change periods that have begun.

    Raises:
        InvalidArgument: ``SETTLEMENT_CYCLE_INVALID``.
        FailedPrecondition: ``SETTLEMENT_CYCLE_TOO_LATE`` for a first day that is not after today.
    """
    if cycle.scope.region_adcode and cycle.scope.outlet_id:
        _refuse("name a region or an outlet, not both", "region_adcode")
    adcode = cycle.scope.region_adcode
    if adcode and not (len(adcode) == 6 and adcode.isdecimal()):
        _refuse(f"{adcode!r} is no adcode of six digits", "region_adcode")
    if cycle.kind is CycleKind.T_PLUS and not 1 <= cycle.delay_days <= _MOST_DAYS:
        _refuse(f"T+n is closed 1 to {_MOST_DAYS} days after each day", "delay_days")
    if cycle.kind is not CycleKind.T_PLUS and cycle.delay_days:
        _refuse("only T+n has a delay", "delay_days")
    if cycle.from_day <= today:
        raise FailedPrecondition(
            "SETTLEMENT_CYCLE_TOO_LATE",
            f"a cycle holds from tomorrow at the earliest, {today + _DAY}",
            field="from_day",
        )


def cycle_of(cycles: Sequence[Cycle], outlet_id: str, region_adcode: str) -> list[Cycle]:
    """The versions, the earliest first, of the most specific scope that an outlet in a region has."""
    fitting = {each.scope for each in cycles if _holds(each.scope, outlet_id, region_adcode)}
    if not fitting:
        return []
    chosen = max(fitting, key=lambda scope: (scope.outlet_id != "", len(_significant(scope))))
    return sorted((c for c in cycles if c.scope == chosen), key=lambda c: (c.from_day, c.version))


def periods(versions: Sequence[Cycle], start: datetime, until: datetime) -> Iterator[Period]:
    """The periods of a cycle's versions from an instant on that end by another.

    Args:
        versions: the earliest first; the first also holds before its day. At least one.
        start: where the first one begins, so that they go on where others ended.
        until: no period ends after it.
    """
    while True:
        period = period_at(versions, start)
        if period.end > until:
            return
        yield period
        start = period.end


def period_at(versions: Sequence[Cycle], start: datetime) -> Period:
    """The period that begins at an instant; see ``periods``."""
    day = start.astimezone(SHANGHAI).date()
    in_force = _in_force(versions, day)
    end_day = _next_boundary(in_force.kind, day)
    for change in _changes(versions):
        if day < change < end_day:
            end_day = change
            break
    end = _midnight(end_day)
    delay = max(in_force.delay_days - 1, 0)
    return Period(start, end, _midnight(end_day + delay * _DAY))


def period_around(versions: Sequence[Cycle], instant: datetime) -> Period:
    """The period that an instant is in when no other went before it."""
    day = instant.astimezone(SHANGHAI).date()
    first = _first_day(_in_force(versions, day).kind, day)
    changes = [change for change in _changes(versions) if first < change <= day]
    return period_at(versions, _midnight(max(changes, default=first)))


def _refuse(message: str, field: str) -> None:
    raise InvalidArgument("SETTLEMENT_CYCLE_INVALID", message, field=field)


def _significant(scope: Scope) -> str:
    """The digits that name a province, a city or a district: 510000 is all of 51."""
    code = scope.region_adcode
    while code.endswith("00"):
        code = code[:-2]
    return code


def _holds(scope: Scope, outlet_id: str, region_adcode: str) -> bool:
    if scope.outlet_id:
        return scope.outlet_id == outlet_id
    return region_adcode.startswith(_significant(scope))


def _in_force(versions: Sequence[Cycle], day: date) -> Cycle:
    begun = [each for each in versions if each.from_day <= day]
    return begun[-1] if begun else versions[0]


def _changes(versions: Sequence[Cycle]) -> list[date]:
    """Days at which another rule begins."""
    return [
        after.from_day
        for before, after in pairwise(versions)
        if (before.kind, before.delay_days) != (after.kind, after.delay_days)
    ]


def _next_boundary(kind: CycleKind, day: date) -> date:
    match kind:
        case CycleKind.WEEKLY:
            return day + (7 - day.weekday()) * _DAY
        case CycleKind.HALF_MONTH if day.day <= 15:
            return day.replace(day=16)
        case CycleKind.HALF_MONTH | CycleKind.MONTHLY:
            return (day.replace(day=1) + 32 * _DAY).replace(day=1)
        case CycleKind.T_PLUS:
            return day + _DAY


def _first_day(kind: CycleKind, day: date) -> date:
    match kind:
        case CycleKind.WEEKLY:
            return day - day.weekday() * _DAY
        case CycleKind.HALF_MONTH if day.day > 15:
            return day.replace(day=16)
        case CycleKind.HALF_MONTH | CycleKind.MONTHLY:
            return day.replace(day=1)
        case CycleKind.T_PLUS:
            return day


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
