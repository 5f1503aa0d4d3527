import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.coordinates import (
    BD_09,
    GCJ_02,
    SYSTEMS,
    WGS_84,
    Point,
    check_point,
    in_system,
    to_gcj_02,
)
from kit.errors import InvalidArgument

CHINA = {"longitude": st.floats(75, 134), "latitude": st.floats(5, 53)}


def metres(one: Point, other: Point) -> float:
    """How far apart two points are, near enough."""
    east = (one.longitude - other.longitude) * math.cos(math.radians(one.latitude))
    return math.hypot(east, one.latitude - other.latitude) * 111_320


@pytest.mark.parametrize(
    ("point", "system", "expected"),
    [
        # Tian'anmen, Shanghai's 人民广场 and a point beside Baidu's campus, as maps of each system
        # show them.
        (Point(116.391276, 39.906217, WGS_84), GCJ_02, (116.397521, 39.907621)),
        (Point(121.4737, 31.2304, WGS_84), GCJ_02, (121.478226, 31.228453)),
        (Point(116.404, 39.915, BD_09), GCJ_02, (116.397627, 39.908657)),
        (Point(116.404, 39.915, GCJ_02), BD_09, (116.410373, 39.921336)),
    ],
)
def test_known_points_lie_where_maps_show_them(
    point: Point, system: str, expected: tuple[float, float]
) -> None:
    assert metres(in_system(point, system), Point(*expected, system)) < 1.5


@given(st.builds(Point, **CHINA), st.sampled_from(SYSTEMS), st.sampled_from(SYSTEMS))
def test_there_and_back_is_the_same_place_within_a_millimetre(
    point: Point, one: str, other: str
) -> None:
    there = in_system(Point(point.longitude, point.latitude, one), other)
    assert there.coordinate_system == other
    assert metres(in_system(there, one), point) < 0.001


@given(st.builds(Point, **CHINA, coordinate_system=st.just(WGS_84)))
def test_the_shift_within_china_stays_below_a_kilometre(point: Point) -> None:
    assert metres(to_gcj_02(point), point) < 1000


@given(st.builds(Point, **CHINA, coordinate_system=st.just(GCJ_02)))
def test_baidu_shifts_by_about_a_kilometre_at_most(point: Point) -> None:
    assert 100 < metres(in_system(point, BD_09), point) < 1200


def test_positions_abroad_are_not_shifted() -> None:
    assert to_gcj_02(Point(100.5, -5.0, WGS_84)) == Point(100.5, -5.0)


@pytest.mark.parametrize(
    ("point", "field"),
    [
        (Point(116.4, 39.9, "BD-10"), "at.coordinate_system"),
        (Point(116.4, 39.9, ""), "at.coordinate_system"),
        (Point(181.0, 39.9), "at"),
        (Point(116.4, -91.0), "at"),
        (Point(math.nan, 39.9), "at"),
        (Point(116.4, math.inf), "at"),
    ],
)
def test_a_point_that_is_none_is_refused(point: Point, field: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        check_point(point, "at")
    assert (refusal.value.reason, refusal.value.field) == ("LOCATION_INVALID", field)
