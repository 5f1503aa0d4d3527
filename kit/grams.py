"""Texts cut into pairs of neighbouring characters, by which they are found.

Chinese has no spaces between its words, and a trigram index knows nothing of a word of two
characters. A text that has all the pairs of a longer word may still not have the word: whoever looks
for it compares the text itself, too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_GAPS: Final = re.compile(r"[\W_]+")


def normal(text: str) -> str:
    """The text as it is compared: without case, full-width forms like the others."""
    return unicodedata.normalize("NFKC", text).lower()


def words_of(text: str) -> list[str]:
    """What somebody typed, as words that must all fit."""
    return normal(text).split()


def grams(text: str) -> set[str]:
    """Every character of a text, and every pair of neighbours."""
    return {gram for part in _parts(text) for gram in (*part, *_pairs(part))}


def grams_of_word(word: str) -> list[str]:
    """What a text has in which this word stands: its pairs, or the one character it is."""
    return [gram for part in _parts(word) for gram in (_pairs(part) or part)]


def _parts(text: str) -> Iterator[str]:
    return (part for part in _GAPS.split(normal(text)) if part)


def _pairs(part: str) -> list[str]:
    return [part[at : at + 2] for at in range(len(part) - 1)]
