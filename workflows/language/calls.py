"""Checking calls: functions, constructors written with a text, and the list macros."""

from __future__ import annotations

from typing import Any, Final

from kit.errors import ServiceError
from kit.money import Money
from workflows.language import functions
from workflows.language.nearest import did_you_mean
from workflows.language.syntax import Call, Literal, Name, Node, Select
from workflows.language.typed import WRONG, Checking, Code, Facts, Typed, join, scalar_name
from workflows.language.types import BOOL, INT, UNKNOWN, ListOf, MapOf, Type
from workflows.language.units import parse_duration
from workflows.language.values import ValueMismatch, conform, duration_to_json, money_to_json

_MAX_NESTED_MACROS: Final = 2
_TYPE: Final = "FLOW_EXPRESSION_TYPE"


def check_call(checker: Checking, node: Call, facts: Facts) -> Typed:
    """Type a call. ``a.f(b)`` is ``f(a, b)``."""
    arguments = node.arguments if node.target is None else (node.target, *node.arguments)
    if node.name == "has":
        return _has(checker, node, arguments, facts)
    if node.name == "coalesce":
        return _coalesce(checker, node, arguments, facts)
    if node.name in functions.CONSTRUCTORS and node.target is None:
        return _constructed(checker, node)
    if node.name in functions.MACROS and node.target is not None:
        return _macro(checker, node, node.target, facts)
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
    return Typed(["fn", overload.operation, *(part.code for part in typed)], overload.gives)


def _has(checker: Checking, node: Call, arguments: tuple[Node, ...], facts: Facts) -> Typed:
    if len(arguments) != 1 or not isinstance(arguments[0], Name | Select):
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
    typed = [checker.check(argument, facts, lenient=True) for argument in arguments]
    kind: Type = UNKNOWN
    for part, written in zip(typed, arguments, strict=True):
        joined = join(kind, part.type)
        if joined is None:
            return checker.wrong(_TYPE, f"expected {kind}, this is {part.type}", written)
        kind = joined
    # Present as soon as one of them is; the last one decides when none is sure.
    missing = "" if any(not part.missing for part in typed) else typed[-1].missing
    return Typed(["coalesce", *(part.code for part in typed)], kind, missing)


def _constructed(checker: Checking, node: Call) -> Typed:
    kind = functions.CONSTRUCTORS[node.name]
    texts = [part.value for part in node.arguments if isinstance(part, Literal)]
    wanted = 2 if node.name == "money" else 1
    if len(texts) != wanted or len(node.arguments) != wanted:
        example = 'money("CNY", "50000.00")' if wanted == 2 else f'{node.name}("…")'
        return checker.wrong(_TYPE, f"{node.name} is written with a text", node, example)
    try:
        return Typed(["const", _read_constant(node.name, texts), kind.name], kind)
    except (ValueError, TypeError, ServiceError, ValueMismatch) as error:
        message = error.message if isinstance(error, ServiceError) else str(error)
        return checker.wrong(_TYPE, message, node)


def _read_constant(name: str, texts: list[Any]) -> Any:
    match name:
        case "cny":
            return money_to_json(Money.of("CNY", _text(texts[0])))
        case "money":
            return money_to_json(Money.of(_text(texts[0]), _text(texts[1])))
        case "duration":
            return duration_to_json(parse_duration(_text(texts[0])))
        case _:
            return conform(_text(texts[0]), functions.CONSTRUCTORS[name])


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("write the value in quotes, so that no digit is lost")
    return value


def _macro(checker: Checking, node: Call, target: Node, facts: Facts) -> Typed:
    subject = checker.check(target, facts)
    if subject.type == UNKNOWN:
        return WRONG
    if (
        not isinstance(subject.type, ListOf)
        or len(node.arguments) != 2
        or not isinstance(node.arguments[0], Name)
    ):
        return checker.wrong(
            _TYPE,
            f"{node.name} takes a list, a name and an expression",
            node,
            f"lines.{node.name}(line, line.quantity > 1)",
        )
    if len(checker.locals) >= _MAX_NESTED_MACROS:
        return checker.wrong(
            "FLOW_EXPRESSION_TOO_BIG", f"{node.name} is nested too deep", node, "nest two at most"
        )
    name, body = node.arguments[0].name, node.arguments[1]
    if checker.knows(name):
        return checker.wrong(_TYPE, f"{name!r} already means something here", node.arguments[0])
    checker.locals[name] = subject.type.item
    result = checker.check(body, facts)
    del checker.locals[name]
    code: Code = [
        "each",
        node.name,
        subject.code,
        name,
        scalar_name(subject.type.item),
        result.code,
    ]
    if node.name == "map":
        return Typed([*code, scalar_name(result.type)], ListOf(result.type))
    checker.fit(result, BOOL, body)
    return Typed([*code, ""], subject.type if node.name == "filter" else BOOL)
