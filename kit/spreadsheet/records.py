"""What the rows of a table say: each column knows its headings, how it is read and how it is written.

A file of somebody's own has the columns it has, in any order, under Chinese or English headings. A
record says what its row says and nothing of what has no column; what cannot be read is told in its cell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

from kit.spreadsheet.table import Problem, Row, Table, Value

T = TypeVar("T")


class Unreadable(Exception):
    """A text that is no value of its column; says what would be, in both languages."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(english)
        self.english = english
        self.chinese = chinese


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """One column of a file of Ts.

    Attributes:
        field: what it holds of a T, such as "name" or "fields.power_kw".
        chinese: its heading in Chinese.
        english: and in English.
        read: from the text of a cell; raises ``Unreadable``.
        write: into a cell.
    """

    field: str
    chinese: str
    english: str
    read: Callable[[str], Any]
    write: Callable[[T], Value]

    @property
    def heading(self) -> str:
        """Its heading in a file of ours."""
        return f"{self.chinese} {self.english}"

    def names(self) -> set[str]:
        """All headings that mean it, in small letters."""
        code = self.field.rpartition(".")[2]
        return {_folded(name) for name in (self.heading, self.chinese, self.english, code)}


@dataclass(frozen=True, slots=True)
class Record:
    """What a row says, by field; and what in it cannot be read."""

    number: int
    given: Mapping[str, Any]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Records(Generic[T]):
    """A table, read.

    Attributes:
        columns: by their fields, those that the table has.
        headings: by field, as they stand in the table.
        problems: of the table as a whole: headings that are missing, unknown or there twice.
    """

    sheet: str
    columns: Mapping[str, Column[T]]
    headings: Mapping[str, str]
    records: tuple[Record, ...]
    problems: tuple[Problem, ...]

    def problem(
        self, row_number: int, field: str, reason: str, english: str, chinese: str
    ) -> Problem:
        """Something that is wrong with a field of a row, in the column where it stands."""
        column = self.headings.get(field, field)
        return Problem(self.sheet, row_number, column, reason, english, chinese)


def read_records(
    table: Table, columns: Collection[Column[T]], needed: Collection[str] = ()
) -> Records[T]:
    """What a table says.

    Args:
        table: as it was read.
        columns: all that it may have.
        needed: the fields whose columns it must have.
    """
    by_name = {name: column for column in columns for name in column.names()}
    found = {heading: by_name.get(_folded(heading)) for heading in table.headings}
    known = {heading: column for heading, column in found.items() if column is not None}
    of_row: dict[int, list[Problem]] = {}
    for problem in table.problems:
        of_row.setdefault(problem.row_number, []).append(problem)
    whole = of_row.pop(table.heading_row, [])
    whole += _heading_problems(table, known, columns, needed)
    return Records(
        table.sheet,
        {column.field: column for column in known.values()},
        {column.field: heading for heading, column in known.items()},
        tuple(_read(table.sheet, row, known, of_row.get(row.number, ())) for row in table.rows),
        tuple(whole),
    )


def shown(value: Value) -> str:
    """A cell as people read it."""
    return "" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)


def _folded(heading: str) -> str:
    return " ".join(heading.split()).casefold()


def _heading_problems(
    table: Table,
    known: Mapping[str, Column[T]],
    columns: Iterable[Column[T]],
    needed: Collection[str],
) -> Iterator[Problem]:
    def problem(column: str, reason: str, english: str, chinese: str) -> Problem:
        return Problem(table.sheet, table.heading_row, column, reason, english, chinese)

    names = "、".join(column.chinese for column in columns)
    for heading in table.headings:
        if heading not in known:
            yield problem(
                heading,
                "SHEET_COLUMN_UNKNOWN",
                f"there is no column {heading!r}; rename it to one of {names}, or delete it",
                f"没有 {heading!r} 这一列，请改成 {names} 之一，或删掉这一列。",
            )
    often = Counter(column.field for column in known.values())
    for column in columns:
        if often[column.field] > 1:
            yield problem(
                column.chinese,
                "SHEET_COLUMN_REPEATED",
                f"{often[column.field]} columns mean {column.heading!r}; keep one of them",
                f"有 {often[column.field]} 列都是“{column.chinese}”，请只留一列。",
            )
        if column.field in needed and not often[column.field]:
            yield problem(
                column.chinese,
                "SHEET_COLUMN_MISSING",
                f"the column {column.heading!r} is missing; add it",
                f"缺少“{column.chinese}”这一列，请补上。",
            )


def _read(
    sheet: str, row: Row, known: Mapping[str, Column[T]], problems: Iterable[Problem]
) -> Record:
    given: dict[str, Any] = {}
    found = list(problems)
    at_fault = {problem.column for problem in found}
    for heading, column in known.items():
        if heading in at_fault:
            continue
        try:
            given[column.field] = column.read(row.cells[heading])
        except Unreadable as error:
            reason = "SHEET_CELL_INVALID"
            found.append(Problem(sheet, row.number, heading, reason, error.english, error.chinese))
    return Record(row.number, given, tuple(found))
