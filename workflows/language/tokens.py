"""The expression language's tokens, each with its place in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

#: Bounds that keep reading and checking an expression in bounded time and depth.
MAX_LENGTH: Final = 4_000
MAX_DEPTH: Final = 60


class ExpressionError(Exception):
    """An expression is wrong before it ever runs.

    Attributes:
        code: the diagnostic's code.
        offset: where in the text, from 0.
        hint: what to do.
    """

    def __init__(self, code: str, message: str, offset: int, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.offset = offset
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Token:
    """``kind`` is name, int, decimal, string, op or end."""

    kind: str
    text: str
    offset: int


_SYNTAX: Final = "FLOW_EXPRESSION_SYNTAX"
_PATTERN: Final = re.compile(
    r"""
      (?P<space>[ \t\r\n]+)
    | (?P<decimal>\d+\.\d+)
    | (?P<int>\d+)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    | (?P<op>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]{}])
    """,
    re.VERBOSE | re.ASCII,
)
_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}


def tokenise(text: str) -> list[Token]:
    """Split an expression into tokens, the last one of kind ``end``.

    Raises:
        ExpressionError: the text is too long or holds something that is no token.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            "FLOW_EXPRESSION_TOO_BIG",
            f"an expression may be {MAX_LENGTH} characters long, this one has {len(text)}",
            MAX_LENGTH,
            "split it over several nodes or variables",
        )
    tokens: list[Token] = []
    offset = 0
    while offset < len(text):
        match = _PATTERN.match(text, offset)
        if match is None:
            raise ExpressionError(
                _SYNTAX, f"unexpected {text[offset]!r}", offset, _hint_for(text[offset:])
            )
        kind = match.lastgroup or ""
        if kind == "string":
            tokens.append(Token(kind, _unquote(match.group(), offset), offset))
        elif kind != "space":
            tokens.append(Token(kind, match.group(), offset))
        offset = match.end()
    tokens.append(Token("end", "", len(text)))
    return tokens


def _unquote(quoted: str, offset: int) -> str:
    def replace(match: re.Match[str]) -> str:
        escape = match.group(1)
        if len(escape) == 5:
            return chr(int(escape[1:], 16))
        if escape not in _ESCAPES:
            raise ExpressionError(_SYNTAX, f"unknown escape \\{escape}", offset + match.start() + 1)
        return _ESCAPES[escape]

    text = _ESCAPE.sub(replace, quoted[1:-1])
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise ExpressionError(_SYNTAX, "a text cannot hold half of a surrogate pair", offset)
    return text


def _hint_for(rest: str) -> str:
    if rest[0] in "\"'":
        return "the text is not closed"
    if rest[0] == "=":
        return "compare with =="
    if rest[0] in "&|":
        return "write && for and, || for or"
    if rest[0] in "“”‘’":
        return "write texts in straight quotes"
    if rest[0] in "（），；：":
        return "write punctuation in half width"
    return ""
