"""Money in another currency: exact, at the rate of its instant, gains and losses told apart."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import ServiceError
from kit.money import Money, Rounding
from services.settlement.domain.currency.conversion import Conversion, Lot, convert, legs, oldest
from services.settlement.domain.currency.rates import Rate, converted, rate_at
from services.settlement.domain.ledger.transfers import CLEARING, EXCHANGE, LedgerAccount

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)
MAY = datetime(2026, 5, 1, tzinfo=UTC)
OWNER = LedgerAccount("technician", "pe_zhang", "earning")


def rate(
    ratio: str, since: datetime, *, inverse_too: bool = False, number: int = 1, pair: str = "THBCNY"
) -> Rate:
    named = f"er_{pair}_{since:%m%d}_{number}"
    return Rate(named, pair[:3], pair[3:], Fraction(ratio), since, inverse_too, number)


RATES = [rate("0.2045", MARCH), rate("0.2100", APRIL), rate("0.2000", MAY)]


def baht(amount_minor: int) -> Money:
    return Money("THB", amount_minor)


def whole(amount_minor: int, at: datetime, *lots: Lot) -> Conversion:
    return convert(baht(amount_minor), "CNY", lots, RATES, at)


def test_a_rate_that_rose_is_the_companys_loss_and_the_partys_the_rate_of_now() -> None:
    made = whole(10_000_00, APRIL, Lot(10_000_00, MARCH))
    assert (made.booked, made.received) == (Money("CNY", 2_045_00), Money("CNY", 2_100_00))
    assert made.gain == Money("CNY", -55_00)
    assert made.rate.exchange_rate_id == "er_THBCNY_0401_1"


def test_a_rate_that_fell_is_the_companys_gain() -> None:
    made = whole(10_000_00, MAY, Lot(4_000_00, MARCH), Lot(6_000_00, APRIL))
    assert made.booked == Money("CNY", 818_00 + 1_260_00)
    assert made.gain == Money("CNY", 78_00)
    (gain,) = (leg for leg in legs(made, OWNER, "") if leg.leg == "gain")
    assert (gain.debit, gain.credit, gain.amount) == (CLEARING, EXCHANGE, Money("CNY", 78_00))


def test_what_was_earned_first_is_converted_first() -> None:
    lots = [Lot(100, MARCH), Lot(200, APRIL), Lot(300, MAY)]
    assert oldest(lots, 0, 150) == (Lot(100, MARCH), Lot(50, APRIL))
    assert oldest(lots, 150, 250) == (Lot(150, APRIL), Lot(100, MAY))
    with pytest.raises(ServiceError) as refused:
        oldest(lots, 500, 101)
    assert refused.value.reason == "SETTLEMENT_BALANCE_TOO_SMALL"


def test_currencies_without_minor_digits_are_converted_in_whole_units() -> None:
    yen = Rate("er_1", "CNY", "JPY", Fraction("20.45"), MARCH)
    assert converted(Money("CNY", 10_03), yen, Rounding.HALF_UP) == Money("JPY", 205)
    assert converted(Money("JPY", 205), yen.inverse(), Rounding.HALF_UP) == Money("CNY", 10_02)


def test_the_rate_that_began_last_counts_and_of_two_for_one_instant_the_last_word() -> None:
    corrected = rate("0.2046", MARCH, number=2)
    rates = [corrected, *RATES]
    assert rate_at(rates, "THB", "CNY", MARCH) is corrected
    assert rate_at(rates, "THB", "CNY", APRIL).ratio == Fraction("0.21")


def test_a_pairs_own_rate_comes_before_the_inverse_of_one_that_allows_it() -> None:
    other_way = rate("5", MARCH, inverse_too=True, pair="CNYTHB")
    assert rate_at([other_way], "THB", "CNY", APRIL).ratio == Fraction(1, 5)
    assert rate_at([other_way, *RATES], "THB", "CNY", MARCH).ratio == Fraction("0.2045")
    for rates in ([], [rate("5", MARCH, pair="CNYTHB")], [rate("0.2", MAY)]):
        with pytest.raises(ServiceError) as refused:
            rate_at(rates, "THB", "CNY", APRIL)
        assert refused.value.reason == "SETTLEMENT_EXCHANGE_RATE_MISSING"


@pytest.mark.parametrize(
    ("amount", "to", "field"),
    [
        (baht(0), "CNY", "amount.amount_minor"),
        (baht(-5), "CNY", "amount.amount_minor"),
        (baht(5), "THB", "to_currency"),
        (baht(5), "XXX", "to_currency"),
    ],
)
def test_what_is_no_conversion_is_refused(amount: Money, to: str, field: str) -> None:
    with pytest.raises(ServiceError) as refused:
        convert(amount, to, (), RATES, APRIL)
    assert refused.value.field == field


earned = st.lists(
    st.builds(
        Lot,
        st.integers(1, 10**9),
        st.integers(0, 90).map(lambda days: MARCH + timedelta(days=days)),
    ),
    min_size=1,
    max_size=8,
)


@given(earned, st.data())
def test_money_is_conserved_in_each_currency_whatever_is_converted(
    lots: list[Lot], data: st.DataObject
) -> None:
    amount = data.draw(st.integers(1, sum(lot.amount_minor for lot in lots)))
    made = convert(baht(amount), "CNY", oldest(lots, 0, amount), RATES, MAY)
    moved: Counter[tuple[str, str]] = Counter()
    for each in legs(made, OWNER, "兑换"):
        assert each.amount.amount_minor > 0
        moved[each.debit.code, each.amount.currency] -= each.amount.amount_minor
        moved[each.credit.code, each.amount.currency] += each.amount.amount_minor
    for currency in ("THB", "CNY"):
        assert sum(minor for (_, each), minor in moved.items() if each == currency) == 0
    assert moved[OWNER.code, "THB"] == -amount
    assert moved[OWNER.code, "CNY"] == made.received.amount_minor
    assert moved[EXCHANGE.code, "CNY"] == made.gain.amount_minor
    assert moved[CLEARING.code, "CNY"] == -made.booked.amount_minor
    exact = sum((each.rate.value(each.lot.amount_minor) for each in made.lots), Fraction(0))
    assert abs(made.booked.amount_minor - exact) <= Fraction(1, 2)


@given(
    st.integers(1, 10**12), st.fractions(Fraction(1, 1000), Fraction(1000), max_denominator=10**6)
)
def test_there_and_back_again_differs_by_no_more_than_the_rounding(
    amount: int, ratio: Fraction
) -> None:
    there = Rate("er_1", "CNY", "THB", ratio, MARCH)
    back = converted(
        converted(Money("CNY", amount), there, Rounding.HALF_UP), there.inverse(), Rounding.HALF_UP
    )
    half_a_baht = Fraction(1, 2) / ratio
    assert Fraction(abs(back.amount_minor - amount)) <= half_a_baht + Fraction(1, 2)
