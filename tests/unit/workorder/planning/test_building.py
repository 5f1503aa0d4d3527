"""A day built from work and people: what is taken is locked, what was planned stands."""

from datetime import UTC, date, datetime, timedelta

import pytest

from kit.errors import InvalidArgument
from services.workorder.domain.geo import Point
from services.workorder.domain.planning.building import Asked, Person, Terms, day_of
from services.workorder.domain.planning.calendar_day import calendar_day, rest_of, shown_day
from services.workorder.domain.planning.day import Rest
from services.workorder.domain.planning.difference import Change
from services.workorder.domain.planning.proposing import Question, propose
from services.workorder.domain.registry.working_hours import Absence, Stretch

HOUR = 3_600
HERE = Point(116.46, 39.92)
TERMS = Terms(road_factor_basis_points=13_000)


def asked(name: str, **other: object) -> Asked:
    known: dict[str, object] = {
        "at": HERE,
        "window": (8 * HOUR, 17 * HOUR),
        "service_seconds": HOUR,
        "priority": 3,
        "able_technician_ids": frozenset({"x", "y"}),
    }
    return Asked(name, **(known | other))  # type: ignore[arg-type]  # each of its type


def person(name: str, *spans: tuple[int, int], capacity: int = 4) -> Person:
    return Person(name, HERE, spans or ((8 * HOUR, 18 * HOUR),), capacity)


def test_what_one_has_taken_is_locked_at_times_that_can_be_kept() -> None:
    day = day_of(
        [asked("a", taken_by="x"), asked("b", taken_by="x"), asked("c")],
        [person("x"), person("y")],
        TERMS,
    )
    begins = sorted(visit.standing.begins for visit in day.visits[:2] if visit.standing)
    assert begins[1] - begins[0] >= HOUR
    assert all(visit.locked and visit.able == {0} for visit in day.visits[:2])
    assert day.visits[2].standing is None


def test_what_cannot_all_be_kept_is_locked_at_the_beginning_of_its_window() -> None:
    narrow = (9 * HOUR, 9 * HOUR)
    day = day_of(
        [asked("a", taken_by="x", window=narrow), asked("b", taken_by="x", window=narrow)],
        [person("x")],
        TERMS,
    )
    assert [visit.begins_within for visit in day.visits] == [narrow, narrow]
    rows = propose(Question((asked("a", taken_by="z"),), (person("x"),), TERMS, 1, 5), bool).rows
    assert rows[0].change is Change.IMPOSSIBLE


def test_what_was_planned_stands_and_moves_only_where_that_is_worth_it() -> None:
    planned = asked("a", planned_for=("y", 8 * HOUR))
    assert not day_of([planned], [person("x"), person("y")], TERMS).visits[0].locked
    (row,) = propose(Question((planned,), (person("x"), person("y")), TERMS, 1, 20), bool).rows
    assert (row.change, row.technician_id) == (Change.UNCHANGED, "y")
    pinned = asked("a", planned_for=("y", 8 * HOUR), pinned=True)
    assert day_of([pinned], [person("x"), person("y")], TERMS).visits[0].locked


def test_whoever_is_away_in_between_has_a_day_with_a_hole() -> None:
    rest = Rest((11 * HOUR, 13 * HOUR), HOUR)
    terms = Terms(13_000, rest)
    day = day_of([], [person("x", (8 * HOUR, 10 * HOUR), (12 * HOUR, 18 * HOUR))], terms)
    assert day.workers[0].hours == (8 * HOUR, 18 * HOUR)
    assert day.workers[0].away == ((10 * HOUR, 12 * HOUR),)
    half = day_of([], [person("x", (8 * HOUR, 12 * HOUR))], terms)
    assert half.workers[0].rest is None


NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)  # half past ten in Shanghai


def test_a_day_is_counted_from_midnight_in_shanghai_and_today_from_now() -> None:
    today = calendar_day("2026-11-23", NOW)
    assert today.seconds(NOW) == 10 * HOUR + HOUR // 2
    assert today.window(None, timedelta(hours=1)) == (10 * HOUR + HOUR // 2, 19 * HOUR)
    tomorrow = calendar_day("2026-11-24", NOW)
    agreed = (NOW + timedelta(days=1), NOW + timedelta(days=1, hours=2))
    assert tomorrow.window(agreed, timedelta(hours=1)) == (
        10 * HOUR + HOUR // 2,
        11 * HOUR + HOUR // 2,
    )
    assert tomorrow.instant(tomorrow.seconds(agreed[0])) == agreed[0]


def test_people_are_there_in_their_hours_less_their_absences() -> None:
    monday = [Stretch(1, 9 * 60, 18 * 60)]
    today = calendar_day("2026-11-23", NOW)
    away = Absence(NOW + timedelta(hours=2), NOW + timedelta(hours=3))
    assert today.spans(monday, [away]) == (
        (10 * HOUR + HOUR // 2, 12 * HOUR + HOUR // 2),
        (13 * HOUR + HOUR // 2, 18 * HOUR),
    )
    assert calendar_day("2026-11-24", NOW).spans(monday, []) == ()
    assert shown_day(date(2026, 11, 20), NOW).spans([], []) == ()


@pytest.mark.parametrize("written", ["2026-11-22", "2027-03-01", "24.11.2026", ""])
def test_only_today_and_the_month_to_come_are_planned(written: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        calendar_day(written, NOW)
    assert refused.value.reason == "DAY_PLAN_DAY_INVALID"


def test_the_break_lies_between_eleven_and_two() -> None:
    assert rest_of(0) is None
    assert rest_of(45) == Rest((11 * HOUR, 14 * HOUR - 45 * 60), 45 * 60)
    with pytest.raises(InvalidArgument):
        rest_of(181)
