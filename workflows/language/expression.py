"""Expressions: a text, checked against what it may read, becomes code that always computes the same.

CEL's syntax where it serves, with exact decimals and money instead of doubles:

    quote.total > cny("50000.00") && intake.floor >= 3
    has(intake.budget) ? intake.budget : cny("0.00")
    quote.lines.exists(line, line.item_code.startsWith("AC-"))
"""

from __future__ import annotations

from dataclasses import dataclass

from workflows.language.checker import Checker
from workflows.language.syntax import parse
from workflows.language.tokens import ExpressionError
from workflows.language.typed import Code, Finding, Path, Scope
from workflows.language.types import UNKNOWN, Scalar, Type, is_decided
from workflows.language.values import ENCODERS


@dataclass(frozen=True, slots=True)
class Checked:
    """A checked expression.

    Attributes:
        source: its text.
        code: what ``workflows.language.evaluate`` compiles.
        type: the type of its value.
        optional: the value may be absent; only when that was allowed.
        reads: the paths it reads.
    """

    source: str
    code: Code
    type: Type
    optional: bool
    reads: frozenset[Path]

    @property
    def json_code(self) -> Code:
        """Code that gives the value as plain JSON."""
        return encoded(self.code, self.type)


def check_expression(
    source: str, scope: Scope, wanted: Type | None = None, *, optional: bool = False
) -> tuple[Checked | None, list[Finding]]:
    """Check one expression; all findings at once.

    Args:
        source: the text.
        scope: what it may read.
        wanted: the type its value must have; None for any.
        optional: the value may be absent.

    Returns:
        The checked expression, or None with what is wrong.
    """
    try:
        node = parse(source)
    except ExpressionError as error:
        return None, [Finding(error.code, error.message, error.hint, error.offset)]
    checker = Checker(scope)
    typed = checker.check(node, lenient=optional)
    if wanted is not None and typed.type != UNKNOWN:
        checker.fit(typed, wanted, node)
    if checker.findings:
        return None, checker.findings
    kind = _settled(typed.type, wanted)
    if kind != UNKNOWN and not is_decided(kind):
        return None, [Finding("FLOW_EXPRESSION_TYPE", "the value has no type here", "", 0)]
    reads = frozenset(checker.reads)
    return Checked(source, typed.code, kind, bool(typed.missing), reads), []


def _settled(found: Type, wanted: Type | None) -> Type:
    """The type of a value that fits what is wanted: an int becomes the decimal that it stands for,
    and nothing, or a list of nothing, what it is wanted as."""
    if wanted is None or UNKNOWN in (wanted, found):
        return found
    return wanted if isinstance(wanted, Scalar) or not is_decided(found) else found


def encoded(code: Code, kind: Type) -> Code:
    """Code that turns the decoded value of other code back into plain JSON."""
    if isinstance(kind, Scalar) and kind.name in ENCODERS:
        return ["encode", kind.name, code]
    return code
