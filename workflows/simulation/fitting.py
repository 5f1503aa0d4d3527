"""A text that fits a regular expression of the plain kind that forms use: characters and classes of
them, groups, choices and repeats. Of what may be repeated it takes as little as is allowed."""

from __future__ import annotations

import re
from typing import Final

_CLASSES: Final = {"d": "0", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a"}
_REPEAT: Final = re.compile(r"\?|\*|\+|\{(\d*)(?:,\d*)?\}")
_CODE: Final = {"u": 4, "x": 2, "U": 8}


def fitting_text(pattern: str) -> str:
    """A text that the whole pattern matches; empty when none is found."""
    try:
        text = _Reader(pattern).choice()
    except IndexError:
        return ""
    return text if re.fullmatch(pattern, text, re.ASCII) else ""


class _Reader:
    """Reads a pattern from the left and says a text for what it has read."""

    def __init__(self, pattern: str) -> None:
        self._rest = pattern

    def choice(self) -> str:
        """Several alternatives: the first."""
        first = self._sequence()
        while self._rest.startswith("|"):
            self._rest = self._rest[1:]
            self._sequence()
        return first

    def _sequence(self) -> str:
        text = ""
        while self._rest and self._rest[0] not in "|)":
            part = self._part()
            repeat = _REPEAT.match(self._rest)
            if repeat is not None:
                self._rest = self._rest[repeat.end() :]
                least = {"?": "0", "*": "0", "+": "1"}.get(repeat[0], repeat[1] or "0")
                part *= int(least)
            text += part
        return text

    def _part(self) -> str:
        match self._take():
            case "(":
                if self._rest.startswith("?:"):
                    self._rest = self._rest[2:]
                inside = self.choice()
                self._take()
                return inside
            case "[":
                return self._class()
            case "\\":
                return self._escaped()
            case ".":
                return "a"
            case "^" | "$":
                return ""
            case plain:
                return plain

    def _class(self) -> str:
        """Any of several characters: the first, or of all but some one that is not among them."""
        negated = self._rest.startswith("^")
        start = self._rest
        first = self._member() if not negated else ""
        while self._rest[0] != "]":
            self._member()
        self._take()
        if not negated:
            return first
        whole = "[" + start[: len(start) - len(self._rest)]
        return next((c for c in "a0- A中" if re.fullmatch(whole, c, re.ASCII)), "")

    def _member(self) -> str:
        taken = self._take()
        return self._escaped() if taken == "\\" else taken

    def _escaped(self) -> str:
        taken = self._take()
        if taken in _CODE:
            digits, self._rest = self._rest[: _CODE[taken]], self._rest[_CODE[taken] :]
            return chr(int(digits, 16))
        return _CLASSES.get(taken, taken)

    def _take(self) -> str:
        taken, self._rest = self._rest[0], self._rest[1:]
        return taken
