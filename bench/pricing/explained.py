"""Ours are explained quotes: from what `evaluate` gives, the whole explanation can be said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from services.pricing.domain.book import Side
from services.pricing.domain.price_book import PriceBook
from services.pricing.domain.quote import Question, Quoted, QuotedLine
from services.pricing.domain.rates import Hit
from services.pricing.domain.steps import Rejected, Step, missed_promotions, rejected, steps

_SIDES: Final = (Side.LIST, Side.SETTLEMENT)


class UnexplainedError(Exception):
    """A quote leaves something unsaid."""


def words(book: PriceBook, question: Question, quoted: Quoted) -> list[str]:
    """The explanation of a quote: every step of both sides, then what lost and why."""
    said = [step.explanation for line in _steps(book, quoted) for step in line]
    return said + [lost.reason for lost in _lost(book, question, quoted)]


def check(book: PriceBook, question: Question, quoted: Quoted) -> None:
    """See that nothing is left unsaid.

    Raises:
        UnexplainedError: steps that do not lead from nothing to the amount, a step without its rule
            or its words, a rate that held and lost without a reason.
    """
    for line in _steps(book, quoted):
        if line[0].before.amount_minor != 0:
            raise UnexplainedError(f"{question}: begins at {line[0].before}")
        for before, after in pairwise(line):
            if before.after != after.before:
                raise UnexplainedError(f"{question}: {before.after} became {after.before}")
        if not all(step.rule_id and step.explanation for step in line):
            raise UnexplainedError(f"{question}: a step without its rule or its words")
    lasts = [line[-1].after.amount_minor for line in _steps(book, quoted)]
    amounts = [amount for line in quoted.lines for amount in line.amounts]
    if lasts != amounts:
        raise UnexplainedError(f"{question}: the steps end at {lasts}, the lines at {amounts}")
    lost = list(_lost(book, question, quoted))
    held = sum(len(_held(book, question, line)) - 1 for line in quoted.lines)
    if len(lost) < held or not all(each.rule_id and each.reason for each in lost):
        raise UnexplainedError(f"{question}: {held} rates lost, {len(lost)} reasons are given")


def _steps(book: PriceBook, quoted: Quoted) -> Iterator[list[Step]]:
    for number in range(len(quoted.lines)):
        for side in _SIDES:
            yield list(steps(book, quoted, number, side))


def _held(book: PriceBook, question: Question, line: QuotedLine) -> Sequence[Hit]:
    return book.rates.holding(line.item.item_code, question.situation, line.line.quantity)


def _lost(book: PriceBook, question: Question, quoted: Quoted) -> Iterator[Rejected]:
    for line in quoted.lines:
        yield from rejected(book, line, question.situation)
    yield from missed_promotions(quoted)
