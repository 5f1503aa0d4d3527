import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import InvalidArgument
from services.workorder.domain.geo import (
    Point,
    require_point,
    require_reported_point,
    road_metres,
)
from tests.unit.workorder.patience import PATIENT

TIANANMEN = Point(116.397, 39.909)
THE_BUND = Point(121.490, 31.240)
points = st.builds(Point, st.floats(-180, 180), st.floats(-90, 90))


def test_beijing_to_shanghai_is_a_thousand_kilometres_by_air() -> None:
    assert road_metres(TIANANMEN, THE_BUND, 10_000) == pytest.approx(1_067_000, rel=0.005)


def test_the_way_along_roads_is_longer_by_the_factor() -> None:
    straight = road_metres(TIANANMEN, THE_BUND, 10_000)
    assert road_metres(TIANANMEN, THE_BUND, 13_000) == straight * 13 // 10


@PATIENT
@given(points, points)
def test_there_and_back_are_equally_far_and_never_further_than_half_round_the_earth(
    a: Point, b: Point
) -> None:
    assert road_metres(a, b, 10_000) == road_metres(b, a, 10_000) <= 20_015_200
    assert road_metres(a, a, 10_000) == 0


@pytest.mark.parametrize(
    ("longitude", "latitude"), [(181, 0), (0, 91), (math.nan, 0), (0, math.nan), (math.inf, 0)]
)
def test_what_lies_nowhere_is_refused(longitude: float, latitude: float) -> None:
    with pytest.raises(InvalidArgument) as refused:
        require_point(longitude, latitude, "GCJ-02", "location")
    assert (refused.value.reason, refused.value.field) == ("LOCATION_INVALID", "location")


def test_distances_are_measured_in_one_coordinate_system_only() -> None:
    assert require_point(116.4, 39.9, "", "home") == Point(116.4, 39.9)
    with pytest.raises(InvalidArgument) as refused:
        require_point(116.4, 39.9, "WGS-84", "home")
    assert refused.value.reason == "LOCATION_SYSTEM_UNSUPPORTED"
    assert refused.value.field == "home.coordinate_system"


def test_a_device_may_report_in_its_own_system() -> None:
    assert require_reported_point(1, 2, "WGS-84", "location") == (Point(1, 2), "WGS-84")
    assert require_reported_point(1, 2, "", "location") == (Point(1, 2), "GCJ-02")
    with pytest.raises(InvalidArgument) as refused:
        require_reported_point(1, 2, "BD-09", "location")
    assert refused.value.reason == "LOCATION_SYSTEM_UNSUPPORTED"
