"""How unequal earnings are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.workorder.domain.dispatch.fairness import gini_basis_points, median

amounts = st.lists(st.integers(0, 10**9), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("earned", "gini"),
    [
        ([], 0),
        ([0, 0], 0),
        ([5, 5, 5], 0),
        ([0, 10], 5_000),
        ([0, 0, 0, 8], 7_500),
        ([1, 3], 2_500),
    ],
)
def test_the_gini_coefficient_of_a_few_amounts(earned: list[int], gini: int) -> None:
    assert gini_basis_points(earned) == gini


@given(amounts)
def test_the_gini_coefficient_is_half_the_mean_difference_by_the_mean(earned: list[int]) -> None:
    total, count = sum(earned), len(earned)
    differences = sum(abs(a - b) for a in earned for b in earned)
    expected = differences * 10_000 // (2 * count * total) if total else 0
    assert gini_basis_points(earned) == expected
    assert 0 <= gini_basis_points(earned) < 10_000


@given(amounts, st.integers(1, 100))
def test_everybody_earning_as_many_times_as_much_is_as_unequal(
    earned: list[int], times: int
) -> None:
    assert gini_basis_points([each * times for each in earned]) == gini_basis_points(earned)


@given(amounts)
def test_half_of_them_earn_no_more_than_the_median(earned: list[int]) -> None:
    assert 2 * sum(each <= median(earned) for each in earned) >= len(earned)
    assert 2 * sum(each >= median(earned) for each in earned) >= len(earned)
