"""The type checker: from a syntax tree to checked code, or to everything that is wrong with it.

A value may be missing for two reasons: its node has not run on some path (unset), or its field is
optional. Neither can be computed with; ``has(x)``, ``x != null`` and ``coalesce(x, …)`` deal with
it, and what a condition has shown to be there holds where the condition does.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final, assert_never

from workflows.language import functions
from workflows.language.calls import check_call, check_presence
from workflows.language.nearest import did_you_mean
from workflows.language.syntax import (
    Call,
    Conditional,
    Index,
    ListLiteral,
    Literal,
    Name,
    Node,
    Operation,
    Select,
)
from workflows.language.typed import (
    NOTHING,
    WRONG,
    Checking,
    Code,
    Facts,
    Finding,
    Path,
    Scope,
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
    NULL,
    STRING,
    UNKNOWN,
    EnumOf,
    ListOf,
    MapOf,
    Record,
    Scalar,
    Type,
    assignable,
)

_TYPE: Final = "FLOW_EXPRESSION_TYPE"


class Checker(Checking):
    """Checks one expression; findings gather in ``findings``, paths read in ``reads``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.locals: dict[str, Type] = {}
        self.findings: list[Finding] = []
        self.reads: set[Path] = set()

    def check(self, node: Node, facts: Facts = NOTHING, *, lenient: bool = False) -> Typed:
        """Type one node; a lenient one may be missing, and so may all on the way to it."""
        match node:
            case Literal():
                typed = _literal(node)
            case Name():
                typed = self._name(node, facts)
            case Select():
                typed = self._select(node, facts, lenient)
            case Index():
                typed = self._index(node, facts)
            case Call():
                typed = check_call(self, node, facts)
            case Operation():
                typed = self._operation(node, facts)
            case Conditional():
                typed = self._conditional(node, facts)
            case ListLiteral():
                typed = self._list(node, facts)
            case _:
                assert_never(node)
        if typed.missing and not lenient:
            self._missing(typed, node)
            return replace(typed, missing="")
        return typed

    def fit(self, typed: Typed, wanted: Type, node: Node) -> bool:
        """True when a value may stand where ``wanted`` is; else it is found wrong."""
        if _fits(typed, wanted):
            return True
        if isinstance(wanted, EnumOf) and typed.code[0] == "const":
            self.wrong(
                _TYPE,
                f"{typed.code[1]!r} is none of {', '.join(wanted.values)}",
                node,
                did_you_mean(str(typed.code[1]), wanted.values),
            )
        else:
            self.wrong(_TYPE, f"expected {wanted}, this is {typed.type}", node)
        return False

    def wrong(self, code: str, message: str, node: Node, hint: str = "") -> Typed:
        """Note a finding; what is wrong agrees with everything from then on."""
        self.findings.append(Finding(code, message, hint, node.offset))
        return WRONG

    def knows(self, name: str) -> bool:
        """True when a name already means something."""
        return name in self._scope.variables or name in self.locals

    # -- names and paths

    def _name(self, node: Name, facts: Facts) -> Typed:
        if node.name in self.locals:
            kind = self.locals[node.name]
            return Typed(["local", node.name, scalar_name(kind)], kind)
        kind_or_none = self._scope.variables.get(node.name)
        if kind_or_none is None:
            hint = did_you_mean(node.name, [*self._scope.variables, *self.locals])
            return self.wrong(
                "FLOW_VARIABLE_UNKNOWN", f"there is no {node.name!r} here", node, hint
            )
        path = (node.name,)
        self.reads.add(path)
        return Typed(["root", node.name], kind_or_none, self._unset(path, facts), path)

    def _select(self, node: Select, facts: Facts, lenient: bool) -> Typed:
        base = self.check(node.base, facts, lenient=lenient)
        if base.type == UNKNOWN:
            return WRONG
        part = _part(base.type, node.field)
        if part is None:
            known = [f.name for f in base.type.fields] if isinstance(base.type, Record) else []
            return self.wrong(
                "FLOW_FIELD_UNKNOWN",
                f"{base.type} has no field {node.field!r}",
                node,
                did_you_mean(node.field, known),
            )
        kind, optional = part
        path = (*base.path, node.field) if base.path else None
        if path:
            self.reads.add(path)
        missing = base.missing or ("optional" if optional and path not in facts else "")
        if path:
            missing = missing or self._unset(path, facts)
        return Typed(["get", base.code, node.field, scalar_name(kind)], kind, missing, path)

    def _unset(self, path: Path, facts: Facts) -> str:
        return "unset" if path in self._scope.unset and path not in facts else ""

    def _missing(self, typed: Typed, node: Node) -> None:
        name = ".".join(typed.path or ()) or "this value"
        if typed.missing == "optional":
            self.wrong(
                "FLOW_VALUE_OPTIONAL",
                f"{name} may be left empty",
                node,
                f"guard it with has({name}), or give a value with coalesce({name}, …)",
            )
        else:
            self.wrong(
                "FLOW_VARIABLE_UNSET",
                f"{name} has no value on some path to here",
                node,
                f"guard it with has({name}), or set it on every path",
            )

    def _index(self, node: Index, facts: Facts) -> Typed:
        base = self.check(node.base, facts)
        index = self.check(node.index, facts)
        match base.type:
            case ListOf(item):
                self.fit(index, INT, node.index)
            case MapOf(item):
                self.fit(index, STRING, node.index)
            case Scalar("unknown"):
                return WRONG
            case _:
                return self.wrong(_TYPE, f"{base.type} has no elements", node)
        return Typed(["at", base.code, index.code, scalar_name(item)], item)

    # -- operators

    def _operation(self, node: Operation, facts: Facts) -> Typed:
        if node.operator in ("&&", "||"):
            return self._logic(node, facts)
        if node.operator == "!":
            operand = self.check(node.operands[0], facts)
            self.fit(operand, BOOL, node.operands[0])
            return Typed(["not", operand.code], BOOL, holds=operand.fails, fails=operand.holds)
        if node.operator in ("==", "!="):
            return self._equality(node, facts)
        operands = [self.check(operand, facts) for operand in node.operands]
        if any(operand.type == UNKNOWN for operand in operands):
            return WRONG
        if node.operator == "in":
            return self._membership(node, *operands)
        if node.operator in ("<", "<=", ">", ">="):
            if not functions.ordered(operands[0].type, operands[1].type):
                return self._no_operator(node, operands)
            return Typed(["fn", node.operator, operands[0].code, operands[1].code], BOOL)
        types = tuple(operand.type for operand in operands)
        if node.operator == "*" and types in ((INT, MONEY), (INT, DURATION)):
            operands.reverse()
            types = types[::-1]
        overload = functions.find_overload(functions.OPERATORS[node.operator], types)
        if overload is None:
            return self._no_operator(node, operands)
        return Typed(["fn", overload.operation, *(o.code for o in operands)], overload.gives)

    def _logic(self, node: Operation, facts: Facts) -> Typed:
        left = self.check(node.operands[0], facts)
        both = node.operator == "&&"
        right = self.check(node.operands[1], facts | (left.holds if both else left.fails))
        self.fit(left, BOOL, node.operands[0])
        self.fit(right, BOOL, node.operands[1])
        if both:
            holds, fails = left.holds | right.holds, left.fails & right.fails
        else:
            holds, fails = left.holds & right.holds, left.fails | right.fails
        return Typed(["and" if both else "or", left.code, right.code], BOOL, "", None, holds, fails)

    def _equality(self, node: Operation, facts: Facts) -> Typed:
        equal = node.operator == "=="
        for index, operand in enumerate(node.operands):
            if isinstance(operand, Literal) and operand.value is None:
                present = check_presence(self, node.operands[1 - index], facts)
                if not equal:
                    return present
                return Typed(["not", present.code], BOOL, holds=present.fails, fails=present.holds)
        left, right = (self.check(operand, facts) for operand in node.operands)
        if UNKNOWN in (left.type, right.type):
            return WRONG
        for one, other, place in ((left, right, 1), (right, left, 0)):
            if isinstance(one.type, EnumOf) and other.code[0] == "const":
                self.fit(other, one.type, node.operands[place])
                break
        else:
            if not functions.comparable(left.type, right.type):
                return self._no_operator(node, [left, right])
        code: Code = ["fn", "==", left.code, right.code]
        return Typed(code if equal else ["not", code], BOOL)

    def _membership(self, node: Operation, item: Typed, where: Typed) -> Typed:
        match where.type:
            case ListOf(kind) if functions.comparable(item.type, kind):
                return Typed(["in", item.code, where.code, scalar_name(kind)], BOOL)
            case MapOf() if assignable(item.type, STRING):
                return Typed(["in", item.code, where.code, ""], BOOL)
            case _:
                return self._no_operator(node, [item, where])

    def _no_operator(self, node: Operation, operands: list[Typed]) -> Typed:
        types = " and ".join(str(operand.type) for operand in operands)
        hint = ""
        kinds = {operand.type for operand in operands}
        if node.operator == "*" and kinds == {MONEY, DECIMAL}:
            hint = "scale(money, ratio) multiplies and rounds to the currency's smallest unit"
        elif MONEY in kinds and kinds & {INT, DECIMAL, STRING}:
            hint = 'write money as cny("50000.00")'
        return self.wrong(_TYPE, f"{node.operator!r} does not take {types}", node, hint)

    def _conditional(self, node: Conditional, facts: Facts) -> Typed:
        condition = self.check(node.condition, facts)
        self.fit(condition, BOOL, node.condition)
        then = self.check(node.then, facts | condition.holds)
        otherwise = self.check(node.otherwise, facts | condition.fails)
        kind = join(then.type, otherwise.type)
        if kind is None:
            return self.wrong(
                _TYPE,
                f"the two results differ: {then.type} and {otherwise.type}",
                node,
            )
        return Typed(["if", condition.code, then.code, otherwise.code], kind)

    def _list(self, node: ListLiteral, facts: Facts) -> Typed:
        items = [self.check(item, facts) for item in node.items]
        kind: Type = UNKNOWN
        for item, written in zip(items, node.items, strict=True):
            joined = join(kind, item.type)
            if joined is None:
                return self.wrong(_TYPE, f"a list of {kind} cannot hold {item.type}", written)
            kind = joined
        if kind == UNKNOWN and items:
            return WRONG
        return Typed(["list", scalar_name(kind), *(item.code for item in items)], ListOf(kind))


def _literal(node: Literal) -> Typed:
    match node.value:
        case None:
            return Typed(["const", None, "null"], NULL)
        case bool():
            return Typed(["const", node.value, "bool"], BOOL)
        case int():
            return Typed(["const", node.value, "int"], INT)
        case Decimal():
            return Typed(["const", format(node.value, "f"), "decimal"], DECIMAL)
        case str():
            return Typed(["const", node.value, "string"], STRING)


def _fits(typed: Typed, wanted: Type) -> bool:
    if isinstance(wanted, EnumOf) and typed.type == STRING:
        constants = _constants(typed.code)
        return bool(constants) and all(constant in wanted.values for constant in constants)
    if isinstance(wanted, ListOf) and typed.type == ListOf(UNKNOWN):
        return True
    return assignable(typed.type, wanted)


def _constants(code: Code) -> list[str]:
    """The texts an expression can be, when it is only a choice among written ones."""
    if code[0] == "const":
        return [code[1]]
    if code[0] == "if":
        then, otherwise = _constants(code[2]), _constants(code[3])
        return [*then, *otherwise] if then and otherwise else []
    return []


def _part(kind: Type, name: str) -> tuple[Type, bool] | None:
    match kind:
        case Record():
            found = kind.field(name)
            return (found.type, found.optional) if found else None
        case MapOf(value):
            return value, True
        case _:
            return None
