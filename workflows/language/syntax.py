"""From tokens to a syntax tree: a recursive-descent parser for CEL's expression grammar.

    expression  = or ["?" or ":" expression]
    or          = and {"||" and}            and      = relation {"&&" relation}
    relation    = sum [("<" | "<=" | ">" | ">=" | "==" | "!=" | "in") sum]
    sum         = product {("+" | "-") product}
    product     = unary {("*" | "/" | "%") unary}
    unary       = {"!" | "-"} member
    member      = primary {"." name ["(" arguments ")"] | "[" expression "]"}
    primary     = literal | name ["(" arguments ")"] | "(" expression ")" | "[" arguments [","] "]"
                | "{" [expression ":" expression {"," expression ":" expression} [","]] "}"

Comparisons do not chain; there are no floats and no exponents.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeAlias

from workflows.language.tokens import MAX_DEPTH, ExpressionError, Token, tokenise


@dataclass(frozen=True, slots=True)
class Literal:
    """``null``, a truth value, a whole number, a decimal or a text."""

    value: bool | int | Decimal | str | None
    offset: int


@dataclass(frozen=True, slots=True)
class Name:
    """A variable."""

    name: str
    offset: int


@dataclass(frozen=True, slots=True)
class Select:
    """``base.field``."""

    base: Node
    field: str
    offset: int


@dataclass(frozen=True, slots=True)
class Index:
    """``base[index]``."""

    base: Node
    index: Node
    offset: int


@dataclass(frozen=True, slots=True)
class Call:
    """``name(arguments)``, or ``target.name(arguments)``."""

    name: str
    target: Node | None
    arguments: tuple[Node, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator and its one or two operands."""

    operator: str
    operands: tuple[Node, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class Conditional:
    """``condition ? then : otherwise``."""

    condition: Node
    then: Node
    otherwise: Node
    offset: int


@dataclass(frozen=True, slots=True)
class ListLiteral:
    """``[a, b, c]``."""

    items: tuple[Node, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class MapLiteral:
    """``{"a": b, "c": d}``: keys with their values."""

    entries: tuple[tuple[Node, Node], ...]
    offset: int


Node: TypeAlias = (
    Literal | Name | Select | Index | Call | Operation | Conditional | ListLiteral | MapLiteral
)

_Rule: TypeAlias = Callable[[], Node]
_RELATIONS: Final = ("<", "<=", ">", ">=", "==", "!=", "in")
_RESERVED: Final = {"true", "false", "null", "in"}
_INT_LIMIT: Final = 2**63


def parse(text: str) -> Node:
    """Read one expression.

    Raises:
        ExpressionError: with the place of the first thing that is wrong.
    """
    parser = _Parser(tokenise(text))
    node = parser.expression()
    parser.expect("end", "")
    return node


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._next = 0
        self._depth = 0

    def expression(self) -> Node:
        self._deeper()
        condition = self._or()
        mark = self._peek()
        if self._take("?"):
            then = self._or()
            self.expect("op", ":")
            condition = Conditional(condition, then, self.expression(), mark.offset)
        self._depth -= 1
        return condition

    def expect(self, kind: str, text: str) -> Token:
        token = self._peek()
        if token.kind != kind or (text and token.text != text):
            wanted = repr(text) if text else {"end": "the end"}.get(kind, f"a {kind}")
            raise self._error(f"expected {wanted}, found {_show(token)}", token)
        self._next += 1
        return token

    def _or(self) -> Node:
        return self._chain(("||",), self._and)

    def _and(self) -> Node:
        return self._chain(("&&",), self._relation)

    def _relation(self) -> Node:
        left = self._sum()
        token = self._peek()
        if not self._at(_RELATIONS):
            return left
        self._next += 1
        node = Operation(token.text, (left, self._sum()), token.offset)
        if self._at(_RELATIONS):
            raise ExpressionError(
                "FLOW_EXPRESSION_SYNTAX",
                "comparisons do not chain",
                self._peek().offset,
                "write a < b && b < c",
            )
        return node

    def _sum(self) -> Node:
        return self._chain(("+", "-"), self._product)

    def _product(self) -> Node:
        return self._chain(("*", "/", "%"), self._unary)

    def _chain(self, operators: tuple[str, ...], operand: _Rule) -> Node:
        depth = self._depth
        node = operand()
        while self._at(operators):
            token = self._peek()
            self._next += 1
            self._deeper()  # a chain leans left: each link is one level of the tree
            node = Operation(token.text, (node, operand()), token.offset)
        self._depth = depth
        return node

    def _unary(self) -> Node:
        token = self._peek()
        if not self._at(("!", "-")):
            return self._member()
        self._next += 1
        if token.text == "-" and self._peek() == Token("int", str(_INT_LIMIT), self._peek().offset):
            self._next += 1  # the one number whose opposite there is not
            return Literal(-_INT_LIMIT, token.offset)
        self._deeper()
        operand = self._unary()
        self._depth -= 1
        if token.text == "-" and isinstance(operand, Literal):
            match operand.value:
                case int() as number if number >= 0 and not isinstance(number, bool):
                    return Literal(-number, token.offset)
                case Decimal() as number:
                    return Literal(number.copy_negate() if number else number, token.offset)
                case _:
                    pass
        return Operation(token.text, (operand,), token.offset)

    def _member(self) -> Node:
        depth = self._depth
        node = self._primary()
        while True:
            token = self._peek()
            if self._take("."):
                self._deeper()
                name = self.expect("name", "")
                if self._take("("):
                    node = Call(name.text, node, self._arguments(")"), name.offset)
                else:
                    node = Select(node, name.text, name.offset)
            elif self._take("["):
                self._deeper()
                node = Index(node, self.expression(), token.offset)
                self.expect("op", "]")
            else:
                self._depth = depth
                return node

    def _primary(self) -> Node:
        token = self._peek()
        self._next += 1
        match token.kind:
            case "int":
                return self._int(token)
            case "decimal":
                return Literal(Decimal(token.text), token.offset)
            case "string":
                return Literal(token.text, token.offset)
            case "name":
                return self._name(token)
            case _:
                return self._bracketed(token)

    def _bracketed(self, token: Token) -> Node:
        if token.text == "(":
            node = self.expression()
            self.expect("op", ")")
            return node
        if token.text == "[":
            return ListLiteral(self._arguments("]"), token.offset)
        if token.text == "{":
            return MapLiteral(self._entries(), token.offset)
        raise self._error(f"expected a value, found {_show(token)}", token)

    def _int(self, token: Token) -> Node:
        if len(token.text) > 19 or int(token.text) >= _INT_LIMIT:
            raise self._error(f"{token.text} is beyond 64 bits", token)
        return Literal(int(token.text), token.offset)

    def _name(self, token: Token) -> Node:
        if token.text in _RESERVED:
            if token.text == "in":
                raise self._error("'in' needs a value on its left", token)
            return Literal({"true": True, "false": False, "null": None}[token.text], token.offset)
        if self._take("("):
            return Call(token.text, None, self._arguments(")"), token.offset)
        return Name(token.text, token.offset)

    def _arguments(self, close: str) -> tuple[Node, ...]:
        arguments: list[Node] = []
        if not self._take(close):
            arguments.append(self.expression())
            while self._take(",") and not (close == "]" and self._at(("]",))):
                arguments.append(self.expression())
            self.expect("op", close)
        return tuple(arguments)

    def _entries(self) -> tuple[tuple[Node, Node], ...]:
        entries: list[tuple[Node, Node]] = []
        while not self._at(("}",)):
            key = self.expression()
            self.expect("op", ":")
            entries.append((key, self.expression()))
            if not self._take(","):
                break
        self.expect("op", "}")
        return tuple(entries)

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _at(self, texts: tuple[str, ...]) -> bool:
        token = self._peek()
        return token.kind in ("op", "name") and token.text in texts

    def _take(self, text: str) -> bool:
        token = self._peek()
        if token.kind == "op" and token.text == text:
            self._next += 1
            return True
        return False

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(
                "FLOW_EXPRESSION_TOO_BIG",
                f"an expression may be {MAX_DEPTH} levels deep",
                self._peek().offset,
                "split it over several nodes or variables",
            )

    def _error(self, message: str, token: Token) -> ExpressionError:
        return ExpressionError("FLOW_EXPRESSION_SYNTAX", message, token.offset)


def _show(token: Token) -> str:
    return "the end" if token.kind == "end" else repr(token.text)
