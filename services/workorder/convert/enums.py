"""Words of the domain as enums on the wire, by their names: ``State.HELD`` is ``…_STATE_HELD``."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar

from kit.errors import InvalidArgument

E = TypeVar("E", bound=StrEnum)


def enum_to_proto(wire: Any, word: StrEnum | None) -> Any:
    """The number of a word; None is the unspecified one.

    Args:
        wire: the generated enum.
    """
    return 0 if word is None else wire.Value(f"{_prefix(wire)}{word.name}")


def enum_from_proto(wire: Any, words: type[E], number: int, field: str) -> E | None:
    """The word of a number; None of the unspecified one.

    Raises:
        InvalidArgument: ``WORK_ORDER_INVALID`` for a number without a word.
    """
    value = wire.DESCRIPTOR.values_by_number.get(number)
    if value is None:
        raise InvalidArgument("WORK_ORDER_INVALID", f"{field} has no value {number}", field=field)
    return words[value.name.removeprefix(_prefix(wire))] if number else None


def _prefix(wire: Any) -> str:
    unspecified: str = wire.DESCRIPTOR.values_by_number[0].name
    return unspecified.removesuffix("UNSPECIFIED")
