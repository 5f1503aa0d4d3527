"""Expressions that both our language and Google's CEL can say, and what each says of them.

Our ``existsOne`` is CEL's ``exists_one``, and the parts of an instant are told of Shanghai; all else
is written the same way in both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final, TypeAlias

from cel_expr_python import cel
from cel_expr_python.ext import ext_strings

from workflows.language.evaluate import compile_code
from workflows.language.expression import check_expression
from workflows.language.failure import EvaluationError
from workflows.language.typed import Scope
from workflows.language.types import BOOL, DURATION, INT, STRING, TIMESTAMP, ListOf, MapOf
from workflows.language.values import duration_to_json, timestamp_to_json

_CEL: Final = cel.NewEnv(
    extensions=[ext_strings.ExtStrings()],
    variables={
        "i": cel.Type.INT, "j": cel.Type.INT, "z": cel.Type.INT,
        "p": cel.Type.BOOL, "q": cel.Type.BOOL,
        "s": cel.Type.STRING, "u": cel.Type.STRING,
        "xs": cel.Type.List(cel.Type.INT), "ws": cel.Type.List(cel.Type.STRING),
        "m": cel.Type.Map(cel.Type.STRING, cel.Type.INT),
        "t": cel.Type.TIMESTAMP, "d": cel.Type.DURATION,
    },
)  # fmt: skip
_SCOPE: Final = Scope(
    {
        "i": INT, "j": INT, "z": INT, "p": BOOL, "q": BOOL, "s": STRING, "u": STRING,
        "xs": ListOf(INT), "ws": ListOf(STRING), "m": MapOf(INT), "t": TIMESTAMP, "d": DURATION,
    }
)  # fmt: skip
_DATA: Final[dict[str, Any]] = {
    "i": 7, "j": -3, "z": 0, "p": True, "q": False, "s": "五环 east", "u": "",
    "xs": [3, 0, -1, 3], "ws": ["a", "五", ""], "m": {"a": 1, "五": 2},
}  # fmt: skip
_OURS: Final = {**_DATA, "t": "2026-03-02T17:30:00Z", "d": "5400s"}
_THEIRS: Final = {
    **_DATA,
    "t": datetime(2026, 3, 2, 17, 30, tzinfo=UTC),
    "d": timedelta(seconds=5400),
}

#: What refuses an expression, and what stands for any value that there is not.
REFUSED: Final = "refused"
FAILED: Final = "failed"

#: An expression of ours and the same in CEL.
Pair: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Said:
    """What a language says of an expression: its value as JSON, ``FAILED`` or ``REFUSED``, and why
    it has none."""

    value: Any
    why: str = ""


def ours(text: str) -> Said:
    """What our language says."""
    checked, findings = check_expression(text, _SCOPE)
    if checked is None:
        return Said(REFUSED, "; ".join(f"{f.code} {f.message}" for f in findings))
    try:
        return Said(compile_code(checked.json_code)(_OURS))
    except EvaluationError as error:
        return Said(FAILED, f"{error.reason} {error.message}")


def operations(text: str) -> set[str]:
    """The operations that carry out an expression of ours."""
    checked, _ = check_expression(text, _SCOPE)
    found: set[str] = set()

    def gather(code: Any) -> None:
        match code:
            case ["fn", str() as operation, *arguments]:
                found.add(operation)
                gather(arguments)
            case list():
                for part in code:
                    gather(part)
            case _:
                pass

    gather(checked.code if checked else [])
    return found


def theirs(text: str) -> Said:
    """What CEL says."""
    try:
        compiled = _CEL.compile(text)
    except RuntimeError as error:
        return Said(REFUSED, str(error))
    try:
        value = compiled.eval(data=_THEIRS)
    except RuntimeError as error:
        return Said(FAILED, str(error))
    if value.type() == cel.Type.ERROR:  # its value is a text, and texts are true
        return Said(FAILED, str(value.value()))
    return Said(_as_json(value.plain_value()))


def _as_json(value: Any) -> Any:
    match value:
        case list():
            return [_as_json(part) for part in value]
        case datetime():
            return timestamp_to_json(value)
        case timedelta():
            return duration_to_json(value)
        case _:
            return value


#: The simplest expressions of each type.
_LEAVES: Final[dict[str, tuple[str, ...]]] = {
    "int": ("i", "j", "z", "0", "1", "2", "-5", "9223372036854775807"),
    "bool": ("p", "q", "true", "false"),
    "string": ("s", "u", "'a'", '"五"', "' x,y '", "'12'", "'it\\'s\\n'"),
    "ints": ("xs", "[1, 2]", "[i]"),
    "strings": ("ws", "['b', 'a']", "[s]"),
    "map": ("m", "{'a': 1}", "{'b': i, '五': 2}"),
    "timestamp": (
        "t",
        "timestamp('2026-10-01T09:00:00+08:00')",
        "timestamp('2000-02-29T23:59:59Z')",
    ),
    "duration": ("d", "duration('90s')", "duration('26h')", "duration('0s')"),
}
#: Larger ones: ``<type>`` is a part, ``<type x>`` a part that may name an element of the type before
#: it; after `` ~ `` stands what CEL writes instead.
_SHAPES: Final[dict[str, tuple[str, ...]]] = {
    "int": (
        "<int> + <int>", "<int> - <int>", "<int> * <int>", "<int> / <int>", "<int> % <int>",
        "-<int>", "<bool> ? <int> : <int>", "size(<string>)", "<ints>.size()", "size(<map>)",
        "<ints>[<int>]", "<map>[<string>]", "m['a']", "m['none']", "int(<string>)",
        "<string>.indexOf(<string>)", "<duration>.getHours()", "<duration>.getMinutes()",
        "getSeconds(<duration>) ~ <duration>.getSeconds()",
        "hourOf(<timestamp>) ~ <timestamp>.getHours('Asia/Shanghai')",
        "minuteOf(<timestamp>) ~ <timestamp>.getMinutes('Asia/Shanghai')",
        "year(dateOf(<timestamp>)) ~ <timestamp>.getFullYear('Asia/Shanghai')",
        "month(dateOf(<timestamp>)) ~ (<timestamp>.getMonth('Asia/Shanghai') + 1)",
        "day(dateOf(<timestamp>)) ~ <timestamp>.getDate('Asia/Shanghai')",
        "weekday(dateOf(<timestamp>)) ~ ((<timestamp>.getDayOfWeek('Asia/Shanghai') + 6) % 7 + 1)",
    ),
    "bool": (
        "<bool> && <bool>", "<bool> || <bool>", "!<bool>", "<bool> ? <bool> : <bool>",
        "<int> < <int>", "<int> <= <int>", "<int> > <int>", "<int> >= <int>", "<int> == <int>",
        "<int> != <int>", "<string> < <string>", "<string> == <string>", "<bool> == <bool>",
        "<ints> == <ints>", "<strings> != <strings>", "<map> == <map>", "<timestamp> < <timestamp>",
        "<timestamp> == <timestamp>", "<duration> >= <duration>", "<int> in <ints>",
        "<string> in <strings>", "<string> in <map>", "<int> in [<int>, <int>]",
        "<string>.contains(<string>)", "<string>.startsWith(<string>)",
        "<string>.endsWith(<string>)", "has(m.a)", "has(m.none)", "has(m.a) && m.a > <int>",
        "!has(m.none) || m.none > <int>", "<ints>.all(X, <bool int>)", "<ints>.exists(X, <bool int>)",
        "<ints>.existsOne(X, <bool int>) ~ <ints>.exists_one(X, <bool int>)",
        "<strings>.exists(X, <bool string>)", "<map>.all(X, <bool string>)",
    ),
    "string": (
        "<string> + <string>", "<bool> ? <string> : <string>", "string(<int>)", "string(<bool>)",
        "<strings>[<int>]", "<strings>.join(<string>)", "<string>.lowerAscii()",
        "<string>.upperAscii()", "<string>.trim()", "<string>.replace(<string>, <string>)",
        "<string>.substring(<int>)", "<string>.substring(<int>, <int>)",
    ),
    "ints": (
        "[<int>, <int>]", "<ints> + <ints>", "<bool> ? <ints> : <ints>",
        "<ints>.map(X, <int int>)", "<strings>.map(X, <int string>)",
        "<ints>.filter(X, <bool int>)",
    ),
    "strings": (
        "[<string>]", "<strings> + <strings>", "<ints>.map(X, <string int>)",
        "<strings>.filter(X, <bool string>)", "<string>.split(<string>)",
    ),
    "map": ("{'k': <int>, 'l': <int>}", "<bool> ? <map> : <map>"),
    "timestamp": (
        "<timestamp> + <duration>", "<duration> + <timestamp>", "<timestamp> - <duration>",
        "<bool> ? <timestamp> : <timestamp>",
    ),
    "duration": ("<duration> + <duration>", "<duration> - <duration>", "<timestamp> - <timestamp>"),
}  # fmt: skip
_PART: Final = re.compile(r"<(\w+)(?: (\w+))?>")
_MOST_NESTED: Final = 2


class Writer:
    """Writes expressions in both languages at random.

    Args:
        chance: where the choices come from.
        mistakes: how many parts in a thousand have any other type than they should.
    """

    def __init__(self, chance: Random, mistakes: int = 0) -> None:
        self._chance = chance
        self._mistakes = mistakes
        self._elements: list[str] = []

    def any(self, depth: int) -> Pair:
        """An expression of any type."""
        return self._of(self._chance.choice(list(_SHAPES)), depth)

    def _of(self, kind: str, depth: int) -> Pair:
        if self._chance.randrange(1000) < self._mistakes:
            # No maps: CEL goes through their keys in another order each time.
            kind = self._chance.choice([other for other in _SHAPES if other != "map"])
        shapes = _SHAPES[kind]
        if len(self._elements) == _MOST_NESTED:
            shapes = tuple(shape for shape in shapes if "X" not in shape)
        if depth == 0 or self._chance.random() < 0.15:
            named = [f"x{i}" for i, known in enumerate(self._elements) if known == kind]
            leaf = self._chance.choice([*_LEAVES[kind], *named])
            return leaf, leaf
        ours, _, theirs = self._chance.choice(shapes).partition(" ~ ")
        parts = [self._part(kind, name, depth - 1) for kind, name in _PART.findall(ours)]
        variable = f"x{len(self._elements)}"
        return (
            _filled(ours, [mine for mine, _ in parts], variable),
            _filled(theirs or ours, [its for _, its in parts], variable),
        )

    def _part(self, kind: str, element: str, depth: int) -> Pair:
        if not element:
            return self._of(kind, depth)
        self._elements.append(element)
        part = self._of(kind, depth)
        self._elements.pop()
        return part


def _filled(template: str, parts: list[str], variable: str) -> str:
    rest = iter(parts)
    return _PART.sub(lambda _: f"({next(rest)})", template.replace("X", variable))
