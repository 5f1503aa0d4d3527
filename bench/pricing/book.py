"""The book whose prices are asked, the same for a seed and a size wherever it is made.

A company sells a fiftieth as many items as its book has rates, 5,000 at most. Each has a price that
always holds in the whole country. All other prices stand in *price lists*: of one item, at one
place, which is a macro-region, a province, a city, a district or a business circle (5 : 25 : 40 :
20 : 10; places within a depth are drawn evenly, none twice for an item).

What a price list distinguishes is drawn from `PATTERNS`: nothing, cooperation modes, customer
levels, the quarters of 2026, or two of these. It always has the price that holds for whoever is not
distinguished; of the others one in ten was left out, so that a question falls back within the list
or to a wider place. The last list is cut where the book has its size.

The declared order is cooperation mode, customer level, place, days: a price for the mode anywhere
above the asker beats one for any mode at the very place.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from itertools import islice, product
from typing import Final, NamedTuple

from bench.pricing import places

SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
SEED: Final = 20_260_302
RESOLUTION_ORDER: Final = ("cooperation_mode", "customer_level", "place", "days")
#: The first stands for any.
MODES: Final = ("", "direct", "franchise", "key_account", "partner", "platform")
LEVELS: Final = ("", "diamond", "gold", "silver", "standard", "small")

_RATES_AN_ITEM: Final = 50
_MOST_ITEMS: Final = 5_000
_DEPTH_WEIGHTS: Final = (0, 5, 25, 40, 20, 10)
_LEFT_OUT: Final = 0.1

Window = tuple[int, int]

ALWAYS: Final[Window] = (date.min.toordinal(), date.max.toordinal())
_QUARTERS: Final[tuple[Window, ...]] = tuple(
    (
        date(2026, month, 1).toordinal(),
        date(2026 + month // 10, (month + 3) % 12, 1).toordinal() - 1,
    )
    for month in (1, 4, 7, 10)
)
FIRST_QUESTION_DAY: Final = _QUARTERS[0][0]
LAST_QUESTION_DAY: Final = _QUARTERS[-1][1]


class Pattern(NamedTuple):
    """What a price list distinguishes: how many modes and levels beside "any", and quarters."""

    modes: int
    levels: int
    quarters: bool


#: How often each is drawn, of a hundred.
PATTERNS: Final = {
    Pattern(0, 0, quarters=False): 40,
    Pattern(3, 0, quarters=False): 25,
    Pattern(0, 3, quarters=False): 10,
    Pattern(0, 0, quarters=True): 10,
    Pattern(3, 2, quarters=False): 10,
    Pattern(3, 0, quarters=True): 5,
}


class Row(NamedTuple):
    """One rate: numbers of its item, place, mode and level, ordinals of its days, prices in fen."""

    item: int
    place: int
    mode: int
    level: int
    first_day: int
    last_day: int
    list_price: int
    settlement_price: int


def item_count(size: int) -> int:
    """How many items a book of so many rates has."""
    return min(size // _RATES_AN_ITEM, _MOST_ITEMS)


def item_code(item: int) -> str:
    """What an item is called in a book."""
    return f"ITEM-{item:05}"


def rows(size: int, seed: int = SEED) -> Iterator[Row]:
    """Every rate of the book of so many rates."""
    chance = random.Random(seed)
    return islice(_rows(item_count(size), chance), size)


def _rows(items: int, chance: random.Random) -> Iterator[Row]:
    for item in range(items):
        yield _priced(item, 0, 0, 0, ALWAYS, chance)
    seen: set[tuple[int, int]] = set()
    patterns, weights = list(PATTERNS), list(PATTERNS.values())
    while True:
        item = chance.randrange(items)
        (depth,) = chance.choices(range(len(_DEPTH_WEIGHTS)), _DEPTH_WEIGHTS)
        place = chance.choice(places.of_depth(depth))
        if (item, place) in seen:
            continue
        seen.add((item, place))
        (pattern,) = chance.choices(patterns, weights)
        yield from _price_list(item, place, pattern, chance)


def _price_list(item: int, place: int, pattern: Pattern, chance: random.Random) -> Iterator[Row]:
    modes = (0, *sorted(chance.sample(range(1, len(MODES)), pattern.modes)))
    levels = (0, *sorted(chance.sample(range(1, len(LEVELS)), pattern.levels)))
    windows = (ALWAYS, *_QUARTERS) if pattern.quarters else (ALWAYS,)
    for mode, level, window in product(modes, levels, windows):
        is_distinguished = mode or level or window is not ALWAYS
        if is_distinguished and chance.random() < _LEFT_OUT:
            continue
        yield _priced(item, place, mode, level, window, chance)


def _priced(
    item: int, place: int, mode: int, level: int, window: Window, chance: random.Random
) -> Row:
    list_price = chance.randrange(5_000, 200_000)
    share = chance.randrange(55, 80)
    return Row(item, place, mode, level, *window, list_price, list_price * share // 100)
