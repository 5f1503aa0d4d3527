"""Imports and exports of items, between messages, decisions and files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from kit.spreadsheet.importing import Outcome
from kit.spreadsheet.records import Column
from kit.spreadsheet.table import Problem
from kit.spreadsheet.writing import write_csv, write_xlsx
from protos.pricing.v1 import library_pb2 as pb
from services.pricing.domain.item_columns import SHEETS
from services.pricing.domain.item_import import Plan, PlannedRow
from services.pricing.domain.items import Item

_OUTCOMES: Final = {
    Outcome.ADDED: pb.ITEM_IMPORT_OUTCOME_ADDED,
    Outcome.CHANGED: pb.ITEM_IMPORT_OUTCOME_CHANGED,
    Outcome.UNCHANGED: pb.ITEM_IMPORT_OUTCOME_UNCHANGED,
    Outcome.WRONG: pb.ITEM_IMPORT_OUTCOME_WRONG,
}


#: Bytes of changes and problems that a preview tells; a message has 8 MiB.
_MOST_TOLD: Final = 1024 * 1024


def preview_to_proto(plan: Plan, file_sha256: str, library_sha256: str) -> pb.ItemImportPreview:
    """What a file would change, on the wire."""
    rows, shortened = _rows_to_proto(plan.rows)
    return pb.ItemImportPreview(
        rows=rows,
        problems=[problem_to_proto(problem) for problem in plan.problems],
        added=plan.count(Outcome.ADDED),
        changed=plan.count(Outcome.CHANGED),
        unchanged=plan.count(Outcome.UNCHANGED),
        wrong=plan.count(Outcome.WRONG),
        file_sha256=file_sha256,
        library_sha256=library_sha256,
        shortened=shortened,
    )


def _rows_to_proto(rows: Iterable[PlannedRow]) -> tuple[list[pb.ItemImportRow], bool]:
    """The rows, from some size on without what there is to tell of each; and whether that was so."""
    told, messages, shortened = 0, [], False
    for row in rows:
        message = _row_to_proto(row)
        told += message.ByteSize()
        if told > _MOST_TOLD:
            shortened = shortened or bool(message.changes or message.problems)
            message.ClearField("changes")
            message.ClearField("problems")
        messages.append(message)
    return messages, shortened


def _row_to_proto(row: PlannedRow) -> pb.ItemImportRow:
    return pb.ItemImportRow(
        row_number=row.number,
        item_code=row.item.item_code,
        outcome=_OUTCOMES[row.outcome],
        changes=[
            pb.ItemChange(
                column=change.column, field=change.field, before=change.before, after=change.after
            )
            for change in row.changes
        ],
        problems=[problem_to_proto(problem) for problem in row.problems],
        pictures=row.new_pictures,
    )


def problem_to_proto(problem: Problem) -> pb.SheetProblem:
    """A located problem on the wire."""
    return pb.SheetProblem(
        sheet=problem.sheet,
        row_number=problem.row_number,
        column=problem.column,
        reason=problem.reason,
        message=problem.chinese,
        message_en=problem.message,
    )


def write_items(
    items: Iterable[Item],
    columns: Sequence[Column[Item]],
    catalogue: str,
    format_: pb.SheetFormat.ValueType,
) -> bytes:
    """The items as a file that imports again without a change."""
    headings = [column.heading for column in columns]
    rows = ([column.write(item) for column in columns] for item in items)
    if format_ == pb.SHEET_FORMAT_CSV:
        return write_csv(headings, rows)
    chinese, _ = SHEETS[catalogue]
    return write_xlsx([(chinese, headings, rows)])
