"""Exact ratios, as they are written: "1.2", "-0.1", "1/3"."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import Final

_RATIO: Final = re.compile(r"-?\d{1,9}(\.\d{1,9}|/0*[1-9]\d{0,8})?")


def is_ratio(text: str) -> bool:
    """Whether a text is an exact ratio of a reasonable length."""
    return _RATIO.fullmatch(text) is not None


@lru_cache(maxsize=4096)
def exact_ratio(text: str) -> Fraction:
    """The ratio that a checked text says."""
    return Fraction(text)


@lru_cache(maxsize=4096)
def quotient(text: str) -> tuple[int, int]:
    """The same as a numerator and a denominator above zero: what amounts are multiplied by, since a
    `Fraction` for each product would take longer than all the rest of a quote."""
    return exact_ratio(text).as_integer_ratio()
