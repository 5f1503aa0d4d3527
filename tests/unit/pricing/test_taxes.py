"""Taxes and currencies."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.pricing.domain.book import Side, TaxRule
from services.pricing.domain.taxes import ExchangeRate
from tests.unit.pricing.books import INSIDE, OUTSIDE, ask, book_of, one, rate, when

THB = ExchangeRate("er_1", "CNY", "THB", "4.6512", datetime(2026, 3, 1, tzinfo=UTC))
JPY = ExchangeRate("er_2", "CNY", "JPY", "21.37", datetime(2026, 3, 1, tzinfo=UTC))


def vat(ratio: str = "0.06", *, inclusive: bool = False, **more: Any) -> TaxRule:
    return TaxRule("VAT", "增值税", Side.LIST, ratio, inclusive, **more)


def test_an_exclusive_tax_is_added_and_an_inclusive_one_is_told() -> None:
    added = ask(book_of(rate(10000), vat()), one())
    contained = ask(book_of(rate(10600), vat(inclusive=True)), one())
    assert (added.total, contained.total) == (10600, 10600)
    assert [tax.amount for tax in (*added.quoted.taxes, *contained.quoted.taxes)] == [600, 600]


def test_what_is_paid_back_is_an_amount_of_its_own() -> None:
    answer = ask(book_of(rate(10000), vat(refundable_ratio="0.5")), one())
    [tax] = answer.quoted.taxes
    assert (tax.amount, tax.refund, answer.total) == (600, -300, 10300)
    contained = ask(book_of(rate(10600), vat(inclusive=True, refundable_ratio="1")), one())
    assert contained.total == 10000


def test_taxes_are_of_each_line_and_sum_to_the_total() -> None:
    answer = ask(book_of(rate(33), rate(8, item="Y"), vat("0.05")), one(3), one(item="Y"))
    assert [(tax.line, tax.taxed, tax.amount) for tax in answer.quoted.taxes] == [
        (0, 99, 5),
        (1, 8, 0),
    ]
    assert answer.total == 99 + 5 + 8


def test_a_tax_holds_by_region_and_kind_of_payee() -> None:
    withheld = TaxRule("WHT", "预扣", Side.SETTLEMENT, "0.2", inclusive=False, payee_kind="person")
    ring = vat(conditions=when("BJ-RING5"))
    book = book_of(rate(10000, settlement=5000), withheld, ring)
    person = ask(book, one(), payee_kind="person")
    company = ask(book, one(), payee_kind="company", situation=INSIDE)
    assert (person.total, person.settlement_total) == (10000, 6000)
    assert (company.total, company.settlement_total) == (10600, 5000)


@pytest.mark.parametrize(("exchange", "total"), [(THB, 46512), (JPY, 2137)])
def test_each_line_is_exchanged_by_a_rate_that_is_named(exchange: ExchangeRate, total: int) -> None:
    answer = ask(book_of(rate(10000)), one(), exchange_rate=exchange)
    assert (answer.quoted.currency, answer.total) == (exchange.to_currency, total)
    last = answer.steps()[-1]
    assert (last.phase, last.rule_id) == ("currency", exchange.exchange_rate_id)
    assert (last.before.currency, last.after.currency) == ("CNY", exchange.to_currency)
    assert last.explanation.startswith(f"汇率 CNY→{exchange.to_currency} {exchange.ratio}（2026-")


def test_taxes_are_computed_in_the_currency_of_the_quote() -> None:
    answer = ask(book_of(rate(10000), vat("0.07")), one(), exchange_rate=THB, situation=OUTSIDE)
    [tax] = answer.quoted.taxes
    assert (tax.taxed, tax.amount, answer.total) == (46512, 3256, 49768)
