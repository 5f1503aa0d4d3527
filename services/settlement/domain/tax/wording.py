"""The steps of a withholding in Chinese and English, as the payee and the tax office read them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from kit.money import Money, round_minor, to_fraction
from services.settlement.domain.tax.profile import PayeeProfile, ProfileKind
from services.settlement.domain.tax.table import Span, TaxTable


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a computation.

    Args:
        step_kind: "income", "allowance", "monthly", "taxable", "due", "before", "tax", "net",
            "nothing", "vat".
        amount: what the line comes to.
    """

    step_kind: str
    amount: Money
    chinese: str
    english: str


@dataclass(frozen=True, slots=True)
class Worked:
    """A computation done, in minor units of the table's currency."""

    table: TaxTable
    gross: Money
    before_gross_minor: int
    before_tax_minor: int
    month_count: int
    taxable: Fraction
    due_minor: int
    tax_minor: int


_SPANS: Final = {
    Span.PAYMENT: ("本次", "this payment's"),
    Span.MONTH: ("本月", "this month's"),
    Span.YEAR: ("本年累计", "this year's"),
}
_NOTHING: Final = {
    ProfileKind.EMPLOYEE: (
        "员工：个人所得税随工资由公司代扣，这里不扣",
        "an employee: income tax is withheld with the payroll, nothing here",
    ),
    ProfileKind.SOLE_TRADER: (
        "个体工商户：凭发票付款，不代扣",
        "a sole trader: paid against an invoice, nothing is withheld",
    ),
    ProfileKind.COMPANY: (
        "公司：凭发票付款，不代扣",
        "a company: paid against an invoice, nothing is withheld",
    ),
}


def steps_of(worked: Worked) -> tuple[Step, ...]:
    """A withholding step by step; steps that say nothing are left out."""
    return tuple(_steps(worked))


def _steps(worked: Worked) -> Iterator[Step]:
    table, gross = worked.table, worked.gross
    zh, en = _SPANS[table.span]
    income = Money(gross.currency, worked.before_gross_minor + gross.amount_minor)
    before = Money(gross.currency, worked.before_gross_minor)
    yield Step(
        "income",
        income,
        f"{zh}收入 {before} + 本次 {gross} = {income}"
        if before.amount_minor
        else f"{zh}收入 {income}",
        f"{en} income {before} + {gross} now = {income}"
        if before.amount_minor
        else f"{en} income {income}",
    )
    yield _allowance(table, income)
    if table.monthly_minor:
        each = Money(gross.currency, table.monthly_minor)
        all_months = Money(gross.currency, table.monthly_minor * worked.month_count)
        yield Step(
            "monthly",
            -all_months,
            f"减除费用 {each} × {worked.month_count} 个月 = {all_months}",
            f"deducted for months: {each} × {worked.month_count} = {all_months}",
        )
    taxable = Money(gross.currency, round_minor(worked.taxable, table.rounding))
    yield Step("taxable", taxable, f"应纳税所得额 {taxable}", f"taxable income {taxable}")
    yield from _due(worked, taxable)


def _allowance(table: TaxTable, income: Money) -> Step:
    allowance = table.allowance_for(income.amount_minor)
    exact = allowance.fixed_minor + income.amount_minor * allowance.ratio
    off = Money(income.currency, round_minor(exact, table.rounding))
    fixed = Money(income.currency, allowance.fixed_minor)
    if allowance.ratio == 1:
        said = ("不超过起征额，全部减除", "below the threshold, deducted whole")
    elif not allowance.ratio:
        said = (f"费用定额 {fixed}", f"expenses, fixed {fixed}")
    else:
        of_income = f"{income} × {percent(allowance.ratio)}"
        of_income += f" + {fixed}" if fixed.amount_minor else ""
        said = (f"费用 {of_income} = {off}", f"expenses {of_income} = {off}")
    return Step("allowance", -off, *said)


def _due(worked: Worked, taxable: Money) -> Iterator[Step]:
    currency = worked.gross.currency
    bracket = worked.table.bracket_for(worked.taxable)
    rate, quick = percent(bracket.ratio), Money(currency, bracket.quick_deduction_minor)
    due, before = Money(currency, worked.due_minor), Money(currency, worked.before_tax_minor)
    tax = Money(currency, worked.tax_minor)
    off_zh = f" − 速算扣除数 {quick}" if quick.amount_minor else ""
    off_en = f" − quick deduction {quick}" if quick.amount_minor else ""
    yield Step(
        "due",
        due,
        f"应预扣 {taxable} × {rate}{off_zh} = {due}",
        f"to be withheld {taxable} × {rate}{off_en} = {due}",
    )
    if before.amount_minor:
        yield Step("before", -before, f"此前已预扣 {before}", f"withheld before {before}")
    over_zh = over_en = ""
    if due < before:
        over_zh = f"；此前多扣 {before - due}，以后抵减"
        over_en = f"; {before - due} too much before, made good later"
    yield Step("tax", -tax, f"本次预扣 {tax}{over_zh}", f"withheld now {tax}{over_en}")
    net = worked.gross - tax
    yield Step(
        "net", net, f"到手 {worked.gross} − {tax} = {net}", f"net {worked.gross} − {tax} = {net}"
    )


def nothing_withheld(profile: PayeeProfile, gross: Money) -> tuple[Step, ...]:
    """Why nothing is kept back, and the VAT that an invoice contains."""
    steps = [Step("nothing", Money(gross.currency, 0), *_NOTHING[profile.profile_kind])]
    if profile.vat_ratio:
        ratio = to_fraction(profile.vat_ratio)
        vat = gross.times(ratio / (1 + ratio))
        said = f"{gross} ÷ (1 + {percent(ratio)}) × {percent(ratio)} = {vat}"
        steps.append(Step("vat", vat, f"发票内含增值税 {said}", f"VAT the invoice contains {said}"))
    steps.append(Step("net", gross, f"到手 {gross}", f"net {gross}"))
    return tuple(steps)


def percent(ratio: Fraction) -> str:
    """A ratio for people: "20%", or as a fraction where a percentage would not be exact."""
    hundredfold = ratio * 100
    if 10**4 % hundredfold.denominator:
        return str(ratio)
    whole, rest = divmod(hundredfold * 10**4, 10**4)
    digits = f"{rest.numerator:04d}".rstrip("0")
    return f"{whole}.{digits}%" if digits else f"{whole}%"
