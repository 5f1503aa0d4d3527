"""Fields: what a form asks for and what a case starts with."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from workflows.language.file_types import FileKind
from workflows.language.types import (
    BOOL,
    DATE,
    DECIMAL,
    INT,
    MONEY,
    SCALARS,
    STRING,
    TIMESTAMP,
    UNKNOWN,
    EnumOf,
    ListOf,
    Type,
)
from workflows.language.types import Field as RecordField
from workflows.language.types import Record as RecordType

#: How long texts may be: any, one that is matched against a pattern, one that names something.
TEXT_LENGTH: Final = 20_000
PATTERN_LENGTH: Final = 200
NAME_LENGTH: Final = 100
#: How many fields, columns and options a form may have, how many rows and files may be given, and how
#: many bytes all of its values may have: they travel in the case's history.
FORM_FIELDS: Final = 100
TABLE_COLUMNS: Final = 30
TABLE_ROWS: Final = 200
OPTIONS: Final = 500
LIST_LENGTH: Final = 50
FORM_BYTES: Final = 64 * 1024


class Part(BaseModel):
    """A part of a definition: nothing unknown is let through, nothing is changed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


#: The name of a node, field, variable, role or stage: what expressions can say.
IDENTIFIER: Final = re.compile(r"^[a-z][a-z0-9_]{0,47}$", re.ASCII)
Identifier = Annotated[str, Field(pattern=IDENTIFIER.pattern)]
Title = Annotated[str, Field(min_length=1, max_length=60)]
#: A condition in the expression language.
Condition = Annotated[str, Field(min_length=1, max_length=4_000)]
#: Written out, or computed when it begins with ``=``, as in a spreadsheet.
Value = Any
_BOUND: Final = r"^(-?\d{1,20}(\.\d{1,10})?|\d{4}-\d{2}-\d{2})$"
#: A number written with or without quotes, kept digit by digit, or a date: ``2026-10-01``.
Bound = Annotated[
    str,
    BeforeValidator(lambda value: str(value) if type(value) is int else value),
    Field(pattern=_BOUND),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "pattern": _BOUND}]}),
]

ScalarName = Literal["bool", "int", "decimal", "string", "date", "timestamp", "duration", "money"]
FieldKind = Literal[
    "text", "long_text", "integer", "number", "money", "date", "datetime", "time_slot", "boolean",
    "choice", "choices", "region", "person", "people", "customer", "address", "item", "part",
    "photo", "file", "location", "signature", "scan_code", "rating", "table", "computed",
]  # fmt: skip

#: From one instant to a later one.
TIME_SLOT: Final = RecordType(
    (RecordField("from", TIMESTAMP), RecordField("to", TIMESTAMP)), "time_slot"
)
#: A point as the contracts' ``common.v1.Location`` has it.
LOCATION: Final = RecordType(
    (
        RecordField("longitude", DECIMAL),
        RecordField("latitude", DECIMAL),
        RecordField("coordinate_system", STRING),
    ),
    "location",
)

_TYPES: Final[dict[FieldKind, Type]] = {
    "integer": INT,
    "number": DECIMAL,
    "money": MONEY,
    "date": DATE,
    "datetime": TIMESTAMP,
    "time_slot": TIME_SLOT,
    "boolean": BOOL,
    "people": ListOf(STRING),
    "photo": ListOf(STRING),
    "file": ListOf(STRING),
    "location": LOCATION,
    "rating": INT,
}
#: Kinds with the bounds that hold where a field names none.
_BOUNDS: Final[dict[FieldKind, tuple[str | None, str | None]]] = {
    "rating": ("1", "5"),
    "people": (None, str(LIST_LENGTH)),
    "photo": (None, str(LIST_LENGTH)),
    "file": (None, str(LIST_LENGTH)),
    "table": (None, str(TABLE_ROWS)),
}


class Option(Part):
    """One choice."""

    value: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,47}$")]
    name: Title
    name_en: str = ""


class FormField(Part):
    """One field.

    Attributes:
        required: must be filled in wherever it is visible.
        required_when: must be filled in when the condition holds; it may read earlier data, the
            fields above it, as ``form.<field>``, and in a table those of its row, as
            ``row.<field>``.
        visible_when: is asked for only when the condition holds.
        default: offered as a start.
        minimum: of a number, a sum of money in major units or a date; of choices, people, photos,
            files and the rows of a table: how many there must be, when there are any.
        pattern: a regular expression the whole text must match; repeats may not nest.
        accept: of a file: which kinds of files; none named: all.
        columns: of a table: the fields of a row.
        compute: of a computed field: its value, from what a condition may read.
        value: of a computed field: the type of its value.
    """

    id: Identifier
    kind: FieldKind
    name: Title
    name_en: str = ""
    hint: str = ""
    required: bool = False
    required_when: Condition | None = None
    visible_when: Condition | None = None
    default: Value = None
    options: Annotated[tuple[Option, ...], Field(max_length=OPTIONS)] = ()
    minimum: Bound | None = None
    maximum: Bound | None = None
    max_length: Annotated[int, Field(ge=1, le=TEXT_LENGTH)] | None = None
    pattern: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    accept: tuple[FileKind, ...] = ()
    columns: Annotated[tuple[FormField, ...], Field(max_length=TABLE_COLUMNS)] = ()
    compute: Condition | None = None
    value: ScalarName | None = None

    @cached_property
    def type(self) -> Type:
        """The static type of its value."""
        values = EnumOf(tuple(option.value for option in self.options))
        match self.kind:
            case "choice":
                return values
            case "choices":
                return ListOf(values)
            case "table":
                return ListOf(record_of(self.columns))
            case "computed":
                return SCALARS[self.value] if self.value else UNKNOWN
            case _:
                return _TYPES.get(self.kind, STRING)

    @property
    def least(self) -> str | None:
        """The lower bound of its value, or of how many there are."""
        return self.minimum or _BOUNDS.get(self.kind, (None, None))[0]

    @property
    def most(self) -> str | None:
        """The upper bound of its value, or of how many there are."""
        return self.maximum or _BOUNDS.get(self.kind, (None, None))[1]

    @property
    def longest(self) -> int:
        """How long a text may be; one that is matched against a pattern is short, so that even a
        slow pattern is quick."""
        if self.kind in ("text", "long_text"):
            return self.max_length or (PATTERN_LENGTH if self.pattern else TEXT_LENGTH)
        return self.max_length or NAME_LENGTH

    @property
    def always_filled(self) -> bool:
        """True when an accepted form always has a value for it."""
        return (self.required or self.kind == "computed") and self.visible_when is None


def record_of(fields: tuple[FormField, ...], name: str = "", *extra: RecordField) -> RecordType:
    """The type of a form's values."""
    parts = (RecordField(f.id, f.type, optional=not f.always_filled) for f in fields)
    return RecordType((*parts, *extra), name)
