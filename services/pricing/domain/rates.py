"""The rates of a version in memory: found in about a microsecond, a million of them in tens of
megabytes.

Prices stand in columns of whole numbers. The rates of one item at one place, its *leaf*, stand side
by side, and a *shape* says at which offset which conditions are; many leaves have the same shape,
which is then kept once. A leaf is one whole number, so that the garbage collector passes over a book
however large it is. A price is found by asking, for each place from the finest on, for each
combination of conditions that the book uses at all.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from operator import attrgetter, itemgetter
from typing import Final, NamedTuple

from services.pricing.domain.book import Rate, name_rate
from services.pricing.domain.charges import PER_UNIT, Charge, Pair
from services.pricing.domain.conditions import (
    EQUALITIES,
    FIRST_DAY,
    LAST_DAY,
    LIMITS,
    UNLIMITED,
    Conditions,
    Limits,
    Situation,
)

#: Bits for how far a place is from the finest one; more places than fit no path has.
_PLACE_BITS: Final = 8
#: For how many different situations it is kept which keys they meet; and of how many rates what they
#: say in words.
_MOST_WANTED: Final = 10_000
#: Behind every rank there is.
_NO_RANK: Final = 1 << 62
#: A leaf's lower bits are the number of its shape, the others the row of its first rate.
_SHAPE_BITS: Final = 24
_SHAPE_MASK: Final = (1 << _SHAPE_BITS) - 1

#: The values of the equalities that the book uses, in a fixed order; empty where none is meant.
_Key = tuple[str, ...]
#: By the number of a key: the offsets of the rates with it.
_Shape = Mapping[int, tuple[int, ...]]
#: The keys that a situation meets, by their numbers, each with its rank.
_Wanted = tuple[tuple[int, int], ...]


class Hit(NamedTuple):
    """A rate that holds.

    Attributes:
        rank: lower is more specific, by the book's declared order.
        row: where it stands in the columns.
        key: the number of its key.
    """

    rank: int
    row: int
    place_code: str
    key: int


class FlatRate(NamedTuple):
    """A rate as it is read from where it is kept.

    Attributes:
        equalities: the values of `EQUALITIES`.
        limits: all of them, when more than days is limited; otherwise none.
        rate_id: empty: named after its conditions.
    """

    item_code: str
    place_code: str
    equalities: tuple[str, ...]
    first_day: int
    last_day: int
    list_price_minor: int
    settlement_price_minor: int
    limits: Limits = UNLIMITED
    charge: Charge = PER_UNIT
    rate_id: str = ""


#: In which order the rates of a leaf stand.
_IN_LEAF: Final = attrgetter("equalities", "first_day", "rate_id")


class RateTable:
    """The rates of a version: taken one by one, closed, and from then on only asked."""

    def __init__(self, resolution_order: Sequence[str]) -> None:
        self._order = tuple(resolution_order)
        self._equalities = tuple(d for d in EQUALITIES if d in resolution_order)
        self._used = tuple(EQUALITIES.index(dimension) for dimension in self._equalities)
        self._bit = _bits(resolution_order)
        self._place_shift = self._bit["place"]
        self._list_prices = array("q")
        self._settlement_prices = array("q")
        self._first_days = array("i")
        self._last_days = array("i")
        self._specific = array("i")
        self._charges: dict[int, Charge] = {}
        self._limits: dict[int, Limits] = {}
        self._own_ids: dict[int, str] = {}
        self._items: dict[str, dict[str, int]] = {}
        self._count = 0
        self._shapes: list[_Shape] = []
        self._shape_numbers: dict[tuple[tuple[int, int], ...], int] = {}
        self._keys: list[_Key] = []
        self._key_numbers: dict[_Key, int] = {}
        self._numbers: dict[tuple[str, ...], int] = {}
        self._filling = ("", "")
        self._filled: list[FlatRate] = []
        self._asks: tuple[tuple[int, Callable[[Situation], _Key]], ...] = ()
        self._said_of = _reader(self._equalities)
        self._wanted: dict[_Key, _Wanted] = {}
        self._conditions: dict[int, Conditions] = {}
        self._names: dict[int, str] = {}

    def __len__(self) -> int:
        return self._count

    @property
    def is_worn(self) -> bool:
        """Whether most of the rows that it keeps are of versions before it: better built anew."""
        return len(self._list_prices) > 2 * self._count

    def has(self, item_code: str) -> bool:
        """Whether there is any rate of an item."""
        return item_code in self._items

    def winner(self, item_code: str, situation: Situation, quantity: int) -> Hit | None:
        """Of the rates of an item that hold the most specific one; no two of them rank alike."""
        by_place = self._items.get(item_code)
        if by_place is None:
            return None
        wanted = self._wanted.get(self._said_of(situation)) or self._want(situation)
        first_days, last_days, specific = self._first_days, self._last_days, self._specific
        day, limits_of, shapes = situation.day, self._limits, self._shapes
        distance, step = 0, 1 << self._place_shift
        best, won = _NO_RANK, None
        for place in (*situation.places, ""):
            if best < distance:
                break  # no rate further off ranks before it
            leaf = by_place.get(place)
            if leaf is not None:
                shape, first = shapes[leaf & _SHAPE_MASK], leaf >> _SHAPE_BITS
                for key, rank in wanted:
                    if key in shape:
                        for offset in shape[key]:
                            row = first + offset
                            if (
                                first_days[row] <= day <= last_days[row]
                                and distance + rank - specific[row] < best
                                and (
                                    row not in limits_of or limits_of[row].hold(situation, quantity)
                                )
                            ):
                                best = distance + rank - specific[row]
                                won = row, place, key
            distance += step
        return None if won is None else Hit(best, *won)

    def holding(self, item_code: str, situation: Situation, quantity: int) -> list[Hit]:
        """All rates of an item that hold, in no order."""
        by_place = self._items.get(item_code)
        if by_place is None:
            return []
        wanted = self._wanted.get(self._said_of(situation)) or self._want(situation)
        hits: list[Hit] = []
        first_days, last_days, specific = self._first_days, self._last_days, self._specific
        day, limits_of, shapes = situation.day, self._limits, self._shapes
        distance, step = 0, 1 << self._place_shift
        for place in (*situation.places, ""):
            if place in by_place:
                leaf = by_place[place]
                shape, first = shapes[leaf & _SHAPE_MASK], leaf >> _SHAPE_BITS
                for key, rank in wanted:
                    if key in shape:
                        for offset in shape[key]:
                            row = first + offset
                            if first_days[row] <= day <= last_days[row] and (
                                row not in limits_of or limits_of[row].hold(situation, quantity)
                            ):
                                hits.append(Hit(distance + rank - specific[row], row, place, key))
            distance += step
        return hits

    def _want(self, situation: Situation) -> _Wanted:
        """The keys that a situation meets; kept for the next one that says the same."""
        if not self._asks:
            self._asks = tuple(self._asked_keys())
        ranks: dict[int, int] = {}
        for rank, key_of in self._asks:
            key = self._key_numbers.get(key_of(situation))
            if key is not None:
                ranks[key] = rank
        if len(self._wanted) >= _MOST_WANTED:
            self._wanted.clear()
        wanted = self._wanted[self._said_of(situation)] = tuple(ranks.items())
        return wanted

    def price(self, row: int) -> Pair:
        """What a unit costs and earns."""
        return Pair(self._list_prices[row], self._settlement_prices[row])

    def charge(self, row: int) -> Charge:
        """How its price becomes an amount."""
        return self._charges.get(row, PER_UNIT)

    def conditions(self, hit: Hit) -> Conditions:
        """When a rate holds."""
        known = self._conditions.get(hit.row)
        return known if known is not None else self._read_conditions(hit)

    def _read_conditions(self, hit: Hit) -> Conditions:
        if len(self._conditions) >= _MOST_WANTED:
            self._conditions.clear()
        said = dict(zip(self._equalities, self._keys[hit.key], strict=False))
        limits = self._limits.get(hit.row) or _days_only(
            self._first_days[hit.row], self._last_days[hit.row]
        )
        read = self._conditions[hit.row] = Conditions(
            place_code=hit.place_code, limits=limits, **said
        )
        return read

    def rate_id(self, item_code: str, hit: Hit) -> str:
        """What a rate is called."""
        known = self._own_ids.get(hit.row) or self._names.get(hit.row)
        if known:
            return known
        if len(self._names) >= _MOST_WANTED:
            self._names.clear()
        name = self._names[hit.row] = name_rate(item_code, self.conditions(hit))
        return name

    def decisive(self, winner: Hit, loser: Hit) -> str:
        """The first dimension in the book's order by which one is more specific than the other."""
        difference = winner.rank ^ loser.rank
        for dimension in self._order:
            bit = self._bit[dimension]
            width = _PLACE_BITS if dimension == "place" else 1
            if difference >> bit & ((1 << width) - 1):
                return dimension
        raise AssertionError("no two rates of a book rank alike")

    # Building

    def add(self, rate: FlatRate) -> None:
        """Take one more rate; those of an item at a place come one after another."""
        at = (rate.item_code, rate.place_code)
        if at != self._filling:
            self.close()
            self._filling = at
        self._filled.append(rate)

    def close(self) -> None:
        """Take the last ones in; a table is asked only when it was closed."""
        if not self._filled:
            return
        first = len(self._list_prices)
        if len(self._filled) > 1:
            self._filled.sort(key=_IN_LEAF)
        layout: list[tuple[int, int]] = []
        key, count = -1, 0
        for rate in self._filled:
            of_rate = self._key(rate.equalities)
            if of_rate != key:
                layout.append((key, count))
                key, count = of_rate, 0
            self._append(rate)
            count += 1
        layout = [*layout[1:], (key, count)]
        item_code, place_code = self._filling
        leaf = first << _SHAPE_BITS | self._shape(tuple(layout))
        self._items.setdefault(item_code, {})[place_code] = leaf
        self._filled = []
        self._asks = ()
        self._wanted.clear()

    def changed(self, leaves: Mapping[tuple[str, str], Iterable[FlatRate]]) -> RateTable:
        """The table with other rates of some items at some places.

        The two share all that is the same: columns and shapes only grow, and each table asks only the
        rows that its own leaves name.

        Args:
            leaves: by item and place all rates that there are then; none: there are none any more.
        """
        table = copy(self)
        table._items, table._wanted, table._asks = dict(self._items), {}, ()
        for (item_code, place_code), rates in leaves.items():
            of_item = dict(table._items.get(item_code, {}))
            leaf = of_item.pop(place_code, None)
            if leaf is not None:
                shape = table._shapes[leaf & _SHAPE_MASK]
                table._count -= sum(map(len, shape.values()))
            table._items[item_code] = of_item
            for rate in rates:
                table.add(rate)
            table.close()
            if not table._items[item_code]:
                del table._items[item_code]
            table._filling = ("", "")
        return table

    def _key(self, equalities: tuple[str, ...]) -> int:
        number = self._numbers.get(equalities)
        if number is None:
            key = (*(equalities[n] for n in self._used), "", "")
            number = self._key_numbers.setdefault(key, len(self._keys))
            if number == len(self._keys):
                self._keys.append(key)
            self._numbers[equalities] = number
        return number

    def _append(self, rate: FlatRate) -> None:
        row = len(self._list_prices)
        self._list_prices.append(rate.list_price_minor)
        self._settlement_prices.append(rate.settlement_price_minor)
        self._first_days.append(rate.first_day)
        self._last_days.append(rate.last_day)
        if rate.limits is not UNLIMITED:
            self._limits[row] = rate.limits
            self._specific.append(
                sum(1 << self._bit[dimension] for dimension in rate.limits.said())
            )
        else:
            always = rate.first_day == FIRST_DAY and rate.last_day == LAST_DAY
            self._specific.append(0 if always else 1 << self._bit["days"])
        if rate.charge is not PER_UNIT:
            self._charges[row] = rate.charge
        if rate.rate_id:
            self._own_ids[row] = rate.rate_id
        self._count += 1

    def _shape(self, layout: tuple[tuple[int, int], ...]) -> int:
        number = self._shape_numbers.setdefault(layout, len(self._shapes))
        if number == len(self._shapes):
            offset, shape = 0, {}
            for key, count in layout:
                shape[key] = tuple(range(offset, offset + count))
                offset += count
            self._shapes.append(shape)
        return number

    def _asked_keys(self) -> Iterator[tuple[int, Callable[[Situation], _Key]]]:
        """For each combination of equalities that the book uses: its rank, and how to read the key
        off a situation. The least specific come last: where a situation leaves a value out, theirs
        is the same key, and their rank the true one."""
        said = {tuple(map(bool, key)) for key in self._keys}
        unlimited = sum(1 << self._bit[d] for d in LIMITS if d in self._bit)
        ranked = []
        for mask in said:
            rank = unlimited
            fields = []
            for dimension, is_said in zip(self._equalities, mask, strict=False):
                rank += 0 if is_said else 1 << self._bit[dimension]
                fields.append(dimension if is_said else "unsaid")
            ranked.append((sum(mask), rank, _reader(fields)))
        ranked.sort(key=lambda each: (-each[0], each[1]))
        for _, rank, key_of in ranked:
            yield rank, key_of


def flat(rate: Rate) -> FlatRate:
    """A rate as a table takes it."""
    conditions, limits = rate.conditions, rate.conditions.limits
    return FlatRate(
        rate.item_code,
        conditions.place_code,
        conditions.equalities(),
        limits.first_day,
        limits.last_day,
        rate.list_price.amount_minor,
        rate.settlement_price.amount_minor,
        limits if limits.beyond_days else UNLIMITED,
        rate.charge,
        rate.rate_id,
    )


def _reader(fields: Sequence[str]) -> Callable[[Situation], _Key]:
    """Reads fields off a situation; two empty ones close them, so that they are a tuple in any
    case."""
    return itemgetter(*map(Situation._fields.index, (*fields, "unsaid", "unsaid")))


def _bits(resolution_order: Sequence[str]) -> dict[str, int]:
    """The lowest bit of each dimension in a rank, the most decisive the highest."""
    bits, at = {}, 0
    for dimension in reversed(resolution_order):
        bits[dimension] = at
        at += _PLACE_BITS if dimension == "place" else 1
    return bits


def _days_only(first_day: int, last_day: int) -> Limits:
    return (
        UNLIMITED if (first_day, last_day) == (FIRST_DAY, LAST_DAY) else Limits(first_day, last_day)
    )
