"""What the type checker knows of a part of an expression."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

from workflows.language.syntax import Node
from workflows.language.types import (
    DECIMAL,
    INT,
    UNKNOWN,
    EnumOf,
    ListOf,
    MapOf,
    Scalar,
    Type,
    assignable,
    same,
)

#: Checked code: nested lists that ``evaluate`` turns into a closure and the Plan carries as JSON.
Code: TypeAlias = list[Any]
#: A path to a value, such as ``("intake", "budget")``.
Path: TypeAlias = tuple[str, ...]
Facts: TypeAlias = frozenset[Path]

NOTHING: Final[Facts] = frozenset()


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression can read.

    Attributes:
        variables: the roots and their types.
        unset: paths that some way to here leaves without a value.
    """

    variables: Mapping[str, Type]
    unset: Container[Path] = NOTHING


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong in an expression, at an offset of its text."""

    code: str
    message: str
    hint: str
    offset: int


@dataclass(frozen=True, slots=True)
class Typed:
    """A checked part of an expression.

    Attributes:
        missing: why the value may be absent: empty, ``optional`` or ``unset``.
        path: the path it reads, when it is one.
        holds: what is known to be there when the value is true.
        fails: what is known to be there when it is false.
    """

    code: Code
    type: Type
    missing: str = ""
    path: Path | None = None
    holds: Facts = NOTHING
    fails: Facts = NOTHING


WRONG: Final = Typed(["const", None, "null"], UNKNOWN)


class Checking(Protocol):
    """What a part of the checker asks of the whole.

    Attributes:
        locals: the variables of the list macros around the node being checked.
    """

    locals: dict[str, Type]

    def check(self, node: Node, facts: Facts = NOTHING, *, lenient: bool = False) -> Typed:
        """Type one node; a lenient one may be missing, and so may all on the way to it."""
        ...

    def fit(self, typed: Typed, wanted: Type, node: Node) -> bool:
        """True when a value may stand where ``wanted`` is; else it is found wrong."""
        ...

    def wrong(self, code: str, message: str, node: Node, hint: str = "") -> Typed:
        """Note a finding; what is wrong agrees with everything from then on."""
        ...

    def knows(self, name: str) -> bool:
        """True when a name already means something."""
        ...


def join(left: Type, right: Type) -> Type | None:
    """The type of a value that is one or the other."""
    if left == UNKNOWN:
        return right
    match left, right:
        case (ListOf(a), ListOf(b)):
            return None if (item := _join_parts(a, b)) is None else ListOf(item)
        case (MapOf(a), MapOf(b)):
            return None if (value := _join_parts(a, b)) is None else MapOf(value)
        case _:
            pass
    if assignable(right, left):
        return left
    if assignable(left, right):
        return right
    if isinstance(left, EnumOf) and isinstance(right, EnumOf):
        return EnumOf(tuple(dict.fromkeys((*left.values, *right.values))))
    return left if same(left, right) else None


def _join_parts(left: Type, right: Type) -> Type | None:
    return None if {left, right} == {INT, DECIMAL} else join(left, right)


def scalar_name(kind: Type) -> str:
    """The name under which ``evaluate`` decodes a value of this type; empty when it need not."""
    return kind.name if isinstance(kind, Scalar) else ""
