"""A file of items, read: what each row says, before it is known which items there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from kit.spreadsheet.table import Problem, Row, Table
from services.pricing.domain.item_columns import Column, find_columns
from services.pricing.domain.item_fields import FieldValueError

#: The column that says which item a row is about.
CODE: Final = "item_code"


@dataclass(frozen=True, slots=True)
class ReadRow:
    """What a row says of an item, by field; and what in it cannot be read."""

    number: int
    item_code: str
    given: Mapping[str, Any]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A file of items, read: its rows, which column each field stands in, and what is wrong with it
    as a whole."""

    sheet: str
    heading_row: int
    columns: Mapping[str, Column]
    headings: Mapping[str, str]
    rows: tuple[ReadRow, ...]
    problems: tuple[Problem, ...]


def read_rows(table: Table, columns: Sequence[Column]) -> Reading:
    """What a table says."""
    known, unknown = find_columns(table.headings, columns)
    headings = {column.field: heading for heading, column in known.items()}
    whole = [problem for problem in table.problems if problem.row_number == table.heading_row]
    whole += _heading_problems(table, known, unknown, columns)
    of_row: dict[int, list[Problem]] = {}
    for problem in table.problems:
        of_row.setdefault(problem.row_number, []).append(problem)
    rows = [_read_row(table.sheet, row, known, of_row.get(row.number, ())) for row in table.rows]
    return Reading(
        table.sheet,
        table.heading_row,
        {column.field: column for column in known.values()},
        headings,
        tuple(_without_repeats(table.sheet, headings.get(CODE, ""), rows)),
        tuple(whole),
    )


def _heading_problems(
    table: Table, known: Mapping[str, Column], unknown: Iterable[str], columns: Iterable[Column]
) -> Iterator[Problem]:
    def problem(column: str, reason: str, english: str, chinese: str) -> Problem:
        return Problem(table.sheet, table.heading_row, column, reason, english, chinese)

    names = "、".join(column.chinese for column in columns)
    for heading in unknown:
        yield problem(
            heading,
            "PRICING_IMPORT_COLUMN_UNKNOWN",
            f"there is no column {heading!r}; rename it to one of {names}, or delete it",
            f"没有 {heading!r} 这一列，请改成 {names} 之一，或删掉这一列。",
        )
    for column, often in Counter(known.values()).items():
        if often > 1:
            yield problem(
                column.chinese,
                "PRICING_IMPORT_COLUMN_REPEATED",
                f"{often} columns mean {column.heading!r}; keep one of them",
                f"有 {often} 列都是“{column.chinese}”，请只留一列。",
            )
    if CODE not in {column.field for column in known.values()}:
        yield problem(
            "编码",
            "PRICING_IMPORT_COLUMN_MISSING",
            "the column 编码 (code) is missing; it says which item a row is about",
            "缺少“编码”这一列，它说明每一行是哪一项。",
        )


def _read_row(
    sheet: str, row: Row, known: Mapping[str, Column], problems: Iterable[Problem]
) -> ReadRow:
    given: dict[str, Any] = {}
    found = list(problems)
    at_fault = {problem.column for problem in found}
    for heading, column in known.items():
        if heading in at_fault:
            continue
        try:
            given[column.field] = column.read(row.cells[heading])
        except FieldValueError as error:
            reason = "PRICING_IMPORT_CELL_INVALID"
            found.append(Problem(sheet, row.number, heading, reason, error.english, error.chinese))
    return ReadRow(row.number, given.get(CODE, ""), given, tuple(found))


def _without_repeats(sheet: str, heading: str, rows: Sequence[ReadRow]) -> Iterator[ReadRow]:
    first: dict[str, int] = {}
    for row in rows:
        before = first.setdefault(row.item_code, row.number)
        if before == row.number or not row.item_code:
            yield row
            continue
        repeated = Problem(
            sheet,
            row.number,
            heading,
            "PRICING_IMPORT_CODE_REPEATED",
            f"row {before} is about {row.item_code!r} already; keep one of them",
            f"第 {before} 行已经是 {row.item_code!r}，请只留一行。",
        )
        yield replace(row, problems=(*row.problems, repeated))
