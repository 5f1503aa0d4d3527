"""Checking calls: functions, values written with a literal, and questions of presence."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from kit.errors import ServiceError
from kit.money import Money
from workflows.language import functions
from workflows.language.macros import check_macro
from workflows.language.nearest import did_you_mean
from workflows.language.syntax import Call, Index, Literal, Name, Node, Select
from workflows.language.typed import WRONG, Checking, Code, Facts, Typed, join
from workflows.language.types import BOOL, DECIMAL, INT, NULL, UNKNOWN, ListOf, MapOf, Type
from workflows.language.units import parse_duration
from workflows.language.values import ValueMismatch, conform, duration_to_json, money_to_json

_TYPE: Final = "FLOW_EXPRESSION_TYPE"
_EXAMPLES: Final = {
    "cny": 'cny("50000.00")',
    "money": 'money("CNY", "50000.00")',
    "decimal": 'decimal("0.85")',
    "date": 'date("2026-10-01")',
    "timestamp": 'timestamp("2026-10-01T09:00:00+08:00")',
    "duration": 'duration("2h30m")',
}


def check_call(checker: Checking, node: Call, facts: Facts) -> Typed:
    """Type a call. ``a.f(b)`` is ``f(a, b)``."""
    arguments = node.arguments if node.target is None else (node.target, *node.arguments)
    if node.name == "has":
        return _has(checker, node, arguments, facts)
    if node.name == "coalesce":
        return _coalesce(checker, node, arguments, facts)
    if node.name in functions.CONSTRUCTORS and _is_written_out(arguments):
        return _written_out(checker, node, arguments)
    if node.name in functions.MACROS and node.target is not None:
        return check_macro(checker, node, node.target, facts)
    return _function(checker, node, arguments, facts)


def _function(checker: Checking, node: Call, arguments: tuple[Node, ...], facts: Facts) -> Typed:
    typed = [checker.check(argument, facts) for argument in arguments]
    if any(part.type == UNKNOWN for part in typed):
        return WRONG
    if node.name == "size" and len(typed) == 1 and isinstance(typed[0].type, ListOf | MapOf):
        return Typed(["fn", "size", typed[0].code], INT)
    overloads = functions.FUNCTIONS.get(node.name)
    if overloads is None:
        hint = did_you_mean(node.name, functions.NAMES)
        return checker.wrong(
            "FLOW_FUNCTION_UNKNOWN", f"there is no function {node.name!r}", node, hint
        )
    overload = functions.find_overload(overloads, tuple(part.type for part in typed))
    if overload is None:
        given = ", ".join(str(part.type) for part in typed)
        known = " or ".join(f"{node.name}({', '.join(map(str, o.takes))})" for o in overloads[:4])
        return checker.wrong(_TYPE, f"{node.name} does not take ({given})", node, f"use {known}")
    code: Code = ["fn", overload.operation, *(part.code for part in typed)]
    if overload.element:
        code.append(["const", overload.element, "string"])
    return Typed(code, overload.gives)


def _has(checker: Checking, node: Call, arguments: tuple[Node, ...], facts: Facts) -> Typed:
    if len(arguments) != 1 or not isinstance(arguments[0], Name | Select | Index):
        return checker.wrong(_TYPE, "has takes one value's name", node, "has(node.field)")
    return check_presence(checker, arguments[0], facts)


def check_presence(checker: Checking, node: Node, facts: Facts) -> Typed:
    """Type the question whether a value is there; where it holds, so does the way to it."""
    value = checker.check(node, facts, lenient=True)
    if value.type == UNKNOWN:
        return WRONG
    path = value.path or ()
    known = frozenset(path[:length] for length in range(1, len(path) + 1))
    return Typed(["present", value.code], BOOL, holds=known)


def _coalesce(checker: Checking, node: Call, arguments: tuple[Node, ...], facts: Facts) -> Typed:
    if len(arguments) < 2:
        return checker.wrong(_TYPE, "coalesce takes two values or more", node)
    *firsts, last = arguments
    typed = [checker.check(argument, facts, lenient=True) for argument in firsts]
    typed.append(checker.check(last, facts, lenient=not _is_in_a_list(last)))
    kind: Type = UNKNOWN
    for part, written in zip(typed, arguments, strict=True):
        joined = join(kind, UNKNOWN if part.type == NULL else part.type)
        if joined is None:
            return checker.wrong(_TYPE, f"expected {kind}, this is {part.type}", written)
        kind = joined
    if all(part.type == NULL for part in typed):
        kind = NULL
    # Present as soon as one of them is; the last one decides when none is sure.
    missing = "" if any(not part.missing for part in typed) else typed[-1].missing
    return Typed(["coalesce", *(part.code for part in typed)], kind, missing)


def _is_in_a_list(node: Node) -> bool:
    """True for an element, or a part of one: as the last resort it has to be there."""
    while isinstance(node, Select):
        node = node.base
    return isinstance(node, Index)


def _is_written_out(arguments: tuple[Node, ...]) -> bool:
    return bool(arguments) and all(
        isinstance(part, Literal) and not isinstance(part.value, bool | None) for part in arguments
    )


def _written_out(checker: Checking, node: Call, arguments: tuple[Node, ...]) -> Typed:
    """A value whose text is read now, so that what is wrong with it is told now."""
    kind = functions.CONSTRUCTORS[node.name]
    written = [part.value for part in arguments if isinstance(part, Literal)]
    try:
        return Typed(["const", _read(node.name, written), kind.name], kind)
    except (ValueError, TypeError, ArithmeticError, ServiceError, ValueMismatch) as error:
        message = error.message if isinstance(error, ServiceError) else str(error)
        hint = _EXAMPLES[node.name] if isinstance(error, TypeError) else ""
        return checker.wrong(_TYPE, message, node, hint)


def _read(name: str, written: list[Any]) -> Any:
    match name, written:
        case "cny", [str() | int() | Decimal() as amount]:
            return money_to_json(Money.of("CNY", str(amount)))
        case "money", [str() as currency, str() | int() | Decimal() as amount]:
            return money_to_json(Money.of(currency, str(amount)))
        case "decimal", [str() | int() | Decimal() as number]:
            return conform(str(number), DECIMAL)
        case "duration", [str() as text]:
            return duration_to_json(parse_duration(text))
        case (("date" | "timestamp"), [str() as text]):
            return conform(text, functions.CONSTRUCTORS[name])
        case _:
            raise TypeError(f"{name} is not written like that")
