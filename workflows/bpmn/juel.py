"""Reading what BPMN files write as expressions: JUEL's and FEEL's common forms.

    expression = or ["?" expression ":" expression]
    or = and {("||" | "or") and}              and = equality {("&&" | "and") equality}
    equality = relation {("==" | "eq" | "=" | "!=" | "ne") relation}
    relation = sum {("<" | "lt" | …) sum}     sum = product {("+" | "-") product}
    product = unary {("*" | "/" | "div" | "%" | "mod") unary}
    unary = ("!" | "not" | "-" | "empty") unary | member

What cannot be read raises ``Unreadable``; nothing is guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeAlias

_MAX_LENGTH: Final = 2_000
_MAX_DEPTH: Final = 30
_TOKEN: Final = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<number>\d+(?:\.\d+)?)[lLdDfF]?(?![\w.])
    | (?P<name>[^\W\d]\w*)
    | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    | (?P<op>===|!==|&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]=])
    """,
    re.VERBOSE,
)
_WORDS: Final = {
    "and": "&&", "or": "||", "not": "!", "eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=",
    "ge": ">=", "div": "/", "mod": "%", "===": "==", "!==": "!=", "=": "==",
}  # fmt: skip
_LEVELS: Final = (
    ("||",),
    ("&&",),
    ("==", "!="),
    ("<", "<=", ">", ">="),
    ("+", "-"),
    ("*", "/", "%"),
)
_CONSTANTS: Final = {"true": True, "false": False, "null": None}
#: How an engine is asked for a variable by its name.
_GETTERS: Final = ("getVariable", "getVariableLocal", "get")
_ASKERS: Final = ("hasVariable", "hasVariableLocal")
_HOLDERS: Final = ("execution", "task", "variables", "vars", "var")


class Unreadable(Exception):
    """An expression in a form that is not read; the message says why."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal; a list only of literals, as in ``[1, 2]``."""

    value: bool | int | Decimal | str | None


@dataclass(frozen=True, slots=True)
class Variable:
    """A process variable or a part of one: ``order.total``."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator or one of the functions ``empty``, ``has``, ``size``, ``contains``,
    ``startsWith``, ``endsWith``; ``?:`` takes three."""

    name: str
    operands: tuple[Expression, ...]


Expression: TypeAlias = Constant | Variable | Operation


def read_expression(text: str) -> Expression:
    """Read ``${…}``, ``#{…}``, ``= …`` (FEEL) or the bare expression.

    Raises:
        Unreadable: it is in none of the forms that are known.
    """
    return _Parser(_tokens(unwrapped(text))).whole()


def unwrapped(text: str) -> str:
    """The expression without what marks it as one."""
    plain = text.strip()
    if plain[:2] in ("${", "#{") and plain.endswith("}"):
        return plain[2:-1].strip()
    return plain.removeprefix("=").strip() if not plain.startswith("==") else plain


def is_expression(text: str) -> bool:
    """True for ``${…}``, ``#{…}`` and FEEL's ``= …``; anything else is what it says."""
    plain = text.strip()
    return plain.startswith("=") or (plain[:2] in ("${", "#{") and plain.endswith("}"))


def _tokens(text: str) -> list[tuple[str, str]]:
    if not text or len(text) > _MAX_LENGTH:
        raise Unreadable("it is empty" if not text else "it is too long")
    tokens: list[tuple[str, str]] = []
    offset = 0
    while offset < len(text):
        found = _TOKEN.match(text, offset)
        if found is None:
            raise Unreadable(f"{text[offset]!r} is not understood")
        kind = found.lastgroup or ""
        if kind == "string":
            tokens.append((kind, re.sub(r"\\(.)", r"\1", found[kind][1:-1])))
        elif kind != "space":
            tokens.append(_plain(kind, found[kind]))
        offset = found.end()
    return [*tokens, ("end", "")]


def _plain(kind: str, text: str) -> tuple[str, str]:
    return ("op", _WORDS[text]) if text in _WORDS else (kind, text)


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._next = 0
        self._depth = 0

    def whole(self) -> Expression:
        found = self._expression()
        if self._kind != "end":
            raise Unreadable(f"{self._text!r} was not expected")
        return found

    @property
    def _kind(self) -> str:
        return self._tokens[self._next][0]

    @property
    def _text(self) -> str:
        return self._tokens[self._next][1]

    def _take(self, *texts: str) -> str:
        kind, text = self._tokens[self._next]
        if kind == "op" and text in texts:
            self._next += 1
            return text
        return ""

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise Unreadable(f"{text!r} is missing")

    def _expression(self) -> Expression:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise Unreadable("it is nested too deep")
        found = self._binary(0)
        if self._take("?"):
            then = self._expression()
            self._expect(":")
            found = Operation("?:", (found, then, self._expression()))
        self._depth -= 1
        return found

    def _binary(self, level: int) -> Expression:
        if level == len(_LEVELS):
            return self._unary()
        found = self._binary(level + 1)
        chained = 0
        while operator := self._take(*_LEVELS[level]):
            chained += 1
            if chained > _MAX_DEPTH:
                raise Unreadable("it is too long")
            found = Operation(operator, (found, self._binary(level + 1)))
        return found

    def _unary(self) -> Expression:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise Unreadable("it is nested too deep")
        found = self._prefixed()
        self._depth -= 1
        return found

    def _prefixed(self) -> Expression:
        if self._take("!"):
            return Operation("!", (self._unary(),))
        if self._take("-"):
            operand = self._unary()
            if isinstance(operand, Constant) and isinstance(operand.value, int | Decimal):
                return Constant(-operand.value)
            return Operation("negate", (operand,))
        if self._tokens[self._next] == ("name", "empty"):
            self._next += 1
            return Operation("empty", (self._unary(),))
        return self._member()

    def _member(self) -> Expression:
        found = self._primary()
        while True:
            if self._take("."):
                name = self._name()
                found = self._method(found, name) if self._take("(") else _part(found, name)
            elif self._take("["):
                key = self._expression()
                self._expect("]")
                if not (isinstance(key, Constant) and isinstance(key.value, str)):
                    raise Unreadable("an element of a list is asked for")
                found = _part(found, key.value)
            else:
                return found

    def _name(self) -> str:
        if self._kind != "name":
            raise Unreadable("a name is missing after the point")
        self._next += 1
        return self._tokens[self._next - 1][1]

    def _method(self, subject: Expression, name: str) -> Expression:
        arguments = self._arguments()
        if isinstance(subject, Variable) and subject.path[0] in _HOLDERS and len(subject.path) == 1:
            return _of_engine(name, arguments)
        match name, len(arguments):
            case "equals", 1:
                return Operation("==", (subject, arguments[0]))
            case "isEmpty", 0:
                return Operation("empty", (subject,))
            case (("size" | "length"), 0):
                return Operation("size", (subject,))
            case (("contains" | "startsWith" | "endsWith"), 1):
                return Operation(name, (subject, arguments[0]))
            case _:
                raise Unreadable(f"it calls {name}(…)")

    def _primary(self) -> Expression:
        kind, text = self._tokens[self._next]
        self._next += 1
        if kind == "number":
            return Constant(Decimal(text) if "." in text else int(text))
        if kind == "string":
            return Constant(text)
        if kind == "name":
            if text in _CONSTANTS:
                return Constant(_CONSTANTS[text])
            if self._take("("):
                raise Unreadable(f"it calls {text}(…)")
            return Variable((text,))
        if text == "(":
            found = self._expression()
            self._expect(")")
            return found
        raise Unreadable("it ends too soon" if kind == "end" else f"{text!r} was not expected")

    def _arguments(self) -> tuple[Expression, ...]:
        found: list[Expression] = []
        while not self._take(")"):
            found.append(self._expression())
            if not self._take(","):
                self._expect(")")
                break
        return tuple(found)


def _part(subject: Expression, name: str) -> Expression:
    if not isinstance(subject, Variable):
        raise Unreadable("a part of something that is no variable is asked for")
    return Variable((*subject.path, name))


def _of_engine(name: str, arguments: tuple[Expression, ...]) -> Expression:
    """``execution.getVariable("x")`` is the variable x."""
    if len(arguments) == 1 and isinstance(argument := arguments[0], Constant):
        variable = Variable((str(argument.value),))
        if name in _GETTERS:
            return variable
        if name in _ASKERS:
            return Operation("has", (variable,))
    raise Unreadable(f"it asks the engine for {name}(…)")
