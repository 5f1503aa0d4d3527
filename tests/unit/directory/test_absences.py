from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from kit.authn import SYSTEM, Actor
from kit.errors import AlreadyExists, FailedPrecondition, InvalidArgument, PermissionDenied
from services.directory.domain.absences import (
    Period,
    check_absence,
    check_change,
    check_may_declare,
    check_no_overlap,
)

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)


def days(first: float, last: float | None = None) -> Period:
    end = None if last is None else NOW + timedelta(days=last)
    return Period(NOW + timedelta(days=first), end)


@dataclass(frozen=True)
class Declared:
    period: Period
    absence_id: str = "ab_1"
    person_id: str = "pe_wang"
    cancelled_at: datetime | None = None


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        (days(0, 2), days(1, 3), True),
        (days(0, 3), days(1, 2), True),
        (days(0, 1), days(1, 2), False),
        (days(0, 1), days(2, 3), False),
        (days(5), days(1, 2), False),
        (days(1), days(1, 2), True),
        (days(1), days(9), True),
    ],
)
def test_times_overlap_when_an_instant_is_in_both(
    one: Period, other: Period, overlap: bool
) -> None:
    assert one.overlaps(other) is overlap
    assert other.overlaps(one) is overlap


def test_an_absence_is_over_when_its_end_is_reached() -> None:
    assert days(-1, 0).is_over(NOW)
    assert not days(-1, 1).is_over(NOW)
    assert not days(-1).is_over(NOW)


@pytest.mark.parametrize("period", [days(1, 1), days(2, 1), days(-2, -1), days(-1, 0)])
def test_an_absence_ends_after_it_begins_and_in_the_future(period: Period) -> None:
    with pytest.raises(InvalidArgument, match="ABSENCE_INVALID") as refusal:
        check_absence("pe_wang", "", period, NOW)
    assert refusal.value.field == "absence.ends_at"


@pytest.mark.parametrize("period", [days(0, 1), days(-1, 1), days(3)])
def test_an_absence_may_have_begun_and_may_be_open(period: Period) -> None:
    check_absence("pe_wang", "pe_li", period, NOW)


def test_nobody_is_their_own_proxy() -> None:
    with pytest.raises(InvalidArgument, match="ABSENCE_INVALID") as refusal:
        check_absence("pe_wang", "pe_wang", days(0, 1), NOW)
    assert refusal.value.field == "absence.proxy_person_id"


def test_nobody_is_absent_twice_at_a_time() -> None:
    with pytest.raises(AlreadyExists, match="'ab_1' covers"):
        check_no_overlap("ab_2", days(0, 2), [Declared(days(1, 3))])


def test_an_absence_does_not_stand_in_its_own_way_when_it_is_changed() -> None:
    check_no_overlap("ab_1", days(0, 2), [Declared(days(1, 3))])


@pytest.mark.parametrize(
    "past", [Declared(days(-2, -1)), Declared(days(0, 1), cancelled_at=NOW)], ids=["over", "off"]
)
def test_what_is_past_is_not_changed(past: Declared) -> None:
    with pytest.raises(FailedPrecondition, match="ABSENCE_OVER"):
        check_change(past, "pe_wang", NOW)


def test_an_absence_stays_its_persons() -> None:
    with pytest.raises(InvalidArgument, match="ABSENCE_INVALID"):
        check_change(Declared(days(0, 1)), "pe_li", NOW)


@pytest.mark.parametrize(
    "actor",
    [Actor("pe_wang", frozenset({"sales"})), Actor("pe_chen", frozenset({"supervisor"})), SYSTEM],
)
def test_people_declare_their_own_absences_and_supervisors_anybodys(actor: Actor) -> None:
    check_may_declare(actor, "pe_wang")


def test_colleagues_do_not_declare_each_other_absent() -> None:
    with pytest.raises(PermissionDenied, match="ABSENCE_NOT_YOURS"):
        check_may_declare(Actor("pe_li", frozenset({"sales"})), "pe_wang")
