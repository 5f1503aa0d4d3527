"""The meaning of every operator and function, on decoded values, by the names that code carries."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

from workflows.language.lists import LISTS
from workflows.language.numbers import NUMBERS
from workflows.language.texts import TEXTS
from workflows.language.times import TIMES

_COMPARISONS: Final[dict[str, Callable[..., Any]]] = {
    "==": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "min": min,
    "max": max,
}

OPERATIONS: Final = {**_COMPARISONS, **NUMBERS, **TEXTS, **TIMES, **LISTS}

#: Operations that take the longer, the longer the texts and lists are that they are given.
SIZED: Final = frozenset(
    {*TEXTS, *LISTS, "sum_int", "sum_decimal", "sum_money"} - {"size", "size_text"}
)
