import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import InvalidArgument
from services.directory.domain.coordinates import WGS_84, Point, to_gcj_02
from services.directory.domain.zones import ZoneShape, check_boundary, zones_at

SQUARE = [Point(116.2, 39.8), Point(116.6, 39.8), Point(116.6, 40.0), Point(116.2, 40.0)]
RING5 = ZoneShape("BJ-RING5", [*SQUARE, SQUARE[0]])


def test_a_point_lies_in_the_zones_around_it_the_smallest_first() -> None:
    cbd = ZoneShape("BJ-CBD", [Point(116.45, 39.90), Point(116.48, 39.90), Point(116.48, 39.92),
                               Point(116.45, 39.90)])  # fmt: skip
    assert zones_at(Point(116.47, 39.91), [RING5, cbd]) == ("BJ-CBD", "BJ-RING5")
    assert zones_at(Point(116.30, 39.85), [cbd, RING5]) == ("BJ-RING5",)
    assert zones_at(Point(117.20, 39.08), [RING5, cbd]) == ()


def test_the_edge_of_a_zone_belongs_to_it() -> None:
    assert zones_at(Point(116.2, 39.9), [RING5]) == ("BJ-RING5",)


def test_a_satellite_position_is_shifted_before_it_is_compared() -> None:
    # Tian'anmen: satellites say 116.3912, 39.9061; the map draws it 550 m further east.
    drawn = to_gcj_02(Point(116.391276, 39.906217, WGS_84))
    assert drawn.longitude == pytest.approx(116.397521, abs=1e-5)
    assert drawn.latitude == pytest.approx(39.907621, abs=1e-5)
    # Just west of the zone's edge by satellite, inside it on the map.
    assert zones_at(Point(116.198, 39.9, WGS_84), [RING5]) == ("BJ-RING5",)
    assert zones_at(Point(116.198, 39.9), [RING5]) == ()


def test_positions_abroad_are_not_shifted() -> None:
    assert to_gcj_02(Point(100.5, -5.0, WGS_84)) == Point(100.5, -5.0)


@given(st.floats(75, 134), st.floats(5, 53))
def test_the_shift_within_china_stays_below_a_kilometre(longitude: float, latitude: float) -> None:
    drawn = to_gcj_02(Point(longitude, latitude, WGS_84))
    assert abs(drawn.longitude - longitude) < 0.015
    assert abs(drawn.latitude - latitude) < 0.01


@pytest.mark.parametrize(
    ("boundary", "reason"),
    [
        (SQUARE, "ZONE_BOUNDARY_INVALID"),
        ([SQUARE[0], SQUARE[1], SQUARE[0]], "ZONE_BOUNDARY_INVALID"),
        ([SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]], "ZONE_BOUNDARY_INVALID"),
        ([Point(200.0, 39.0), *SQUARE], "LOCATION_INVALID"),
        ([Point(float("nan"), 39.0), *SQUARE], "LOCATION_INVALID"),
        ([Point(116.0, 39.0, "BD-09"), *SQUARE], "LOCATION_INVALID"),
    ],
)
def test_a_boundary_that_encloses_nothing_is_refused(boundary: list[Point], reason: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        check_boundary(boundary)
    assert refusal.value.reason == reason
