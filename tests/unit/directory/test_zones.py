from datetime import datetime, timedelta
from itertools import pairwise

import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from kit.coordinates import BD_09, GCJ_02, WGS_84, Point
from kit.errors import InvalidArgument
from services.directory.domain.zones import (
    MOST_POINTS,
    Part,
    ZoneShape,
    area_square_metres,
    check_zone,
    outline,
)
from services.directory.index import Atlas
from tests.unit.directory.drawing import NOW, atlas_of, circle, ring, square, zone

RING5 = square(116.2, 39.8, 116.6, 40.0)


def codes_at(point: Point, atlas: Atlas, at: datetime = NOW) -> list[str]:
    return [zone.zone_code for zone in atlas.zones_around(point, at)]


def test_a_point_lies_in_the_zones_around_it_the_smallest_first() -> None:
    cbd = ring((116.45, 39.90), (116.48, 39.90), (116.48, 39.92))
    atlas = atlas_of(zone("BJ-RING5", (RING5,)), zone("BJ-CBD", (cbd,)))
    assert codes_at(Point(116.47, 39.91), atlas) == ["BJ-CBD", "BJ-RING5"]
    assert codes_at(Point(116.30, 39.85), atlas) == ["BJ-RING5"]
    assert codes_at(Point(117.20, 39.08), atlas) == []


def test_zones_of_the_same_size_come_by_code() -> None:
    atlas = atlas_of(zone("B", (RING5,)), zone("A", (RING5,)))
    assert codes_at(Point(116.3, 39.9), atlas) == ["A", "B"]


def test_the_size_is_that_on_the_globe_not_on_the_paper() -> None:
    # As wide in degrees, but further north: smaller.
    south, north = square(110, 20, 111, 21), square(110, 50, 111, 51)
    assert area_square_metres(outline(ZoneShape(GCJ_02, ((north,),)))) < 0.8 * area_square_metres(
        outline(ZoneShape(GCJ_02, ((south,),)))
    )


def test_a_degree_at_the_equator_is_as_large_as_the_globe_has_it() -> None:
    one = area_square_metres(outline(ZoneShape(GCJ_02, ((square(0, 0, 1, 1),),))))
    # Of the sphere of radius 6371 km: (π/180) · R² · sin 1°.
    assert one == pytest.approx(12_363_700_000, rel=1e-4)


def test_what_lies_in_a_hole_is_outside_and_what_lies_in_any_part_is_inside() -> None:
    hole, island = square(116.3, 39.85, 116.4, 39.95), square(117.0, 39.0, 117.1, 39.1)
    atlas = atlas_of(zone("RING", (RING5, hole), (island,)))
    assert codes_at(Point(116.35, 39.9), atlas) == []
    assert codes_at(Point(116.25, 39.9), atlas) == ["RING"]
    assert codes_at(Point(117.05, 39.05), atlas) == ["RING"]


@pytest.mark.parametrize("point", [(116.2, 39.9), (116.2, 39.8), (116.3, 39.9), (116.4, 39.95)])
def test_what_lies_on_a_ring_lies_in_the_zone(point: tuple[float, float]) -> None:
    atlas = atlas_of(zone("RING", (RING5, square(116.3, 39.85, 116.4, 39.95))))
    assert codes_at(Point(*point), atlas) == ["RING"]


def test_a_satellite_position_is_shifted_before_it_is_compared() -> None:
    atlas = atlas_of(zone("BJ-RING5", (RING5,)))
    # Just west of the zone's edge by satellite, inside it on the map.
    assert codes_at(Point(116.198, 39.9, WGS_84), atlas) == ["BJ-RING5"]
    assert codes_at(Point(116.198, 39.9), atlas) == []


def test_a_zone_drawn_in_another_system_is_where_its_system_says() -> None:
    atlas = atlas_of(zone("BAIDU", (RING5,), system=BD_09))
    assert codes_at(Point(116.201, 39.9, BD_09), atlas) == ["BAIDU"]
    # Baidu draws everything further east, so the same figures lie further west on other maps.
    assert codes_at(Point(116.195, 39.9), atlas) == ["BAIDU"]


def crosses_east(spot: Point, one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether a ray from a spot to the east crosses the line between two pairs of degrees."""
    if (one[1] > spot.latitude) == (other[1] > spot.latitude):
        return False
    part = (spot.latitude - one[1]) / (other[1] - one[1])
    return one[0] + part * (other[0] - one[0]) > spot.longitude


def inside(spot: Point, rings: Part) -> bool:
    """By casting a ray: inside when it crosses rings an odd number of times."""
    lines = (pair for each in rings for pair in pairwise(each))
    return sum(crosses_east(spot, *pair) for pair in lines) % 2 == 1


@st.composite
def stars(draw: st.DrawFn) -> Part:
    """A ring whose points lie near to a centre and far from it, perhaps with a hole of its form."""
    centre = draw(st.tuples(st.floats(100, 110), st.floats(25, 35)))
    reach = draw(st.lists(st.floats(0.1, 1), min_size=3, max_size=12))
    hole = circle(*centre, [far / 2 for far in reach])
    return (circle(*centre, reach), hole) if draw(st.booleans()) else (circle(*centre, reach),)


@given(
    st.lists(stars(), min_size=1, max_size=6),
    st.lists(st.tuples(st.floats(99, 111), st.floats(24, 36)), min_size=1, max_size=20),
)
def test_zones_are_found_as_by_casting_rays_at_each_of_them(
    drawn: list[Part], spots: list[tuple[float, float]]
) -> None:
    parts = {f"Z{number}": part for number, part in enumerate(drawn)}
    atlas = atlas_of(*(zone(code, part) for code, part in parts.items()))
    rings = shapely.union_all([outline(ZoneShape(GCJ_02, (part,))).boundary for part in drawn])
    for longitude, latitude in spots:
        # On a ring itself a ray says this or that.
        assume(rings.distance(shapely.Point(longitude, latitude)) > 1e-9)
        spot = Point(longitude, latitude)
        expected = {code for code, part in parts.items() if inside(spot, part)}
        assert set(codes_at(spot, atlas)) == expected


def refused(*parts: Part, system: str = GCJ_02) -> tuple[str, str]:
    with pytest.raises(InvalidArgument) as refusal:
        check_zone("Z", "商圈", ZoneShape(system, parts))
    return refusal.value.reason, refusal.value.field


BOW = ring((116.2, 39.8), (116.6, 40.0), (116.6, 39.8), (116.2, 40.0))


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ((), "zone.parts"),
        (((),), "zone.parts[0]"),
        (((RING5[:4],),), "zone.parts[0].rings[0]"),
        ((((RING5[0], RING5[1], RING5[0]),),), "zone.parts[0].rings[0]"),
        ((((RING5[0], RING5[0], *RING5[1:]),),), "zone.parts[0].rings[0].points[1]"),
        (((BOW,),), "zone.parts[0].rings[0].points[0]"),
        (((RING5, BOW),), "zone.parts[0].rings[1].points[0]"),
        (((RING5, square(116.5, 39.9, 116.7, 39.95)),), "zone.parts[0].rings[1]"),
        (
            ((RING5, square(116.3, 39.85, 116.4, 39.9), square(116.35, 39.85, 116.5, 39.9)),),
            "zone.parts[0].rings[2]",
        ),
        (((RING5,), (square(116.5, 39.9, 116.7, 39.95),)), "zone.parts[1]"),
        (((RING5,), (square(116.6, 39.8, 116.7, 40.0),)), "zone.parts"),
        (((circle(110, 30, [1.0] * MOST_POINTS),),), "zone.parts"),
        (
            ((ring((116.2, 39.8), (116.6, 39.8), (116.4, 39.8), (116.4, 40.0)),),),
            "zone.parts[0].rings[0].points[0]",
        ),
    ],
)
def test_rings_that_enclose_no_area_are_refused_by_ring_and_point(
    parts: tuple[Part, ...], field: str
) -> None:
    assert refused(*parts) == ("ZONE_BOUNDARY_INVALID", field)


@pytest.mark.parametrize("degrees", [(200.0, 39.0), (116.6, 91.0), (float("nan"), 39.0)])
def test_a_point_that_is_none_is_refused(degrees: tuple[float, float]) -> None:
    field = "zone.parts[0].rings[0].points[2]"
    assert refused(((*RING5[:2], degrees, *RING5[3:]),)) == ("LOCATION_INVALID", field)


def test_a_system_that_we_do_not_know_is_refused() -> None:
    assert refused((RING5,), system="BD-10") == ("LOCATION_INVALID", "zone.coordinate_system")


@pytest.mark.parametrize(
    "parts",
    [
        ((RING5, square(116.3, 39.85, 116.4, 39.95)),),
        ((RING5,), (square(116.6, 40.0, 116.7, 40.1),)),
        ((RING5[::-1],),),
        ((circle(110, 30, [1.0] * (MOST_POINTS - 1)),),),
    ],
    ids=["a hole", "parts that touch in a corner", "clockwise", "as many points as can be"],
)
def test_what_encloses_an_area_is_a_zone(parts: tuple[Part, ...]) -> None:
    check_zone("Z", "商圈", ZoneShape(GCJ_02, parts))


@pytest.mark.parametrize(("code", "name"), [("", "商圈"), ("Z", " "), ("Z", "长" * 61)])
def test_a_zone_has_a_code_and_a_name(code: str, name: str) -> None:
    with pytest.raises(InvalidArgument, match="ZONE_NAME_INVALID"):
        check_zone(code, name, ZoneShape(GCJ_02, ((RING5,),)))


def test_an_edit_holds_from_its_instant_and_the_past_stays() -> None:
    tomorrow, next_week = NOW + timedelta(days=1), NOW + timedelta(days=7)
    before = atlas_of(zone("Z", (RING5,)))
    grown = zone("Z", (square(116.0, 39.8, 116.6, 40.0),), version=2, effective_from=tomorrow)
    ended = zone("Z", version=3, effective_from=next_week)
    after = before.extended(2, (grown, ended), (), ())
    west, middle = Point(116.1, 39.9), Point(116.3, 39.9)
    assert [codes_at(west, after, at) for at in (NOW, tomorrow, next_week)] == [[], ["Z"], []]
    assert [codes_at(middle, after, at) for at in (NOW, tomorrow, next_week)] == [["Z"], ["Z"], []]
    assert codes_at(middle, after, NOW - timedelta(days=1)) == []
    assert codes_at(west, before, tomorrow) == []
    assert [zone.version for zone in after.zones(tomorrow)] == [2]
    assert after.zones(next_week) == []
