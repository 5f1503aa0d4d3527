"""Fields: what a form asks for and what a case starts with."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from workflows.language.types import (
    BOOL,
    DATE,
    DECIMAL,
    INT,
    MONEY,
    STRING,
    TIMESTAMP,
    EnumOf,
    ListOf,
    Type,
)
from workflows.language.types import Field as RecordField
from workflows.language.types import Record as RecordType

PATTERN_LENGTH: Final = 200
TEXT_LENGTH: Final = 20_000


class Part(BaseModel):
    """A part of a definition: nothing unknown is let through, nothing is changed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


IDENTIFIER: Final = re.compile(r"^[a-z][a-z0-9_]{0,47}$", re.ASCII)
#: The name of a node, field, variable, role or stage: what expressions can say.
Identifier = Annotated[str, Field(pattern=IDENTIFIER.pattern)]
Title = Annotated[str, Field(min_length=1, max_length=60)]
#: A condition in the expression language.
Condition = Annotated[str, Field(min_length=1, max_length=4_000)]
#: Written out, or computed when it begins with ``=``, as in a spreadsheet.
Value = Any
#: A number written with or without quotes, kept digit by digit.
Number = Annotated[
    str,
    BeforeValidator(lambda value: str(value) if type(value) is int else value),
    Field(pattern=r"^-?\d{1,20}(\.\d{1,10})?$"),
]

ScalarName = Literal["bool", "int", "decimal", "string", "date", "timestamp", "duration", "money"]
FieldKind = Literal[
    "text", "long_text", "integer", "number", "money", "date", "datetime", "boolean", "choice",
    "choices", "region", "person", "people", "customer", "address", "item", "photo", "rating",
    "time_slot", "part", "file", "location", "signature", "scan_code", "table", "computed",
]  # fmt: skip

#: In the language, not in this version's forms.
UNSUPPORTED_FIELDS: Final = (
    "people", "time_slot", "part", "file", "location", "signature", "scan_code", "table", "computed",
)  # fmt: skip

_TYPES: Final[dict[str, Type]] = {
    "text": STRING,
    "long_text": STRING,
    "integer": INT,
    "number": DECIMAL,
    "money": MONEY,
    "date": DATE,
    "datetime": TIMESTAMP,
    "boolean": BOOL,
    "region": STRING,
    "person": STRING,
    "customer": STRING,
    "address": STRING,
    "item": STRING,
    "photo": ListOf(STRING),
    "rating": INT,
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
        required_when: must be filled in when the condition holds; it may read earlier data and the
            fields above it, as ``form.<field>``.
        visible_when: is asked for only when the condition holds.
        default: offered as a start.
        minimum: of a number, a sum of money in major units, or a count of photos.
        pattern: a regular expression the whole text must match; repeats may not nest.
        columns: of a table: the fields of a row. ``minimum`` and ``maximum`` count its rows.
        compute: of a computed field: its value, from earlier data and the fields above it.
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
    options: tuple[Option, ...] = ()
    minimum: Number | None = None
    maximum: Number | None = None
    max_length: Annotated[int, Field(ge=1, le=TEXT_LENGTH)] | None = None
    pattern: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    columns: tuple[FormField, ...] = ()
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
            case _:
                return _TYPES.get(self.kind, STRING)

    @property
    def least(self) -> str | None:
        """The lower bound of its value."""
        return self.minimum or ("1" if self.kind == "rating" else None)

    @property
    def most(self) -> str | None:
        """The upper bound of its value."""
        return self.maximum or ("5" if self.kind == "rating" else None)

    @property
    def longest(self) -> int:
        """How long a text may be; one that is matched against a pattern is short, so that even a
        slow pattern is quick."""
        return self.max_length or (PATTERN_LENGTH if self.pattern else TEXT_LENGTH)

    @property
    def always_filled(self) -> bool:
        """True when an accepted form always has a value for it."""
        return self.required and self.visible_when is None


def record_of(fields: tuple[FormField, ...], name: str = "", *extra: RecordField) -> RecordType:
    """The type of a form's values."""
    parts = (RecordField(f.id, f.type, optional=not f.always_filled) for f in fields)
    return RecordType((*parts, *extra), name)
