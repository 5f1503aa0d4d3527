"""Assets: registered, changed, moved with their parts, retired; and who may know of them."""

import asyncio
from typing import Any

import pytest

from kit.errors import Kind, ServiceError
from protos.common.v1.page_pb2 import PageRequest
from protos.workorder.v1 import asset_pb2 as pb
from tests.rpc.workorder.conftest import CUSTOMER, CUSTOMER_SERVICE, Desk, technician
from tests.rpc.workorder.registry.asking import ask, refused


async def register(desk: Desk, **said: Any) -> pb.Asset:
    given = {"customer_id": "cu_li", "address_id": "ad_1", "brand": "美的", "model": "KFR-35GW"}
    made = await ask(desk, "Asset/RegisterAsset", **{**given, **said})
    assert isinstance(made, pb.Asset)
    return made


async def get(desk: Desk, asset_id: str) -> pb.Asset:
    found = await ask(desk, "Asset/GetAsset", asset_id=asset_id)
    assert isinstance(found, pb.Asset)
    return found


async def test_an_asset_is_registered_and_changed_as_it_was_seen(desk: Desk) -> None:
    made = await register(desk, serial="SN-1", installed_on="2026-03-18")
    assert made.asset_id.startswith("as_")
    assert (made.name, made.revision, made.in_warranty) == ("美的 KFR-35GW", 1, False)
    changed = await ask(
        desk,
        "Asset/ChangeAsset",
        asset_id=made.asset_id,
        revision=1,
        brand="美的",
        model="KFR-35GW",
        serial="SN-1",
        name="客厅空调",
        installed_on="2026-03-19",
    )
    assert (changed.name, changed.revision, changed.customer_id) == ("客厅空调", 2, "cu_li")
    stale = await refused(
        desk, "Asset/ChangeAsset", asset_id=made.asset_id, revision=1, name="又一个"
    )
    assert stale.reason == "REGISTRY_STALE"
    assert await get(desk, made.asset_id) == changed


async def test_an_id_is_of_one_asset(desk: Desk) -> None:
    first = await register(desk)
    taken = await refused(
        desk, "Asset/RegisterAsset", asset_id=first.asset_id, customer_id="cu_other", name="空调"
    )
    assert (taken.kind, taken.reason) == (Kind.ALREADY_EXISTS, "ASSET_EXISTS")
    assert taken.field == "asset_id"


async def test_a_serial_is_of_one_machine_of_a_brand_and_model(desk: Desk) -> None:
    first = await register(desk, serial="SN-ONE")
    taken = await refused(
        desk,
        "Asset/RegisterAsset",
        customer_id="cu_other",
        brand="美的",
        model="KFR-35GW",
        serial="SN-ONE",
    )
    assert (taken.reason, taken.field) == ("ASSET_SERIAL_TAKEN", "serial")
    assert taken.details["asset_id"] == first.asset_id
    await register(desk, serial="SN-ONE", model="KFR-26GW")
    await register(desk)
    await register(desk)


async def test_the_same_machine_registered_at_once_is_registered_once(desk: Desk) -> None:
    answers = await asyncio.gather(
        *(register(desk, serial="SN-RACE") for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(answer, pb.Asset) for answer in answers) == 1
    reasons = {answer.reason for answer in answers if isinstance(answer, ServiceError)}
    assert reasons <= {"ASSET_SERIAL_TAKEN", "WRITE_CONFLICT"}


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"customer_id": ""}, "customer_id"),
        ({"asset_id": "as bad"}, "asset_id"),
        ({"brand": "", "model": ""}, "name"),
        ({"serial": "S N"}, "serial"),
        ({"installed_on": "18.3.2026"}, "installed_on"),
        ({"parent_asset_id": "as_nowhere"}, "parent_asset_id"),
        ({"notes": "x" * 2001}, "notes"),
    ],
)
async def test_an_asset_that_makes_no_sense_is_refused_by_its_field(
    desk: Desk, said: dict[str, Any], field: str
) -> None:
    given = {"customer_id": "cu_odd", "brand": "美的", "model": "KFR-35GW", **said}
    refusal = await refused(desk, "Asset/RegisterAsset", **given)
    assert (refusal.reason, refusal.field) == ("ASSET_INVALID", field)
    assert desk.rows("SELECT * FROM asset WHERE customer_id = 'cu_odd'") == []


async def test_parts_move_with_the_whole_and_the_history_says_where_each_has_been(
    desk: Desk,
) -> None:
    whole = await register(desk, name="多联机")
    part = await register(desk, name="内机", parent_asset_id=whole.asset_id)
    piece = await register(desk, name="电机", parent_asset_id=part.asset_id)
    alone = await refused(
        desk, "Asset/MoveAsset", asset_id=part.asset_id, customer_id="cu_new", reason="搬家"
    )
    assert alone.reason == "ASSET_INVALID"
    moved = await ask(
        desk,
        "Asset/MoveAsset",
        asset_id=whole.asset_id,
        customer_id="cu_new",
        address_id="ad_new",
        reason="转卖",
    )
    assert (moved.customer_id, moved.address_id) == ("cu_new", "ad_new")
    for asset_id in (whole.asset_id, part.asset_id, piece.asset_id):
        assert (await get(desk, asset_id)).customer_id == "cu_new"
        moves = (await ask(desk, "Asset/ListAssetMoves", asset_id=asset_id)).moves
        assert [(move.customer_id, move.reason) for move in moves] == [
            ("cu_li", ""),
            ("cu_new", "转卖"),
        ]
    parts = await ask(desk, "Asset/ListAssets", parent_asset_id=whole.asset_id)
    assert [one.asset_id for one in parts.assets] == [part.asset_id]


async def test_a_whole_is_never_made_a_part_of_its_parts(desk: Desk) -> None:
    whole = await register(desk, name="主机")
    part = await register(desk, name="部件", parent_asset_id=whole.asset_id)
    for parent in (part.asset_id, whole.asset_id):
        refusal = await refused(
            desk, "Asset/ChangeAsset", asset_id=whole.asset_id, name="主机", parent_asset_id=parent
        )
        assert refusal.field == "parent_asset_id"


async def test_a_retired_asset_changes_no_more_and_is_not_listed(desk: Desk) -> None:
    made = await register(desk, customer_id="cu_retire")
    retired = await ask(desk, "Asset/RetireAsset", asset_id=made.asset_id, reason="报废")
    assert retired.retire_reason == "报废"
    assert await ask(desk, "Asset/RetireAsset", asset_id=made.asset_id, reason="x") == retired
    refusal = await refused(desk, "Asset/ChangeAsset", asset_id=made.asset_id, name="x")
    assert refusal.reason == "ASSET_RETIRED"
    assert not (await ask(desk, "Asset/ListAssets", customer_id="cu_retire")).assets
    with_retired = await ask(
        desk, "Asset/ListAssets", customer_id="cu_retire", include_retired=True
    )
    assert len(with_retired.assets) == 1


async def test_customers_see_their_own_and_technicians_those_where_they_have_work(
    desk: Desk,
) -> None:
    theirs = await register(desk, name="李家的")
    others = await register(desk, customer_id="cu_other", name="别人的")
    zhang = await desk.technician()
    order = await desk.offered(zhang)
    assert order.customer_id == "cu_li"
    for actor in (CUSTOMER, technician(zhang), CUSTOMER_SERVICE):
        seen = await ask(desk, "Asset/GetAsset", actor, asset_id=theirs.asset_id)
        assert seen.name == "李家的"
    for actor in (CUSTOMER, technician(zhang)):
        refusal = await refused(desk, "Asset/GetAsset", actor, asset_id=others.asset_id)
        assert refusal.reason == "ASSET_UNKNOWN"
        listed = await ask(desk, "Asset/ListAssets", actor, text="的")
        assert {one.customer_id for one in listed.assets} == {"cu_li"}
    await desk.call("DeclineOffer", work_order_id=order.work_order_id, technician_id=zhang)
    gone = await refused(desk, "Asset/GetAsset", technician(zhang), asset_id=theirs.asset_id)
    assert gone.reason == "ASSET_UNKNOWN"


async def test_a_technician_registers_what_they_install_where_they_have_work(desk: Desk) -> None:
    zhang = await desk.technician()
    await desk.accepted(zhang)
    made = await ask(
        desk,
        "Asset/RegisterAsset",
        technician(zhang),
        customer_id="cu_li",
        name="新装空调",
    )
    assert made.put_by_person_id == zhang
    refusal = await refused(
        desk, "Asset/RegisterAsset", technician(zhang), customer_id="cu_far", name="x"
    )
    assert refusal.field == "customer_id"
    refusal = await refused(desk, "Asset/RegisterAsset", CUSTOMER, customer_id="cu_li", name="x")
    assert refusal.reason == "ROLE_REQUIRED"


async def test_a_list_of_assets_goes_on_where_it_ended(desk: Desk) -> None:
    made = [
        (await register(desk, customer_id="cu_many", name=f"机{number}")).asset_id
        for number in range(5)
    ]
    seen: list[str] = []
    token = ""
    while True:
        page = PageRequest(page_size=2, page_token=token)
        answer = await ask(desk, "Asset/ListAssets", customer_id="cu_many", page=page)
        seen += [one.asset_id for one in answer.assets]
        token = answer.page.next_page_token
        if not token:
            break
    assert sorted(seen) == sorted(made)
    assert seen == sorted(seen, reverse=True)
