"""Price books carried out into files and in again."""

import io
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook

from kit.authn import Actor
from kit.errors import FailedPrecondition, InvalidArgument, PermissionDenied
from protos.common.v1.money_pb2 import Money
from protos.pricing.v1 import book_pb2 as books_pb
from protos.pricing.v1 import book_pb2_grpc, library_pb2
from protos.pricing.v1 import draft_pb2 as pb
from tests.rpc.conftest import Served
from tests.rpc.pricing.publishing import a_key, draft_on, drafts_of, publish, publish_draft
from tests.unit.pricing.conftest import shipped_book

if TYPE_CHECKING:
    from protos.pricing.v1.book_pb2_grpc import PriceBookServiceAsyncStub as Books

pytestmark = pytest.mark.usefixtures("items")
STANDARD = "AC-INSTALL-STD"


def yuan(minor: int) -> Money:
    return Money(currency="CNY", amount_minor=minor)


def full_book(code: str) -> books_pb.PriceBookVersion:
    """A book in which every kind of rule, condition and charge stands."""
    book = shipped_book()
    book.price_book_code = code
    book.resolution_order.extend(
        ["days", "weekdays", "hours", "quantity", "floor", "months_open", "sales_channel"]
    )
    book.groups.add(group_code="ONE-OF", choice=books_pb.CHOICE_BEST_FOR_CUSTOMER)
    book.openings.add(place_code="510100", opened_on="2026-03-01")
    book.taxes.add(
        tax_code="VAT", label="增值税", side=books_pb.SIDE_LIST, ratio="0.06", inclusive=True,
        refundable_ratio="1/3",
    )  # fmt: skip
    limits = books_pb.Conditions(
        first_day="2026-06-01", last_day="2026-08-31", weekdays=[6, 7], from_time="22:00",
        until_time="06:00", sales_channel="tmall",
        quantity=books_pb.NumberRange(least=2), floor=books_pb.NumberRange(least=-2, most=5),
        months_open=books_pb.NumberRange(most=3),
    )  # fmt: skip
    step = books_pb.Charge.PriceStep(
        from_quantity=10, list_price=yuan(850), settlement_price=yuan(500)
    )
    charges = (
        books_pb.Charge(
            hourly=books_pb.Charge.Hourly(
                list_price=yuan(6000), settlement_price=yuan(4000), step_minutes=30
            )
        ),
        books_pb.Charge(package=books_pb.Charge.Package()),
        books_pb.Charge(graduated=books_pb.Charge.Graduated(steps=[step])),
        books_pb.Charge(volume=books_pb.Charge.Graduated(steps=[step])),
        books_pb.Charge(per_visit=books_pb.Charge.PerVisit()),
        books_pb.Charge(percent_of_parts=books_pb.Charge.PercentOfParts(ratio="0.1")),
    )
    for number, charge in enumerate(charges):
        book.rates.add(
            item_code=STANDARD, place_code=f"11010{number}", list_price=yuan(20000),
            settlement_price=yuan(0), charge=charge, conditions=limits if number == 0 else None,
        )  # fmt: skip
    promotion = book.promotions.add(
        promotion_code="满减", label="满200减30", item_codes=[STANDARD], exclusivity_group="ONE-OF"
    )
    promotion.promotion_code = "FULL-200"
    promotion.threshold.threshold.CopyFrom(yuan(20000))
    promotion.threshold.reduction.CopyFrom(yuan(3000))
    gift = book.promotions.add(promotion_code="GIFT", label="=买一赠一", special=True)
    gift.gift.components.add(item_code=STANDARD, quantity=1)
    gift.gift.gift.item_code, gift.gift.gift.quantity = "SEAL-WASHER", 2
    deduction = book.modifiers.add(
        modifier_code="NO-SHOW", label="空跑", phase=book.phases[0], automatic=True, priority=3,
        combine_mode=books_pb.COMBINE_MODE_ADD_AMOUNT, amount=yuan(-1500), side=books_pb.SIDE_LIST,
        measure="waiting_minutes", free_measure=15, measure_step=10,
    )  # fmt: skip
    deduction.conditions.CopyFrom(limits)
    return book


async def preview(
    pricing: Served, draft: pb.PriceDraft, content: bytes, **said: Any
) -> pb.PriceBookImportPreview:
    return await drafts_of(pricing).PreviewPriceBookImport(
        pb.PreviewPriceBookImportRequest(draft_id=draft.draft_id, content=content, **said)
    )


async def import_(
    pricing: Served, draft: pb.PriceDraft, content: bytes, **said: Any
) -> pb.PriceDraft:
    seen = await preview(pricing, draft, content, **said)
    return await drafts_of(pricing).ImportPriceBook(
        pb.ImportPriceBookRequest(
            idempotency_key=a_key(), draft_id=draft.draft_id, content=content,
            file_sha256=seen.file_sha256, draft_revision=seen.draft_revision, **said,
        )
    )  # fmt: skip


def lines(*rows: str) -> bytes:
    return "\n".join(rows).encode()


@pytest.mark.parametrize("format_", [library_pb2.SHEET_FORMAT_XLSX, library_pb2.SHEET_FORMAT_CSV])
async def test_a_book_that_was_exported_imports_again_without_a_change(
    pricing: Served, books: "Books", format_: library_pb2.SheetFormat.ValueType
) -> None:
    code = f"round-trip-{format_}"
    book = await publish(pricing, full_book(code))
    source = books_pb.PriceBookSource(price_book_code=code)
    exported = await books.ExportPriceBook(
        books_pb.ExportPriceBookRequest(source=source, format=format_)
    )
    draft = await draft_on(pricing, code)
    seen = await preview(pricing, draft, exported.content, replace=True)
    assert list(seen.problems) == []
    assert list(seen.differences) == []
    others = 0 if format_ == library_pb2.SHEET_FORMAT_CSV else exported.count - len(book.rates)
    assert seen.unchanged == len(book.rates) + others


async def test_an_exported_book_founds_the_same_book_under_another_code(
    pricing: Served, books: "Books"
) -> None:
    await publish(pricing, full_book("taken-along"))
    source = books_pb.PriceBookSource(price_book_code="taken-along")
    exported = await books.ExportPriceBook(books_pb.ExportPriceBookRequest(source=source))
    draft = await draft_on(pricing, "arrived")
    await publish_draft(pricing, await import_(pricing, draft, exported.content))
    same = await books.ComparePriceBooks(
        books_pb.ComparePriceBooksRequest(
            before=source, after=books_pb.PriceBookSource(price_book_code="arrived")
        )
    )
    assert not same.differences


async def test_an_import_changes_what_it_says_and_leaves_what_has_no_column(
    pricing: Served, books: "Books"
) -> None:
    await publish(pricing, full_book("partly"))
    draft = await draft_on(pricing, "partly")
    content = lines("项目编码,地点,标价", f"{STANDARD},,210.00", f"{STANDARD},310000,190")
    seen = await preview(pricing, draft, content)
    assert [one.reason for one in seen.problems] == ["PRICING_AMOUNT_MISSING"]
    assert (seen.problems[0].row_number, seen.problems[0].column) == (3, "settlement_price")
    assert "请填写金额" in seen.problems[0].message
    content = lines("item,place,list price,结算价", f"{STANDARD},310000,190,120")
    imported = await import_(pricing, draft, content)
    content = lines("项目编码,标价", f"{STANDARD},210")
    imported = await import_(pricing, draft, content)
    assert [one.origin for one in imported.edits] == ["imported", "imported"]
    shown = await drafts_of(pricing).GetPriceDraft(
        pb.GetPriceDraftRequest(draft_id=draft.draft_id, changes_only=True)
    )
    prices = {
        rule.name.code: (
            rule.rule.rate.list_price.amount_minor, rule.rule.rate.settlement_price.amount_minor
        )
        for rule in shown.rules
    }  # fmt: skip
    assert prices == {STANDARD: (21000, 12000), f"{STANDARD}@310000/*/*/*": (19000, 12000)}


async def test_a_file_that_replaces_removes_what_it_leaves_out(pricing: Served) -> None:
    book = await publish(pricing, full_book("replaced"))
    draft = await draft_on(pricing, "replaced")
    content = lines("项目编码,标价,结算价", f"{STANDARD},200,120")
    seen = await preview(pricing, draft, content, replace=True)
    assert (seen.removed, seen.unchanged) == (len(book.rates) - 1, 1)
    imported = await import_(pricing, draft, content, replace=True)
    assert imported.changed_rules == len(book.rates) - 1


async def test_every_problem_names_sheet_row_and_column_and_nothing_is_imported(
    pricing: Served, books: "Books"
) -> None:
    await publish(pricing, full_book("faulty"))
    source = books_pb.PriceBookSource(price_book_code="faulty")
    exported = await books.ExportPriceBook(books_pb.ExportPriceBookRequest(source=source))
    book: Any = load_workbook(io.BytesIO(exported.content))
    rates, modifiers = book["价格"], book["调整项"]
    columns = {cell.value: cell.column for cell in rates[1]}
    rates.cell(2, columns["标价 list price"], "一百")
    rates.cell(3, columns["项目编码 item"], "GHOST")
    rates.cell(4, columns["首日 first day"], "2026-13-01")
    modifiers.cell(2, 3, "discount")
    out = io.BytesIO()
    book.save(out)
    draft = await draft_on(pricing, "faulty")
    seen = await preview(pricing, draft, out.getvalue())
    told = {(one.sheet, one.row_number, one.column, one.reason) for one in seen.problems}
    assert told >= {
        ("价格", 2, "标价 list price", "SHEET_CELL_INVALID"),
        ("价格", 3, "项目编码 item", "PRICING_ITEM_UNKNOWN"),
        ("价格", 4, "首日 first day", "PRICING_CONDITION_INVALID"),
        ("调整项", 2, "阶段 phase", "PRICING_PHASE_UNKNOWN"),
    }
    with pytest.raises(InvalidArgument, match="PRICING_IMPORT_WRONG"):
        await import_(pricing, draft, out.getvalue())


async def test_only_the_previewed_file_is_imported_into_the_previewed_draft(
    pricing: Served,
) -> None:
    await publish(pricing, full_book("previewed"))
    draft = await draft_on(pricing, "previewed")
    content = lines("项目编码,标价", f"{STANDARD},210")
    seen = await preview(pricing, draft, content)

    def request(body: bytes) -> pb.ImportPriceBookRequest:
        return pb.ImportPriceBookRequest(
            idempotency_key=a_key(), draft_id=draft.draft_id, content=body,
            file_sha256=seen.file_sha256, draft_revision=seen.draft_revision,
        )  # fmt: skip

    drafts = drafts_of(pricing)
    with pytest.raises(FailedPrecondition, match="PRICING_IMPORT_FILE_CHANGED"):
        await drafts.ImportPriceBook(request(content + b"\n"))
    await drafts.ImportPriceBook(request(content))
    with pytest.raises(FailedPrecondition, match="PRICING_DRAFT_STALE"):
        await drafts.ImportPriceBook(request(content))


async def test_a_comparison_is_a_workbook_too(pricing: Served, books: "Books") -> None:
    await publish(pricing, full_book("compared"))
    draft = await draft_on(pricing, "compared")
    await import_(pricing, draft, lines("项目编码,标价", f"{STANDARD},210"))
    told = await books.ExportPriceBookComparison(
        books_pb.ExportPriceBookComparisonRequest(
            before=books_pb.PriceBookSource(price_book_code="compared"),
            after=books_pb.PriceBookSource(draft_id=draft.draft_id),
        )
    )
    sheet: Any = load_workbook(io.BytesIO(told.content))["对比"]
    assert [cell.value for cell in sheet[2]][:7] == [
        "价格", STANDARD, "修改", "list_price", "200.00 CNY", "210.00 CNY", 5,
    ]  # fmt: skip
    sales = pricing.stub(book_pb2_grpc.PriceBookServiceStub, Actor("pe_s", frozenset({"sales"})))
    with pytest.raises(PermissionDenied, match="ROLE_REQUIRED"):
        await sales.ExportPriceBook(  # type: ignore[misc]  # aio
            books_pb.ExportPriceBookRequest(
                source=books_pb.PriceBookSource(price_book_code="compared")
            )
        )
