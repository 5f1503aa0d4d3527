"""What is told of a quote adds up, whatever the quote."""

from __future__ import annotations

import pytest

from cli.price_lines import as_lines
from kit.money import Money
from services.pricing.convert.explanations import explanation_of
from services.pricing.convert.views import CUSTOMER, view_of
from tests.unit.pricing.golden.quotes import FOLDER, book_in, questions_in, quoted_in

GOLDEN = FOLDER / "evaluator_1"
NAMES = sorted(questions_in(GOLDEN))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("side", ["customer", "payee"])
def test_the_parts_of_a_line_sum_to_it_in_its_currency(name: str, side: str) -> None:
    quote = quoted_in(book_in(GOLDEN), questions_in(GOLDEN)[name], "zh")
    shown = view_of(quote, CUSTOMER if side == "customer" else frozenset({"settlement"}))
    told = explanation_of(shown)
    for line, parts in zip(shown.lines, told.lines, strict=True):
        amount = line.amount if side == "customer" else line.settlement_amount
        assert {part.amount.currency for part in parts.parts} == {amount.currency}
        assert sum(part.amount.amount_minor for part in parts.parts) == amount.amount_minor


@pytest.mark.parametrize("name", NAMES)
def test_fee_lines_sum_to_the_total(name: str) -> None:
    quote = quoted_in(book_in(GOLDEN), questions_in(GOLDEN)[name], "zh")
    said = as_lines(quote)
    amounts = [Money.of(said["currency"], line["amount"]) for line in said["lines"]]
    total = sum((amount.amount_minor for amount in amounts), 0)
    assert total == quote.total.amount_minor
