from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import InvalidArgument
from kit.money import Money, Rounding, round_minor, split, sum_money, to_fraction

AMOUNTS = st.integers(min_value=-(10**12), max_value=10**12)
WEIGHTS = st.lists(
    st.fractions(min_value=0, max_value=1000, max_denominator=1000), min_size=1, max_size=8
).filter(any)


def yuan(amount: str) -> Money:
    return Money.of("CNY", amount)


@given(AMOUNTS, WEIGHTS)
def test_a_split_gives_every_fen_to_somebody(amount: int, weights: list[Fraction]) -> None:
    shares = split(Money("CNY", amount), weights)
    assert sum_money("CNY", shares) == Money("CNY", amount)


@given(AMOUNTS, WEIGHTS)
def test_no_share_is_a_whole_fen_away_from_its_exact_part(
    amount: int, weights: list[Fraction]
) -> None:
    whole = sum(weights)
    for share, weight in zip(split(Money("CNY", amount), weights), weights, strict=True):
        assert abs(share.amount_minor - amount * weight / whole) < 1


def test_split_gives_the_leftover_fen_to_the_first_party_on_a_tie() -> None:
    shares = split(yuan("0.10"), [1, 1, 1])
    assert [share.amount_minor for share in shares] == [4, 3, 3]


def test_the_shares_of_333_33_sum_to_the_fen() -> None:
    shares = split(yuan("333.33"), [60, 15, 25])
    assert [str(share.to_decimal()) for share in shares] == ["200.00", "50.00", "83.33"]


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1, 3]])
def test_weights_that_make_no_split_are_refused(weights: list[int]) -> None:
    with pytest.raises(InvalidArgument, match="MONEY_SPLIT_INVALID"):
        split(yuan("1.00"), weights)


@given(AMOUNTS)
def test_an_amount_survives_its_decimal_form(amount: int) -> None:
    money = Money("CNY", amount)
    assert Money.of("CNY", money.to_decimal()) == money


@pytest.mark.parametrize(
    ("amount", "rounding", "expected"),
    [
        (Fraction(5, 2), Rounding.HALF_UP, 3),
        (Fraction(-5, 2), Rounding.HALF_UP, -3),
        (Fraction(5, 2), Rounding.HALF_EVEN, 2),
        (Fraction(7, 2), Rounding.HALF_EVEN, 4),
        (Fraction(-5, 2), Rounding.HALF_EVEN, -2),
        (Fraction(-29, 10), Rounding.DOWN, -2),
        (Fraction(29, 10), Rounding.DOWN, 2),
        (Fraction(-3), Rounding.DOWN, -3),
    ],
)
def test_rounding_does_what_its_name_says(
    amount: Fraction, rounding: Rounding, expected: int
) -> None:
    assert round_minor(amount, rounding) == expected


@given(st.fractions(min_value=-(10**6), max_value=10**6, max_denominator=997))
def test_half_up_is_never_more_than_half_a_fen_away(amount: Fraction) -> None:
    assert abs(round_minor(amount) - amount) <= Fraction(1, 2)


def test_a_coefficient_applies_exactly() -> None:
    assert yuan("350").times(Decimal("1.3")) == yuan("455.00")
    assert yuan("0.05").times(Fraction(1, 2)) == yuan("0.03")


@pytest.mark.parametrize(
    "amount", ["", "abc", "1.234", "NaN", "Infinity", "1e999999", "1e-999999999"]
)
def test_what_is_not_an_amount_is_refused(amount: str) -> None:
    with pytest.raises(InvalidArgument, match="MONEY_"):
        Money.of("CNY", amount)


def test_currencies_do_not_mix() -> None:
    with pytest.raises(InvalidArgument, match="MONEY_CURRENCY_MISMATCH"):
        _ = yuan("1") + Money("THB", 100)
    with pytest.raises(InvalidArgument, match="MONEY_CURRENCY_MISMATCH"):
        _ = yuan("1") > Money("THB", 100)
    with pytest.raises(InvalidArgument, match="MONEY_CURRENCY_UNKNOWN"):
        Money("RMB", 1)


def test_fifty_thousand_and_a_fen_is_more_than_fifty_thousand() -> None:
    assert yuan("50000.01") > yuan("50000.00")
    assert not yuan("50000.00") > yuan("50000.00")


def test_money_reads_as_people_write_it() -> None:
    assert str(yuan("1234.5")) == "¥1,234.50"
    assert str(yuan("-0.05")) == "-¥0.05"
    assert str(Money("JPY", 1200)) == "1,200 JPY"


@pytest.mark.parametrize("text", ["", "x", "1/0", "1,2"])
def test_what_is_not_a_ratio_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match="RATIO_MALFORMED"):
        to_fraction(text)
