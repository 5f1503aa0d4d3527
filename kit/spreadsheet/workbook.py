"""XLSX workbooks, read cell by cell.

A workbook is a packed folder of XML. Neither a small file that unpacks without end nor an entity that
expands without end gets far: the unpacked size is looked at first and kept to by ``zipfile``, and
entities are refused by ``defusedxml``, with which openpyxl reads where it is installed.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, Final
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from openpyxl import DEFUSEDXML, load_workbook

from kit.errors import InvalidArgument
from kit.spreadsheet.table import (
    FIELD,
    FORMULA,
    BadCell,
    Cell,
    Limits,
    Table,
    assemble,
    plain,
    too_many_rows,
)

assert DEFUSEDXML, "workbooks are only read with defusedxml"

_MOST_PARTS: Final = 1_000
#: As far down as a spreadsheet goes, and cells that are looked at, empty ones counted.
_LAST_ROW: Final = 1_048_576
_MOST_CELLS: Final = 4_000_000
#: Digits that a spreadsheet keeps of a number.
_DIGITS: Final = 15
#: What reading a file raises that is no workbook, or a broken one.
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    ParseError,
    SyntaxError,
    DefusedXmlException,
    NotImplementedError,
    RuntimeError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    OverflowError,
)
_FAULTY: Final = BadCell(
    "SHEET_CELL_FAULTY",
    "the spreadsheet itself shows an error here; put a value in its place",
    "表格本身在这里显示错误，请换成值。",
)
_ROUNDED: Final = BadCell(
    "SHEET_CELL_ROUNDED",
    f"a spreadsheet keeps {_DIGITS} digits of a number; make the column text and type it again",
    f"电子表格只保留数字的前 {_DIGITS} 位，请把这一列设为文本后重新输入。",
)


def read_workbook(content: bytes, names: Collection[str], limits: Limits) -> list[Table]:
    """The sheets of a workbook that bear one of the names; without any, its first visible one.

    Raises:
        InvalidArgument: ``SPREADSHEET_UNREADABLE``, ``SPREADSHEET_TOO_LARGE``, ``SPREADSHEET_EMPTY``.
    """
    raw = _sheets(content, names, limits)
    return [assemble(title, rows, limits) for title, rows in raw]


def read_first_sheet(content: bytes, limits: Limits) -> list[tuple[int, list[Cell]]]:
    """The rows of a workbook's first visible sheet as they stand.

    Raises: as ``read_workbook``.
    """
    ((_, rows),) = _sheets(content, (), limits)
    if len(rows) > limits.rows:
        raise too_many_rows(limits)
    return rows


def _sheets(
    content: bytes, names: Collection[str], limits: Limits
) -> list[tuple[str, list[tuple[int, list[Cell]]]]]:
    """The rows of the sheets that bear one of the names; without any, of the first visible one."""
    try:
        _check_unpacked_size(content, limits)
        book = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        sheets: list[Any] = [one for one in book.worksheets if one.sheet_state == "visible"]
        wanted = [one for one in sheets if one.title.strip().casefold() in names] or sheets[:1]
        # The headings, the rows that are allowed, and one that is too many.
        most = limits.rows + 2
        raw = [(one.title, list(islice(_rows(one), most))) for one in wanted]
    except _BROKEN as error:
        raise InvalidArgument(
            "SPREADSHEET_UNREADABLE",
            f"the file is no XLSX workbook that can be read: {type(error).__name__}",
            field=FIELD,
            details={"zh": "这个文件不是能读的 XLSX，请用电子表格软件重新保存。"},
        ) from error
    if not raw:
        raise InvalidArgument(
            "SPREADSHEET_EMPTY",
            "the workbook has no visible sheet",
            field=FIELD,
            details={"zh": "没有可见的工作表。"},
        )
    return raw


def _check_unpacked_size(content: bytes, limits: Limits) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
    if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > limits.unpacked_bytes:
        raise _too_large()


def _rows(sheet: Any) -> Iterator[tuple[int, list[Cell]]]:
    """The rows that are not empty. What a sheet says of its own size is not believed."""
    sheet.reset_dimensions()
    cells = 0
    rows: Iterable[Any] = sheet.iter_rows()
    for number, row in enumerate(rows, start=1):
        cells += len(row)
        if number > _LAST_ROW or cells > _MOST_CELLS:
            raise _too_large()
        if any(cell.value is not None for cell in row):
            yield number, [_cell(cell) for cell in row]


def _too_large() -> InvalidArgument:
    return InvalidArgument(
        "SPREADSHEET_TOO_LARGE",
        "the workbook unpacks to too much; keep only the sheet that is imported, and delete its"
        " empty rows and columns",
        field=FIELD,
        details={"zh": "工作簿展开后过大，请只保留要导入的表，并删除空行、空列。"},
    )


def _cell(cell: Any) -> Cell:
    if cell.data_type == "f":
        return FORMULA
    if cell.data_type == "e":
        return _FAULTY
    return _text(cell.value)


def _text(value: Any) -> Cell:
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float():
            return _number(value)
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime() | date() | time() | timedelta():
            return str(value)
        case _:
            return plain(str(value).strip())


def _number(value: float) -> Cell:
    """A number as it was typed: fifteen digits of it, of which a double keeps each."""
    number = Decimal(f"{value:.{_DIGITS}g}")
    if not number.is_finite() or number.adjusted() >= _DIGITS:
        return _ROUNDED
    written = f"{number:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written
