"""Checking operators: arithmetic, comparison, logic, membership and choice."""

from __future__ import annotations

from typing import Final

from workflows.language import functions
from workflows.language.calls import check_presence
from workflows.language.syntax import Conditional, Literal, Operation
from workflows.language.typed import (
    NOTHING,
    WRONG,
    Checking,
    Code,
    Facts,
    Typed,
    join,
    scalar_name,
)
from workflows.language.types import (
    BOOL,
    DECIMAL,
    DURATION,
    INT,
    MONEY,
    STRING,
    UNKNOWN,
    EnumOf,
    ListOf,
    MapOf,
    Scalar,
    Type,
    assignable,
    is_decided,
    to_json,
)

_TYPE: Final = "FLOW_EXPRESSION_TYPE"


def check_operation(checker: Checking, node: Operation, facts: Facts) -> Typed:
    """Type an operator with its operands."""
    if node.operator in ("&&", "||"):
        return _logic(checker, node, facts)
    if node.operator in ("==", "!="):
        return _equality(checker, node, facts)
    operands = [checker.check(operand, facts) for operand in node.operands]
    if node.operator == "!":
        checker.fit(operands[0], BOOL, node.operands[0])
        return _opposite(operands[0])
    if any(operand.type == UNKNOWN for operand in operands):
        return WRONG
    if node.operator == "in":
        return _membership(checker, node, *operands)
    if node.operator in ("<", "<=", ">", ">="):
        if not functions.ordered(operands[0].type, operands[1].type):
            return _no_operator(checker, node, operands)
        return Typed(["fn", node.operator, *(operand.code for operand in operands)], BOOL)
    return _arithmetic(checker, node, operands)


def check_conditional(checker: Checking, node: Conditional, facts: Facts) -> Typed:
    """Type ``condition ? then : otherwise``."""
    condition = checker.check(node.condition, facts)
    checker.fit(condition, BOOL, node.condition)
    then = checker.check(node.then, facts | condition.holds)
    otherwise = checker.check(node.otherwise, facts | condition.fails)
    kind = join(then.type, otherwise.type)
    if kind is None:
        message = f"the two results differ: {then.type} and {otherwise.type}"
        return checker.wrong(_TYPE, message, node)
    return Typed(["if", condition.code, then.code, otherwise.code], kind)


def _logic(checker: Checking, node: Operation, facts: Facts) -> Typed:
    left = checker.check(node.operands[0], facts)
    both = node.operator == "&&"
    right = checker.check(node.operands[1], facts | (left.holds if both else left.fails))
    checker.fit(left, BOOL, node.operands[0])
    checker.fit(right, BOOL, node.operands[1])
    if both:
        holds, fails = left.holds | right.holds, left.fails & right.fails
    else:
        holds, fails = left.holds & right.holds, left.fails | right.fails
    code: Code = ["and" if both else "or", left.code, right.code]
    return Typed(code, BOOL, holds=holds, fails=fails)


def _opposite(typed: Typed) -> Typed:
    return Typed(["not", typed.code], BOOL, holds=typed.fails, fails=typed.holds)


def _equality(checker: Checking, node: Operation, facts: Facts) -> Typed:
    equal = node.operator == "=="
    for index, operand in enumerate(node.operands):
        if isinstance(operand, Literal) and operand.value is None:
            present = check_presence(checker, node.operands[1 - index], facts)
            return _opposite(present) if equal else present
    left, right = (checker.check(operand, facts) for operand in node.operands)
    if UNKNOWN in (left.type, right.type):
        return WRONG
    for one, other, place in ((left, right, 1), (right, left, 0)):
        if isinstance(one.type, EnumOf) and other.code[0] == "const":
            checker.fit(other, one.type, node.operands[place])
            break
    else:
        if not functions.comparable(left.type, right.type):
            return _no_operator(checker, node, [left, right])
    code: Code = ["fn", "==", left.code, right.code]
    kind = join(left.type, right.type)
    if kind is not None and _compared_by_parts(kind):
        code = ["same", to_json(kind), left.code, right.code]
    return Typed(code if equal else ["not", code], BOOL)


def _membership(checker: Checking, node: Operation, item: Typed, where: Typed) -> Typed:
    match where.type:
        case ListOf(kind) if functions.comparable(item.type, kind):
            compared = to_json(kind) if _compared_by_parts(kind) else scalar_name(kind)
            return Typed(["in", item.code, where.code, compared], BOOL)
        case MapOf() if assignable(item.type, STRING):
            holds = NOTHING
            if where.path and item.code[0] == "const":
                holds = frozenset({(*where.path, item.code[1])})
            return Typed(["in", item.code, where.code, ""], BOOL, holds=holds)
        case _:
            hint = "text.contains(part)" if where.type == STRING else ""
            return _no_operator(checker, node, [item, where], hint)


def _arithmetic(checker: Checking, node: Operation, operands: list[Typed]) -> Typed:
    types = tuple(operand.type for operand in operands)
    if node.operator == "*" and types in ((INT, MONEY), (INT, DURATION)):
        operands.reverse()
        types = types[::-1]
    if node.operator == "+" and all(isinstance(kind, ListOf) for kind in types):
        joined = join(*types)
        if joined is not None:
            return Typed(["fn", "add_list", *(operand.code for operand in operands)], joined)
    overload = functions.find_overload(functions.OPERATORS[node.operator], types)
    if overload is None:
        return _no_operator(checker, node, operands)
    return Typed(["fn", overload.operation, *(o.code for o in operands)], overload.gives)


def _no_operator(
    checker: Checking, node: Operation, operands: list[Typed], hint: str = ""
) -> Typed:
    types = " and ".join(str(operand.type) for operand in operands)
    kinds = {operand.type for operand in operands}
    if node.operator == "*" and kinds == {MONEY, DECIMAL}:
        hint = "scale(money, ratio) multiplies and rounds to the currency's smallest unit"
    elif MONEY in kinds and kinds & {INT, DECIMAL, STRING}:
        hint = 'write money as cny("50000.00")'
    return checker.wrong(_TYPE, f"{node.operator!r} does not take {types}", node, hint)


def _compared_by_parts(kind: Type) -> bool:
    return is_decided(kind) and not isinstance(kind, Scalar | EnumOf)
