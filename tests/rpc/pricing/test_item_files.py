"""Items carried in and out as files: a preview first, then all of it or nothing."""

import io
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from openpyxl import Workbook, load_workbook

from kit.errors import FailedPrecondition, InvalidArgument
from protos.events.v1 import events_pb2
from protos.pricing.v1 import library_pb2 as pb
from tests.rpc.conftest import Served
from tests.rpc.pricing.test_item_fields import define
from tests.rpc.pricing.test_items import PARTS, PICTURE, PROJECTS, a_key, an_item, put

if TYPE_CHECKING:
    from protos.pricing.v1.library_pb2_grpc import LibraryServiceAsyncStub as Library

ADDED, CHANGED, UNCHANGED, WRONG = (
    pb.ITEM_IMPORT_OUTCOME_ADDED,
    pb.ITEM_IMPORT_OUTCOME_CHANGED,
    pb.ITEM_IMPORT_OUTCOME_UNCHANGED,
    pb.ITEM_IMPORT_OUTCOME_WRONG,
)


def lines(*rows: str) -> bytes:
    return "\r\n".join(rows).encode()


async def preview(
    library: "Library", content: bytes, catalogue: pb.Catalogue.ValueType = PROJECTS
) -> pb.ItemImportPreview:
    request = pb.PreviewItemImportRequest(catalogue=catalogue, content=content)
    return await library.PreviewItemImport(request)


def as_previewed(
    content: bytes, seen: pb.ItemImportPreview, catalogue: pb.Catalogue.ValueType = PROJECTS
) -> pb.ImportItemsRequest:
    return pb.ImportItemsRequest(
        idempotency_key=a_key(),
        catalogue=catalogue,
        content=content,
        file_sha256=seen.file_sha256,
        library_sha256=seen.library_sha256,
    )


async def import_(
    library: "Library", content: bytes, catalogue: pb.Catalogue.ValueType = PROJECTS
) -> pb.ItemsImported:
    seen = await preview(library, content, catalogue)
    return await library.ImportItems(as_previewed(content, seen, catalogue))


async def test_a_preview_says_of_each_row_what_it_would_change(library: "Library") -> None:
    await put(library, an_item("KEEP", brand="格力"))
    await put(library, an_item("EDIT", spec="旧"))
    content = lines(
        "编码,名称,单位,规格,品牌,说明,停用",
        "KEEP,项目KEEP,次,,格力,,否",
        "EDIT,新名,次,新,,,否",
        "FRESH,新项目,台,,,带 3 米铜管,",
    )
    seen = await preview(library, content)
    assert [(row.row_number, row.item_code, row.outcome) for row in seen.rows] == [
        (2, "KEEP", UNCHANGED),
        (3, "EDIT", CHANGED),
        (4, "FRESH", ADDED),
    ]
    assert [(one.column, one.field, one.before, one.after) for one in seen.rows[1].changes] == [
        ("名称", "name", "项目EDIT", "新名"),
        ("规格", "spec", "旧", "新"),
    ]
    assert (seen.added, seen.changed, seen.unchanged, seen.wrong) == (1, 1, 1, 0)
    listed = await library.ListItems(pb.ListItemsRequest(text="FRESH"))
    assert not listed.items


async def test_what_has_no_column_in_the_file_stays(library: "Library") -> None:
    await put(library, an_item("PARTLY", description="留下", pictures=[PICTURE], brand="美的"))
    done = await import_(library, lines("code,brand", "PARTLY,"))
    assert (done.added, done.changed) == (0, 1)
    kept = await library.GetItem(pb.GetItemRequest(item_code="PARTLY"))
    assert (kept.description, list(kept.pictures), kept.brand) == ("留下", [PICTURE], "")
    assert kept.revision == 2


async def test_a_tree_and_its_variants_come_in_one_file_in_any_order(library: "Library") -> None:
    content = lines(
        "编码,名称,上级,变体属于,变体选项",
        "IMP-WALL-2P,挂机 2 匹,IMP-WALL,IMP-WALL,匹数=2P; 颜色=白",
        "IMP-WALL-1P,挂机 1 匹,IMP-WALL,IMP-WALL,匹数=1P；颜色＝白",
        "IMP-WALL,挂机,IMP-AC,,",
        "IMP-AC,空调安装,,,",
    )
    assert (await import_(library, content)).added == 4
    kept = await library.GetItem(pb.GetItemRequest(item_code="IMP-WALL-1P"))
    assert (kept.parent_item_code, dict(kept.variant_options)) == (
        "IMP-WALL",
        {"匹数": "1P", "颜色": "白"},
    )


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("BAD,,,,,", "名称", "PRICING_ITEM_INVALID"),
        (",名称,,,,", "编码", "PRICING_ITEM_INVALID"),
        ("B D,名称,,,,", "编码", "PRICING_ITEM_CODE_INVALID"),
        ("BAD,名称,NOWHERE,,,", "上级", "PRICING_ITEM_REFERENCE_UNKNOWN"),
        ("BAD,名称,BAD,,,", "上级", "PRICING_ITEM_LOOP"),
        ("BAD,名称,,AC-INSTALL-STD,,", "变体选项", "PRICING_ITEM_VARIANT_INVALID"),
        ("BAD,名称,,AC-INSTALL-STD,一匹,", "变体选项", "SHEET_CELL_INVALID"),
        ("BAD,名称,,,,也许", "停用", "SHEET_CELL_INVALID"),
        ("BAD,=1+1,,,,", "名称", "SHEET_CELL_FORMULA"),
        ("COPPER-PIPE,铜管,,,,", "编码", "PRICING_ITEM_CATALOGUE_FIXED"),
        ("GOOD,又一次,,,,", "编码", "PRICING_IMPORT_CODE_REPEATED"),
    ],
)
@pytest.mark.usefixtures("items")
async def test_what_is_wrong_is_told_in_its_cell_and_nothing_is_imported(
    library: "Library", row: str, column: str, reason: str
) -> None:
    content = lines("编码,名称,上级,变体属于,变体选项,停用", "GOOD,好,,,,", row)
    seen = await preview(library, content)
    [good, bad] = seen.rows
    assert (good.outcome, bad.outcome, seen.wrong) == (ADDED, WRONG, 1)
    [problem] = bad.problems
    assert (problem.row_number, problem.column, problem.reason) == (3, column, reason)
    assert problem.message
    assert problem.message_en
    with pytest.raises(InvalidArgument, match="PRICING_IMPORT_WRONG") as refused:
        await library.ImportItems(as_previewed(content, seen))
    assert list(refused.value.details) == [f"3 {column}"]
    listed = await library.ListItems(pb.ListItemsRequest(text="GOOD"))
    assert not listed.items


async def test_headings_that_mean_nothing_or_the_same_are_told_of_the_file(
    library: "Library",
) -> None:
    seen = await preview(library, lines("名称,name,颜色", "a,b,c"))
    assert [(one.row_number, one.column, one.reason) for one in seen.problems] == [
        (1, "颜色", "SHEET_COLUMN_UNKNOWN"),
        (1, "编码", "SHEET_COLUMN_MISSING"),
        (1, "名称", "SHEET_COLUMN_REPEATED"),
    ]


async def test_only_the_file_that_was_previewed_is_imported(library: "Library") -> None:
    content = lines("编码,名称", "SAME-FILE,甲")
    seen = await preview(library, content)
    other = as_previewed(lines("编码,名称", "SAME-FILE,乙"), seen)
    with pytest.raises(FailedPrecondition, match="PRICING_IMPORT_FILE_CHANGED"):
        await library.ImportItems(other)
    request = as_previewed(content, seen)
    first = await library.ImportItems(request)
    assert await library.ImportItems(request) == first
    with pytest.raises(FailedPrecondition, match="PRICING_IMPORT_ITEMS_CHANGED"):
        await library.ImportItems(as_previewed(content, seen))


async def test_an_import_does_not_overwrite_what_somebody_changed_meanwhile(
    library: "Library",
) -> None:
    await put(library, an_item("MEANWHILE"))
    content = lines("编码,名称", "MEANWHILE,表里的名称")
    seen = await preview(library, content)
    await put(library, an_item("MEANWHILE", name="别人改的"))
    with pytest.raises(FailedPrecondition, match="PRICING_IMPORT_ITEMS_CHANGED"):
        await library.ImportItems(as_previewed(content, seen))
    assert (await library.GetItem(pb.GetItemRequest(item_code="MEANWHILE"))).name == "别人改的"


async def test_an_import_is_an_event_of_its_own_and_of_every_item_it_changed(
    pricing: Served, library: "Library"
) -> None:
    await put(library, an_item("EVENT-SAME"))
    done = await import_(library, lines("编码,名称", "EVENT-NEW,新", "EVENT-SAME,项目EVENT-SAME"))
    async with await psycopg.AsyncConnection.connect(pricing.database_url) as connection:
        told = await (
            await connection.execute(
                "SELECT aggregate_id, payload_type FROM pricing.domain_event"
                " WHERE aggregate_id LIKE 'EVENT-%' OR aggregate_type = 'catalogue'"
                " ORDER BY event_number DESC LIMIT 3"
            )
        ).fetchall()
    assert told[:2] == [
        ("project_library", "pricing.v1.ItemsImported"),
        ("EVENT-NEW", "pricing.v1.ItemPut"),
    ]
    assert (done.added, done.changed, done.unchanged) == (1, 0, 1)
    answer = await pricing.as_().call(
        "events.v1.EventService/ReadEvents", events_pb2.ReadEventsRequest(limit=1000)
    )
    assert isinstance(answer, events_pb2.ReadEventsResponse)
    [event] = [event for event in answer.events if event.aggregate_id == "EVENT-NEW"]
    payload = pb.ItemPut()
    assert event.payload.Unpack(payload)
    assert payload.item == await library.GetItem(pb.GetItemRequest(item_code="EVENT-NEW"))


@pytest.fixture(scope="module")
async def full_part(library: "Library") -> pb.Item:
    """A spare part of which everything is said, with names that a spreadsheet takes for formulas."""
    await define(library, "power_kw", label="功率(kW)", kind=pb.ITEM_FIELD_KIND_NUMBER)
    await define(library, "made_on", label="出厂日期", kind=pb.ITEM_FIELD_KIND_DATE)
    await define(library, "original", label="原厂", kind=pb.ITEM_FIELD_KIND_FLAG)
    choices = ["红", "=蓝"]
    await define(
        library, "colour", label="颜色", kind=pb.ITEM_FIELD_KIND_CHOICE, choices=choices
    )  # fmt: skip

    def part(item_code: str, **changes: object) -> pb.Item:
        item = an_item(item_code, **changes)
        item.catalogue = PARTS
        return item

    await put(library, part("FULL-BASE"))
    return await put(
        library,
        part(
            "FULL-1",
            name="=HYPERLINK(A1)",
            brand="'引号",
            model="+86",
            spec="-5℃",
            description="@两行\n第二行",
            parent_item_code="FULL-BASE",
            variant_of_item_code="FULL-BASE",
            variant_options={"匹数": "1.5P", "颜色": "白"},
            fields={
                "power_kw": "-2.6", "made_on": "2026-03-01", "original": "true", "colour": "=蓝"
            },
            pictures=[PICTURE, PICTURE.replace("9v", "9w")],
        ),
    )  # fmt: skip


@pytest.mark.parametrize("format_", [pb.SHEET_FORMAT_XLSX, pb.SHEET_FORMAT_CSV])
async def test_what_is_exported_imports_again_without_a_change(
    library: "Library", full_part: pb.Item, format_: pb.SheetFormat.ValueType
) -> None:
    retire = pb.RetireItemRequest(idempotency_key=a_key(), item_code="FULL-BASE")
    await library.RetireItem(retire)
    request = pb.ExportItemsRequest(
        catalogue=PARTS, format=format_, retired=pb.RETIRED_ITEMS_INCLUDED
    )
    exported = await library.ExportItems(request)
    seen = await preview(library, exported.content, PARTS)
    assert not seen.problems
    assert [row for row in seen.rows if row.outcome != UNCHANGED] == []
    assert seen.unchanged == exported.count >= 2
    done = await library.ImportItems(as_previewed(exported.content, seen, PARTS))
    assert (done.added, done.changed) == (0, 0)
    kept = await library.GetItem(pb.GetItemRequest(item_code="FULL-1"))
    assert kept == full_part


async def test_what_was_not_required_yet_is_asked_for_only_where_a_row_changes_something(
    library: "Library",
) -> None:
    part = an_item("NOT-YET")
    part.catalogue = PARTS
    await put(library, part)
    await define(library, "duty", label="义务", required=True)
    seen = await preview(library, lines("编码,名称", "NOT-YET,项目NOT-YET"), PARTS)
    assert [row.outcome for row in seen.rows] == [UNCHANGED]
    seen = await preview(library, lines("编码,名称", "NOT-YET,改名"), PARTS)
    assert [problem.reason for problem in seen.rows[0].problems] == ["PRICING_ITEM_FIELD_MISSING"]
    await define(library, "duty", label="义务")


async def test_a_workbook_shows_numbers_as_numbers_and_no_formula(
    library: "Library", full_part: pb.Item
) -> None:
    exported = await library.ExportItems(pb.ExportItemsRequest(catalogue=PARTS, text="FULL-1"))
    sheet: Any = load_workbook(io.BytesIO(exported.content))["备件库"]
    headings = [cell.value for cell in sheet[1]]
    assert headings[:3] == ["编码 code", "名称 name", "单位 unit"]
    row = dict(zip(headings, sheet[2], strict=True))
    assert row["功率(kW) power_kw"].value == -2.6
    assert row["原厂 original"].value == "是"
    assert {cell.data_type for cell in row.values()} <= {"s", "n", "d"}
    assert row["名称 name"].value == "'=HYPERLINK(A1)"
    assert full_part.name == "=HYPERLINK(A1)"


async def test_own_fields_are_read_by_label_or_code_and_told_in_their_column(
    library: "Library", full_part: pb.Item
) -> None:
    book = Workbook()
    book.remove(book.worksheets[0])
    sheet = book.create_sheet("备件库")
    sheet.append(["code", "功率(kW)", "made_on", "颜色 colour"])
    sheet.append([full_part.item_code, 3, "2026年4月1日", "红"])
    sheet.append([full_part.item_code + "0", "很大", None, "黑"])
    out = io.BytesIO()
    book.save(out)
    seen = await preview(library, out.getvalue(), PARTS)
    assert [(one.field, one.before, one.after) for one in seen.rows[0].changes] == [
        ("fields.power_kw", "-2.6", "3"),
        ("fields.made_on", "2026-03-01", "2026-04-01"),
        ("fields.colour", "=蓝", "红"),
    ]
    told = {(one.sheet, one.column, one.reason) for one in seen.rows[1].problems}
    assert told == {
        ("备件库", "功率(kW)", "PRICING_ITEM_FIELD_INVALID"),
        ("备件库", "颜色 colour", "PRICING_ITEM_FIELD_INVALID"),
        ("备件库", "name", "PRICING_ITEM_INVALID"),
    }


async def test_an_import_retires_and_restores(library: "Library") -> None:
    await put(library, an_item("TURN"))
    assert (await import_(library, lines("编码,停用", "TURN,是"))).changed == 1
    retired = await library.GetItem(pb.GetItemRequest(item_code="TURN"))
    assert retired.HasField("retired_at")
    assert (await import_(library, lines("编码,停用", "TURN,否"))).changed == 1
    restored = await library.GetItem(pb.GetItemRequest(item_code="TURN"))
    assert not restored.HasField("retired_at")


async def test_a_library_must_be_named_for_a_file(library: "Library") -> None:
    with pytest.raises(InvalidArgument, match="PRICING_CATALOGUE_MISSING"):
        await preview(library, lines("编码", "A"), pb.CATALOGUE_UNSPECIFIED)
    with pytest.raises(InvalidArgument, match="PRICING_CATALOGUE_MISSING"):
        await library.ExportItems(pb.ExportItemsRequest())


async def test_a_preview_of_too_much_is_shortened_and_counts_all_of_it(library: "Library") -> None:
    rows = [f"MUCH-{number},项目,{'x' * 1900}" for number in range(700)]
    content = lines("编码,名称,说明", *rows)
    seen = await preview(library, content)
    assert seen.shortened
    assert (len(seen.rows), seen.added) == (700, 700)
    assert seen.rows[0].changes
    assert not seen.rows[-1].changes
    assert seen.rows[-1].outcome == ADDED
    assert (await library.ImportItems(as_previewed(content, seen))).added == 700
    listed = await library.ListItems(pb.ListItemsRequest(text="MUCH-"))
    assert listed.total == 700
