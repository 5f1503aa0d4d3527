"""Our side: the same book and questions as the evaluator takes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Final

from bench.pricing import places
from bench.pricing.book import ALWAYS, LEVELS, MODES, RESOLUTION_ORDER, Row, item_code
from bench.pricing.questions import Question
from kit.money import Rounding
from services.pricing.domain import quote
from services.pricing.domain.book import BookHead, PricedItem
from services.pricing.domain.conditions import UNLIMITED, Conditions, Limits, Situation
from services.pricing.domain.modifiers import Line
from services.pricing.domain.price_book import PriceBook
from services.pricing.domain.rates import FlatRate, RateTable

CURRENCY: Final = "CNY"
BOOK_CODE: Final = "bench"


def head() -> BookHead:
    """What the book says beside its rates."""
    return BookHead(BOOK_CODE, CURRENCY, RESOLUTION_ORDER, phases=(), rounding=Rounding.HALF_UP)


def items_of(rows: Iterable[Row]) -> Iterator[PricedItem]:
    """The items that the rates are of."""
    return items_of_numbers(row.item for row in rows)


def items_of_numbers(items: Iterable[int]) -> Iterator[PricedItem]:
    """Items by their numbers, each once."""
    for item in sorted(set(items)):
        yield PricedItem(item_code(item), f"项目{item}", "project_library", "次")


def conditions_of(row: Row) -> Conditions:
    """When a rate holds."""
    window = (row.first_day, row.last_day)
    return Conditions(
        place_code=places.code_of(row.place),
        cooperation_mode=MODES[row.mode],
        customer_level=LEVELS[row.level],
        limits=UNLIMITED if window == ALWAYS else Limits(*window),
    )


def rates_of(rows: Iterable[Row]) -> RateTable:
    """The rates in memory."""
    table = RateTable(RESOLUTION_ORDER)
    for row in sorted(rows, key=lambda row: (row.item, row.place)):
        table.add(
            FlatRate(
                item_code(row.item),
                places.code_of(row.place),
                _equalities(row.mode, row.level),
                row.first_day,
                row.last_day,
                row.list_price,
                row.settlement_price,
            )
        )
    table.close()
    return table


@cache
def _equalities(mode: int, level: int) -> tuple[str, ...]:
    return Conditions(cooperation_mode=MODES[mode], customer_level=LEVELS[level]).equalities()


def price_book(rows: Sequence[Row]) -> PriceBook:
    """The book in memory."""
    return PriceBook(1, "", head(), items=items_of(rows), rates=rates_of(rows))


def question_of(question: Question) -> quote.Question:
    """A question as the evaluator takes it."""
    situation = Situation(
        cooperation_mode=MODES[question.mode],
        customer_level=LEVELS[question.level],
        places=places.codes_of(question.circle),
        day=question.day,
    )
    return quote.Question([Line(item_code(question.item), question.quantity)], situation)
