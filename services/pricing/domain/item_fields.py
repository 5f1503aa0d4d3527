"""The fields that a company's own items have: what kinds there are, and how a value is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from kit.errors import InvalidArgument
from kit.spreadsheet.records import Unreadable

_FIELD_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_DATE: Final = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
#: What no text of an item holds, and no XML may.
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_LONGEST_TEXT: Final = 500
_LONGEST_LABEL: Final = 40
_MOST_CHOICES: Final = 100
_MOST_DIGITS: Final = 15
#: Fields that one library may have.
MOST_FIELDS: Final = 60

TRUE_WORDS: Final = frozenset({"true", "yes", "y", "1", "是", "对", "√"})
FALSE_WORDS: Final = frozenset({"false", "no", "n", "0", "否", "错", "×"})


class FieldKind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    CHOICE = "choice"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class ItemField:
    """A field that the items of one library have."""

    field_code: str
    label: str
    kind: FieldKind | None
    choices: tuple[str, ...] = ()
    required: bool = False


def settle(definition: ItemField, text: str) -> str:
    """A value in the one way in which it is kept; empty when there is none.

    Raises:
        Unreadable: it is none of the field's kind.
    """
    bare = text.strip()
    if not bare:
        return ""
    if definition.kind is FieldKind.CHOICE:
        return _choice(definition, bare)
    assert definition.kind is not None, "a kept definition has a kind"
    return _READERS[definition.kind](bare)


def read_flag(text: str) -> bool:
    """Yes or no in Chinese, English or as spreadsheets write it; nothing is no.

    Raises:
        Unreadable: it is neither.
    """
    word = text.strip().casefold()
    if word in TRUE_WORDS:
        return True
    if not word or word in FALSE_WORDS:
        return False
    raise Unreadable(f"{text!r} is neither 是 (yes) nor 否 (no)", f"{text!r} 不是“是”或“否”。")


def _text(text: str) -> str:
    if len(text) > _LONGEST_TEXT or CONTROL.search(text):
        raise Unreadable(
            f"at most {_LONGEST_TEXT} characters, none of them a control character",
            f"最多 {_LONGEST_TEXT} 个字，不能有控制字符。",
        )
    return text


def _number(text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    # Before it is written out: an exponent makes any number of digits.
    if not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
        raise Unreadable(
            f"{text!r} is no number; write it like 2.6", f"{text!r} 不是数，请写成 2.6 这样。"
        )
    plain = f"{number:f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    if sum(letter.isdecimal() for letter in plain) > _MOST_DIGITS:
        raise Unreadable(
            f"a number has at most {_MOST_DIGITS} digits, which is what spreadsheets keep",
            f"数最多 {_MOST_DIGITS} 位，电子表格只能保留这么多。",
        )
    return "0" if not number else plain


def _flag(text: str) -> str:
    return "true" if read_flag(text) else "false"


def _choice(definition: ItemField, text: str) -> str:
    if text not in definition.choices:
        choices = "、".join(definition.choices)
        raise Unreadable(
            f"{text!r} is none of the choices: {choices}", f"{text!r} 不在可选项中：{choices}。"
        )
    return text


def _date(text: str) -> str:
    found = _DATE.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        return date(*map(int, found.groups())).isoformat()
    except ValueError as error:
        raise Unreadable(
            f"{text!r} is no date; write it like 2026-03-01",
            f"{text!r} 不是日期，请写成 2026-03-01 这样。",
        ) from error


_READERS: Final[dict[FieldKind, Callable[[str], str]]] = {
    FieldKind.TEXT: _text,
    FieldKind.NUMBER: _number,
    FieldKind.FLAG: _flag,
    FieldKind.DATE: _date,
}


def check_definition(definition: ItemField, taken_headings: Collection[str]) -> None:
    """Refuse a field that could not be told from others, or filled in.

    Args:
        definition: the field as it is wanted.
        taken_headings: what the other columns of the library's files are called.

    Raises:
        InvalidArgument: ``PRICING_FIELD_INVALID``, naming the field at fault.
    """
    for at, message in _definition_problems(definition, taken_headings):
        raise InvalidArgument("PRICING_FIELD_INVALID", message, field=f"field.{at}")


def _definition_problems(
    definition: ItemField, taken_headings: Collection[str]
) -> Iterator[tuple[str, str]]:
    if not _FIELD_CODE.fullmatch(definition.field_code):
        yield "field_code", "1 to 40 small letters, digits and '_', the first a letter"
    label = definition.label
    if not 0 < len(label) <= _LONGEST_LABEL or CONTROL.search(label):
        yield "label", f"1 to {_LONGEST_LABEL} characters"
    for at, heading in (("label", label), ("field_code", definition.field_code)):
        if heading.casefold() in taken_headings:
            yield at, f"another column is called {heading!r}; choose another name"
    if definition.kind is None:
        yield "kind", "text, number, flag, choice or date"
    if (definition.kind is FieldKind.CHOICE) != bool(definition.choices):
        yield "choices", "a choice needs choices, other kinds have none"
    choices = definition.choices
    if len(choices) > _MOST_CHOICES or len(set(choices)) < len(choices):
        yield "choices", f"at most {_MOST_CHOICES}, each of them once"
    if not all(0 < len(choice) <= _LONGEST_TEXT for choice in choices):
        yield "choices", f"1 to {_LONGEST_TEXT} characters each"
    if any(CONTROL.search(choice) or choice != choice.strip() for choice in choices):
        yield "choices", "no control characters, and no spaces at the ends"


def check_change(before: ItemField, after: ItemField, used_choices: Collection[str]) -> None:
    """Refuse a change that would make what items say already wrong.

    Args:
        before: the field as it is kept.
        after: as it is wanted.
        used_choices: what the library's items have chosen in it.

    Raises:
        InvalidArgument: ``PRICING_FIELD_KIND_FIXED`` or ``PRICING_FIELD_CHOICE_USED``.
    """
    if after.kind is not before.kind:
        raise InvalidArgument(
            "PRICING_FIELD_KIND_FIXED",
            f"{before.field_code!r} is a {before.kind}; define another field instead",
            field="field.kind",
        )
    if gone := sorted(set(used_choices) - set(after.choices)) if after.choices else []:
        raise InvalidArgument(
            "PRICING_FIELD_CHOICE_USED",
            f"items have chosen {'、'.join(gone)}; choose something else for them first",
            field="field.choices",
        )
