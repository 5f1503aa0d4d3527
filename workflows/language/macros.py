"""Checking the list macros: ``lines.exists(line, line.quantity > 1)``."""

from __future__ import annotations

from typing import Final

from workflows.language.functions import ORDERED
from workflows.language.syntax import Call, Name, Node
from workflows.language.typed import WRONG, Checking, Code, Facts, Typed, scalar_name
from workflows.language.types import BOOL, STRING, UNKNOWN, ListOf, MapOf, Type

_MAX_NESTED: Final = 2
_TYPE: Final = "FLOW_EXPRESSION_TYPE"


def check_macro(checker: Checking, node: Call, target: Node, facts: Facts) -> Typed:
    """Type ``target.name(variable, body)``; of a map, the variable is each of its keys."""
    subject = checker.check(target, facts)
    if subject.type == UNKNOWN:
        return WRONG
    element = _element(subject.type)
    if element is None or len(node.arguments) != 2 or not isinstance(node.arguments[0], Name):
        return checker.wrong(
            _TYPE,
            f"{node.name} takes a list, a name and an expression",
            node,
            f"lines.{node.name}(line, line.quantity > 1)",
        )
    if element == UNKNOWN:
        return checker.wrong(_TYPE, "nothing is ever in it", target)
    if len(checker.locals) >= _MAX_NESTED:
        return checker.wrong(
            "FLOW_EXPRESSION_TOO_BIG", f"{node.name} is nested too deep", node, "nest two at most"
        )
    name, body = node.arguments[0].name, node.arguments[1]
    if checker.knows(name):
        return checker.wrong(_TYPE, f"{name!r} already means something here", node.arguments[0])
    checker.locals[name] = element
    result = checker.check(body, facts)
    del checker.locals[name]
    if result.type == UNKNOWN:
        return WRONG
    code: Code = ["each", node.name, subject.code, name, scalar_name(element), result.code]
    if node.name == "map":
        return Typed([*code, scalar_name(result.type)], ListOf(result.type))
    if node.name == "sortBy":
        if result.type not in ORDERED:
            return checker.wrong(_TYPE, f"{result.type} has no order", body)
        return Typed([*code, ""], ListOf(element))
    checker.fit(result, BOOL, body)
    return Typed([*code, ""], ListOf(element) if node.name == "filter" else BOOL)


def _element(kind: Type) -> Type | None:
    match kind:
        case ListOf(item):
            return item
        case MapOf():
            return STRING
        case _:
            return None
