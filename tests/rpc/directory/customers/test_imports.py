"""Customers from files: a preview with every problem in its cell, then all of it or nothing."""

import io

import pytest
from openpyxl import Workbook

from kit.errors import FailedPrecondition, InvalidArgument, PermissionDenied
from protos.directory.v1 import customer_import_pb2 as pb
from tests.rpc.directory.customers.conftest import Desk, a_key, a_phone

ADDED, KNOWN, WRONG = (
    pb.CUSTOMER_IMPORT_OUTCOME_ADDED,
    pb.CUSTOMER_IMPORT_OUTCOME_KNOWN,
    pb.CUSTOMER_IMPORT_OUTCOME_WRONG,
)
HEADINGS = ("客户编号", "姓名", "电话", "类型", "等级", "标签", "地址", "区划代码", "楼层", "坐标")


def lines(*rows: str) -> bytes:
    return "\r\n".join(rows).encode()


async def preview(desk: Desk, content: bytes) -> pb.CustomerImportPreview:
    return await desk.imports.PreviewCustomerImport(
        pb.PreviewCustomerImportRequest(content=content)
    )


async def import_(
    desk: Desk, content: bytes, seen: pb.CustomerImportPreview
) -> pb.CustomersImported:
    return await desk.imports.ImportCustomers(
        pb.ImportCustomersRequest(
            idempotency_key=a_key(),
            content=content,
            file_sha256=seen.file_sha256,
            known_sha256=seen.known_sha256,
        )
    )


def workbook(*rows: tuple[str, ...]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "客户"
    for row in (HEADINGS, *rows):
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


async def test_a_file_is_previewed_imported_and_passed_over_when_it_comes_again(desk: Desk) -> None:
    known = a_phone()
    await desk.customer("cu_imp_known", phone=known)
    content = workbook(
        ("cu_imp_1", "李雷", a_phone(), "个人", "VIP", "静音、新客", "上海浦东新区世纪大道8号1201",
         "", "12", "121.5,31.24"),
        ("", "安居一店", a_phone(), "门店", "", "", "建国路88号", "110105", "", ""),
        ("", "老客户", f"+86 {known}", "", "", "", "", "", "", ""),
    )  # fmt: skip
    seen = await preview(desk, content)
    assert [(row.row_number, row.outcome) for row in seen.rows] == [
        (2, ADDED), (3, ADDED), (4, KNOWN),
    ]  # fmt: skip
    assert seen.rows[0].name_masked == "李*"
    assert seen.rows[0].place_name == "上海市浦东新区"
    assert seen.rows[2].known_customer_id == "cu_imp_known"
    done = await import_(desk, content, seen)
    assert (done.added, done.known) == (2, 1)
    profile = await desk.profile("cu_imp_1")
    assert profile.customer.customer_level == "VIP"
    assert [tag.tag for tag in profile.tags] == ["新客", "静音"]
    assert profile.customer.addresses[0].place.zones_known
    assert await desk.reveal(profile.customer.name_ref) == "李雷"
    again = await preview(desk, content)
    assert (again.added, again.known) == (0, 3)
    assert (await import_(desk, content, again)).added == 0


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (",,13800000001,,,,,,,", "姓名", "CUSTOMER_NAME_INVALID"),
        (",李雷,打给我,,,,,,,", "电话", "CUSTOMER_PHONE_INVALID"),
        (",李雷,13800000001,亲友,,,,,,", "类型", "SHEET_CELL_INVALID"),
        (",李雷,13800000001,,,,朝阳区建国路88号,,,", "地址", "PLACE_AMBIGUOUS"),
        (",李雷,13800000001,,,,建国路88号,999999,,", "区划代码", "PLACE_UNKNOWN"),
        (",李雷,13800000001,,,,,,二楼,", "楼层", "SHEET_CELL_INVALID"),
        (",李雷,13800000001,,,,,,,北京", "坐标", "SHEET_CELL_INVALID"),
        (",=1+1,13800000001,,,,,,,", "姓名", "SHEET_CELL_FORMULA"),
        (",韩梅,138 0000 0002,,,,,,,", "电话", "IMPORT_ROW_REPEATED"),
        ("cu_first,韩梅,13800000003,,,,,,,", "客户编号", "IMPORT_ROW_REPEATED"),
    ],
)
async def test_what_is_wrong_is_told_in_its_cell_and_nothing_is_imported(
    desk: Desk, row: str, column: str, reason: str
) -> None:
    content = lines(",".join(HEADINGS), "cu_first,李四,13800000002,,,,,,,", row)
    seen = await preview(desk, content)
    wrong = seen.rows[1]
    assert wrong.outcome == WRONG
    assert (column, reason) in [(each.column, each.reason) for each in wrong.problems]
    assert all(each.row_number == 3 and each.message for each in wrong.problems)
    with pytest.raises(InvalidArgument, match="IMPORT_WRONG"):
        await import_(desk, content, seen)
    assert (await preview(desk, content)).rows[0].outcome == ADDED


async def test_a_file_without_names_or_numbers_is_told_so(desk: Desk) -> None:
    seen = await preview(desk, lines("姓名,生日", "李雷,1990-01-01"))
    assert {each.reason for each in seen.problems} == {
        "SHEET_COLUMN_MISSING",
        "SHEET_COLUMN_UNKNOWN",
    }


async def test_only_what_was_previewed_is_imported(desk: Desk) -> None:
    phone = a_phone()
    content = lines("姓名,电话", f"李雷,{phone}")
    seen = await preview(desk, content)
    with pytest.raises(FailedPrecondition, match="IMPORT_FILE_CHANGED"):
        await import_(desk, lines("姓名,电话", f"韩梅,{phone}"), seen)
    await desk.customer("cu_meanwhile", phone=phone)
    with pytest.raises(FailedPrecondition, match="IMPORT_STALE"):
        await import_(desk, content, seen)


async def test_no_clear_text_of_a_file_is_kept_beside_the_vault(desk: Desk) -> None:
    content = lines("姓名,电话", f"司马相如,{a_phone()}")
    await import_(desk, content, await preview(desk, content))
    written = await desk.dump("personal_data", "domain_event", "idempotency_key", "customer")
    assert "司马" not in written
    assert "司马".encode().hex() not in written


async def test_only_some_bring_in_files(desk: Desk) -> None:
    with pytest.raises(PermissionDenied, match="ROLE_REQUIRED"):
        await preview(desk.as_("technician"), lines("姓名,电话", f"李雷,{a_phone()}"))
