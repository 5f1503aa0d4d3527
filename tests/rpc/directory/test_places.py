from typing import TYPE_CHECKING

import pytest

from kit.errors import InvalidArgument, NotFound
from protos.common.v1.place_pb2 import Location
from protos.directory.v1 import directory_pb2 as pb

if TYPE_CHECKING:
    from protos.directory.v1.directory_pb2_grpc import DirectoryServiceAsyncStub as Stub

CORNERS = [(116.20, 39.76), (116.55, 39.76), (116.55, 40.02), (116.20, 40.02), (116.20, 39.76)]
RING5 = pb.Zone(
    zone_code="BJ-RING5",
    name="北京五环内",
    coordinate_system="GCJ-02",
    boundary=[
        Location(longitude=lon, latitude=lat, coordinate_system="GCJ-02") for lon, lat in CORNERS
    ],
)


@pytest.fixture(scope="module", autouse=True)
async def _beijing(stub: "Stub") -> None:
    await stub.PutZone(pb.PutZoneRequest(idempotency_key="ring5", zone=RING5))
    tier = pb.CityTier(adcode="110100", city_tier="tier1")
    await stub.PutCityTier(pb.PutCityTierRequest(idempotency_key="tier", city_tier=tier))


async def test_a_place_has_a_path_its_zones_and_a_city_tier(stub: "Stub") -> None:
    place = await stub.ResolvePlace(
        pb.ResolvePlaceRequest(adcode="110105", location=Location(longitude=116.46, latitude=39.92))
    )
    assert list(place.adcode_path) == ["110105", "110100", "110000", "CN-NORTH", "CN"]
    assert list(place.zone_codes) == ["BJ-RING5"]
    assert place.city_tier == "tier1"


async def test_a_place_is_chosen_step_by_step(stub: "Stub") -> None:
    async def within(parent: str) -> dict[str, pb.NamedPlace]:
        listed = await stub.ListPlaces(pb.ListPlacesRequest(parent_adcode=parent))
        return {place.adcode: place for place in listed.places}

    provinces = await within("")
    assert len(provinces) == 34
    assert provinces["110000"].name == "北京市"
    districts = await within(next(iter(await within("110000"))))
    assert (districts["110105"].name, districts["110105"].divided) == ("朝阳区", False)
    with pytest.raises(InvalidArgument, match="PLACE_UNKNOWN"):
        await within("999999")


async def test_without_a_location_no_zone_is_claimed(stub: "Stub") -> None:
    place = await stub.ResolvePlace(pb.ResolvePlaceRequest(adcode="110105"))
    assert list(place.zone_codes) == []


async def test_a_merged_district_is_resolved_to_its_successor(stub: "Stub") -> None:
    place = await stub.ResolvePlace(pb.ResolvePlaceRequest(adcode="330103"))
    assert place.adcode == "330105"


@pytest.mark.parametrize(
    ("request_", "reason", "field"),
    [
        (pb.ResolvePlaceRequest(adcode="999999"), "PLACE_UNKNOWN", "adcode"),
        (pb.ResolvePlaceRequest(), "PLACE_UNKNOWN", "adcode"),
        (
            pb.ResolvePlaceRequest(
                adcode="110105",
                location=Location(longitude=116, latitude=39, coordinate_system="BD-09"),
            ),
            "LOCATION_INVALID",
            "location.coordinate_system",
        ),
    ],
)
async def test_a_place_that_is_none_is_refused_by_name(
    stub: "Stub", request_: pb.ResolvePlaceRequest, reason: str, field: str
) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await stub.ResolvePlace(request_)
    assert (refusal.value.reason, refusal.value.field) == (reason, field)


async def test_an_address_nobody_has_is_not_found(stub: "Stub") -> None:
    with pytest.raises(NotFound, match="ADDRESS_UNKNOWN"):
        await stub.ResolvePlace(pb.ResolvePlaceRequest(address_id="ad_nowhere"))


async def test_zones_are_listed_as_they_were_put(stub: "Stub") -> None:
    assert list((await stub.ListZones(pb.ListZonesRequest())).zones) == [RING5]


async def test_an_open_boundary_is_refused(stub: "Stub") -> None:
    half = pb.Zone(zone_code="HALF", name="半个", boundary=RING5.boundary[:3])
    with pytest.raises(InvalidArgument) as refusal:
        await stub.PutZone(pb.PutZoneRequest(idempotency_key="half", zone=half))
    assert (refusal.value.reason, refusal.value.field) == ("ZONE_BOUNDARY_INVALID", "zone.boundary")


async def test_a_tier_needs_a_name_and_a_place(stub: "Stub") -> None:
    nameless = pb.CityTier(adcode="310100")
    with pytest.raises(InvalidArgument, match="CITY_TIER_MISSING"):
        await stub.PutCityTier(pb.PutCityTierRequest(idempotency_key="t1", city_tier=nameless))
    nowhere = pb.CityTier(adcode="999999", city_tier="tier1")
    with pytest.raises(InvalidArgument, match="PLACE_UNKNOWN"):
        await stub.PutCityTier(pb.PutCityTierRequest(idempotency_key="t2", city_tier=nowhere))
