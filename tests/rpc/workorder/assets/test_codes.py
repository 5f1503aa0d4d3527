"""Codes that are printed, and guides to what they are printed on."""

import asyncio
from typing import Any

import pytest

from kit.authn import Actor
from protos.workorder.v1 import asset_pb2 as pb
from tests.rpc.workorder.assets.test_assets import register
from tests.rpc.workorder.conftest import CUSTOMER, CUSTOMER_SERVICE, DISPATCHER, Desk, technician
from tests.rpc.workorder.registry.asking import ask, refused

STRANGER = Actor("cu_stranger", frozenset({"customer"}))
FILE = "fl_01jd7q2v9x3k8m4n5p6r7s8t9v.pdf"


async def issue(desk: Desk, **said: Any) -> pb.ScanCode:
    made = await ask(
        desk, "Asset/IssueScanCode", CUSTOMER_SERVICE, **{"flow_code": "aircon_repair", **said}
    )
    assert isinstance(made, pb.ScanCode)
    return made


async def test_a_code_tells_whoever_holds_it_what_it_stands_for_and_nothing_of_whose(
    desk: Desk,
) -> None:
    asset = await register(desk, serial="SN-CODE", installed_on="2026-03-01")
    code = await issue(desk, asset_id=asset.asset_id)
    assert len(code.scan_code) == 25
    as_typed = f"{code.scan_code[:5]}-{code.scan_code[5:]}".upper()
    seen = await ask(desk, "Asset/ResolveScanCode", STRANGER, scan_code=as_typed)
    assert (seen.flow_code, seen.asset_id, seen.model) == (
        "aircon_repair",
        asset.asset_id,
        "KFR-35GW",
    )
    assert (seen.customer_id, seen.address_id, seen.serial) == ("", "", "")
    for actor in (CUSTOMER, DISPATCHER):
        known = await ask(desk, "Asset/ResolveScanCode", actor, scan_code=code.scan_code)
        assert (known.customer_id, known.address_id, known.serial) == ("cu_li", "ad_1", "SN-CODE")


async def test_a_code_issued_anew_ends_the_one_before(desk: Desk) -> None:
    asset = await register(desk)
    first = await issue(desk, asset_id=asset.asset_id)
    second = await issue(desk, asset_id=asset.asset_id, flow_code="aircon_care")
    gone = await refused(desk, "Asset/ResolveScanCode", scan_code=first.scan_code)
    assert gone.reason == "SCAN_CODE_UNKNOWN"
    assert gone.details["zh"]
    found = await ask(desk, "Asset/ResolveScanCode", scan_code=second.scan_code)
    assert found.flow_code == "aircon_care"
    listed = await ask(desk, "Asset/ListScanCodes", asset_id=asset.asset_id, include_ended=True)
    assert {one.scan_code for one in listed.scan_codes} == {first.scan_code, second.scan_code}
    standing = await ask(desk, "Asset/ListScanCodes", asset_id=asset.asset_id)
    assert [one.scan_code for one in standing.scan_codes] == [second.scan_code]


async def test_codes_issued_at_once_leave_one_that_is_good(desk: Desk) -> None:
    asset = await register(desk)
    codes = await asyncio.gather(*(issue(desk, asset_id=asset.asset_id) for _ in range(6)))
    assert len({code.scan_code for code in codes}) == 6
    good = await ask(desk, "Asset/ListScanCodes", asset_id=asset.asset_id)
    assert len(good.scan_codes) == 1


async def test_a_shop_has_a_code_for_each_of_its_places(desk: Desk) -> None:
    east = await issue(desk, customer_id="cu_shop", address_id="ad_east", place_name="东门")
    west = await issue(desk, customer_id="cu_shop", address_id="ad_west", place_name="西门")
    for code, name in ((east, "东门"), (west, "西门")):
        seen = await ask(desk, "Asset/ResolveScanCode", STRANGER, scan_code=code.scan_code)
        assert (seen.place_name, seen.asset_id, seen.customer_id) == (name, "", "")
    both = await refused(
        desk, "Asset/IssueScanCode", asset_id="as_1", customer_id="cu_shop", flow_code="x"
    )
    assert both.reason == "SCAN_CODE_INVALID"


async def test_a_code_ends_by_hand_and_with_its_asset(desk: Desk) -> None:
    asset = await register(desk)
    code = await issue(desk, asset_id=asset.asset_id)
    await ask(desk, "Asset/EndScanCode", scan_code=code.scan_code, reason="标签遗失")
    assert (await refused(desk, "Asset/ResolveScanCode", scan_code=code.scan_code)).reason
    code = await issue(desk, asset_id=asset.asset_id)
    await ask(desk, "Asset/RetireAsset", asset_id=asset.asset_id, reason="报废")
    assert (await refused(desk, "Asset/ResolveScanCode", scan_code=code.scan_code)).reason
    refusal = await refused(
        desk, "Asset/IssueScanCode", asset_id=asset.asset_id, flow_code="aircon_repair"
    )
    assert refusal.reason == "ASSET_RETIRED"


async def add_guide(desk: Desk, **said: Any) -> pb.Guide:
    given = {
        "brand": "美的",
        "model": "KFR-35GW",
        "kind": pb.GUIDE_KIND_DOCUMENT,
        "version": "1.0",
        "title": "安装说明",
        "reference": FILE,
    }
    made = await ask(desk, "Asset/AddGuide", **{**given, **said})
    assert isinstance(made, pb.Guide)
    return made


async def test_a_technician_finds_the_newest_guide_of_each_kind_for_the_asset(desk: Desk) -> None:
    model = "GUIDE-35"
    scene = "https://example.com/3d/35"
    await add_guide(desk, model=model, version="1.9")
    newest = await add_guide(desk, model=model, version="1.10")
    in_english = await add_guide(desk, model=model, language="en")
    three_d = await add_guide(desk, model=model, kind=pb.GUIDE_KIND_MODEL_3D, reference=scene)
    anyones = await add_guide(
        desk, brand="", model=model, kind=pb.GUIDE_KIND_VIDEO, reference="https://example.com/v"
    )
    await add_guide(desk, brand="格力", model=model)
    asset = await register(desk, model=model)
    zhang = await desk.technician()
    await desk.offered(zhang)
    found = await ask(desk, "Asset/ListGuides", technician(zhang), asset_id=asset.asset_id)
    assert {one.guide_id for one in found.guides} == {
        one.guide_id for one in (newest, in_english, three_d, anyones)
    }
    shown = await ask(
        desk, "Asset/ListGuides", asset_id=asset.asset_id, kind=pb.GUIDE_KIND_MODEL_3D
    )
    assert [one.reference for one in shown.guides] == [scene]
    past = await ask(
        desk,
        "Asset/ListGuides",
        model=model,
        brand="美的",
        language="zh",
        kind=pb.GUIDE_KIND_DOCUMENT,
        include_past=True,
    )
    assert [one.version for one in past.guides] == ["1.10", "1.9"]


async def test_a_version_of_a_guide_stands_once_and_is_retired(desk: Desk) -> None:
    made = await add_guide(desk, model="GUIDE-ONCE")
    taken = await refused(
        desk,
        "Asset/AddGuide",
        brand="美的",
        model="GUIDE-ONCE",
        kind=pb.GUIDE_KIND_DOCUMENT,
        version="1.0",
        title="x",
        reference=FILE,
    )
    assert taken.reason == "GUIDE_VERSION_TAKEN"
    retired = await ask(desk, "Asset/RetireGuide", guide_id=made.guide_id)
    assert retired.HasField("retired_at")
    await add_guide(desk, model="GUIDE-ONCE")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"kind": pb.GUIDE_KIND_UNSPECIFIED}, "kind"),
        ({"language": "中文"}, "language"),
        ({"version": ""}, "version"),
        ({"model": " "}, "model"),
        ({"title": ""}, "title"),
        ({"reference": "http://example.com"}, "reference"),
    ],
)
async def test_a_guide_that_nobody_could_open_is_refused(
    desk: Desk, said: dict[str, Any], field: str
) -> None:
    given = {
        "model": "GUIDE-BAD",
        "kind": pb.GUIDE_KIND_DOCUMENT,
        "version": "1",
        "title": "x",
        "reference": FILE,
        **said,
    }
    refusal = await refused(desk, "Asset/AddGuide", **given)
    assert (refusal.reason, refusal.field) == ("GUIDE_INVALID", field)
