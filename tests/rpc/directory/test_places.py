from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from kit.errors import InvalidArgument, NotFound
from protos.common.v1.place_pb2 import Location
from protos.directory.v1 import directory_pb2 as pb
from tests.rpc.directory.conftest import NOW, instant
from tests.rpc.directory.zones import RING5

if TYPE_CHECKING:
    from protos.directory.v1.directory_pb2_grpc import DirectoryServiceAsyncStub as Stub

BEFORE_THE_MERGE = instant(datetime(2021, 3, 1, tzinfo=UTC))


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
    assert place.zones_known
    assert place.resolved_at == instant(NOW)


async def test_a_location_may_be_in_any_of_the_systems(stub: "Stub") -> None:
    for system, longitude in (("WGS-84", 116.196), ("GCJ-02", 116.201), ("BD-09", 116.2075)):
        where = Location(longitude=longitude, latitude=39.9, coordinate_system=system)
        place = await stub.ResolvePlace(pb.ResolvePlaceRequest(adcode="110107", location=where))
        assert list(place.zone_codes) == ["BJ-RING5"], system


async def test_a_place_is_chosen_step_by_step(stub: "Stub") -> None:
    async def within(parent: str, at: Timestamp | None = None) -> dict[str, pb.NamedPlace]:
        listed = await stub.ListPlaces(pb.ListPlacesRequest(parent_adcode=parent, at=at))
        return {place.adcode: place for place in listed.places}

    provinces = await within("")
    assert len(provinces) == 34
    assert provinces["110000"].name == "北京市"
    assert set(await within("CN-NORTHEAST")) == {"210000", "220000", "230000"}
    districts = await within(next(iter(await within("110000"))))
    assert (districts["110105"].name, districts["110105"].divided) == ("朝阳区", False)
    assert "330103" in await within("330100", BEFORE_THE_MERGE)
    assert "330103" not in await within("330100")
    with pytest.raises(InvalidArgument, match="PLACE_UNKNOWN"):
        await within("999999")


async def test_without_a_location_nothing_is_said_of_zones(stub: "Stub") -> None:
    place = await stub.ResolvePlace(pb.ResolvePlaceRequest(adcode="110105"))
    assert list(place.zone_codes) == []
    assert not place.zones_known


async def test_a_merged_district_is_resolved_to_its_successor_and_says_so(stub: "Stub") -> None:
    place = await stub.ResolvePlace(pb.ResolvePlaceRequest(adcode="330103"))
    assert (place.adcode, place.former_adcode) == ("330105", "330103")
    assert place.place_name == "浙江省杭州市拱墅区"


async def test_a_code_means_what_it_meant_at_an_instant(stub: "Stub") -> None:
    place = await stub.ResolvePlace(pb.ResolvePlaceRequest(adcode="330103", at=BEFORE_THE_MERGE))
    assert (place.adcode, place.former_adcode) == ("330103", "")
    assert place.place_name == "浙江省杭州市下城区"
    assert place.resolved_at == BEFORE_THE_MERGE


@pytest.mark.parametrize(
    ("request_", "reason", "field"),
    [
        (pb.ResolvePlaceRequest(adcode="999999"), "PLACE_UNKNOWN", "adcode"),
        (pb.ResolvePlaceRequest(), "PLACE_UNKNOWN", "adcode"),
        (pb.ResolvePlaceRequest(adcode="330104"), "PLACE_AMBIGUOUS", "adcode"),
        (pb.ResolvePlaceRequest(address_text="朝阳区1号"), "PLACE_AMBIGUOUS", "address_text"),
        (pb.ResolvePlaceRequest(address_text="中关村大街"), "PLACE_UNKNOWN", "address_text"),
        (
            pb.ResolvePlaceRequest(address_text="北京市", adcode="110000"),
            "PLACE_ASKED_TWICE",
            "address_text",
        ),
        (
            pb.ResolvePlaceRequest(
                adcode="110105",
                location=Location(longitude=116, latitude=39, coordinate_system="BD-10"),
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


async def test_an_address_text_is_a_place(stub: "Stub") -> None:
    text, where = "北京朝阳建国路88号", Location(longitude=116.47, latitude=39.91)
    place = await stub.ResolvePlace(pb.ResolvePlaceRequest(address_text=text, location=where))
    assert (place.adcode, place.place_name) == ("110105", "北京市朝阳区")
    assert list(place.zone_codes) == ["BJ-RING5"]


async def test_an_address_text_is_taken_apart(stub: "Stub") -> None:
    parsed = await stub.ParseAddress(pb.ParseAddressRequest(address_text="内蒙包头昆都仑区1号"))
    assert parsed.confidence == pb.ADDRESS_CONFIDENCE_LIKELY
    assert parsed.detail == "1号"
    (candidate,) = parsed.candidates
    assert (candidate.adcode, candidate.level) == ("150203", "district")
    assert [(part.written, part.name, part.naming) for part in candidate.parts] == [
        ("内蒙", "内蒙古自治区", pb.ADDRESS_NAMING_SHORT),
        ("包头", "包头市", pb.ADDRESS_NAMING_SHORT),
        ("昆都仑区", "昆都仑区", pb.ADDRESS_NAMING_FULL),
    ]


async def test_an_address_text_that_fits_several_places_is_told_with_all_of_them(
    stub: "Stub",
) -> None:
    parsed = await stub.ParseAddress(pb.ParseAddressRequest(address_text="鼓楼区中山路1号"))
    assert parsed.confidence == pb.ADDRESS_CONFIDENCE_AMBIGUOUS
    assert [each.place_name for each in parsed.candidates] == [
        "江苏省南京市鼓楼区", "江苏省徐州市鼓楼区", "福建省福州市鼓楼区", "河南省开封市鼓楼区",
    ]  # fmt: skip


async def test_an_address_is_read_by_the_names_of_its_day(stub: "Stub") -> None:
    asked = pb.ParseAddressRequest(address_text="杭州市下城区", at=BEFORE_THE_MERGE)
    parsed = await stub.ParseAddress(asked)
    assert [each.adcode for each in parsed.candidates] == ["330103"]
    assert parsed.confidence == pb.ADDRESS_CONFIDENCE_CERTAIN
