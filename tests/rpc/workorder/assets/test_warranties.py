"""Who pays: warranties given, checked, voided."""

from datetime import UTC, datetime, timedelta
from typing import Any

from kit.rpc.convert import instant_to_proto
from protos.workorder.v1 import asset_pb2 as pb
from tests.rpc.workorder.assets.test_assets import register
from tests.rpc.workorder.conftest import CUSTOMER, CUSTOMER_SERVICE, Desk
from tests.rpc.workorder.registry.asking import ask, refused


async def add(desk: Desk, asset: pb.Asset, **said: Any) -> pb.AssetWarranty:
    made = await ask(desk, "Asset/AddWarranty", CUSTOMER_SERVICE, asset_id=asset.asset_id, **said)
    assert isinstance(made, pb.AssetWarranty)
    return made


async def check(desk: Desk, asset: pb.Asset, day: str) -> pb.WarrantyVerdict:
    noon = datetime.fromisoformat(f"{day}T04:00:00+00:00").astimezone(UTC)
    found = await ask(
        desk, "Asset/CheckWarranty", asset_id=asset.asset_id, at=instant_to_proto(noon)
    )
    assert isinstance(found, pb.WarrantyVerdict)
    return found


async def test_the_makers_year_and_the_years_bought_follow_each_other(desk: Desk) -> None:
    asset = await register(desk, installed_on="2026-03-18")
    makers = await add(desk, asset, terms_code="AC-1Y", months=12)
    assert (makers.first_day, makers.last_day) == ("2026-03-18", "2027-03-17")
    bought = await add(
        desk,
        asset,
        kind=pb.WARRANTY_KIND_EXTENDED,
        months=24,
        covers=[pb.WARRANTY_COVER_PARTS],
        reference="so_1",
    )
    assert (bought.first_day, bought.last_day) == ("2027-03-18", "2029-03-17")

    inside = await check(desk, asset, "2027-03-17")
    assert inside.in_warranty
    assert inside.labour_covered
    assert inside.covered_until == "2029-03-17"
    parts_only = await check(desk, asset, "2027-03-18")
    assert (parts_only.parts_covered, parts_only.labour_covered) == (True, False)
    outside = await check(desk, asset, "2029-03-18")
    assert (outside.in_warranty, outside.covered_until, outside.day) == (False, "", "2029-03-18")

    voided = await ask(desk, "Asset/VoidWarranty", warranty_id=bought.warranty_id, reason="退订")
    assert voided.void_reason == "退订"
    assert not (await check(desk, asset, "2027-03-18")).in_warranty
    kept = await ask(desk, "Asset/GetAsset", asset_id=asset.asset_id)
    assert [one.warranty_id for one in kept.warranties] == [
        makers.warranty_id,
        bought.warranty_id,
    ]
    assert kept.revision == 4


async def test_a_warranty_that_makes_no_sense_is_refused(desk: Desk) -> None:
    asset = await register(desk)
    for said, field in (
        ({"months": 12}, "first_day"),
        ({"first_day": "2026-03-18"}, "last_day"),
        ({"first_day": "2026-03-18", "last_day": "2026-03-17"}, "last_day"),
    ):
        refusal = await refused(desk, "Asset/AddWarranty", asset_id=asset.asset_id, **said)
        assert (refusal.reason, refusal.field) == ("WARRANTY_INVALID", field)
    refusal = await refused(desk, "Asset/AddWarranty", CUSTOMER, asset_id=asset.asset_id, months=12)
    assert refusal.reason == "ROLE_REQUIRED"
    missing = await refused(desk, "Asset/VoidWarranty", warranty_id="wr_none", reason="x")
    assert missing.reason == "WARRANTY_UNKNOWN"


async def test_assets_whose_warranty_ends_soon_are_listed(desk: Desk) -> None:
    today = desk.clock.now().date()
    soon = await register(desk, customer_id="cu_soon", name="快到期")
    later = await register(desk, customer_id="cu_soon", name="还早")
    over = await register(desk, customer_id="cu_soon", name="已过期")
    for asset, last in ((soon, today + timedelta(days=5)), (over, today - timedelta(days=2))):
        await add(desk, asset, first_day="2020-01-01", last_day=last.isoformat())
    await add(desk, later, first_day="2020-01-01", last_day="2099-01-01")
    listed = await ask(
        desk,
        "Asset/ListAssets",
        customer_id="cu_soon",
        warranty_over_by=(today + timedelta(days=30)).isoformat(),
    )
    assert [one.name for one in listed.assets] == ["快到期"]


async def test_a_customer_may_ask_whether_their_own_is_covered(desk: Desk) -> None:
    asset = await register(desk, installed_on=desk.clock.now().date().isoformat())
    await add(desk, asset, months=6)
    found = await ask(desk, "Asset/CheckWarranty", CUSTOMER, asset_id=asset.asset_id)
    assert found.in_warranty
