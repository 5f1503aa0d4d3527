"""Explained quotes in process beside ZEN's decision table and beside one SQL look-up a price.

Every answer of the other side is compared with ours before anything is measured: the rate it names and
both totals. What each side is asked is made ready beforehand, in the form it takes. Beside ZEN, times
are CPU time of this process, which does all the work; beside SQL they are time on the clock, since
there one waits.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeVar

from bench.harness import Figure, Result, Round, alternate
from bench.pricing import explained, ours, rules, sql, zen_rules, zen_table
from bench.pricing.book import Row, item_code
from bench.pricing.questions import Question, questions
from services.pricing.domain import quote
from services.pricing.domain.book import name_rate
from services.pricing.domain.price_book import PriceBook
from services.pricing.domain.quote import evaluate

#: How many questions ours is asked in a round; all of them are compared.
ASKED: Final = 10_000
#: How many of them the others are asked in a round, for about half a second each.
_OF_ZEN: Final = 2_000
_OF_ZEN_TRACED: Final[Mapping[int, int]] = {1_000: 400, 10_000: 50, 100_000: 8}
_OF_SQL: Final = 1_000
#: How many of our answers are put into words, to see that nothing is missing.
_EXPLAINED: Final = 200

Asked = TypeVar("Asked")
Ask = Callable[[Any], object]


class Answer(NamedTuple):
    """What two sides must agree on."""

    rate_id: str
    total: int
    settlement_total: int


class DifferentAnswerError(Exception):
    """A baseline does not say what we say: there is nothing to compare speeds of."""


@dataclass(frozen=True, slots=True)
class Book:
    """A book of a size with its questions, ready to be asked."""

    rows: Sequence[Row]
    book: PriceBook
    asked: Sequence[Question]

    @classmethod
    def of(cls, rows: Sequence[Row], book: PriceBook) -> Book:
        """With the questions that belong to it."""
        return cls(rows, book, questions(rows, ASKED))

    @property
    def size(self) -> int:
        """How many rates it has."""
        return len(self.rows)

    def answer(self, question: Question) -> Answer:
        """What we say."""
        quoted = evaluate(self.book, ours.question_of(question))
        rate_id = self.book.rates.rate_id(item_code(question.item), quoted.lines[0].rate)
        return Answer(rate_id, quoted.total, quoted.settlement_total)

    def answer_of(self, question: Question, number: int, list_price: int, paid: int) -> Answer:
        """What another side says that names a rate by its number, and its prices."""
        row = self.rows[number]
        rate_id = name_rate(item_code(row.item), ours.conditions_of(row))
        return Answer(rate_id, list_price * question.quantity, paid * question.quantity)

    def asking(self) -> tuple[Ask, list[Any]]:
        """How we are asked, and all the questions in our form; a sample is explained first."""
        asked = [ours.question_of(each) for each in self.asked]
        return explaining(self.book, asked), asked


async def beside_zen(book: Book, rounds: int) -> list[Result]:
    """Rates a second: ours, ZEN by its index, and ZEN with its trace on."""
    engine = zen_table.engine_of(book.rows)
    traced = _OF_ZEN_TRACED[book.size]

    def by_index(context: dict[str, Any]) -> Any:
        return engine.evaluate(zen_table.KEY, context)

    def with_trace(context: dict[str, Any]) -> Any:
        return engine.evaluate(zen_table.KEY, context, {"trace": True})

    def answer(ask: Ask, question: Question) -> Answer:
        said: Any = ask(zen_table.context_of(question))
        found = said["result"]
        return book.answer_of(
            question, found["rate"], found["list_price"], found["settlement_price"]
        )

    compare(book.asked, book.answer, lambda question: answer(by_index, question))
    compare(book.asked[:traced], book.answer, lambda question: answer(with_trace, question))
    contexts = [zen_table.context_of(question) for question in book.asked]
    evaluating, own = book.asking()

    def in_words(question: quote.Question) -> object:
        return explained.words(book.book, question, evaluate(book.book, question))

    results = []
    for case, our_ask, ask, count in (
        (f"zen-indexed {book.size}", evaluating, by_index, _OF_ZEN),
        (f"zen-traced {book.size}", evaluating, with_trace, traced),
        (f"zen-traced {book.size}, ours in words", in_words, with_trace, traced),
    ):
        mine = asking(case, our_ask, own, time.process_time)
        theirs = asking(case, ask, contexts[:count], time.process_time)
        results += await alternate(mine, theirs, rounds, {case: f"{ASKED} answers compared"})
    return results


async def full_rules_beside_zen(rows: Sequence[Row], rounds: int) -> list[Result]:
    """The same where modifiers, promotions and taxes are computed as well."""
    book, engine = rules.price_book(rows), zen_rules.engine_of(rows)
    asked, size = rules.asked(rows, ASKED), len(rows)
    traced = _OF_ZEN_TRACED[size]

    def by_index(context: Any) -> Any:
        return engine.evaluate(zen_table.KEY, context)

    def with_trace(context: Any) -> Any:
        return engine.evaluate(zen_table.KEY, context, {"trace": True})

    def our_totals(question: rules.Asked) -> tuple[int, int]:
        quoted = evaluate(book, rules.question_of(question))
        return quoted.total, quoted.settlement_total

    def its_totals(question: rules.Asked) -> tuple[int, int]:
        said = by_index(zen_rules.context_of(question))["result"]
        return said["total"], said["settlement_total"]

    compare(asked, our_totals, its_totals)
    own = [rules.question_of(each) for each in asked]
    mine = explaining(book, own)
    contexts = [zen_rules.context_of(each) for each in asked]
    results = []
    for case, ask, count in (
        (f"rules zen-indexed {size}", by_index, _OF_ZEN),
        (f"rules zen-traced {size}", with_trace, traced),
    ):
        ours_round = asking(case, mine, own, time.process_time)
        theirs = asking(case, ask, contexts[:count], time.process_time)
        results += await alternate(ours_round, theirs, rounds, {case: "the full rule set"})
    return results


async def beside_sql(connection: sql.Connection, book: Book, rounds: int) -> list[Result]:
    """Rates a second: ours, and one prepared statement a price."""
    table = f"rate_{book.size}"
    sql.fill(connection, table, book.rows)
    way = sql.fastest(connection, table, book.asked)
    look_up = sql.LookUp(connection, table, way)

    def answer(question: Question) -> Answer:
        return book.answer_of(question, *look_up(sql.parameters_of(question)))

    compare(book.asked, book.answer, answer)
    case = f"sql {book.size}"
    parameters = [sql.parameters_of(question) for question in book.asked[:_OF_SQL]]
    return await alternate(
        asking(case, *book.asking(), time.perf_counter),
        asking(case, look_up, parameters, time.perf_counter),
        rounds,
        {case: f"places by {way}, the faster way here"},
    )


async def growth(small: Book, large: Book, rounds: int) -> list[Result]:
    """What a quote costs in a large book, beside the same in a small one."""
    case = f"growth {small.size} to {large.size}"
    return await alternate(
        asking(case, *large.asking(), time.process_time),
        asking(case, *small.asking(), time.process_time),
        rounds,
        {case: "ours: the large book, baseline: the small one; goal 0.5"},
    )


def explaining(book: PriceBook, asked: Sequence[quote.Question]) -> Ask:
    """How we are asked, after a sample of the answers was explained in words to the last step."""
    for question in asked[:_EXPLAINED]:
        explained.check(book, question, evaluate(book, question))
    return lambda question: evaluate(book, question)


def compare(
    asked: Iterable[Asked],
    mine: Callable[[Asked], tuple[Any, ...]],
    theirs: Callable[[Asked], tuple[Any, ...]],
) -> None:
    """Compare every answer.

    Raises:
        DifferentAnswerError: naming the first question that is answered otherwise.
    """
    for question in asked:
        said, other = mine(question), theirs(question)
        if said != other:
            raise DifferentAnswerError(f"{question}: ours {said}, the baseline {other}")


def asking(case: str, ask: Ask, asked: Sequence[Any], clock: Callable[[], float]) -> Round:
    """Ask everything once a round; what is there before is not the garbage collector's business."""

    async def one_round() -> list[Figure]:
        gc.collect()
        gc.freeze()
        began = clock()
        for each in asked:
            ask(each)
        return [Figure(case, len(asked) / (clock() - began), "quotes/s", "higher")]

    return one_round
