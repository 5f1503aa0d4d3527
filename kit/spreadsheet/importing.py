"""What a file would change: row by row, and everything that is wrong with it.

A record of a file says something of one thing, known by a key: what there is not is added, what is
otherwise is changed. An import does what was previewed, all of it or nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Generic, TypeVar

from kit.errors import FailedPrecondition, InvalidArgument, ServiceError
from kit.spreadsheet.records import Record, Records, shown
from kit.spreadsheet.table import FIELD, Problem

T = TypeVar("T")

#: Problems that a refusal names; the preview has all of them.
_MOST_TOLD: Final = 20


class Outcome(StrEnum):
    """What becomes of a row."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a row changes, as it stands in files."""

    column: str
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PlannedRow(Generic[T]):
    """A row with the thing as it would be; None when that cannot be said."""

    number: int
    key: str
    after: T | None
    outcome: Outcome
    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan(Generic[T]):
    """What a file would change."""

    rows: tuple[PlannedRow[T], ...]
    problems: tuple[Problem, ...]

    def count(self, outcome: Outcome) -> int:
        """How many rows come to this."""
        return sum(row.outcome is outcome for row in self.rows)

    def written(self) -> list[T]:
        """The things to be written."""
        wanted = (Outcome.ADDED, Outcome.CHANGED)
        return [row.after for row in self.rows if row.outcome in wanted and row.after is not None]


def without_repeats(reading: Records[T], key_of: Callable[[Record], str], field: str) -> Records[T]:
    """The same, told where two rows are about one thing.

    Args:
        key_of: what a record is about; empty: it does not say.
        field: whose column the problem is told in.
    """
    first: dict[str, int] = {}

    def told(record: Record) -> Record:
        key = key_of(record)
        before = first.setdefault(key, record.number) if key else record.number
        if before == record.number:
            return record
        repeated = reading.problem(
            record.number,
            field,
            "IMPORT_ROW_REPEATED",
            f"row {before} is about {key!r} already; keep one of them",
            f"第 {before} 行已经是 {key!r}，请只留一行。",
        )
        return replace(record, problems=(*record.problems, repeated))

    return replace(reading, records=tuple(map(told, reading.records)))


def planned(
    reading: Records[T], record: Record, key: str, before: T | None, after: T, blank: T
) -> PlannedRow[T]:
    """What a record that reads well comes to.

    Args:
        before: the thing as it is; None when there is none.
        after: as it would be.
        blank: one of which nothing is said, which a new one is told against.
    """
    if record.problems:
        return PlannedRow(record.number, key, None, Outcome.WRONG, problems=record.problems)
    changes = tuple(changes_of(reading, blank if before is None else before, after))
    unless_new = Outcome.CHANGED if changes else Outcome.UNCHANGED
    outcome = Outcome.ADDED if before is None else unless_new
    return PlannedRow(record.number, key, after, outcome, changes)


def refused(
    reading: Records[T], record: Record, key: str, error: ServiceError, field: str
) -> PlannedRow[T]:
    """A row that says something impossible, told in the cell of a field or, without one, in its row."""
    chinese = error.details.get("zh", "")
    problem = reading.problem(record.number, field, error.reason, error.message, chinese)
    # What could not be read is told once.
    told = {each.column for each in record.problems}
    problems = record.problems if problem.column in told else (*record.problems, problem)
    return PlannedRow(record.number, key, None, Outcome.WRONG, problems=problems)


def changes_of(reading: Records[T], before: T, after: T) -> Iterator[Change]:
    """What a row changes, column by column, as it stands in files."""
    for field, column in reading.columns.items():
        old, new = column.write(before), column.write(after)
        if old != new:
            yield Change(reading.headings[field], field, shown(old), shown(new))


def check_clean(plan: Plan[T]) -> None:
    """Refuse to import a file of which anything is wrong.

    Raises:
        InvalidArgument: ``IMPORT_WRONG``; ``details`` has the first problems by their place.
    """
    problems = [*plan.problems, *(one for row in plan.rows for one in row.problems)]
    if not problems:
        return
    details = {
        f"{one.sheet} {one.row_number} {one.column}".strip(): f"{one.chinese} {one.message}".strip()
        for one in problems[:_MOST_TOLD]
    }
    raise InvalidArgument(
        "IMPORT_WRONG",
        f"{len(problems)} problems, nothing was imported; put them right and preview again",
        field=FIELD,
        details=details,
    )


def standing_sha256(stands: Mapping[str, str]) -> str:
    """How the things that a file speaks of stand: something of each, by its key, that changes with it."""
    written = json.dumps(dict(stands), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()


def check_as_previewed(wanted: tuple[str, str], found: tuple[str, str], field: str) -> None:
    """Refuse to import another file than the previewed one, or onto what is no longer as it was.

    Args:
        wanted: the sha256 of the file and of how things stood, as previewed.
        found: as they are now.
        field: of the request, that holds the second one.

    Raises:
        FailedPrecondition: ``IMPORT_FILE_CHANGED`` or ``IMPORT_STALE``.
    """
    if wanted[0] != found[0]:
        raise FailedPrecondition(
            "IMPORT_FILE_CHANGED",
            "this is not the file that was previewed; preview it first",
            field="file_sha256",
        )
    if wanted[1] != found[1]:
        raise FailedPrecondition(
            "IMPORT_STALE",
            "somebody changed what the file is about since the preview; preview it again",
            field=field,
        )
