"""From the bytes of an XLSX or CSV file to tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from itertools import islice
from typing import Final

from kit.errors import InvalidArgument
from kit.spreadsheet.table import (
    FIELD,
    FORMULA,
    Cell,
    Limits,
    Table,
    assemble,
    plain,
    too_many_rows,
)
from kit.spreadsheet.workbook import read_first_sheet, read_workbook

_XLSX: Final = b"PK\x03\x04"
#: The container of old Excel files, and of new ones behind a password.
_OLE: Final = b"\xd0\xcf\x11\xe0"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
#: What Excel writes in China, besides UTF-8 with a mark.
_ENCODINGS: Final = ("utf-8-sig", "gb18030")


def read_tables(content: bytes, names: Collection[str], limits: Limits) -> list[Table]:
    """The tables of a file, known by its bytes.

    Args:
        content: the file.
        names: the sheets that are wanted, in small letters; where a workbook has none of them, its
            first visible sheet. A CSV file is one table without a name.
        limits: how much of it is read.

    Raises:
        InvalidArgument: ``SPREADSHEET_UNREADABLE``, ``SPREADSHEET_TOO_LARGE``, ``SPREADSHEET_EMPTY``.
    """
    if _is_workbook(content, limits):
        return read_workbook(content, names, limits)
    return [assemble("", _csv_rows(_decoded(content)), limits)]


def read_rows(content: bytes, limits: Limits) -> list[tuple[int, list[Cell]]]:
    """The rows of a file as they stand, each with its number; of a workbook's first visible sheet.

    For files of others, whose headings stand wherever they stand.

    Raises: as ``read_tables``.
    """
    if _is_workbook(content, limits):
        return read_first_sheet(content, limits)
    rows = list(islice(_csv_rows(_decoded(content)), limits.rows + 1))
    if len(rows) > limits.rows:
        raise too_many_rows(limits)
    return rows


def _is_workbook(content: bytes, limits: Limits) -> bool:
    """Whether it is an XLSX file; what is too large or no file of ours is refused."""
    if len(content) > limits.bytes:
        megabytes = limits.bytes // 1024**2
        raise InvalidArgument(
            "SPREADSHEET_TOO_LARGE",
            f"a file has at most {megabytes} MiB; split it",
            field=FIELD,
            details={"zh": f"文件最大 {megabytes} MiB，请拆成几个文件。"},
        )
    if content.startswith(_OLE):
        raise InvalidArgument(
            "SPREADSHEET_UNREADABLE",
            "an old or a password-protected Excel file; save it as XLSX without a password",
            field=FIELD,
            details={"zh": "这是旧版或加了密码的 Excel 文件，请另存为不带密码的 XLSX。"},
        )
    return content.startswith(_XLSX)


def _decoded(content: bytes) -> str:
    if not content.startswith(_UTF16) and b"\0" not in content:
        for encoding in _ENCODINGS:
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                continue
    raise InvalidArgument(
        "SPREADSHEET_UNREADABLE",
        "neither XLSX nor CSV in UTF-8 or GB18030; save it as XLSX or as CSV UTF-8",
        field=FIELD,
        details={"zh": "不是 XLSX，也不是 UTF-8 或 GB18030 的 CSV，请另存为 XLSX 或“CSV UTF-8”。"},
    )


def _csv_rows(text: str) -> Iterator[tuple[int, list[Cell]]]:
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    try:
        for number, cells in enumerate(lines, start=1):
            yield number, [_csv_cell(cell.strip()) for cell in cells]
    except csv.Error as error:
        raise InvalidArgument(
            "SPREADSHEET_UNREADABLE",
            f"row {number + 1} is no CSV: {error}; check its quotation marks",
            field=FIELD,
            details={"zh": f"第 {number + 1} 行不是 CSV，请检查引号。"},
        ) from error


def _csv_cell(text: str) -> Cell:
    return FORMULA if text.startswith("=") else plain(text)
