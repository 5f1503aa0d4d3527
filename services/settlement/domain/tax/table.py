"""Tax tables (预扣率表): what is kept back of an income, as dated data that an accountant confirms.

    income  less what is deducted of it (费用), less so much a month (减除费用)
            = taxable income → its bracket's rate, less the quick deduction (速算扣除数)

Over which span incomes are added up, one payment, a month or a year, is the table's word too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from kit.errors import InvalidArgument
from kit.money import MINOR_DIGITS, Rounding
from services.settlement.domain.tax.profile import WITHHELD_FROM, ProfileKind


class Span(StrEnum):
    """What incomes are added up over before the table is applied."""

    PAYMENT = "payment"  # 按次
    MONTH = "month"  # 同一项目连续性收入以一个月为一次
    YEAR = "year"  # 累计预扣


class MonthsCounted(StrEnum):
    """For how many months of the year the monthly deduction is taken."""

    WITH_INCOME = "with_income"  # every month somebody was paid in, this one included
    UNBROKEN = "unbroken"  # the run of such months that ends with this one


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is deducted of an income up to a bound: something fixed and a part of the income.

    Args:
        up_to_minor: the highest income it is for; None: any.
    """

    up_to_minor: int | None
    fixed_minor: int
    ratio: Fraction


@dataclass(frozen=True, slots=True)
class Bracket:
    """The rate of taxable income up to a bound, and what is taken off so that brackets meet.

    Args:
        up_to_minor: the highest taxable income it is for; None: any.
    """

    up_to_minor: int | None
    ratio: Fraction
    quick_deduction_minor: int


@dataclass(frozen=True, slots=True)
class TaxTable:
    """One put of a table; amounts in minor units of its currency.

    Args:
        tax_table_id: ``tt_…``.
        profile_kind: from whom it withholds.
        valid_from: the first day of payment it counts for, in Shanghai.
        monthly_minor: deducted for each month counted; only over a year.
        rounding: how the tax becomes whole minor units, once.
    """

    tax_table_id: str
    profile_kind: ProfileKind
    currency: str
    valid_from: date
    span: Span
    allowances: tuple[Allowance, ...]
    brackets: tuple[Bracket, ...]
    monthly_minor: int = 0
    months_counted: MonthsCounted = MonthsCounted.WITH_INCOME
    rounding: Rounding = Rounding.HALF_UP

    def allowance_for(self, income_minor: int) -> Allowance:
        """What is deducted of an income."""
        return next(
            each
            for each in self.allowances
            if each.up_to_minor is None or income_minor <= each.up_to_minor
        )

    def bracket_for(self, taxable: Fraction) -> Bracket:
        """The bracket of a taxable income."""
        return next(
            each
            for each in self.brackets
            if each.up_to_minor is None or taxable <= each.up_to_minor
        )


def check_table(table: TaxTable) -> None:
    """Refuse a table that could not be computed with, or in which two brackets do not meet.

    Raises:
        InvalidArgument: ``SETTLEMENT_TAX_TABLE_INVALID``, naming the field.
    """
    if table.profile_kind not in WITHHELD_FROM:
        raise _invalid(
            f"only {', '.join(WITHHELD_FROM)} are withheld from; there is nothing to put for others",
            "profile_kind",
        )
    if table.currency not in MINOR_DIGITS:
        raise _invalid(f"{table.currency!r} is none of {', '.join(MINOR_DIGITS)}", "currency")
    if table.monthly_minor < 0 or (table.monthly_minor and table.span is not Span.YEAR):
        why = "so much a month is deducted only of what is added up over a year"
        raise _invalid(why, "monthly_minor")
    _check_bounds([each.up_to_minor for each in table.allowances], "allowances")
    _check_bounds([each.up_to_minor for each in table.brackets], "brackets")
    for i, allowance in enumerate(table.allowances):
        if allowance.fixed_minor < 0 or not 0 <= allowance.ratio <= 1:
            raise _invalid("nothing negative, nothing above the income itself", f"allowances[{i}]")
    for i, bracket in enumerate(table.brackets):
        if bracket.quick_deduction_minor < 0 or not 0 <= bracket.ratio < 1:
            raise _invalid("a rate from 0 to below 1, a deduction from 0", f"brackets[{i}]")
    _check_meeting(table.brackets)


def _check_bounds(bounds: Sequence[int | None], name: str) -> None:
    if not bounds or bounds[-1] is not None:
        raise _invalid("the last row has no upper bound, so that any income has one", name)
    limits = [-1 if bound is None else bound for bound in bounds[:-1]]
    if any(low >= high for low, high in pairwise([0, *limits])):
        raise _invalid("upper bounds grow from row to row", name)


def _check_meeting(brackets: Sequence[Bracket]) -> None:
    """Where one bracket ends and the next begins both say the same tax; that is what the quick
    deduction is for, and what finds a mistyped one."""
    for i, (low, high) in enumerate(pairwise(brackets), 1):
        bound = low.up_to_minor or 0
        ends = bound * low.ratio - low.quick_deduction_minor
        begins = bound * high.ratio - high.quick_deduction_minor
        if ends != begins:
            raise _invalid(
                f"at its lower bound it says {begins} and the row before {ends}, in minor units:"
                " check rate and quick deduction",
                f"brackets[{i}]",
            )


def _invalid(message: str, field: str) -> InvalidArgument:
    return InvalidArgument("SETTLEMENT_TAX_TABLE_INVALID", message, field=f"tax_table.{field}")
