"""When a rule holds: the dimensions a price can depend on, and the situation in which it is asked.

What a rule does not say holds always. Places are a hierarchy, from the zones (finest) up the path of
adcodes; equalities are one value each; limits are ranges. A book declares the order in which the
dimensions decide between rules that hold at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, NamedTuple

#: Dimensions of one value; the names are those of `Conditions` and of `Situation`.
EQUALITIES: Final = (
    "city_tier", "cooperation_mode", "customer_level", "customer_type", "sales_channel",
    "outlet_id", "urgency", "day_kind", "price_mode", "stock_state",
)  # fmt: skip
#: Dimensions of a range.
LIMITS: Final = ("days", "weekdays", "hours", "quantity", "floor", "months_open")
#: All that a book can rank its rates by.
DIMENSIONS: Final = ("place", *EQUALITIES, *LIMITS)

#: Before and after every day there is.
FIRST_DAY: Final = 1
LAST_DAY: Final = 3_652_059
_MINUTES: Final = 1440


class Range(NamedTuple):
    """Whole numbers from ``least`` to ``most``, both included; None has no end there."""

    least: int | None = None
    most: int | None = None

    def __contains__(self, number: object) -> bool:
        return (
            isinstance(number, int)
            and (self.least is None or self.least <= number)
            and (self.most is None or number <= self.most)
        )

    def meets(self, other: Range) -> bool:
        """Whether a number lies in both."""
        return not (
            (self.most is not None and other.least is not None and self.most < other.least)
            or (other.most is not None and self.least is not None and other.most < self.least)
        )


#: No limit.
ANY: Final = Range()


class Situation(NamedTuple):
    """Where, when and for whom a price is asked.

    Attributes:
        unsaid: always empty; what a rule without a condition is looked up by.
        places: codes from the finest on: zones, then the path of adcodes.
        day: the day in Asia/Shanghai, as a proleptic ordinal; 1 is 0001-01-01.
        minute: minutes after midnight in Asia/Shanghai.
        floor: None: not said.
        months_open: the month since the place was opened for business, 1 the first; None: not said.
        frozen_places: whose special policies do not count at present.
    """

    city_tier: str = ""
    cooperation_mode: str = ""
    customer_level: str = ""
    customer_type: str = ""
    sales_channel: str = ""
    outlet_id: str = ""
    urgency: str = ""
    day_kind: str = ""
    price_mode: str = ""
    stock_state: str = ""
    unsaid: str = ""
    places: tuple[str, ...] = ()
    day: int = FIRST_DAY
    minute: int = 0
    floor: int | None = None
    months_open: int | None = None
    frozen_places: frozenset[str] = frozenset()

    @property
    def weekday(self) -> int:
        """1 is Monday, 7 Sunday."""
        return (self.day - 1) % 7 + 1


@dataclass(frozen=True, slots=True)
class Limits:
    """The ranges within which a rule holds.

    Attributes:
        first_day: ordinal, included.
        last_day: ordinal, included.
        weekdays: 1 is Monday; empty: any.
        from_minute: after midnight; with ``until_minute`` (not included) before it, the night
            between them. Both 0: any hour.
    """

    first_day: int = FIRST_DAY
    last_day: int = LAST_DAY
    weekdays: tuple[int, ...] = ()
    from_minute: int = 0
    until_minute: int = 0
    quantity: Range = ANY
    floor: Range = ANY
    months_open: Range = ANY

    def hold(self, situation: Situation, quantity: int) -> bool:
        """Whether all of them hold; a number that was not said lies in no range."""
        return not self.broken(situation, quantity)

    def broken(self, situation: Situation, quantity: int) -> str:
        """The first dimension that does not hold; empty: all do."""
        if not self.first_day <= situation.day <= self.last_day:
            return "days"
        if self.weekdays and situation.weekday not in self.weekdays:
            return "weekdays"
        if self.said_hours and not self._is_hour(situation.minute):
            return "hours"
        if quantity not in self.quantity:
            return "quantity"
        if self.floor != ANY and situation.floor not in self.floor:
            return "floor"
        if self.months_open != ANY and situation.months_open not in self.months_open:
            return "months_open"
        return ""

    @property
    def beyond_days(self) -> bool:
        """Whether more than days is limited."""
        return bool(
            self.weekdays
            or self.said_hours
            or self.quantity != ANY
            or self.floor != ANY
            or self.months_open != ANY
        )

    @property
    def said_hours(self) -> bool:
        """Whether hours are limited."""
        return (self.from_minute, self.until_minute) != (0, 0)

    def _is_hour(self, minute: int) -> bool:
        if self.from_minute < self.until_minute:
            return self.from_minute <= minute < self.until_minute
        return minute >= self.from_minute or minute < self.until_minute

    def minutes(self) -> set[int]:
        """The minutes of a day that lie within the hours."""
        return {m for m in range(_MINUTES) if not self.said_hours or self._is_hour(m)}

    def said(self) -> tuple[str, ...]:
        """The dimensions that are limited."""
        if self is UNLIMITED:
            return ()
        limited = {
            "days": (self.first_day, self.last_day) != (FIRST_DAY, LAST_DAY),
            "weekdays": bool(self.weekdays),
            "hours": self.said_hours,
            "quantity": self.quantity != ANY,
            "floor": self.floor != ANY,
            "months_open": self.months_open != ANY,
        }
        return tuple(dimension for dimension in LIMITS if limited[dimension])

    def meet(self, other: Limits) -> bool:
        """Whether there is a moment and a number at which both hold."""
        return (
            max(self.first_day, other.first_day) <= min(self.last_day, other.last_day)
            and (not self.weekdays or not other.weekdays or self._share_weekday(other))
            and (not self.said_hours or not other.said_hours or self._share_minute(other))
            and self.quantity.meets(other.quantity)
            and self.floor.meets(other.floor)
            and self.months_open.meets(other.months_open)
        )

    def _share_weekday(self, other: Limits) -> bool:
        return not set(self.weekdays).isdisjoint(other.weekdays)

    def _share_minute(self, other: Limits) -> bool:
        return not self.minutes().isdisjoint(other.minutes())


#: No limits.
UNLIMITED: Final = Limits()


class _WorkedOut:
    """Room for what is worked out of conditions once; no part of what they say."""

    __slots__ = ("_wanted",)
    #: The equalities that are said: where a `Situation` has them, and what they want.
    _wanted: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Conditions(_WorkedOut):
    """What must hold for a rule to count; the empty ones hold always."""

    place_code: str = ""
    city_tier: str = ""
    cooperation_mode: str = ""
    customer_level: str = ""
    customer_type: str = ""
    sales_channel: str = ""
    outlet_id: str = ""
    urgency: str = ""
    day_kind: str = ""
    price_mode: str = ""
    stock_state: str = ""
    limits: Limits = UNLIMITED

    def __post_init__(self) -> None:
        wanted = zip(_AT, self.equalities(), strict=True)
        object.__setattr__(self, "_wanted", tuple((at, value) for at, value in wanted if value))

    def broken(self, situation: Situation, quantity: int) -> str:
        """The first dimension that does not hold, in the order of `DIMENSIONS`; empty: all do."""
        if self.place_code and self.place_code not in situation.places:
            return "place"
        for at, wanted in self._wanted:
            if situation[at] != wanted:
                return Situation._fields[at]
        if self.limits is UNLIMITED:
            return ""
        return self.limits.broken(situation, quantity)

    def hold(self, situation: Situation, quantity: int) -> bool:
        """Whether all of them hold."""
        return not self.broken(situation, quantity)

    def said(self) -> tuple[str, ...]:
        """The dimensions that have a condition, in the order of `DIMENSIONS`."""
        place = ("place",) if self.place_code else ()
        equal = tuple(dimension for dimension in EQUALITIES if getattr(self, dimension))
        return (*place, *equal, *self.limits.said())

    def equalities(self) -> tuple[str, ...]:
        """The values of `EQUALITIES`, empty where there is none."""
        return _equalities(self)


#: Where a `Situation` has the equalities, and how to read them off conditions.
_AT: Final = tuple(map(Situation._fields.index, EQUALITIES))
_equalities: Final[Callable[[Conditions], tuple[str, ...]]] = attrgetter(*EQUALITIES)

#: Holds always.
ALWAYS: Final = Conditions()
