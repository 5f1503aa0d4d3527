"""What uses say about a variable that nothing in the file declares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final

from workflows.bpmn.juel import Constant, Expression, Operation, Variable
from workflows.bpmn.translate import RELATIONS, Kind, Path

#: Where uses differ, the first of them: what can be read as a text is one.
_STRONGEST: Final[tuple[Kind, ...]] = ("list", "string", "decimal", "int", "bool")


def evidence(node: Expression, wanted: Kind = "unknown") -> Iterator[tuple[Path, Kind]]:
    """For each use of a variable, what its type must be there; ``null``: it may have none."""
    match node:
        case Variable(path):
            yield path, wanted
        case Operation("?:", (condition, then, otherwise)):
            yield from evidence(condition, "bool")
            yield from evidence(then, wanted)
            yield from evidence(otherwise, wanted)
        case Operation(name, operands):
            inner = _evidence_of(name, operands)
            for operand in operands:
                yield from evidence(operand, inner)
        case Constant():
            return


def _evidence_of(name: str, operands: tuple[Expression, ...]) -> Kind:
    if name in ("&&", "||", "!"):
        return "bool"
    if name in ("empty", "has"):
        return "null"
    if name in ("-", "*", "/", "negate"):
        return "decimal"
    if name == "%":
        return "int"
    if name in (*RELATIONS, "+", "contains", "startsWith", "endsWith"):
        kinds: list[Kind] = [_kind_of(part) for part in operands if isinstance(part, Constant)]
        beside: Kind = kinds[0] if kinds else "unknown"
        if name not in ("==", "!=") and beside == "int":
            return "decimal"
        return "string" if name.endswith("With") else beside
    return "unknown"


def _kind_of(constant: Constant) -> Kind:
    match constant.value:
        case None:
            return "null"
        case bool():
            return "bool"
        case int():
            return "int"
        case Decimal():
            return "decimal"
        case str() as text:
            return "bool" if text in ("true", "false") else "string"


def guessed(uses: Iterable[Kind]) -> Kind:
    """The type that the uses of a variable agree on best; a text when they say nothing."""
    seen = set(uses)
    return next((kind for kind in _STRONGEST if kind in seen), "string")


def shape_of(name: str, computed: Expression | None) -> list[Kind]:
    """What an assigned value says of a variable's type."""
    if computed is None:
        return []
    compared = Operation("==", (Variable((name,)), computed))
    kinds = [kind for path, kind in evidence(compared) if path == (name,)]
    if isinstance(computed, Operation):
        if computed.name in ("-", "*", "/", "negate"):
            kinds.append("decimal")
        elif computed.name in ("&&", "||", "!", "==", "!=", "<", "<=", ">", ">=", "has", "empty"):
            kinds.append("bool")
    return kinds
