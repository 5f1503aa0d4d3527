"""What is asked of a book: one line each, in a situation where the answer takes looking."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final, NamedTuple

from bench.pricing import places
from bench.pricing.book import (
    FIRST_QUESTION_DAY,
    LAST_QUESTION_DAY,
    LEVELS,
    MODES,
    SEED,
    Row,
)

#: The part of the questions that are asked from a business circle which has no price list of the
#: item, so that a wider place answers; in the others the circle has one.
MISSES: Final = 0.5
_MOST_QUANTITY: Final = 3


class Question(NamedTuple):
    """One line and its situation, in the numbers of the book."""

    item: int
    circle: int
    mode: int
    level: int
    day: int
    quantity: int


def questions(rows: Sequence[Row], count: int, seed: int = SEED) -> list[Question]:
    """So many questions about a book, drawn evenly over its rates."""
    chance = random.Random(seed)
    priced = {(row.item, row.place) for row in rows}
    finest = places.of_depth(places.FINEST)
    here = [row for row in rows if row.place in finest]
    wider = [row for row in rows if row.place not in finest]
    asked: list[Question] = []
    while len(asked) < count:
        if chance.random() < MISSES:
            row = chance.choice(wider)
            circle = chance.choice(places.circles_in(row.place))
            if (row.item, circle) in priced:
                continue
        else:
            row = chance.choice(here)
            circle = row.place
        asked.append(_question(row.item, circle, chance))
    return asked


def _question(item: int, circle: int, chance: random.Random) -> Question:
    return Question(
        item=item,
        circle=circle,
        mode=chance.randrange(1, len(MODES)),
        level=chance.randrange(1, len(LEVELS)),
        day=chance.randint(FIRST_QUESTION_DAY, LAST_QUESTION_DAY),
        quantity=chance.randint(1, _MOST_QUANTITY),
    )
