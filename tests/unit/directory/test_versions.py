from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import FailedPrecondition, InvalidArgument
from services.directory.domain.versions import (
    begin,
    check_version,
    holds_until,
    in_force,
)

NOW = datetime(2026, 3, 2, tzinfo=UTC)


class Edit(NamedTuple):
    version: int
    effective_from: datetime


def day(number: int) -> datetime:
    return NOW + timedelta(days=number)


#: Edits made one after another, each on a day and for a day not before it.
edits = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=6).map(
    lambda drawn: [
        Edit(number, day(sum(wait for wait, _ in drawn[:number]) + ahead))
        for number, (_, ahead) in enumerate(drawn, start=1)
    ]
)


def test_an_edit_holds_until_the_next_one_begins() -> None:
    made = [Edit(1, day(0)), Edit(2, day(5))]
    assert [in_force(made, day(number)) for number in (-1, 0, 4, 5)] == [
        None, made[0], made[0], made[1],
    ]  # fmt: skip
    assert [holds_until(each, made) for each in made] == [day(5), None]


def test_an_edit_planned_for_later_than_a_newer_one_is_void() -> None:
    made = [Edit(1, day(0)), Edit(2, day(9)), Edit(3, day(5))]
    assert in_force(made, day(10)) == made[2]
    assert holds_until(made[1], made) == made[1].effective_from


@given(edits, st.integers(-1, 40))
def test_at_every_instant_the_one_edit_holds_that_says_so(made: list[Edit], number: int) -> None:
    holding = [
        each
        for each in made
        if each.effective_from <= day(number)
        and ((until := holds_until(each, made)) is None or day(number) < until)
    ]
    assert holding == [each for each in [in_force(made, day(number))] if each]


@given(edits)
def test_what_held_before_an_edit_was_made_holds_after_it(made: list[Edit]) -> None:
    *before, last = made
    for number in range(-1, 40):
        if day(number) < last.effective_from:
            assert in_force(made, day(number)) == in_force(before, day(number))


def test_no_edit_begins_in_the_past() -> None:
    assert begin(NOW, NOW) == NOW
    assert begin(day(1), NOW) == day(1)
    with pytest.raises(InvalidArgument, match="EFFECTIVE_FROM_PAST"):
        begin(day(-1), NOW)


def test_an_edit_of_what_somebody_else_edited_meanwhile_is_refused() -> None:
    check_version(0, 7)
    check_version(7, 7)
    with pytest.raises(FailedPrecondition) as refusal:
        check_version(6, 7)
    assert (refusal.value.reason, refusal.value.details) == (
        "PLACE_VERSION_STALE", {"version": "7"},
    )  # fmt: skip
