"""Files that people send: every cell under its heading, every fault with its place."""

import contextlib
import csv
import io
import zipfile
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from kit.errors import InvalidArgument
from kit.spreadsheet.reading import read_tables
from kit.spreadsheet.table import Limits, Table, Value, column_letters, neutral, plain
from kit.spreadsheet.writing import write_csv, write_xlsx

LIMITS = Limits()


def workbook(*rows: list[Any]) -> bytes:
    return saved(book_of("表", *rows))


def book_of(title: str, *rows: list[Any]) -> Workbook:
    book = Workbook()
    book.remove(book.worksheets[0])
    sheet = book.create_sheet(title)
    for row in rows:
        sheet.append(row)
    return book


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def table_of(content: bytes, limits: Limits = LIMITS) -> Table:
    [table] = read_tables(content, (), limits)
    return table


def rows_of(content: bytes) -> list[list[str]]:
    return [list(row.cells.values()) for row in table_of(content).rows]


def refusal(content: bytes, limits: Limits = LIMITS) -> InvalidArgument:
    with pytest.raises(InvalidArgument) as refused:
        read_tables(content, (), limits)
    assert refused.value.details["zh"]
    return refused.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_file_is_read_as_excel_writes_it_in_china(encoding: str) -> None:
    content = "编码,名称\r\nA-1,标准安装\r\n".encode(encoding)
    table = table_of(content)
    assert table.headings == ("编码", "名称")
    assert [(row.number, row.cells) for row in table.rows] == [
        (2, {"编码": "A-1", "名称": "标准安装"})
    ]


def test_every_row_has_the_number_that_the_spreadsheet_shows() -> None:
    numbers = [2, 5]
    quoted = '名称\n"两行\n的名称"\n\n,\nB\n'.encode()
    assert [row.number for row in table_of(quoted).rows] == numbers
    sheet = workbook([], ["名称"], [], ["A"], [None], ["B"])
    table = table_of(sheet)
    assert (table.heading_row, [row.number for row in table.rows]) == (2, [4, 6])


def test_a_workbook_gives_texts_numbers_dates_and_flags_as_they_were_typed() -> None:
    moment = datetime.fromisoformat("2026-03-01T08:30:00")
    row: list[Any] = ["0012", 12, 0.1, 2.50, True, date(2026, 3, 1), moment]
    content = workbook([f"列{n}" for n in range(7)], row)
    assert rows_of(content) == [
        ["0012", "12", "0.1", "2.5", "TRUE", "2026-03-01", "2026-03-01 08:30:00"]
    ]


def test_the_sheet_that_is_named_is_read_and_otherwise_the_first_visible_one() -> None:
    book = book_of("说明", ["随便"])
    book.create_sheet("备件库").append(["编码"])
    content = saved(book)
    assert [table.sheet for table in read_tables(content, ("备件库",), LIMITS)] == ["备件库"]
    assert [table.sheet for table in read_tables(content, ("项目库",), LIMITS)] == ["说明"]
    book["说明"].sheet_state = "hidden"
    assert [table.sheet for table in read_tables(saved(book), (), LIMITS)] == ["备件库"]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("=1+1", "SHEET_CELL_FORMULA"),
        ("#DIV/0!", "SHEET_CELL_FAULTY"),
        (1234567890123456, "SHEET_CELL_ROUNDED"),
    ],
)
def test_what_is_no_plain_value_is_told_with_its_place(cell: object, reason: str) -> None:
    table = table_of(workbook(["编码", "名称"], ["A", "甲"], ["B", cell]))
    [problem] = table.problems
    assert (problem.sheet, problem.row_number, problem.column) == ("表", 3, "名称")
    assert problem.reason == reason
    assert problem.message
    assert problem.chinese


def test_a_formula_in_a_csv_file_is_told_too() -> None:
    [problem] = table_of("编码\n=HYPERLINK(1)\n".encode()).problems
    assert (problem.row_number, problem.reason) == (2, "SHEET_CELL_FORMULA")


def test_headings_that_are_missing_or_twice_are_told() -> None:
    table = table_of("编码,名称,名称\nA,甲,乙,丙\n".encode())
    told = [(one.row_number, one.column, one.reason) for one in table.problems]
    assert told == [
        (1, "名称", "SHEET_HEADING_REPEATED"),
        (2, "C", "SHEET_HEADING_MISSING"),
        (2, "D", "SHEET_HEADING_MISSING"),
    ]


def test_columns_are_called_as_spreadsheets_call_them() -> None:
    assert [column_letters(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_what_is_too_large_is_refused() -> None:
    limits = Limits(bytes=20_000, unpacked_bytes=100_000, rows=3, columns=4)
    rows = workbook(["编码"], *(["A"] for _ in range(4)))
    assert refusal(rows, limits).reason == "SPREADSHEET_TOO_LARGE"
    assert len(table_of(workbook(["编码"], *(["A"] for _ in range(3))), limits).rows) == 3
    assert refusal(b"a,b,c,d,e\n", limits).reason == "SPREADSHEET_TOO_LARGE"
    assert refusal(b"a\n" * 20_000, limits).reason == "SPREADSHEET_TOO_LARGE"


def test_a_small_file_that_unpacks_to_much_is_refused_before_it_is_read() -> None:
    out = io.BytesIO(workbook(["编码"]))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/bomb.xml", b" " * 70_000_000)
    assert len(out.getvalue()) < LIMITS.bytes
    assert refusal(out.getvalue()).reason == "SPREADSHEET_TOO_LARGE"


def replaced(content: bytes, part: str, text: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, text if name == part else old.read(name))
    return out.getvalue()


def test_entities_are_not_expanded() -> None:
    lines = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 9))
    sheet = (
        b'<!DOCTYPE x [<!ENTITY l0 "lol">' + lines + b"]>"
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>&l8;</t></is></c></row></sheetData></worksheet>'
    )
    bomb = replaced(workbook(["编码"]), "xl/worksheets/sheet1.xml", sheet)
    assert refusal(bomb).reason == "SPREADSHEET_UNREADABLE"


def test_a_sheet_that_claims_rows_without_end_is_not_followed() -> None:
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="99999999999"><c r="A99999999999" t="inlineStr"><is><t>x</t></is></c></row>'
        b"</sheetData></worksheet>"
    )
    far = replaced(workbook(["编码"]), "xl/worksheets/sheet1.xml", sheet)
    assert refusal(far).reason == "SPREADSHEET_TOO_LARGE"


@pytest.mark.parametrize(
    "content",
    [
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        b"PK\x03\x04 not a workbook",
        b"\xff\xfe" + "编码".encode("utf-16-le"),
        b"\x81\xff\x00",
        b'a,b\n"x"y,1\n',
        workbook(["编码"])[:-200],
    ],
)
def test_what_is_no_table_is_refused(content: bytes) -> None:
    assert refusal(content).reason == "SPREADSHEET_UNREADABLE"


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A workbook of which one part is not as it was."""
    whole = workbook(["编码", "数", "日"], ["A", 1.5, date(2026, 3, 1)])
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        part = draw(st.sampled_from(archive.namelist()))
        text = archive.read(part)
    begin = draw(st.integers(0, len(text)))
    end = draw(st.integers(begin, min(begin + 20, len(text))))
    odd = draw(
        st.sampled_from([b"", b"<", b"&", b'"', b"-1", b"1e999", b"\xff", b't="d"', b"<f>1</f>"])
    )
    return replaced(whole, part, text[:begin] + odd + text[end:])


@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=60)
@given(damaged())
def test_a_damaged_workbook_is_read_or_refused(content: bytes) -> None:
    with contextlib.suppress(InvalidArgument):
        read_tables(content, (), LIMITS)


@pytest.mark.parametrize("content", [b"", b"\n\n", b",,\n", workbook()])
def test_an_empty_file_is_refused(content: bytes) -> None:
    assert refusal(content).reason == "SPREADSHEET_EMPTY"


@pytest.mark.parametrize("text", ["=1+1", "+86", "-5℃", "@sum", "＝1", "'quoted", "''", "'"])
def test_no_exported_text_is_taken_for_a_formula_and_each_comes_back(text: str) -> None:
    content = write_csv(["名称"], [[text]])
    [_, [written]] = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    assert written.startswith("'")
    assert rows_of(content) == [[text]]
    assert rows_of(write_xlsx([("表", ["名称"], [[text]])])) == [[text]]


#: What a text of ours may hold: no control characters, no spaces at its ends.
TEXTS = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=12).map(str.strip)
VALUES: st.SearchStrategy[Value] = st.one_of(
    TEXTS,
    st.decimals(-(10**9), 10**9, places=4).map(lambda number: number.normalize() + 0),
    st.dates(date(1990, 1, 1)),
)


@settings(max_examples=40)
@given(st.lists(st.lists(VALUES, min_size=3, max_size=3), max_size=4))
def test_what_is_written_reads_back_the_same(rows: list[list[Value]]) -> None:
    def text(value: Value) -> str:
        return f"{value:f}" if isinstance(value, Decimal) else str(value)

    texts = [[text(value) for value in row] for row in rows]
    headings = ["甲", "乙", "丙"]
    for content in (write_csv(headings, rows), write_xlsx([("表", headings, rows)])):
        assert rows_of(content) == [row for row in texts if any(row)]


@given(st.text())
def test_neutral_text_is_plain_again(text: str) -> None:
    assert plain(neutral(text)) == text
    assert not neutral(text).startswith(("=", "+", "-", "@"))
