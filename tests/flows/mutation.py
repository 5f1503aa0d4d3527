"""Flows as nobody would write them: real ones changed at random, and texts made to hurt."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any, Final

from workflows.language.reading import read_source

#: Scalars that YAML, JSON, Python and PostgreSQL read in ways of their own.
_SCALARS: Final = (
    "yes", "no", "on", "~", "null", "NULL", "true", "True", "0x1F", "0o17", "017", "1_000", "1e999",
    "-0", "+1", ".inf", "-.INF", ".nan", "NaN", "1.0", "1.", ".5", "9" * 20, "9" * 5000,
    "2026-10-01", "2026-10-01T09:00:00Z", "12:30:45", "=", "<<", "", "''", '""', "|", ">-", "- -",
    "?", ": :", "[", "]", "{", "}", "[[[[", "{{{{", "&a", "*a", "!!str", "!!python/object:os.system",
    "!!binary aGk=", "!<tag:x>", "%YAML 9.9", "---", "...", "#", "@", "`", "\t", "\\", "\x00", "\x07",
    "\x85", "\u2028", "\ufeff", "\u202e", "\u200b", "\ud800", "\U0001f600", "é", "é", "Ａ", "：",
    "“a”", "=1/0", "=cny(", "=quote", "==", "=" * 50, "${x}", "{{ x }}", "'; DROP TABLE flow; --",
    "&lol", "../../etc/passwd", "case", "inputs", "form", "__class__", "true: true",
)  # fmt: skip
_VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 2**63, -(2**63) - 1, 10**17, "", " ", "x", "0", "form", "end", [],
    {}, [[]], {"": ""}, [None], {"a": {"b": [1]}}, "=true", "=1", '=""', "2h", "1d", "0m", "工单",
)  # fmt: skip
#: Words that expressions are made of, and some that they are not.
EXPRESSION_TOKENS: Final = (
    "&&", "||", "!", "==", "in", "<", ">=", "?", ":", "(", ")", "[", "]", "{", "}", ",", ".", "+",
    "-", "*", "/", "%", "1", "0.5", "'a'", '"', "true", "null", "has(", "coalesce(", "cny('1.00')",
    "duration('2h')", ".size()", ".all(x, x)", ".map(x, [x])", "form.", "inputs.", "case.id",
    "9223372036854775808", "１", "∧", "\\u", "date('2026-02-30')",
)  # fmt: skip


class Mutator:
    """Changes the text of a flow, one way or several."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._ways: tuple[Callable[[str], str], ...] = (
            self._characters,
            self._scalar,
            self._lines,
            self._indentation,
            self._tree,
            self._expression,
        )

    def changed(self, text: str) -> str:
        """The text, changed in what it says, or one to three times in how it is written."""
        if self._chance.random() < 0.6:
            return self._tree(text)
        for _ in range(self._chance.randint(1, 3)):
            text = self._chance.choice(self._ways)(text)
        return text

    def _characters(self, text: str) -> str:
        at = self._chance.randrange(len(text) + 1)
        cut = self._chance.choice((0, 0, 1, 1, 5, 80))
        put = self._chance.choice((*_SCALARS, "", "", chr(self._chance.randrange(0x3000))))
        return text[:at] + put + text[at + cut :]

    def _scalar(self, text: str) -> str:
        """Something else after a colon or a dash."""
        lines = text.split("\n")
        at = self._chance.randrange(len(lines))
        key, colon, _ = lines[at].partition(": ")
        if colon:
            lines[at] = f"{key}: {self._chance.choice(_SCALARS)}"
        return "\n".join(lines)

    def _lines(self, text: str) -> str:
        lines = text.split("\n")
        at, other = (self._chance.randrange(len(lines)) for _ in range(2))
        match self._chance.randrange(4):
            case 0:
                del lines[at : at + self._chance.randint(1, 6)]
            case 1:
                lines[other:other] = lines[at : at + self._chance.randint(1, 9)]
            case 2:
                lines[at], lines[other] = lines[other], lines[at]
            case _:
                lines[at : at + 8] = lines[at : at + 8] * self._chance.choice((2, 2, 40))
        return "\n".join(lines)

    def _indentation(self, text: str) -> str:
        lines = text.split("\n")
        at = self._chance.randrange(len(lines))
        shift = self._chance.choice((" ", "  ", "\t", ""))
        for i in range(at, min(at + self._chance.randint(1, 9), len(lines))):
            lines[i] = shift + lines[i] if shift else lines[i].lstrip()
        return "\n".join(lines)

    def _tree(self, text: str) -> str:
        """Another document where this one could be read: as JSON, which is YAML too."""
        source = read_source(text)
        if source.problems or not isinstance(source.value, dict):
            return text
        document = deepcopy(source.value)
        for _ in range(self._chance.randint(1, 4)):
            places = list(_places(document))
            if places:
                self._change(*self._chance.choice(places), places)
        return json.dumps(document, ensure_ascii=self._chance.random() < 0.2)

    def _change(self, parent: Any, key: Any, places: list[tuple[Any, Any]]) -> None:
        donor, place = self._chance.choice(places)
        alike = [(other, its) for other, its in places if its == key and isinstance(its, str)]
        if alike and self._chance.random() < 0.5:  # what is said elsewhere under the same name
            other, its = self._chance.choice(alike)
            parent[key] = deepcopy(other[its])
            return
        match self._chance.randrange(6):
            case 0:
                del parent[key]
            case 1:
                parent[key] = self._chance.choice(_VALUES)
            case 2:
                parent[key] = deepcopy(donor[place])
            case 3 if isinstance(parent, list):
                parent.insert(key, deepcopy(self._chance.choice(parent)))
            case 4 if isinstance(parent, dict):
                parent[str(place)] = parent.pop(key)
            case _:
                nested: Any = parent[key]
                for _ in range(self._chance.choice((1, 2, 30))):
                    nested = [nested] if self._chance.random() < 0.5 else {str(place): nested}
                parent[key] = nested

    def _expression(self, text: str) -> str:
        """Something put into, or taken out of, what looks like an expression."""
        lines = text.split("\n")
        likely = [
            i for i, line in enumerate(lines) if "when" in line or "=" in line or '"=' in line
        ]
        if not likely:
            return text
        at = self._chance.choice(likely)
        where = self._chance.randrange(len(lines[at]) + 1)
        put = " ".join(
            self._chance.choices(EXPRESSION_TOKENS, k=self._chance.choice((0, 1, 1, 2, 5)))
        )
        lines[at] = lines[at][:where] + put + lines[at][where + self._chance.randrange(4) :]
        return "\n".join(lines)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = list(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


def noise(chance: Random) -> str:
    """Text that is no flow at all."""
    match chance.randrange(4):
        case 0:
            return bytes(chance.randrange(256) for _ in range(chance.randrange(400))).decode(
                "latin-1"
            )
        case 1:
            return "".join(
                chance.choice(_SCALARS) + chance.choice((" ", "\n", "")) for _ in range(60)
            )
        case 2:
            return "".join(chr(chance.randrange(0x11000)) for _ in range(chance.randrange(200)))
        case _:
            return "".join(chance.choices("[]{}:,-?&*!|>'\"%@` \n\t#ab1", k=chance.randrange(600)))


#: Small to send, and large, deep or slow to read for somebody who is not careful.
BOMBS: Final[dict[str, str]] = {
    "laughs": "a: &a [x]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(99)),
    "merge": "<<: {a: 1}\n" * 5_000,
    "deep_flow": "[" * 100_000,
    "deep_maps": "{a: " * 20_000,
    "deep_blocks": "\n".join(" " * i + "a:" for i in range(600)),
    "deep_lists": "- " * 50_000 + "x",
    "deep_quotes": "? " * 20_000,
    "many_documents": "---\n" * 100_000,
    "many_keys": "\n".join(f"k{i}: {i}" for i in range(30_000)),
    "unknown_keys": "code: a\nnodes: ["
    + ",".join(
        f"{{id: n{i}, kind: form, {','.join(f'k{j}: ' for j in range(490))}}}" for i in range(40)
    )
    + "]",
    "same_key": "k: 1\n" * 100_000,
    "many_items": "nodes: [" + "1," * 200_000 + "]",
    "long_scalar": "name: " + "x" * 500_000,
    "long_key": "x" * 500_000 + ": 1",
    "long_number": "name: " + "9" * 500_000,
    "comments": "#" * 500_000,
    "newlines": "\n" * 500_000,
    "tabs": "\t" * 500_000,
    "colons": ": " * 250_000,
    "too_long": "a" * 2_000_000,
    "directives": "%TAG ! x\n" * 50_000,
    "anchors": "".join(f"&a{i} " for i in range(50_000)),
    "escapes": '"' + "\\u0041" * 80_000 + '"',
    "bad_escape": '"' + "\\x" * 200_000,
    "byte_order_marks": "\ufeff" * 200_000,
}
