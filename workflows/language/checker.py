"""The type checker: from a syntax tree to checked code, or to everything that is wrong with it.

A value may be missing for two reasons: its node has not run on some path (unset), or its field is
optional. Neither can be computed with; ``has(x)``, ``x != null`` and ``coalesce(x, …)`` deal with
it, and what a condition has shown to be there holds where the condition does.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final, assert_never

from workflows.language.calls import check_call
from workflows.language.nearest import did_you_mean
from workflows.language.operators import check_conditional, check_operation
from workflows.language.syntax import (
    Call,
    Conditional,
    Index,
    ListLiteral,
    Literal,
    MapLiteral,
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
    INT,
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
from workflows.language.values import decimal_fits

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
        typed = self._typed(node, facts, lenient)
        if typed.missing and not lenient:
            self._missing(typed, node)
            return replace(typed, missing="")
        return typed

    def _typed(self, node: Node, facts: Facts, lenient: bool) -> Typed:
        match node:
            case Literal():
                return self._literal(node)
            case Name():
                return self._name(node, facts)
            case Select():
                return self._select(node, facts, lenient)
            case Index():
                return self._index(node, facts, lenient)
            case Call():
                return check_call(self, node, facts)
            case Operation():
                return check_operation(self, node, facts)
            case Conditional():
                return check_conditional(self, node, facts)
            case ListLiteral():
                return self._list(node, facts)
            case MapLiteral():
                return self._map(node, facts)
            case _:
                assert_never(node)

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
            return Typed(["local", node.name, scalar_name(kind)], kind, path=(node.name,))
        kind_or_none = self._scope.variables.get(node.name)
        if kind_or_none is None:
            hint = did_you_mean(node.name, [*self._scope.variables, *self.locals])
            return self.wrong(
                "FLOW_VARIABLE_UNKNOWN", f"there is no {node.name!r} here", node, hint
            )
        path = (node.name,)
        self.reads.add(path)
        scalar = scalar_name(kind_or_none)
        code: Code = ["root", node.name, scalar] if scalar else ["root", node.name]
        return Typed(code, kind_or_none, self._unset(path, facts), path)

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
        if path and path[0] not in self.locals:
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

    def _index(self, node: Index, facts: Facts, lenient: bool) -> Typed:
        """An element that is not there has no value; a lenient one is missing."""
        base = self.check(node.base, facts, lenient=lenient)
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
        if item == UNKNOWN:
            return self.wrong(_TYPE, "nothing is ever in it", node)
        code = ["find" if lenient else "at", base.code, index.code, scalar_name(item)]
        return Typed(code, item, "optional" if lenient else "")

    # -- literals

    def _literal(self, node: Literal) -> Typed:
        match node.value:
            case None:
                return Typed(["const", None, "null"], NULL)
            case bool():
                return Typed(["const", node.value, "bool"], BOOL)
            case int():
                return Typed(["const", node.value, "int"], INT)
            case Decimal() as number:
                if not decimal_fits(number):
                    return self.wrong(
                        _TYPE, "a decimal has 40 digits before and after the point", node
                    )
                return Typed(["const", format(number, "f"), "decimal"], DECIMAL)
            case str():
                return Typed(["const", node.value, "string"], STRING)

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

    def _map(self, node: MapLiteral, facts: Facts) -> Typed:
        code: Code = []
        kind: Type = UNKNOWN
        for key, written in node.entries:
            value = self.check(written, facts)
            if not isinstance(key, Literal) or not isinstance(key.value, str):
                return self.wrong(_TYPE, "a map's key is a text in quotes", key)
            if any(key.value == known for known, _ in code):
                return self.wrong(_TYPE, f"{key.value!r} is written twice", key)
            joined = join(kind, value.type)
            if joined is None:
                return self.wrong(_TYPE, f"a map of {kind} cannot hold {value.type}", written)
            kind = joined
            code.append([key.value, value.code])
        if kind == UNKNOWN and code:
            return WRONG
        return Typed(["map", scalar_name(kind), code], MapOf(kind))


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
