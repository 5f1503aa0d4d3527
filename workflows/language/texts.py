"""What operators and functions mean on texts, and how texts are read as other values.

No regular expressions: theirs is the one cost that nobody can foresee.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from kit.errors import ServiceError
from kit.money import Money
from workflows.language.failure import EvaluationError, out_of_range, too_much
from workflows.language.types import DATE, DECIMAL, INT, TIMESTAMP, Scalar
from workflows.language.units import parse_duration
from workflows.language.values import DECODERS, ValueMismatch, conform

MAX_TEXT: Final = 100_000


def _bounded(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise too_much(f"a text is longer than {MAX_TEXT}")
    return text


def _replace(text: str, old: str, new: str) -> str:
    if len(text) + text.count(old) * (len(new) - len(old)) > MAX_TEXT:
        raise too_much(f"a text is longer than {MAX_TEXT}")
    return text.replace(old, new)


def _split(text: str, separator: str) -> list[str]:
    return text.split(separator) if separator else list(text) or [""]


def _substring(text: str, start: int, end: int | None = None) -> str:
    end = len(text) if end is None else end
    if not 0 <= start <= end <= len(text):
        raise out_of_range(f"a text of {len(text)} characters has none from {start} to {end}")
    return text[start:end]


def _case(change: Callable[[int], int]) -> Callable[[str], str]:
    """Only ASCII letters: what is a capital elsewhere depends on the language."""
    table = {letter: change(letter) for letter in range(128)}
    return lambda text: text.translate(table)


def _read(kind: Scalar) -> Callable[[str], Any]:
    decode = DECODERS.get(kind.name, lambda value: value)

    def read(text: str) -> Any:
        try:
            return decode(conform(text, kind))
        except ValueMismatch as error:
            raise EvaluationError("EXPRESSION_TEXT_UNREADABLE", error.message) from None

    return read


def _read_duration(text: str) -> Any:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise EvaluationError("EXPRESSION_TEXT_UNREADABLE", str(error)) from None


def _read_money(currency: str, amount: str) -> Money:
    try:
        return Money.of(currency, amount)
    except ServiceError as error:
        raise EvaluationError("EXPRESSION_TEXT_UNREADABLE", error.message) from None


TEXTS: Final[dict[str, Callable[..., Any]]] = {
    "add_text": lambda a, b: _bounded(a + b),
    "contains": lambda text, part: part in text,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "index_of": str.find,
    "join": lambda texts, separator: _bounded(separator.join(texts)),
    "lower": _case(lambda letter: ord(chr(letter).lower())),
    "upper": _case(lambda letter: ord(chr(letter).upper())),
    "replace": _replace,
    "size_text": len,
    "split": _split,
    "substring": _substring,
    "text": str,
    "text_bool": lambda value: "true" if value else "false",
    "trim": str.strip,
    "read_int": _read(INT),
    "read_decimal": _read(DECIMAL),
    "read_date": _read(DATE),
    "read_timestamp": _read(TIMESTAMP),
    "read_duration": _read_duration,
    "read_cny": lambda amount: _read_money("CNY", amount),
    "read_money": _read_money,
}
