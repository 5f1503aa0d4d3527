"""From names in a BPMN file to ids and titles of a flow."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from workflows.compiler.check_ids import RESERVED

_LONGEST_ID: Final = 48
_LONGEST_TITLE: Final = 60
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHER: Final = re.compile(r"[^a-z0-9]+")
_ID: Final = re.compile(r"[a-z][a-z0-9_]{0,47}")
_OPTION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,47}")


def slug(text: str) -> str:
    """A text as an id: ``reviewOrder`` becomes ``review_order``; empty when nothing is left of it,
    as of a Chinese name."""
    if _ID.fullmatch(text):
        return text
    plain = _OTHER.sub("_", _CAMEL.sub("_", text).lower()).strip("_")
    if plain[:1].isdigit():
        plain = f"n{plain}"
    return plain[:_LONGEST_ID].rstrip("_")


class Ids:
    """Ids that are given once; the same thing gets the same id whenever it is asked for."""

    def __init__(self, *taken: str) -> None:
        self._taken = {*RESERVED, *taken}
        self._given: dict[str, str] = {}
        self._numbers: dict[str, int] = {}

    def of(self, key: str, *wishes: str) -> str:
        """The id for a key: the first wish that makes one, numbered when it is taken."""
        if key not in self._given:
            wish = next((found for wish in (*wishes, key) if (found := slug(wish))), "node")
            self._given[key] = self._free(wish)
            self._taken.add(self._given[key])
        return self._given[key]

    def _free(self, wish: str) -> str:
        found = wish
        while found in self._taken:
            number = self._numbers[wish] = self._numbers.get(wish, 1) + 1
            found = f"{wish[: _LONGEST_ID - len(str(number)) - 1]}_{number}"
        return found

    @property
    def given(self) -> dict[str, str]:
        """Every id given so far, by its key."""
        return dict(self._given)


def title(text: str, otherwise: str) -> str:
    """A name for people, cut to what fits."""
    plain = " ".join(text.split()) or otherwise
    return plain if len(plain) <= _LONGEST_TITLE else plain[: _LONGEST_TITLE - 1] + "…"


def option_values(texts: Iterable[str]) -> dict[str, str]:
    """The values of a choice for machines, which may not be written in Chinese, by the file's."""
    written = list(dict.fromkeys(texts))
    plain = {text for text in written if _OPTION.fullmatch(text)}
    ids = Ids(*plain)
    return {text: text if text in plain else ids.of(text, text, "option") for text in written}
