"""What the office is asked to look at."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.workorder.domain.geo import Point
from services.workorder.domain.on_site.commands import Arrival, Command, Fix
from services.workorder.domain.on_site.flags import FlagKind, Picture, flags_of, repeated
from tests.unit.workorder.on_site.days import ARRIVES, FACTS, HERE, RULE, START, at, command

HASHES = st.integers(0, 2**64 - 1)


def kinds(told: Command) -> dict[FlagKind, int]:
    completed = replace(FACTS, completed_at=at(60))
    return {flag.kind: flag.measured for flag in flags_of("wo_1", HERE, told, completed, RULE)}


def test_what_is_as_it_should_be_bears_no_flag() -> None:
    assert kinds(command(0, ARRIVES)) == {}


def test_a_check_in_from_elsewhere_is_flagged_with_its_distance() -> None:
    elsewhere = command(0, Arrival(Fix(Point(116.46, 39.926))))
    assert kinds(elsewhere) == {FlagKind.OUTSIDE_GEOFENCE: 667}


@pytest.mark.parametrize("seconds", [-7200, 121, 86_400])
def test_a_clock_that_is_off_is_flagged(seconds: int) -> None:
    off = command(0, START, offset=timedelta(seconds=seconds))
    assert kinds(off) == {FlagKind.CLOCK_OFF: abs(seconds)}


def test_what_happened_after_it_arrived_or_before_there_was_work_is_impossible() -> None:
    ahead = replace(command(10, START), received_at=at(0))
    assert kinds(ahead) == {FlagKind.IMPOSSIBLE_TIME: 600}
    before = command(-1440 - 10, START)
    assert kinds(before) == {FlagKind.IMPOSSIBLE_TIME: 600}


def test_what_arrives_late_says_so() -> None:
    late = replace(command(10, START), received_at=at(61))
    assert kinds(late) == {FlagKind.AFTER_COMPLETION: 60}
    assert kinds(replace(late, after_seal=True)) == {FlagKind.AFTER_ACCEPTANCE: 60}


def picture(order: str, minutes: float, looks: int, content: str = "") -> Picture:
    return Picture(
        order, f"{order}.0001", "pe_zhang", at(minutes), content * 64 or order[-1] * 64,
        f"{looks:016x}",
    )  # fmt: skip


def test_the_very_same_bytes_are_the_same_photo_also_when_they_are_no_picture() -> None:
    one = replace(picture("wo_a", 0, 0, "c"), perceptual_hash="")
    other = replace(picture("wo_b", 9, 0, "c"), perceptual_hash="")
    (flag,) = repeated(one, [other], bits=0)
    assert flag.kind is FlagKind.SAME_PHOTO
    assert (flag.work_order_id, flag.other_work_order_id) == ("wo_b", "wo_a")


@given(HASHES, st.sets(st.integers(0, 63), max_size=20), st.integers(0, 16))
def test_a_picture_looks_like_another_when_few_of_its_bits_differ(
    looks: int, flipped: set[int], most: int
) -> None:
    one, other = picture("wo_a", 0, looks), picture("wo_b", 9, looks ^ sum(1 << n for n in flipped))
    flags = repeated(other, [one], most)
    assert [flag.measured for flag in flags] == ([len(flipped)] if len(flipped) <= most else [])


@given(HASHES, st.integers(-100, 100))
def test_the_later_photo_bears_the_flag_whichever_arrived_first(looks: int, minutes: int) -> None:
    one, other = picture("wo_a", 0, looks), picture("wo_b", minutes, looks)
    assert repeated(one, [other], 6) == repeated(other, [one], 6)


def test_two_files_that_are_no_pictures_are_not_compared_by_looks() -> None:
    one = replace(picture("wo_a", 0, 0), perceptual_hash="")
    other = replace(picture("wo_b", 0, 0), perceptual_hash="")
    assert repeated(one, [other], 16) == []
