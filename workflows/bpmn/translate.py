"""From expressions of a BPMN file to our own, typed on the way.

JUEL converts as it goes: nothing counts as false, 0 or an empty text, ``'5'`` as 5. Ours does not,
so every such conversion is written out here, or the expression is unreadable.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final, Literal, TypeAlias

from workflows.bpmn.juel import Constant, Expression, Operation, Unreadable, Variable

Kind = Literal[
    "bool", "int", "decimal", "string", "choice", "date", "timestamp", "duration", "money", "list",
    "null", "unknown",
]  # fmt: skip
Path: TypeAlias = tuple[str, ...]

_NUMBERS: Final = ("int", "decimal")
_TEXTS: Final = ("string", "choice")
#: What nothing counts as.
DEFAULTS: Final[dict[Kind, str]] = {
    "bool": "false",
    "int": "0",
    "decimal": "0.0",
    "string": '""',
}
_PREFIXES: Final = ("!", "negate", "empty", "has")
RELATIONS: Final = ("==", "!=", "<", "<=", ">", ">=")
_LARGEST: Final = 2**63 - 1

_OR, _AND, _RELATION, _SUM, _PRODUCT, _UNARY, _MEMBER = range(1, 8)
_BINDS: Final = {
    "||": _OR, "&&": _AND, **dict.fromkeys(RELATIONS, _RELATION), "+": _SUM, "-": _SUM,
    "*": _PRODUCT, "/": _PRODUCT, "%": _PRODUCT,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """What a variable is in the flow.

    Attributes:
        text: how an expression reads it.
        sure: it always has a value where it is read.
        values: of a choice: its values, by those of the file.
    """

    text: str
    kind: Kind
    sure: bool = True
    values: Mapping[str, str] = field(default_factory=dict)


Resolve: TypeAlias = Callable[[Path], Known]


@dataclass(frozen=True, slots=True)
class _Text:
    """Translated text; ``binds`` says how tightly its outermost operator does."""

    text: str
    kind: Kind
    binds: int = _MEMBER
    known: Known | None = None
    constant: bool = False

    def within(self, binds: int) -> str:
        """The text where only what binds at least so tightly may stand."""
        return self.text if self.binds >= binds else f"({self.text})"


def translated(
    expression: Expression, resolve: Resolve, wanted: Kind | None = None
) -> tuple[str, Kind]:
    """An expression in our language, and the type of its value.

    Raises:
        Unreadable: it computes with what we do not, or not as ``wanted``.
    """
    found = _Translator(resolve).of(expression)
    if wanted is not None:
        found = _as(found, wanted)
    return found.text, found.kind


class _Translator:
    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve

    def of(self, node: Expression) -> _Text:
        match node:
            case Constant(value):
                return _constant(value)
            case Variable(path):
                return _present(self._resolve(path))
            case Operation("?:", (condition, then, otherwise)):
                return self._conditional(condition, then, otherwise)
            case Operation(name, (operand,)) if name in _PREFIXES:
                return self._prefixed(name, operand)
            case Operation(("&&" | "||") as name, (left, right)):
                parts = [_as(self.of(part), "bool").within(_BINDS[name]) for part in (left, right)]
                return _Text(f" {name} ".join(parts), "bool", _BINDS[name])
            case Operation(name, (left, right)) if name in RELATIONS:
                return self._relation(name, left, right)
            case Operation(name, (left, right)) if name in _BINDS:
                return _computed(name, self.of(left), self.of(right))
            case Operation(name, operands):
                return self._call(name, [self.of(operand) for operand in operands])

    def _prefixed(self, name: str, operand: Expression) -> _Text:
        match name:
            case "!":
                return _Text(f"!{_as(self.of(operand), 'bool').within(_UNARY)}", "bool", _UNARY)
            case "negate":
                number = _number(self.of(operand))
                return _Text(f"-{number.within(_UNARY)}", number.kind, _UNARY)
            case _:
                return self._presence(name, operand)

    def _conditional(self, condition: Expression, then: Expression, other: Expression) -> _Text:
        test = _as(self.of(condition), "bool").within(_OR)
        one, two = _alike(self.of(then), self.of(other))
        kind: Kind = one.kind
        if one.kind != two.kind:
            kind = "decimal" if "decimal" in (one.kind, two.kind) else "string"
        return _Text(f"{test} ? {one.within(_OR)} : {two.text}", kind, 0)

    def _presence(self, name: str, operand: Expression) -> _Text:
        """Whether something has a value, or (``empty``) has none that says anything."""
        if not isinstance(operand, Variable):
            raise Unreadable("only a variable can be empty")
        known = self._resolve(operand.path)
        if name == "empty" and known.kind == "string":
            return _Text(f'{_present(known).text} == ""', "bool", _RELATION)
        if name == "empty" and known.kind == "list":
            return _Text(f"size({known.text}) == 0", "bool", _RELATION)
        if known.sure:
            return _Text("true" if name == "has" else "false", "bool", constant=True)
        has = f"has({known.text})"
        return _Text(has if name == "has" else f"!{has}", "bool", _UNARY)

    def _relation(self, name: str, left: Expression, right: Expression) -> _Text:
        for one, other in ((left, right), (right, left)):
            if other == Constant(None):
                if name not in ("==", "!="):
                    raise Unreadable("nothing is neither more nor less")
                return self._presence_of(one, there=name == "!=")
        one_text, two_text = _alike(self.of(left), self.of(right))
        if name not in ("==", "!=") and one_text.kind in ("bool", "choice", "list"):
            raise Unreadable(f"{name!r} of {one_text.kind}")
        text = f"{one_text.within(_SUM)} {name} {two_text.within(_SUM)}"
        return _Text(text, "bool", _RELATION)

    def _presence_of(self, operand: Expression, *, there: bool) -> _Text:
        if not isinstance(operand, Variable):
            raise Unreadable("only a variable can be null")
        known = self._resolve(operand.path)
        if known.sure:
            return _Text("true" if there else "false", "bool", constant=True)
        return _Text(f"{'' if there else '!'}has({known.text})", "bool", _UNARY)

    def _call(self, name: str, operands: list[_Text]) -> _Text:
        subject = operands[0]
        match name:
            case "size" if subject.kind in ("list", *_TEXTS):
                return _Text(f"size({subject.text})", "int")
            case "contains" if subject.kind == "list":
                item = operands[1].within(_SUM)
                return _Text(f"{item} in {subject.within(_SUM)}", "bool", _RELATION)
            case "contains" | "startsWith" | "endsWith" if subject.kind in _TEXTS:
                other = _as(operands[1], "string")
                return _Text(f"{name}({subject.text}, {other.text})", "bool")
            case _:
                raise Unreadable(f"{name} of {subject.kind}")


def _constant(value: bool | int | Decimal | str | None) -> _Text:
    match value:
        case None:
            raise Unreadable("null stands where a value is needed")
        case bool():
            return _Text("true" if value else "false", "bool", constant=True)
        case int():
            if abs(value) > _LARGEST:
                raise Unreadable(f"{value} is too large")
            return _Text(str(value), "int", _MEMBER if value >= 0 else _UNARY, constant=True)
        case Decimal():
            return _Text(
                format(value, "f"), "decimal", _MEMBER if value >= 0 else _UNARY, constant=True
            )
        case str():
            return _Text(quoted(value), "string", constant=True)


def quoted(text: str) -> str:
    """A text as our expressions write it."""
    return json.dumps(text, ensure_ascii=False).replace("\\b", "\\u0008").replace("\\f", "\\u000c")


def _present(known: Known) -> _Text:
    """A variable's value; where it may have none, what nothing counts as."""
    if known.sure or known.kind == "list":
        return _Text(known.text, known.kind, known=known)
    kind: Kind = "string" if known.kind == "choice" else known.kind
    if kind not in DEFAULTS:
        raise Unreadable(f"{known.text} may have no value")
    return _Text(f"coalesce({known.text}, {DEFAULTS[kind]})", kind, known=known)


def _alike(left: _Text, right: _Text) -> tuple[_Text, _Text]:
    """Two values that can be compared, with JUEL's conversions written out."""
    pairs = ((left, right, False), (right, left, True))
    for one, other, swapped in sorted(pairs, key=lambda pair: pair[0].constant):
        changed = _like(other, one)
        if changed is not None:
            return (changed, one) if swapped else (one, changed)
    raise Unreadable(f"{left.kind} beside {right.kind}")


def _like(value: _Text, model: _Text) -> _Text | None:
    """A value as it must stand beside another; None when it cannot."""
    if model.known is not None and model.known.values and value.constant:
        return _option(value, model.known.values)
    if value.kind == model.kind or {value.kind, model.kind} <= set(_NUMBERS):
        return value
    if {value.kind, model.kind} <= set(_TEXTS):
        return value
    if not value.constant:
        return None
    return _converted(value, model.kind)


def _option(value: _Text, values: Mapping[str, str]) -> _Text | None:
    written = json.loads(value.text) if value.kind == "string" else value.text
    if written not in values:
        raise Unreadable(f"{value.text} is none of the choices")
    return _Text(quoted(values[written]), "string", constant=True)


def _converted(value: _Text, kind: Kind) -> _Text | None:
    """A literal in another type."""
    written = json.loads(value.text) if value.kind == "string" else value.text
    match kind:
        case "bool" if written in ("true", "false"):
            return _Text(written, "bool", constant=True)
        case "int" | "decimal" if value.kind == "string":
            try:
                number = Decimal(written)
            except InvalidOperation:
                return None
            if not number.is_finite() or abs(number) > _LARGEST:
                return None
            return _constant(int(number) if number == int(number) else number)
        case "string":
            return _Text(quoted(written), "string", constant=True)
        case "date" | "timestamp" if value.kind == "string":
            return _Text(f"{kind}({value.text})", kind, constant=True)
        case _:
            return None


def _computed(name: str, left: _Text, right: _Text) -> _Text:
    if name == "+" and (left.kind in _TEXTS or right.kind in _TEXTS):
        parts = (_as(left, "string").within(_SUM), _as(right, "string").within(_PRODUCT))
        return _Text(" + ".join(parts), "string", _SUM)
    one, two = _number(left), _number(right)
    if name == "/" and one.kind == two.kind == "int":
        # JUEL divides whole numbers as others; ours cuts.
        one = _Text(f"1.0 * {one.within(_PRODUCT)}", "decimal", _PRODUCT)
    kind: Kind = "decimal" if "decimal" in (one.kind, two.kind) else "int"
    if name == "%" and kind != "int":
        raise Unreadable("the remainder of a number with a point")
    binds = _BINDS[name]
    return _Text(f"{one.within(binds)} {name} {two.within(binds + 1)}", kind, binds)


def _number(value: _Text) -> _Text:
    if value.kind in _NUMBERS:
        return value
    converted = _converted(value, "decimal") if value.constant else None
    if converted is None:
        raise Unreadable(f"arithmetic with {value.kind}")
    return converted


def _as(value: _Text, wanted: Kind) -> _Text:
    """A value where a certain type is needed."""
    if value.kind == wanted or (value.kind, wanted) in (("int", "decimal"), ("choice", "string")):
        return value
    if wanted == "bool" and value.kind == "string" and not value.constant:
        return _Text(f'{value.within(_SUM)} == "true"', "bool", _RELATION)
    if wanted == "string" and value.kind in ("int", "decimal", "date", "timestamp", "money"):
        return _Text(f"string({value.text})", "string")
    converted = _converted(value, wanted) if value.constant else None
    if converted is None:
        raise Unreadable(f"{value.kind} where {wanted} is needed")
    return converted
