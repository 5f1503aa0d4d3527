"""What is kept back of a payment for the tax office (代扣), and each step of it in words.

Incomes of the table's span are added up, the table gives the tax of all of them, and what was
withheld before is taken off; rounded once, so that what a year withholds in sum is what the table
says of the year. It is never below zero: what was withheld too much is carried and makes the next
ones less; the rest comes back with the payee's own annual settlement.

Sources: Individual Income Tax Law and its implementation regulations, article 14 (a payment, or a
month of continuing income, as one 次); State Taxation Administration announcements 2018 no. 61
(withholding from labour service) and 2025 no. 16 (platform workers, cumulatively since 2025-10).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from kit.errors import FailedPrecondition, InvalidArgument
from kit.money import Money, round_minor
from services.settlement.domain.tax import wording
from services.settlement.domain.tax.profile import INVOICED, WITHHELD_FROM, PayeeProfile
from services.settlement.domain.tax.table import MonthsCounted, Span, TaxTable
from services.settlement.domain.tax.wording import Step


@dataclass(frozen=True, slots=True)
class Paid:
    """What was paid and withheld in some time, in minor units; reversed payments are not in it."""

    gross_minor: int = 0
    tax_minor: int = 0

    def plus(self, other: Paid) -> Paid:
        """Both together."""
        return Paid(self.gross_minor + other.gross_minor, self.tax_minor + other.tax_minor)


@dataclass(frozen=True, slots=True)
class SoFar:
    """What a payee was paid before in the same calendar year, under the same profile kind and in
    the same currency, by month (1 to 12)."""

    months: Mapping[int, Paid] = field(default_factory=dict)

    def within(self, span: Span, month: int) -> Paid:
        """What is added up with a payment of this month."""
        match span:
            case Span.PAYMENT:
                return Paid()
            case Span.MONTH:
                return self.months.get(month, Paid())
            case Span.YEAR:
                whole = Paid()
                for paid in self.months.values():
                    whole = whole.plus(paid)
                return whole

    def month_count(self, counted: MonthsCounted, month: int) -> int:
        """Months of the year with an income, this one included."""
        paid_in = {each for each, paid in self.months.items() if paid.gross_minor > 0} | {month}
        if counted is MonthsCounted.WITH_INCOME:
            return len(paid_in)
        run = 1
        while month - run in paid_in:
            run += 1
        return run


@dataclass(frozen=True, slots=True)
class Withholding:
    """What a payment comes to.

    Args:
        tax_table_id: by which table; empty when nothing is withheld.
        carried: withheld before beyond what is due by now; later payments make it good.
        steps: how it was computed, line by line, in both languages.
    """

    profile: PayeeProfile
    tax_table_id: str
    gross: Money
    tax: Money
    carried: Money
    steps: tuple[Step, ...]

    @property
    def net(self) -> Money:
        """What is paid."""
        return self.gross - self.tax

    @property
    def needs_invoice(self) -> bool:
        """Whether it is paid against an invoice only."""
        return self.profile.profile_kind in INVOICED


def withhold(
    profile: PayeeProfile, so_far: SoFar, gross: Money, on: date, tables: Iterable[TaxTable]
) -> Withholding:
    """Compute what is kept back of a payment.

    Args:
        profile: the payee's, on the day of payment.
        so_far: what was paid before in the day's year.
        gross: what is due to the payee, above zero.
        on: the day of payment in Shanghai; whenever the work was done.
        tables: approved ones, the last word last.

    Raises:
        InvalidArgument: ``SETTLEMENT_TAX_AMOUNT_INVALID`` for a gross amount not above zero.
        FailedPrecondition: ``SETTLEMENT_TAX_TABLE_MISSING`` when no table holds on the day,
            ``SETTLEMENT_TAX_CURRENCY`` when the table is in another currency.
    """
    if gross.amount_minor <= 0:
        raise InvalidArgument(
            "SETTLEMENT_TAX_AMOUNT_INVALID", "tax is of an amount above zero", field="amount"
        )
    if profile.profile_kind in WITHHELD_FROM:
        table = table_on(tables, profile, on)
        return _withheld(profile, table, so_far, gross, on.month)
    nothing = Money(gross.currency, 0)
    steps = wording.nothing_withheld(profile, gross)
    return Withholding(profile, "", gross, nothing, nothing, steps)


def table_on(tables: Iterable[TaxTable], profile: PayeeProfile, on: date) -> TaxTable:
    """The table that counts on a day: the one that began last, of two from one day the last word.

    Raises:
        FailedPrecondition: ``SETTLEMENT_TAX_TABLE_MISSING``.
    """
    kind = profile.profile_kind
    holding = [each for each in tables if each.profile_kind is kind and each.valid_from <= on]
    if not holding:
        raise FailedPrecondition(
            "SETTLEMENT_TAX_TABLE_MISSING",
            f"no approved tax table for {kind} holds on {on}; put one and have it approved",
            field="amount",
        )
    newest = max(each.valid_from for each in holding)
    return [each for each in holding if each.valid_from == newest][-1]


def tax_of(table: TaxTable, income_minor: int, month_count: int) -> int:
    """The tax of an income added up over the table's span, in minor units, rounded once."""
    taxable = _taxable(table, income_minor, month_count)
    bracket = table.bracket_for(taxable)
    return round_minor(taxable * bracket.ratio - bracket.quick_deduction_minor, table.rounding)


def _taxable(table: TaxTable, income_minor: int, month_count: int) -> Fraction:
    allowance = table.allowance_for(income_minor)
    deducted = allowance.fixed_minor + income_minor * allowance.ratio
    return max(Fraction(0), income_minor - deducted - table.monthly_minor * month_count)


def _withheld(
    profile: PayeeProfile, table: TaxTable, so_far: SoFar, gross: Money, month: int
) -> Withholding:
    if gross.currency != table.currency:
        raise FailedPrecondition(
            "SETTLEMENT_TAX_CURRENCY",
            f"{profile.profile_kind} is taxed in {table.currency}: convert the balance first, then"
            " pay",
            field="amount.currency",
        )
    before = so_far.within(table.span, month)
    months = so_far.month_count(table.months_counted, month)
    income = before.gross_minor + gross.amount_minor
    due = tax_of(table, income, months)
    tax = min(max(0, due - before.tax_minor), gross.amount_minor)
    taxable = _taxable(table, income, months)
    worked = wording.Worked(
        table, gross, before.gross_minor, before.tax_minor, months, taxable, due, tax
    )
    carried = max(0, before.tax_minor - due)
    money = Money(gross.currency, tax)
    return Withholding(
        profile,
        table.tax_table_id,
        gross,
        money,
        Money(gross.currency, carried),
        wording.steps_of(worked),
    )
