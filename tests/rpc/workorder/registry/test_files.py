"""Technicians, outlets and assets in files: a preview first, then all of it or nothing."""

import io
from typing import Any

import pytest
from openpyxl import load_workbook

from protos.workorder.v1 import registry_pb2 as pb
from protos.workorder.v1 import workorder_pb2
from tests.rpc.workorder.conftest import CUSTOMER, DISPATCHER, Desk
from tests.rpc.workorder.registry.asking import HQ, MANAGER, ask, refused

TECHNICIANS = pb.REGISTRY_SHEET_TECHNICIANS
OUTLETS = pb.REGISTRY_SHEET_OUTLETS
ASSETS = pb.REGISTRY_SHEET_ASSETS
ADDED, CHANGED, UNCHANGED, WRONG = (
    pb.IMPORT_OUTCOME_ADDED,
    pb.IMPORT_OUTCOME_CHANGED,
    pb.IMPORT_OUTCOME_UNCHANGED,
    pb.IMPORT_OUTCOME_WRONG,
)


def lines(*rows: str) -> bytes:
    return "\r\n".join(rows).encode()


async def preview(desk: Desk, sheet: Any, content: bytes) -> pb.RegistryImportPreview:
    seen = await ask(desk, "Registry/PreviewRegistryImport", sheet=sheet, content=content)
    assert isinstance(seen, pb.RegistryImportPreview)
    return seen


def as_previewed(sheet: Any, content: bytes, seen: pb.RegistryImportPreview) -> dict[str, Any]:
    return {
        "sheet": sheet,
        "content": content,
        "file_sha256": seen.file_sha256,
        "registry_sha256": seen.registry_sha256,
    }


async def import_(desk: Desk, sheet: Any, content: bytes) -> pb.RegistryImported:
    seen = await preview(desk, sheet, content)
    assert not [list(row.problems) for row in seen.rows if row.problems]
    done = await ask(desk, "Registry/ImportRegistry", **as_previewed(sheet, content, seen))
    assert isinstance(done, pb.RegistryImported)
    return done


async def export(desk: Desk, sheet: Any, **wanted: Any) -> bytes:
    exported = await ask(desk, "Registry/ExportRegistry", sheet=sheet, **wanted)
    return bytes(exported.content)


async def test_technicians_come_in_with_skills_hours_and_certificates(desk: Desk) -> None:
    content = lines(
        "编号,姓名,网点,合作模式,技能,服务区域,每日单量,工作时间,标签,住址坐标",
        "pe_f1,张师傅,ou_file,direct,aircon_install:3 work_at_height:2@2027-03-01,110105,6,"
        '1-5 09:00-18:00; 6 10:00-16:00,lang_en,"116.48, 39.93"',
        "pe_f2,王师傅,ou_file,franchise,,330113,,,,",
    )
    done = await import_(desk, TECHNICIANS, content)
    assert (done.added, done.changed, done.unchanged) == (2, 0, 0)
    kept: workorder_pb2.Technician = await desk.call("GetTechnician", technician_id="pe_f1")
    assert [(each.skill_code, each.level) for each in kept.skills] == [
        ("aircon_install", 3),
        ("work_at_height", 2),
    ]
    expires = kept.skills[1].certificate_expires_at.ToJsonString()
    assert expires == "2027-03-01T16:00:00Z"
    assert len(kept.working_hours) == 6
    assert (kept.daily_capacity, kept.active, kept.home.longitude) == (6, True, 116.48)
    other = await desk.call("GetTechnician", technician_id="pe_f2")
    assert other.daily_capacity == 0


async def test_what_has_no_column_stays_and_the_rest_is_told_before_it_is_done(
    desk: Desk,
) -> None:
    zhang = await desk.technician(outlet_id="ou_partly", rating_hundredths=470)
    content = lines("technician,每日单量,标签", f"{zhang},7,night")
    seen = await preview(desk, TECHNICIANS, content)
    [row] = seen.rows
    assert (row.key, row.outcome) == (zhang, CHANGED)
    assert [(one.column, one.before, one.after) for one in row.changes] == [
        ("每日单量", "4", "7"),
        ("标签", "", "night"),
    ]
    assert (await desk.call("GetTechnician", technician_id=zhang)).daily_capacity == 4
    await import_(desk, TECHNICIANS, content)
    kept = await desk.call("GetTechnician", technician_id=zhang)
    assert (kept.daily_capacity, kept.rating_hundredths, len(kept.skills)) == (7, 470, 1)


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (",名,direct,,", "编号", "TECHNICIAN_INVALID"),
        ("pe_bad,,direct,,", "姓名", "TECHNICIAN_INVALID"),
        ("pe_bad,名,partner,,", "合作模式", "TECHNICIAN_INVALID"),
        ("pe_bad,名,direct,aircon:9,", "技能", "TECHNICIAN_INVALID"),
        ("pe_bad,名,direct,a:b:c,", "技能", "SHEET_CELL_INVALID"),
        ("pe_bad,名,direct,,周一", "工作时间", "SHEET_CELL_INVALID"),
        ("pe_bad,名,direct,,1 09:00-12:00; 1 11:00-13:00", "工作时间", "TECHNICIAN_INVALID"),
        ("pe_bad,=1,direct,,", "姓名", "SHEET_CELL_FORMULA"),
        ("pe_good,再来,direct,,", "编号", "IMPORT_ROW_REPEATED"),
    ],
)
async def test_what_is_wrong_is_told_in_its_cell_and_nothing_is_imported(
    desk: Desk, row: str, column: str, reason: str
) -> None:
    content = lines("编号,姓名,合作模式,技能,工作时间", "pe_good,好,direct,,", row)
    seen = await preview(desk, TECHNICIANS, content)
    good, bad = seen.rows
    assert (good.outcome, bad.outcome, seen.wrong) == (ADDED, WRONG, 1)
    problem = next(one for one in bad.problems if one.reason == reason)
    assert (problem.row_number, problem.column) == (3, column)
    assert problem.message_en
    refusal = await refused(
        desk, "Registry/ImportRegistry", **as_previewed(TECHNICIANS, content, seen)
    )
    assert refusal.reason == "IMPORT_WRONG"
    assert f"3 {column}" in refusal.details
    assert desk.rows("SELECT * FROM technician WHERE technician_id = 'pe_good'") == []


async def test_an_import_does_what_was_previewed_or_nothing(desk: Desk) -> None:
    zhang = await desk.technician(outlet_id="ou_previewed")
    content = lines("编号,每日单量", f"{zhang},9")
    seen = await preview(desk, TECHNICIANS, content)
    other = as_previewed(TECHNICIANS, lines("编号,每日单量", f"{zhang},8"), seen)
    refusal = await refused(desk, "Registry/ImportRegistry", **other)
    assert refusal.reason == "IMPORT_FILE_CHANGED"
    kept = await desk.call("GetTechnician", technician_id=zhang)
    kept.display_name = "改名"
    await desk.call("PutTechnician", technician=kept)
    refusal = await refused(
        desk, "Registry/ImportRegistry", **as_previewed(TECHNICIANS, content, seen)
    )
    assert (refusal.reason, refusal.field) == ("IMPORT_STALE", "registry_sha256")
    assert (await desk.call("GetTechnician", technician_id=zhang)).daily_capacity == 4


async def test_outlets_come_in_and_go_out_without_a_change(desk: Desk) -> None:
    content = lines(
        "编号,名称,合作模式,品牌,服务区域,合同号,合同起,合同止,暂停,暂停原因",
        "ou_f1,朝阳站,direct franchise,midea gree,110105,HT-1,2026-01-01,2026-12-31,否,",
        "ou_f2,海淀站,direct,,110108,,,,是,整改",
    )
    assert (await import_(desk, OUTLETS, content)).added == 2
    kept = await ask(desk, "Registry/GetOutletProfile", outlet_id="ou_f1")
    assert kept.contract_valid_until.ToJsonString() == "2026-12-31T16:00:00Z"
    assert kept.revision == 1
    for wanted in (pb.REGISTRY_FILE_FORMAT_CSV, pb.REGISTRY_FILE_FORMAT_XLSX):
        written = await export(desk, OUTLETS, format=wanted)
        seen = await preview(desk, OUTLETS, written)
        assert seen.unchanged == len(seen.rows) >= 2
    book = load_workbook(io.BytesIO(await export(desk, OUTLETS, outlet_id="ou_f2")))
    [title] = book.sheetnames
    assert title == "网点"
    changed = content.replace(b"2026-12-31", b"2027-12-31")
    assert (await import_(desk, OUTLETS, changed)).changed == 1
    assert (await ask(desk, "Registry/GetOutletProfile", outlet_id="ou_f1")).revision == 2


async def test_technicians_go_out_as_they_come_in(desk: Desk) -> None:
    skill = workorder_pb2.Skill(
        skill_code="work_at_height", level=3, certificate_expires_at=desk.later(days=300, hours=1.5)
    )
    hours = [workorder_pb2.WorkingHours(weekday=7, start_minute=0, end_minute=1440)]
    await desk.technician(outlet_id="ou_out", skills=[skill], working_hours=hours, tags=["lang_en"])
    written = await export(desk, TECHNICIANS, outlet_id="ou_out")
    seen = await preview(desk, TECHNICIANS, written)
    assert [row.outcome for row in seen.rows] == [UNCHANGED]


async def test_assets_come_in_are_known_by_their_plate_and_move_with_the_file(
    desk: Desk,
) -> None:
    content = lines(
        "编号,客户,地址,品牌,型号,序列号,名称,安装日期,上级设备,保修起,保修止,保修条款",
        "as_file_sys,cu_file,ad_1,美的,MDV,SYS1,多联机,2026-03-18,,2026-03-18,2032-03-17,AC-6Y",
        ",cu_file,ad_1,美的,MDV-IN,IN1,,2026-03-18,as_file_sys,,,",
    )
    assert (await import_(desk, ASSETS, content)).added == 2
    [found] = (await ask(desk, "Asset/ListAssets", serial="IN1")).assets
    assert (found.name, found.parent_asset_id) == ("美的 MDV-IN", "as_file_sys")
    system = await ask(desk, "Asset/GetAsset", asset_id="as_file_sys")
    assert [(one.terms_code, one.last_day) for one in system.warranties] == [
        ("AC-6Y", "2032-03-17")
    ]
    assert (await preview(desk, ASSETS, content)).unchanged == 2

    moved = content.replace(b"cu_file", b"cu_moved").replace(b"2032-03-17", b"2031-03-17")
    assert (await import_(desk, ASSETS, moved)).changed == 2
    moves = (await ask(desk, "Asset/ListAssetMoves", asset_id="as_file_sys")).moves
    assert [move.customer_id for move in moves] == ["cu_file", "cu_moved"]
    system = await ask(desk, "Asset/GetAsset", asset_id="as_file_sys")
    assert {(one.last_day, bool(one.void_reason)) for one in system.warranties} == {
        ("2032-03-17", True),
        ("2031-03-17", False),
    }
    written = await export(desk, ASSETS, customer_id="cu_moved")
    assert (await preview(desk, ASSETS, written)).unchanged == 2


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (",cu_1,,,,,", "序列号"),
        (",,美的,X,BAD1,,", "客户"),
        ("as bad,cu_1,美的,X,BAD1,,", "编号"),
        (",cu_1,美的,X,BAD1,as_nowhere,", "上级设备"),
        ("as_loop,cu_1,美的,X,BAD1,as_loop,", "上级设备"),
        (",cu_1,美的,X,BAD1,,2027-01-01", "保修止"),
        (",cu_1,美的,X,GOOD1,,", "编号"),
    ],
)
async def test_an_asset_that_cannot_be_is_told_in_its_cell(
    desk: Desk, row: str, column: str
) -> None:
    content = lines(
        "编号,客户,品牌,型号,序列号,上级设备,保修止",
        ",cu_1,美的,X,GOOD1,,",
        row,
    )
    seen = await preview(desk, ASSETS, content)
    assert seen.rows[0].outcome == ADDED
    assert column in [problem.column for problem in seen.rows[1].problems]


async def test_two_rows_that_are_parts_of_each_other_are_a_loop(desk: Desk) -> None:
    content = lines(
        "编号,客户,品牌,型号,序列号,上级设备",
        "as_ring_1,cu_1,美的,X,R1,as_ring_2",
        "as_ring_2,cu_1,美的,X,R2,as_ring_1",
    )
    seen = await preview(desk, ASSETS, content)
    assert [row.problems[0].column for row in seen.rows] == ["上级设备"] * 2


async def test_files_are_imported_by_who_keeps_what_is_in_them(desk: Desk) -> None:
    for sheet, actor in (
        (TECHNICIANS, MANAGER),
        (OUTLETS, DISPATCHER),
        (ASSETS, CUSTOMER),
    ):
        for call in ("PreviewRegistryImport", "ImportRegistry", "ExportRegistry"):
            refusal = await refused(desk, f"Registry/{call}", actor, sheet=sheet)
            assert refusal.reason == "ROLE_REQUIRED"
    await ask(desk, "Registry/ExportRegistry", HQ, sheet=OUTLETS)
    unknown = await refused(desk, "Registry/ExportRegistry", HQ)
    assert (unknown.reason, unknown.field) == ("REGISTRY_SHEET_UNKNOWN", "sheet")
