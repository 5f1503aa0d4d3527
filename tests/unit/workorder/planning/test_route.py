"""When each visit of a route begins, and how long the ways are."""

from services.workorder.domain.geo import Point, road_metres
from services.workorder.domain.planning.legs import legs_between
from services.workorder.domain.planning.route import timetable
from tests.unit.workorder.planning.days import EIGHT, HOUR, LUNCH, SIX, day, visit, worker


def test_a_worker_leaves_home_drives_works_and_comes_home() -> None:
    asked = day([visit("a"), visit("b")], [worker("x")])
    times = timetable(asked, 0, (1, 0))
    assert times is not None
    assert times.begins == (EIGHT + 600, EIGHT + 600 + HOUR + 600)
    assert times.travel == 1_800


def test_the_break_is_taken_before_the_visit_that_would_leave_no_time_for_it() -> None:
    long = {"service_seconds": 3 * HOUR}
    asked = day([visit("a", **long), visit("b", **long)], [worker("x", rest=LUNCH)])
    times = timetable(asked, 0, (0, 1))
    assert times is not None
    assert times.rest_begins == EIGHT + 600 + 3 * HOUR
    assert times.begins[1] == times.rest_begins + HOUR + 600


def test_nobody_sets_out_before_an_absence_that_they_would_drive_into() -> None:
    asked = day([visit("a")], [worker("x", away=((EIGHT + 300, 9 * HOUR),))])
    times = timetable(asked, 0, (0,))
    assert times is not None
    assert times.begins == (9 * HOUR + 600,)


def test_who_would_come_home_too_late_does_not_go() -> None:
    assert timetable(day([visit("a", window=(SIX - HOUR, SIX))], [worker("x")]), 0, (0,)) is None


def test_ways_are_the_road_metres_at_the_declared_speed_rounded_up() -> None:
    here, there = Point(116.40, 39.90), Point(116.50, 39.95)
    legs = legs_between([here, there], 25_000, 13_000)
    metres = road_metres(here, there, 13_000)
    assert legs[0][0] == legs[1][1] == 0
    assert legs[0][1] == legs[1][0]
    assert abs(legs[0][1] - metres * 3_600 / 25_000) <= 1
    assert legs_between([], 25_000, 13_000) == []
