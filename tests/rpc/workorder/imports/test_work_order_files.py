"""Open work orders of another system: previewed with their places, imported once."""

from typing import Any

from protos.workorder.v1 import work_order_import_pb2 as pb
from protos.workorder.v1 import workorder_pb2
from tests.rpc.workorder.conftest import CHAOYANG, CUSTOMER, Desk
from tests.rpc.workorder.registry.asking import ask, refused

HEADINGS = "单号,阶段,标题,客户,地址,区划,服务项,技能,优先级,期限"
CHAOYANG_BY_CODE = pb.ResolvedPlace(adcode="110105", place=CHAOYANG)


def file(*rows: str) -> bytes:
    return "\r\n".join((HEADINGS, *rows)).encode()


async def preview(
    desk: Desk, content: bytes, *places: pb.ResolvedPlace
) -> pb.WorkOrderImportPreview:
    seen = await ask(desk, "WorkOrderImport/PreviewWorkOrderImport", content=content, places=places)
    assert isinstance(seen, pb.WorkOrderImportPreview)
    return seen


def as_previewed(
    content: bytes, seen: pb.WorkOrderImportPreview, *places: pb.ResolvedPlace
) -> dict[str, Any]:
    return {
        "content": content,
        "places": places,
        "file_sha256": seen.file_sha256,
        "registry_sha256": seen.registry_sha256,
    }


async def test_open_work_orders_come_in_once_with_their_numbers(desk: Desk) -> None:
    content = file(
        "OLD-1,售后,空调不制冷,cu_li,,110105,AC-REPAIR*1; PIPE*3,aircon_repair:2,2,2026-12-31",
        "OLD-2,install,装挂机,cu_li,ad_1,,AC-INSTALL-STD,,,",
    )
    at_address = pb.ResolvedPlace(address_id="ad_1", place=CHAOYANG)
    blind = await preview(desk, content)
    assert [(each.address_id, each.adcode) for each in blind.unresolved] == [
        ("", "110105"),
        ("ad_1", ""),
    ]
    assert blind.wrong == 2
    places = (CHAOYANG_BY_CODE, at_address)
    seen = await preview(desk, content, *places)
    assert (seen.added, seen.wrong, list(seen.unresolved)) == (2, 0, [])
    request = as_previewed(content, seen, *places)
    done = await ask(desk, "WorkOrderImport/ImportWorkOrders", **request)
    assert done.added == 2
    first = await desk.get(done.work_order_ids[0])
    assert (first.source, first.source_ref) == (workorder_pb2.WORK_ORDER_SOURCE_IMPORT, "OLD-1")
    assert [(line.item_code, line.quantity) for line in first.lines] == [
        ("AC-REPAIR", 1),
        ("PIPE", 3),
    ]
    assert (first.stage, first.priority) == ("aftersale", 2)
    assert list(first.place.adcode_path) == list(CHAOYANG.adcode_path)
    assert first.due_at.ToJsonString() == "2026-12-31T16:00:00Z"

    again = await preview(desk, content, *places)
    assert (again.added, again.unchanged) == (0, 2)
    stale = await refused(desk, "WorkOrderImport/ImportWorkOrders", **request)
    assert stale.reason == "IMPORT_STALE"
    more = content + b"\r\nOLD-3,presale,\xe9\x87\x8f\xe6\x88\xbf,cu_li,,110105,MEASURE,,,"
    seen = await preview(desk, more, *places)
    assert (seen.added, seen.unchanged) == (1, 2)
    done = await ask(desk, "WorkOrderImport/ImportWorkOrders", **as_previewed(more, seen, *places))
    assert (done.added, done.unchanged) == (1, 2)


async def test_what_is_wrong_is_told_in_its_cell_and_nothing_is_created(desk: Desk) -> None:
    content = file(
        "BAD-1,install,好的,cu_li,,110105,AC,,,",
        ",install,无单号,cu_li,,110105,AC,,,",
        "BAD-3,later,阶段不对,cu_li,,110105,AC,,,",
        "BAD-4,install,没有地点,cu_li,,,AC,,,",
        "BAD-5,install,地点不对,cu_li,,999999,AC,,,",
        "BAD-6,install,服务项不对,cu_li,,110105,AC * many,,,",
        "BAD-7,install,没有服务项,cu_li,,110105,,,,",
        "BAD-1,install,重复,cu_li,,110105,AC,,,",
    )
    nowhere = pb.ResolvedPlace(
        adcode="999999", reason="PLACE_UNKNOWN", message="there is no place 999999"
    )
    seen = await preview(desk, content, CHAOYANG_BY_CODE, nowhere)
    assert [[problem.column for problem in row.problems] for row in seen.rows] == [
        [],
        ["单号"],
        ["阶段"],
        ["区划"],
        ["区划"],
        ["服务项"],
        ["服务项"],
        ["单号"],
    ]
    assert seen.rows[4].problems[0].reason == "PLACE_UNKNOWN"
    request = as_previewed(content, seen, CHAOYANG_BY_CODE, nowhere)
    refusal = await refused(desk, "WorkOrderImport/ImportWorkOrders", **request)
    assert refusal.reason == "IMPORT_WRONG"
    assert desk.rows("SELECT * FROM work_order WHERE source_ref LIKE 'BAD-%%'") == []


async def test_work_orders_are_taken_over_by_who_takes_work_in(desk: Desk) -> None:
    for call in ("PreviewWorkOrderImport", "ImportWorkOrders"):
        refusal = await refused(desk, f"WorkOrderImport/{call}", CUSTOMER)
        assert refusal.reason == "ROLE_REQUIRED"
