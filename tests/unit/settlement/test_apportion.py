from hypothesis import given
from hypothesis import strategies as st

from services.settlement.domain.apportion import apportion


def test_the_left_over_unit_goes_to_the_largest_remainder() -> None:
    assert apportion(333_33, [60, 15, 25]) == [200_00, 50_00, 83_33]


def test_a_tie_is_the_earlier_ones() -> None:
    assert apportion(1, [1, 1]) == [1, 0]


def test_a_deduction_takes_its_part_too() -> None:
    assert apportion(70, [200, -100]) == [140, -70]


def test_parts_of_weights_that_cancel_out_are_nothing() -> None:
    assert apportion(0, [5, -5]) == [0, 0]


@given(st.integers(0, 10**12), st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=12))
def test_parts_sum_to_the_whole_and_stay_within_a_unit(whole: int, weights: list[int]) -> None:
    if sum(weights) <= 0:
        weights = [abs(weight) for weight in weights] + [1]
    parts = apportion(whole, weights)
    assert sum(parts) == whole
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - whole * weight) < sum(weights)
