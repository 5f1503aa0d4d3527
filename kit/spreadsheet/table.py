"""What a table is, once it is read: headings, rows of texts, and what is wrong, each with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from kit.errors import InvalidArgument

#: What spreadsheets take for the beginning of a formula, full-width signs included.
_FORMULAS: Final = tuple("=+-@\t\r＝＋－＠")
_QUOTE: Final = "'"
#: Of a request: where the file is.
FIELD: Final = "content"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read; more is refused."""

    bytes: int = 4 * 1024 * 1024
    #: Of an XLSX file, which is packed.
    unpacked_bytes: int = 64 * 1024 * 1024
    #: Below the headings.
    rows: int = 5_000
    columns: int = 100


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong, and where: what it is and what to do, in both languages."""

    sheet: str
    row_number: int
    column: str
    reason: str
    message: str
    chinese: str


@dataclass(frozen=True, slots=True)
class BadCell:
    """What stands in a cell instead of a plain value."""

    reason: str
    message: str
    chinese: str


#: What is read from a cell.
Cell = str | BadCell
#: What is written into one: a text, a number, a date, or nothing.
Value = str | Decimal | date | None


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its number as the spreadsheet shows it, and the text under each heading."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet: its headings in order, the rows that are not empty, and what is wrong."""

    sheet: str
    heading_row: int
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]


FORMULA: Final = BadCell(
    "SHEET_CELL_FORMULA",
    "a formula is not read; put its value in its place (copy, paste values)",
    "不读公式，请换成它的值（复制后选择性粘贴为“值”）。",
)


def neutral(text: str) -> str:
    """A text that no spreadsheet takes for a formula; ``plain`` gives it back as it was."""
    return _QUOTE + text if text.startswith((*_FORMULAS, _QUOTE)) else text


def plain(text: str) -> str:
    """The text that ``neutral`` was given."""
    return text[1:] if text.startswith(_QUOTE) and neutral(text[1:]) == text else text


def assemble(sheet: str, numbered: Iterable[tuple[int, Sequence[Cell]]], limits: Limits) -> Table:
    """A table from the cells of its rows; the first row that is not empty holds the headings.

    Raises:
        InvalidArgument: ``SPREADSHEET_EMPTY`` or ``SPREADSHEET_TOO_LARGE``.
    """
    filled = ((number, cells) for number, cells in numbered if any(cells))
    heading_row, first = next(filled, (0, ()))
    if not heading_row:
        raise InvalidArgument(
            "SPREADSHEET_EMPTY", "the sheet is empty", field=FIELD, details={"zh": "表是空的。"}
        )
    headings, problems = _headings(sheet, heading_row, first, limits)
    rows: list[Row] = []
    for number, cells in filled:
        if len(rows) == limits.rows:
            raise too_many_rows(limits)
        problems += _cell_problems(sheet, number, headings, cells)
        texts = zip(headings, cells, strict=False)
        found = {heading: cell for heading, cell in texts if heading and isinstance(cell, str)}
        rows.append(Row(number, dict.fromkeys(filter(None, headings), "") | found))
    named = tuple(filter(None, headings))
    return Table(sheet, heading_row, named, tuple(rows), tuple(problems))


def too_many_rows(limits: Limits) -> InvalidArgument:
    """The refusal of a sheet that is too long."""
    return InvalidArgument(
        "SPREADSHEET_TOO_LARGE",
        f"a sheet has at most {limits.rows} rows; split it",
        field=FIELD,
        details={"zh": f"一张表最多 {limits.rows} 行，请拆成几个文件。"},
    )


def _headings(
    sheet: str, number: int, cells: Sequence[Cell], limits: Limits
) -> tuple[list[str], list[Problem]]:
    """The headings, empty where there is none or a bad one."""
    headings: list[str] = []
    problems: list[Problem] = []
    for cell in cells:
        heading, bad = (cell, None) if isinstance(cell, str) else ("", cell)
        if heading and heading in headings:
            bad = BadCell(
                "SHEET_HEADING_REPEATED",
                f"the heading {heading!r} stands there twice; keep one of the columns",
                f"表头 {heading!r} 出现了两次，请只留一列。",
            )
        if bad is not None:
            at = heading or column_letters(len(headings))
            problems.append(Problem(sheet, number, at, bad.reason, bad.message, bad.chinese))
            heading = ""
        headings.append(heading)
    while headings and not headings[-1]:
        headings.pop()
    if len(headings) > limits.columns:
        raise InvalidArgument(
            "SPREADSHEET_TOO_LARGE",
            f"a sheet has at most {limits.columns} columns",
            field=FIELD,
            details={"zh": f"一张表最多 {limits.columns} 列。"},
        )
    return headings, problems


def _cell_problems(
    sheet: str, number: int, headings: Sequence[str], cells: Sequence[Cell]
) -> Iterator[Problem]:
    for index, cell in enumerate(cells):
        heading = headings[index] if index < len(headings) else ""
        bad = cell if isinstance(cell, BadCell) else _NO_HEADING if cell and not heading else None
        if bad is not None:
            at = heading or column_letters(index)
            yield Problem(sheet, number, at, bad.reason, bad.message, bad.chinese)


_NO_HEADING: Final = BadCell(
    "SHEET_HEADING_MISSING",
    "the column has no heading; give it one or clear it",
    "这一列没有表头，请补上表头或清空。",
)


def column_letters(index: int) -> str:
    """What a spreadsheet calls a column, counted from 0: A, B, … Z, AA …"""
    letters = ""
    while index >= 0:
        index, rest = divmod(index, 26)
        letters, index = chr(ord("A") + rest) + letters, index - 1
    return letters
