"""Files of things of the registry: columns over messages, previews on the wire, files written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from google.protobuf.message import Message

from kit.spreadsheet.importing import Outcome, Plan, PlannedRow
from kit.spreadsheet.records import Column
from kit.spreadsheet.table import Problem
from kit.spreadsheet.writing import write_csv, write_xlsx
from protos.workorder.v1 import registry_pb2 as pb

M = TypeVar("M", bound=Message)

_OUTCOMES: Final = {
    Outcome.ADDED: pb.IMPORT_OUTCOME_ADDED,
    Outcome.CHANGED: pb.IMPORT_OUTCOME_CHANGED,
    Outcome.UNCHANGED: pb.IMPORT_OUTCOME_UNCHANGED,
    Outcome.WRONG: pb.IMPORT_OUTCOME_WRONG,
}
#: Bytes of changes and problems that a preview tells; a message has 8 MiB.
_MOST_TOLD: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Layout(Generic[M]):
    """What a file of Ms looks like.

    Attributes:
        names: of its sheet, the first one as we write it.
        key: the column that says what a row is about.
        holder: what refusals put before the fields of an M, such as "technician.".
        blank: an M of which nothing is said.
    """

    names: tuple[str, ...]
    columns: tuple[Column[M], ...]
    key: str
    holder: str
    blank: Callable[[], M]

    def field_of(self, refused: str) -> str:
        """The column of a refused field, such as "skills" of "technician.skills[0].level"."""
        bare = refused.removeprefix(self.holder)
        if any(bare == column.field for column in self.columns):
            return bare
        return bare.partition("[")[0].partition(".")[0]


def said_of(message: M, given: Mapping[str, Any]) -> M:
    """A message with what a row says of it; what the file has no column for stays."""
    after = type(message)()
    after.CopyFrom(message)
    for field, value in given.items():
        holder, name = _holder_of(after, field)
        _set(holder, name, value)
    return after


def _holder_of(message: Message, field: str) -> tuple[Message, str]:
    """Of a path such as "warranties.first_day", the message it names, the first of several, and the
    rest."""
    outer, dot, name = field.partition(".")
    if not dot:
        return message, field
    inner = getattr(message, outer)
    if isinstance(inner, Message):
        return inner, name
    return (inner[0] if inner else inner.add()), name


def _set(message: Message, name: str, value: Any) -> None:
    if isinstance(value, list):
        message.ClearField(name)
        getattr(message, name).extend(value)
    elif value is None:
        message.ClearField(name)
    elif isinstance(value, Message):
        getattr(message, name).CopyFrom(value)
    else:
        setattr(message, name, value)


def text_column(field: str, chinese: str, english: str) -> Column[Any]:
    """A column of a text that stands in the message as it stands in the file."""
    return Column(field, chinese, english, str.strip, lambda message: str(getattr(message, field)))


def preview_to_proto(
    plan: Plan[Any], file_sha256: str, registry_sha256: str
) -> pb.RegistryImportPreview:
    """What a file would change, on the wire."""
    rows, shortened = rows_to_proto(plan.rows)
    return pb.RegistryImportPreview(
        rows=rows,
        problems=[problem_to_proto(problem) for problem in plan.problems],
        added=plan.count(Outcome.ADDED),
        changed=plan.count(Outcome.CHANGED),
        unchanged=plan.count(Outcome.UNCHANGED),
        wrong=plan.count(Outcome.WRONG),
        file_sha256=file_sha256,
        registry_sha256=registry_sha256,
        shortened=shortened,
    )


def rows_to_proto(rows: Iterable[PlannedRow[Any]]) -> tuple[list[pb.ImportRow], bool]:
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


def _row_to_proto(row: PlannedRow[Any]) -> pb.ImportRow:
    return pb.ImportRow(
        row_number=row.number,
        key=row.key,
        outcome=_OUTCOMES[row.outcome],
        changes=[
            pb.ImportChange(
                column=change.column, field=change.field, before=change.before, after=change.after
            )
            for change in row.changes
        ],
        problems=[problem_to_proto(problem) for problem in row.problems],
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


def write_file(
    layout: Layout[M], messages: Sequence[M], wanted: pb.RegistryFileFormat.ValueType
) -> bytes:
    """The things as a file that imports again without a change."""
    headings = [column.heading for column in layout.columns]
    rows = ([column.write(message) for column in layout.columns] for message in messages)
    if wanted == pb.REGISTRY_FILE_FORMAT_CSV:
        return write_csv(headings, rows)
    return write_xlsx([(layout.names[0], headings, rows)])
