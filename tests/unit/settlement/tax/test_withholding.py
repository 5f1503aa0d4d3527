"""What is withheld from whom, to the fen; every worked example of the tax office's tables."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import accumulate

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kit.errors import ServiceError
from kit.money import Money
from services.settlement.domain.tax.profile import ProfileKind
from services.settlement.domain.tax.table import MonthsCounted, Span, check_table
from services.settlement.domain.tax.withholding import SoFar, tax_of, withhold
from tests.unit.settlement.tax.tables import TABLES, Year, profile
from tests.unit.settlement.words import cny

LABOUR, PLATFORM = TABLES
APRIL = date(2026, 4, 30)


@pytest.mark.parametrize(
    ("gross", "tax"),
    [(800, 0), (2_000, 240), (4_000, 640), (5_000, 800), (10_000, 1_600), (30_000, 5_200), (70_000, 15_400)],
)  # fmt: skip
def test_labour_service_is_withheld_from_payment_by_payment(gross: int, tax: int) -> None:
    year = Year(ProfileKind.LABOUR_SERVICE)
    first, second = year.pay(4, gross * 100), year.pay(4, gross * 100)
    assert first.tax == second.tax == cny(tax * 100)
    assert first.net == cny((gross - tax) * 100)


def test_the_threshold_and_the_bounds_of_labour_service_are_exact_to_the_fen() -> None:
    year = Year(ProfileKind.LABOUR_SERVICE)
    taxes = [year.pay(1, gross).tax.amount_minor for gross in (800_00, 800_01, 800_03, 4_000_01)]
    assert taxes == [0, 0, 1, 640_00]


@pytest.mark.parametrize(
    ("monthly", "taxes"),
    [
        (6_250, [0] * 12),
        (10_000, [90] * 12),
        (20_000, [330, 330, 330, 890] + [1_100] * 8),
    ],
)
def test_platform_workers_are_withheld_from_cumulatively(monthly: int, taxes: list[int]) -> None:
    year = Year(ProfileKind.PLATFORM_WORKER)
    assert [year.pay(month, monthly * 100).tax.amount_minor for month in range(1, 13)] == [
        tax * 100 for tax in taxes
    ]
    if monthly == 20_000:
        assert year.withheld == 10_680_00


def test_two_payments_of_a_month_take_the_monthly_deduction_once() -> None:
    once, twice = Year(ProfileKind.PLATFORM_WORKER), Year(ProfileKind.PLATFORM_WORKER)
    once.pay(1, 20_000_00)
    taxes = [twice.pay(1, 12_345_67).tax, twice.pay(1, 7_654_33).tax]
    assert [each.amount_minor for each in taxes] == [146_30, 183_70]
    assert once.withheld == twice.withheld == 330_00


def test_continuing_labour_service_of_a_month_is_one_payment_where_the_table_says_so() -> None:
    monthly = replace(LABOUR, span=Span.MONTH)
    year = Year(ProfileKind.LABOUR_SERVICE, [monthly])
    assert [year.pay(3, 2_000_00).tax.amount_minor for _ in range(2)] == [240_00, 400_00]
    assert year.pay(4, 2_000_00).tax == cny(240_00)


def test_a_payment_counts_for_the_day_it_is_made_whenever_the_work_was_done() -> None:
    worker, gross = profile(ProfileKind.PLATFORM_WORKER), cny(20_000_00)
    made = withhold(worker, SoFar(), gross, date(2027, 1, 5), TABLES)
    assert made.tax == cny(330_00)


def test_what_was_withheld_too_much_is_carried_and_never_paid_back_here() -> None:
    year = Year(ProfileKind.PLATFORM_WORKER)
    assert year.pay(1, 30_000_00).tax == cny(570_00)
    small = year.pay(2, 100_00)
    assert (small.tax, small.carried) == (cny(0), cny(570_00 - 422_40))
    assert year.pay(3, 30_000_00).tax == cny(992_40 - 570_00)


def test_months_without_a_payment_are_not_deducted_and_a_run_of_months_may_be_what_counts() -> None:
    year = Year(ProfileKind.PLATFORM_WORKER)
    year.pay(1, 20_000_00)
    so_far = SoFar(year.months)
    assert so_far.month_count(MonthsCounted.WITH_INCOME, 4) == 2
    assert so_far.month_count(MonthsCounted.UNBROKEN, 4) == 1
    assert so_far.month_count(MonthsCounted.UNBROKEN, 2) == 2


@pytest.mark.parametrize(
    "kind", [ProfileKind.EMPLOYEE, ProfileKind.SOLE_TRADER, ProfileKind.COMPANY]
)
def test_others_are_paid_whole_and_traders_and_companies_against_an_invoice(
    kind: ProfileKind,
) -> None:
    made = withhold(profile(kind), SoFar(), Money("THB", 5_000_00), APRIL, TABLES)
    assert made.net == made.gross == Money("THB", 5_000_00)
    assert made.needs_invoice is (kind is not ProfileKind.EMPLOYEE)
    assert not made.tax_table_id


def test_a_companys_invoice_tells_the_vat_in_it() -> None:
    company = profile(ProfileKind.COMPANY, "0.06")
    made = withhold(company, SoFar(), cny(106_00), APRIL, TABLES)
    (vat,) = (step for step in made.steps if step.step_kind == "vat")
    assert vat.amount == cny(6_00)
    assert vat.chinese == "发票内含增值税 ¥106.00 ÷ (1 + 6%) × 6% = ¥6.00"


def test_every_step_is_told_in_both_languages() -> None:
    year = Year(ProfileKind.PLATFORM_WORKER)
    for month in (1, 2, 3):
        year.pay(month, 20_000_00)
    steps = year.pay(4, 20_000_00).steps
    assert [step.chinese for step in steps] == [
        "本年累计收入 ¥60,000.00 + 本次 ¥20,000.00 = ¥80,000.00",
        "费用 ¥80,000.00 × 20% = ¥16,000.00",
        "减除费用 ¥5,000.00 × 4 个月 = ¥20,000.00",
        "应纳税所得额 ¥44,000.00",
        "应预扣 ¥44,000.00 × 10% − 速算扣除数 ¥2,520.00 = ¥1,880.00",
        "此前已预扣 ¥990.00",
        "本次预扣 ¥890.00",
        "到手 ¥20,000.00 − ¥890.00 = ¥19,110.00",
    ]
    assert steps[4].english == (
        "to be withheld ¥44,000.00 × 10% − quick deduction ¥2,520.00 = ¥1,880.00"
    )


@pytest.mark.parametrize(
    ("gross", "on", "reason"),
    [
        (cny(0), APRIL, "SETTLEMENT_TAX_AMOUNT_INVALID"),
        (cny(-1), APRIL, "SETTLEMENT_TAX_AMOUNT_INVALID"),
        (Money("THB", 100), APRIL, "SETTLEMENT_TAX_CURRENCY"),
        (cny(100), date(2025, 9, 30), "SETTLEMENT_TAX_TABLE_MISSING"),
    ],
)
def test_what_cannot_be_taxed_is_refused(gross: Money, on: date, reason: str) -> None:
    with pytest.raises(ServiceError) as refused:
        withhold(profile(ProfileKind.PLATFORM_WORKER), SoFar(), gross, on, TABLES)
    assert refused.value.reason == reason


def test_the_table_that_began_last_counts_and_of_two_from_one_day_the_last_word() -> None:
    corrected = replace(LABOUR, tax_table_id="tt_corrected")
    later = replace(LABOUR, tax_table_id="tt_later", valid_from=date(2026, 5, 1))
    tables = [LABOUR, later, corrected]
    worker = profile(ProfileKind.LABOUR_SERVICE)
    assert withhold(worker, SoFar(), cny(1), APRIL, tables).tax_table_id == "tt_corrected"
    assert withhold(worker, SoFar(), cny(1), date(2026, 5, 1), tables).tax_table_id == "tt_later"


payments = st.lists(
    st.tuples(st.integers(1, 12), st.integers(1, 200_000_00)), min_size=1, max_size=30
).map(sorted)


@given(payments)
@example([(month, 20_000_00) for month in range(1, 13)])
def test_a_year_withholds_in_sum_what_the_table_says_of_its_highest_moment(
    paid: list[tuple[int, int]],
) -> None:
    year = Year(ProfileKind.PLATFORM_WORKER)
    taxes = [year.pay(month, gross).tax.amount_minor for month, gross in paid]
    assert min(taxes) >= 0
    incomes = accumulate(gross for _, gross in paid)
    due = [
        tax_of(PLATFORM, income, len({month for month, _ in paid[:number]}))
        for number, income in enumerate(incomes, 1)
    ]
    assert list(accumulate(taxes)) == list(accumulate(due, max))
    if due == sorted(due):
        assert year.withheld == due[-1]


@given(payments, st.data())
def test_a_reversed_payment_leaves_the_year_as_if_it_had_never_been(
    paid: list[tuple[int, int]], data: st.DataObject
) -> None:
    with_it, without = Year(ProfileKind.PLATFORM_WORKER), Year(ProfileKind.PLATFORM_WORKER)
    at = data.draw(st.integers(0, len(paid) - 1))
    for month, gross in paid[:at]:
        with_it.pay(month, gross)
        without.pay(month, gross)
    month, gross = paid[at]
    with_it.reverse(month, with_it.pay(month, gross))
    for month, gross in paid[at + 1 :]:
        assert with_it.pay(month, gross) == without.pay(month, gross)


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.sampled_from(TABLES))
def test_more_income_is_never_taxed_less_and_never_whole(
    one: int, other: int, table: object
) -> None:
    low, high = sorted((one, other))
    taxed = LABOUR if table is LABOUR else PLATFORM
    assert 0 <= tax_of(taxed, low, 1) <= tax_of(taxed, high, 1) < high


def test_a_table_whose_brackets_do_not_meet_is_refused_as_mistyped() -> None:
    brackets = list(PLATFORM.brackets)
    brackets[1] = replace(brackets[1], quick_deduction_minor=252_00)
    with pytest.raises(ServiceError) as refused:
        check_table(replace(PLATFORM, brackets=tuple(brackets)))
    assert refused.value.field == "tax_table.brackets[1]"


def test_a_table_needs_a_last_row_without_bound_and_a_monthly_deduction_a_year() -> None:
    for broken, field in (
        (replace(LABOUR, brackets=LABOUR.brackets[:-1]), "tax_table.brackets"),
        (replace(LABOUR, allowances=LABOUR.allowances[::-1]), "tax_table.allowances"),
        (replace(LABOUR, monthly_minor=1), "tax_table.monthly_minor"),
        (replace(LABOUR, currency="XXX"), "tax_table.currency"),
        (replace(LABOUR, profile_kind=ProfileKind.EMPLOYEE), "tax_table.profile_kind"),
        (
            replace(
                LABOUR,
                allowances=(replace(LABOUR.allowances[-1], ratio=Fraction(3, 2)),),
            ),
            "tax_table.allowances[0]",
        ),
    ):
        with pytest.raises(ServiceError) as refused:
            check_table(broken)
        assert refused.value.field == field
    for table in TABLES:
        check_table(table)
