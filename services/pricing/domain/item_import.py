"""What a file of items would change: row by row, and everything that is wrong with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from kit.errors import FailedPrecondition, InvalidArgument
from kit.spreadsheet.importing import Change, Outcome, changes_of
from kit.spreadsheet.records import Record, Records
from kit.spreadsheet.table import Problem
from services.pricing.domain.item_columns import changed
from services.pricing.domain.item_fields import ItemField
from services.pricing.domain.item_tree import Surroundings
from services.pricing.domain.items import Item, in_chinese, problems_of, settled_fields

Reading = Records[Item]

#: The column that says which item a row is about.
CODE: Final = "item_code"
#: Problems that a refusal names; the preview has all of them.
_MOST_TOLD: Final = 20


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row with the item as it would be."""

    number: int
    item: Item
    outcome: Outcome
    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()
    #: That the item did not have.
    new_pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would change."""

    rows: tuple[PlannedRow, ...]
    problems: tuple[Problem, ...]

    def count(self, outcome: Outcome) -> int:
        """How many rows come to this."""
        return sum(row.outcome is outcome for row in self.rows)

    def changed_items(self) -> list[Item]:
        """The items to be written."""
        written = (Outcome.ADDED, Outcome.CHANGED)
        return [row.item for row in self.rows if row.outcome in written]


def without_repeats(reading: Reading) -> Reading:
    """The same, told where two rows are about one item."""
    first: dict[str, int] = {}

    def told(record: Record) -> Record:
        code = record.given.get(CODE, "")
        before = first.setdefault(code, record.number) if code else record.number
        if before == record.number:
            return record
        repeated = reading.problem(
            record.number,
            CODE,
            "PRICING_IMPORT_CODE_REPEATED",
            f"row {before} is about {code!r} already; keep one of them",
            f"第 {before} 行已经是 {code!r}，请只留一行。",
        )
        return replace(record, problems=(*record.problems, repeated))

    return replace(reading, records=tuple(map(told, reading.records)))


def merge(
    reading: Reading,
    catalogue: str,
    existing: Mapping[str, Item],
    definitions: Collection[ItemField],
) -> list[PlannedRow]:
    """Each row's item as it would be, looked at by itself; ``finish`` looks at them together."""
    merged = []
    for row in reading.records:
        code = row.given.get(CODE, "")
        before = existing.get(code)
        item = changed(before or Item(code, catalogue), row.given)
        fields, found = settled_fields(item, definitions)
        settled = replace(item, fields=fields)
        if settled == before:
            found.clear()  # it may lack what was not required when it was put
        found += _elsewhere(before, catalogue)
        found += problems_of(settled)
        # What could not be read is told once.
        told = {problem.column for problem in row.problems}
        located = [_locate(reading, row.number, problem) for problem in found]
        problems = (*row.problems, *(one for one in located if one.column not in told))
        merged.append(PlannedRow(row.number, settled, Outcome.WRONG, problems=problems))
    return merged


def _elsewhere(before: Item | None, catalogue: str) -> Iterator[InvalidArgument]:
    if before is not None and before.catalogue != catalogue:
        yield in_other_library(before.item_code, CODE)


def in_other_library(item_code: str, at: str) -> InvalidArgument:
    """The refusal to move an item to the other library."""
    return InvalidArgument(
        "PRICING_ITEM_CATALOGUE_FIXED",
        f"{item_code!r} is in the other library and stays there; use another code",
        field=at,
        details=in_chinese(f"{item_code!r} 已在另一个库里，不能移过来，请换一个编码。"),
    )


def _locate(reading: Reading, row_number: int, problem: InvalidArgument) -> Problem:
    """A problem of an item in the cell that it stands in, or in its row."""
    return reading.problem(
        row_number, problem.field, problem.reason, problem.message, problem.details["zh"]
    )


def finish(
    reading: Reading,
    merged: Sequence[PlannedRow],
    existing: Mapping[str, Item],
    surroundings: Surroundings,
) -> Plan:
    """The plan, with the items looked at together."""
    rows = []
    for row in merged:
        found = [
            _locate(reading, row.number, problem) for problem in surroundings.problems_of(row.item)
        ]
        problems = (*row.problems, *found)
        before = existing.get(row.item.item_code)
        known = before.pictures if before else ()
        pictures = tuple(picture for picture in row.item.pictures if picture not in known)
        changes = (
            () if problems else tuple(changes_of(reading, before or _blank(row.item), row.item))
        )
        if problems:
            outcome = Outcome.WRONG
        elif before is None:
            outcome = Outcome.ADDED
        else:
            outcome = Outcome.CHANGED if changes else Outcome.UNCHANGED
        rows.append(
            replace(row, outcome=outcome, changes=changes, problems=problems, new_pictures=pictures)
        )
    return Plan(tuple(rows), reading.problems)


def _blank(item: Item) -> Item:
    """One of which nothing is said, which a new item is told against."""
    return Item(item.item_code, item.catalogue)


def check_clean(plan: Plan) -> None:
    """Refuse to import a file of which anything is wrong.

    Raises:
        InvalidArgument: ``PRICING_IMPORT_WRONG``; ``details`` has the first problems by their place.
    """
    problems = [*plan.problems, *(one for row in plan.rows for one in row.problems)]
    if not problems:
        return
    details = {
        f"{one.sheet} {one.row_number} {one.column}".strip(): f"{one.chinese} {one.message}"
        for one in problems[:_MOST_TOLD]
    }
    raise InvalidArgument(
        "PRICING_IMPORT_WRONG",
        f"{len(problems)} problems, nothing was imported; put them right and preview again",
        field="content",
        details=details,
    )


def library_sha256(
    codes: Iterable[str], revisions: Mapping[str, int], definitions: Mapping[str, int]
) -> str:
    """How the items that a file speaks of stand, and the fields of their library: by revisions."""
    stands = {code: revisions.get(code, 0) for code in codes}
    written = json.dumps([stands, dict(definitions)], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()


def check_as_previewed(wanted: tuple[str, str], found: tuple[str, str]) -> None:
    """Refuse to import another file than the previewed one, or into another library.

    Args:
        wanted: the file's and the library's sha256 as previewed.
        found: as they are now.

    Raises:
        FailedPrecondition: ``PRICING_IMPORT_FILE_CHANGED`` or ``PRICING_IMPORT_ITEMS_CHANGED``.
    """
    if wanted[0] != found[0]:
        raise FailedPrecondition(
            "PRICING_IMPORT_FILE_CHANGED",
            "this is not the file that was previewed; preview it first",
            field="file_sha256",
        )
    if wanted[1] != found[1]:
        raise FailedPrecondition(
            "PRICING_IMPORT_ITEMS_CHANGED",
            "somebody changed items of the file since the preview; preview it again",
            field="library_sha256",
        )
