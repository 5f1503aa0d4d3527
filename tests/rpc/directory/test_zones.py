import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from kit.authn import Actor
from kit.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from protos.common.v1 import page_pb2
from protos.common.v1.place_pb2 import Location
from protos.directory.v1 import directory_pb2 as pb
from tests.rpc.conftest import Served
from tests.rpc.directory.conftest import NOW, events_of, instant
from tests.rpc.directory.zones import RING5, square, zone

if TYPE_CHECKING:
    from protos.directory.v1.directory_pb2_grpc import DirectoryServiceAsyncStub as Stub

LATER = instant(NOW + timedelta(days=1))
MIDDLE = Location(longitude=116.35, latitude=39.9)


async def put(stub: "Stub", key: str, wanted: pb.Zone, **more: object) -> pb.Zone:
    return await stub.PutZone(
        pb.PutZoneRequest(idempotency_key=key, zone=wanted, **more)  # type: ignore[arg-type]
    )


async def zones_around(stub: "Stub", **more: object) -> list[str]:
    request = pb.ResolvePlaceRequest(adcode="110105", location=MIDDLE, **more)  # type: ignore[arg-type]
    return list((await stub.ResolvePlace(request)).zone_codes)


@pytest.fixture(autouse=True)
async def _no_zones_left(stub: "Stub") -> AsyncIterator[None]:
    yield
    for left in (await stub.ListZones(pb.ListZonesRequest())).zones:
        key = f"end {left.zone_code} {left.version}"
        await stub.EndZone(pb.EndZoneRequest(idempotency_key=key, zone_code=left.zone_code))


async def test_a_zone_is_kept_as_it_was_drawn(stub: "Stub") -> None:
    hole = square(116.30, 39.85, 116.40, 39.95)
    wanted = zone("HOLED", RING5.parts[0].rings[0], hole, name="有洞")
    kept = await put(stub, "holed", wanted)
    assert (kept.version, kept.point_count, kept.coordinate_system) == (1, 10, "GCJ-02")
    assert kept.area_square_metres == pytest.approx(770e6, rel=0.02)
    assert {point.coordinate_system for point in kept.parts[0].rings[1].points} == {"GCJ-02"}
    assert (await stub.GetZone(pb.GetZoneRequest(zone_code="HOLED"))).zone == kept
    assert await zones_around(stub) == []


async def test_an_edit_holds_from_its_instant_and_the_former_zone_is_still_told(
    stub: "Stub",
) -> None:
    first = await put(stub, "z1", zone("Z", square(116.3, 39.8, 116.4, 40.0)))
    moved = zone("Z", square(117.3, 39.8, 117.4, 40.0))
    second = await put(stub, "z2", moved, effective_from=LATER, version=1)
    assert (first.version, second.version) == (1, 2)
    assert await zones_around(stub) == ["Z"]
    assert await zones_around(stub, at=LATER) == []
    told = await stub.GetZone(pb.GetZoneRequest(zone_code="Z"))
    assert told.zone.parts == first.parts
    assert told.zone.effective_until == LATER
    assert [(each.version, len(each.parts)) for each in told.versions] == [(2, 0), (1, 0)]
    assert told.versions[0].put_by_person_id


async def test_an_ended_zone_is_one_no_more_and_may_be_drawn_again(stub: "Stub") -> None:
    await put(stub, "e1", zone("E", square(116.3, 39.8, 116.4, 40.0)))
    ending = pb.EndZoneRequest(idempotency_key="e2", zone_code="E", effective_from=LATER)
    ended = await stub.EndZone(ending)
    assert (ended.ended, ended.version) == (True, 2)
    assert await zones_around(stub) == ["E"]
    assert await zones_around(stub, at=LATER) == []
    with pytest.raises(NotFound, match="ZONE_UNKNOWN"):
        await stub.EndZone(pb.EndZoneRequest(idempotency_key="e3", zone_code="E"))
    assert (await put(stub, "e4", zone("E", square(116.3, 39.8, 116.4, 40.0)))).version == 3
    assert await zones_around(stub, at=LATER) == ["E"]


async def test_an_edit_of_a_zone_somebody_edited_meanwhile_is_refused(stub: "Stub") -> None:
    drawn = zone("S", square(116.3, 39.8, 116.4, 40.0))
    for number in range(2):
        await put(stub, f"s{number}", drawn)
    with pytest.raises(FailedPrecondition, match="PLACE_VERSION_STALE"):
        await put(stub, "s2", drawn, version=1)


async def test_no_edit_begins_in_the_past(stub: "Stub") -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await put(stub, "past", RING5, effective_from=instant(NOW - timedelta(seconds=1)))
    assert (refusal.value.reason, refusal.value.field) == ("EFFECTIVE_FROM_PAST", "effective_from")


async def test_zones_are_listed_page_by_page_without_their_rings(stub: "Stub") -> None:
    for number in range(3):
        west = 116.0 + number * 0.2
        drawn = zone(f"L{number}", square(west, 39.8, west + 0.3, 40.0), name=f"商圈{number}")
        await put(stub, f"l{number}", drawn)
    first = await stub.ListZones(pb.ListZonesRequest(page=page_pb2.PageRequest(page_size=2)))
    assert [(each.zone_code, len(each.parts)) for each in first.zones] == [("L0", 0), ("L1", 0)]
    rest = page_pb2.PageRequest(page_size=2, page_token=first.page.next_page_token)
    second = await stub.ListZones(pb.ListZonesRequest(page=rest))
    assert [each.zone_code for each in second.zones] == ["L2"]
    assert not second.page.next_page_token

    async def listed(**asked: object) -> list[str]:
        answer = await stub.ListZones(pb.ListZonesRequest(**asked))  # type: ignore[arg-type]
        return [each.zone_code for each in answer.zones]

    assert await listed(name_contains="圈1") == ["L1"]
    assert await listed(name_contains="L2") == ["L2"]
    assert await listed(around=Location(longitude=116.25, latitude=39.9)) == ["L0", "L1"]
    assert await listed(at=instant(NOW - timedelta(days=1))) == []


async def test_rings_that_cross_are_refused_by_ring_and_point(stub: "Stub") -> None:
    bow = square(116.3, 39.8, 116.4, 40.0)
    bow.points[1].latitude, bow.points[2].latitude = 40.0, 39.8
    with pytest.raises(InvalidArgument) as refusal:
        await put(stub, "bow", zone("BOW", bow))
    assert (refusal.value.reason, refusal.value.field) == (
        "ZONE_BOUNDARY_INVALID", "zone.parts[0].rings[0].points[0]",
    )  # fmt: skip
    mixed = zone("MIXED", square(116.3, 39.8, 116.4, 40.0))
    mixed.parts[0].rings[0].points[3].coordinate_system = "BD-09"
    with pytest.raises(InvalidArgument, match=r"points\[3\]\.coordinate_system"):
        await put(stub, "mixed", mixed)


async def test_a_zone_nobody_drew_is_not_found(stub: "Stub") -> None:
    with pytest.raises(NotFound, match="ZONE_UNKNOWN"):
        await stub.GetZone(pb.GetZoneRequest(zone_code="NOWHERE"))


async def test_an_edit_is_written_down_as_an_event(directory: Served, stub: "Stub") -> None:
    await put(stub, "ev", zone("EV", square(116.3, 39.8, 116.4, 40.0)), effective_from=LATER)
    (event,) = await events_of(directory, "EV", pb.PlacesEdited)
    assert (event.zone_code, event.effective_from) == ("EV", LATER)


async def test_only_those_who_keep_prices_and_places_draw_zones(directory: Served) -> None:
    with pytest.raises(PermissionDenied):
        await directory.as_(Actor("pe_tech", frozenset({"technician"}))).call(
            "directory.v1.DirectoryService/PutZone",
            pb.PutZoneRequest(idempotency_key="no", zone=RING5),
        )


async def test_of_two_who_edit_the_same_version_at_once_one_is_refused(stub: "Stub") -> None:
    drawn = zone("RACE", square(116.3, 39.8, 116.4, 40.0))
    await put(stub, "race", drawn)
    outcomes = await asyncio.gather(
        *(put(stub, f"race{number}", drawn, version=1) for number in range(5)),
        return_exceptions=True,
    )
    kept = [each.version for each in outcomes if isinstance(each, pb.Zone)]
    refused = [each.reason for each in outcomes if isinstance(each, FailedPrecondition)]
    assert (kept, refused) == ([2], ["PLACE_VERSION_STALE"] * 4)


async def test_the_same_edit_sent_again_is_made_once(stub: "Stub") -> None:
    drawn = zone("ONCE", square(116.3, 39.8, 116.4, 40.0))
    assert await put(stub, "once", drawn) == await put(stub, "once", drawn)
    versions = (await stub.GetZone(pb.GetZoneRequest(zone_code="ONCE"))).versions
    assert len(versions) == 1
