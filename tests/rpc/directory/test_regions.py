from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from kit.errors import FailedPrecondition, InvalidArgument, NotFound
from protos.common.v1 import page_pb2
from protos.directory.v1 import directory_pb2 as pb
from tests.rpc.conftest import Served
from tests.rpc.directory.conftest import NOW, events_of, instant

if TYPE_CHECKING:
    from protos.directory.v1.directory_pb2_grpc import DirectoryServiceAsyncStub as Stub

LATER = instant(NOW + timedelta(days=1))


async def put_tier(stub: "Stub", key: str, adcode: str, tier: str, **more: object) -> pb.CityTier:
    wanted = pb.CityTier(adcode=adcode, city_tier=tier)
    return await stub.PutCityTier(
        pb.PutCityTierRequest(idempotency_key=key, city_tier=wanted, **more)  # type: ignore[arg-type]
    )


async def tier_of(stub: "Stub", adcode: str, **more: object) -> str:
    request = pb.ResolvePlaceRequest(adcode=adcode, **more)  # type: ignore[arg-type]
    return (await stub.ResolvePlace(request)).city_tier


async def test_a_tier_holds_from_an_instant_and_its_history_is_told(stub: "Stub") -> None:
    await put_tier(stub, "t1", "310100", "tier1")
    await put_tier(stub, "t2", "310100", "super", effective_from=LATER, version=1)
    assert await tier_of(stub, "310115") == "tier1"
    assert await tier_of(stub, "310115", at=LATER) == "super"
    history = await stub.ListCityTiers(pb.ListCityTiersRequest(history_of_adcode="310100"))
    assert [(each.city_tier, each.version) for each in history.city_tiers] == [
        ("super", 2), ("tier1", 1),
    ]  # fmt: skip
    assert history.city_tiers[1].effective_until == LATER
    assert history.city_tiers[0].place_name == "上海市"
    with pytest.raises(FailedPrecondition, match="PLACE_VERSION_STALE"):
        await put_tier(stub, "t3", "310100", "tier2", version=1)


async def test_a_city_is_taken_out_of_its_tier(stub: "Stub") -> None:
    await put_tier(stub, "o1", "440300", "tier1")
    await put_tier(stub, "o2", "440300", "")
    assert await tier_of(stub, "440305") == ""


async def test_tiers_are_listed_page_by_page(stub: "Stub") -> None:
    for number, adcode in enumerate(("510100", "520100", "530100")):
        await put_tier(stub, f"p{number}", adcode, "tier2", effective_from=LATER)
    page = page_pb2.PageRequest(page_size=2)
    found: list[str] = []
    while True:
        listed = await stub.ListCityTiers(pb.ListCityTiersRequest(page=page, at=LATER))
        found += [tier.adcode for tier in listed.city_tiers]
        if not listed.page.next_page_token:
            break
        page.page_token = listed.page.next_page_token
    assert found == sorted(found)
    assert {"510100", "520100", "530100"} <= set(found)
    today = await stub.ListCityTiers(pb.ListCityTiersRequest())
    assert "510100" not in {tier.adcode for tier in today.city_tiers}


async def test_a_tier_needs_a_place(stub: "Stub") -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await put_tier(stub, "n1", "999999", "tier1")
    assert (refusal.value.reason, refusal.value.field) == ("PLACE_UNKNOWN", "city_tier.adcode")


async def test_a_tier_of_a_merged_place_is_that_of_its_successor(stub: "Stub") -> None:
    assert (await put_tier(stub, "m1", "371200", "tier3")).adcode == "370100"


async def test_macro_regions_are_drawn_anew_from_an_instant(
    directory: Served, stub: "Stub"
) -> None:
    first = await stub.GetMacroRegions(pb.GetMacroRegionsRequest())
    assert first.version == 1
    assert [region.name for region in first.macro_regions][:3] == ["华北", "东北", "华东"]
    wanted = list(first.macro_regions)
    north, east = wanted[0], wanted[2]
    east.province_adcodes.remove("370000")
    north.province_adcodes.append("370000")
    request = pb.PutMacroRegionsRequest(
        idempotency_key="mr", macro_regions=wanted, effective_from=LATER, version=1
    )
    kept = await stub.PutMacroRegions(request)
    assert (kept.version, kept.effective_from) == (2, LATER)

    async def macro_region_of_qingdao(**more: object) -> str:
        asked = pb.ResolvePlaceRequest(adcode="370200", **more)  # type: ignore[arg-type]
        return (await stub.ResolvePlace(asked)).adcode_path[-2]

    assert await macro_region_of_qingdao() == "CN-EAST"
    assert await macro_region_of_qingdao(at=LATER) == "CN-NORTH"
    again = await stub.GetMacroRegions(pb.GetMacroRegionsRequest(at=LATER))
    assert again == kept
    old = await stub.GetMacroRegions(pb.GetMacroRegionsRequest(version=1))
    assert "370000" in old.macro_regions[2].province_adcodes
    (event,) = await events_of(directory, "CN", pb.PlacesEdited)
    assert event.macro_regions_version == 2


async def test_a_table_that_leaves_a_province_out_is_refused(stub: "Stub") -> None:
    half = [pb.MacroRegion(macro_region_code="HALF", name="半", province_adcodes=["110000"])]
    with pytest.raises(InvalidArgument, match="上海市") as refusal:
        await stub.PutMacroRegions(
            pb.PutMacroRegionsRequest(idempotency_key="half", macro_regions=half)
        )
    assert refusal.value.reason == "MACRO_REGIONS_INVALID"
    with pytest.raises(NotFound, match="MACRO_REGIONS_UNKNOWN"):
        await stub.GetMacroRegions(pb.GetMacroRegionsRequest(version=99))


async def test_a_macro_region_is_a_place(stub: "Stub") -> None:
    place = await stub.ResolvePlace(pb.ResolvePlaceRequest(adcode="CN-SOUTH"))
    assert (list(place.adcode_path), place.place_name) == (["CN-SOUTH", "CN"], "华南")
