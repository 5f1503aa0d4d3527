"""From checked conditions to formulas over tests.

What is looked into: ``&& || ! ? :``, ``has`` and null tests, ``coalesce``, and comparisons of a
value with a constant or of two values. All else becomes a variable of which nothing is known, but
which has one value wherever it is written the same way.
"""

from __future__ import annotations

from itertools import product
from typing import Any, Final, TypeAlias

from workflows.compiler.conditions.coded import constant_of, is_constant, key_of, path_of
from workflows.compiler.conditions.formula import (
    Formula,
    In,
    conjunction,
    disjunction,
    negation,
    size,
)
from workflows.compiler.conditions.variables import (
    Line,
    Order,
    Presence,
    Test,
    Truth,
    Variable,
    domain_of,
    number_of,
)
from workflows.language.typed import Code, Path, Scope
from workflows.language.types import (
    DATE,
    DECIMAL,
    DURATION,
    INT,
    MONEY,
    TIMESTAMP,
    MapOf,
    Record,
    Type,
)

#: A value that is one of several, each with the condition under which it is: None is an absent one.
_Cases: TypeAlias = list[tuple[Formula, Code | None]]

_MIRRORED: Final = {"==": "==", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
#: Functions that reach every value between two ends, whatever else is known of their argument.
_REACHING: Final = {
    "hour_of": ("hourOf", Line("int", 0, 23)),
    "weekday": ("weekday", Line("int", 1, 7)),
    "size": ("size", Line("int", 0)),
    "size_text": ("size", Line("int", 0)),
}
#: Of two values of these types either may be the greater.
_ORDERED: Final = (INT, DECIMAL, MONEY, DATE, TIMESTAMP, DURATION)
_MAX_CASES: Final = 32
_MAX_SIZE: Final = 2_000


#: The two cells of a test.
FAILS: Final = 0b01
HOLDS: Final = 0b10


class Translation:
    """Formulas over ``tests``: variable ``i`` is ``tests[i]``, which ``FAILS`` or ``HOLDS``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._numbers: dict[Test, int] = {}

    @property
    def tests(self) -> list[Test]:
        """The tests of all conditions translated so far."""
        return list(self._numbers)

    def condition(self, code: Code) -> Formula:
        """The formula of a checked expression of type bool."""
        formula = self._read(code)
        # Each ``? :`` says its condition twice: a tower of them would not end.
        return formula if size(formula) <= _MAX_SIZE else self._opaque(code)

    def _read(self, code: Code) -> Formula:
        match code:
            case ["const", bool() as value, _]:
                return value
            case ["and", *parts]:
                return conjunction([self.condition(part) for part in parts])
            case ["or", *parts]:
                return disjunction([self.condition(part) for part in parts])
            case ["not", part]:
                return negation(self.condition(part))
            case ["if", condition, then, otherwise]:
                return self._either(*map(self.condition, (condition, then, otherwise)))
            case ["present", part]:
                return self._present(part)
            case ["fn", str() as operator, left, right] if operator in _MIRRORED:
                return self._compare(operator, left, right)
            case ["in", item, where, str()]:
                return self._among(code, item, where)
            case ["get" | "root" | "coalesce", *_]:
                return self._compare("==", code, ["const", True, "bool"])
            case _:
                return self._opaque(code)

    def _among(self, code: Code, item: Code, where: Code) -> Formula:
        match item, where:
            case _, ["list", _, *members]:
                return disjunction([self._compare("==", item, member) for member in members])
            case ["const", str() as key, _], _ if isinstance(self._type(path_of(where)), MapOf):
                return self._present(["get", where, key, ""])
            case _:
                return self._opaque(code)

    def _either(self, condition: Formula, then: Formula, otherwise: Formula) -> Formula:
        rather = conjunction([negation(condition), otherwise])
        return disjunction([conjunction([condition, then]), rather])

    # -- comparisons

    def _compare(self, operator: str, left: Code, right: Code) -> Formula:
        lefts, rights = self._cases(left), self._cases(right)
        if len(lefts) * len(rights) > _MAX_CASES:
            return self._opaque(["fn", operator, left, right])
        return disjunction(
            [
                conjunction([if_left, if_right, self._compared(operator, one, other)])
                for (if_left, one), (if_right, other) in product(lefts, rights)
                if one is not None and other is not None
            ]
        )

    def _compared(self, operator: str, left: Code, right: Code) -> Formula:
        code = ["fn", operator, left, right]
        if is_constant(left):
            if is_constant(right):
                value = constant_of(code)
                return self._opaque(code) if value is None else bool(value)
            return self._compared(_MIRRORED[operator], right, left)
        if is_constant(right):
            value = constant_of(right)
            whole = value is not None and not isinstance(value, list | dict)
            test = self._tested(operator, left, value) if whole else None
            return self._opaque(code) if test is None else self._holds(test)
        return self._holds(self._ordered(operator, left, right))

    def _tested(self, operator: str, code: Code, constant: Any) -> Test | None:
        variable = self._variable(code, constant)
        match variable.domain:
            case Line():
                number = number_of(constant)
                return None if number is None else Test(variable, operator, number)
            case _:
                return Test(variable, operator, constant) if operator == "==" else None

    def _variable(self, code: Code, constant: Any) -> Variable:
        key = key_of(code)
        path = path_of(code)
        if path is not None:
            name = ".".join(path)
            return Variable(name, name, domain_of(self._type(path), constant), reads=(name,))
        match code:
            case ["fn", str() as function, argument] if function in _REACHING:
                name, line = _REACHING[function]
                inner = path_of(argument)
                if inner is None or isinstance(self._type(inner), MapOf):
                    return Variable(key, "", line, exact=False)
                read = ".".join(inner)
                return Variable(key, f"{name}({read})", line, reads=(read,))
            case _:
                return Variable(key, "", domain_of(None, constant), exact=False)

    def _ordered(self, operator: str, left: Code, right: Code) -> Test:
        """A comparison of two values that are no constants."""
        if key_of(right) < key_of(left):
            left, right, operator = right, left, _MIRRORED[operator]
        key = f"{key_of(left)} ? {key_of(right)}"
        paths = [path for path in (path_of(left), path_of(right)) if path is not None]
        names = [".".join(path) for path in paths]
        if len(set(names)) < 2 or not all(self._type(path) in _ORDERED for path in paths):
            return Test(Variable(key, "", Order(), exact=False), operator, 0)
        return Test(Variable(key, "", Order(*names), reads=tuple(names)), operator, 0)

    # -- values that are one of several

    def _cases(self, code: Code, *, lenient: bool = False) -> _Cases:
        match code:
            case ["if", condition, then, otherwise]:
                holds = self.condition(condition)
                fails = negation(holds)
                branches = ((holds, then), (fails, otherwise))
                return [
                    (conjunction([guard, inner]), leaf)
                    for guard, branch in branches
                    for inner, leaf in self._cases(branch, lenient=lenient)
                ]
            case ["coalesce", *parts]:
                return self._coalesced(parts)
            case ["get" | "root" | "find", *_] if lenient:
                present = self._present(code)
                return [(present, code), (negation(present), None)]
            case _:
                return [(True, code)]

    def _coalesced(self, parts: list[Code]) -> _Cases:
        cases: _Cases = []
        absent: Formula = True
        for part in parts:
            here = self._cases(part, lenient=True)
            cases += [(conjunction([absent, guard]), leaf) for guard, leaf in here if leaf]
            nothing = disjunction([guard for guard, leaf in here if leaf is None])
            absent = conjunction([absent, nothing])
        cases.append((absent, None))
        return [case for case in cases if case[0] is not False]

    # -- presence

    def _present(self, code: Code) -> Formula:
        path = path_of(code)
        if path is None:
            return self._opaque(["present", code])
        steps = [path[:length] for length in range(1, len(path) + 1)]
        return conjunction([self._given(step) for step in steps])

    def _given(self, path: Path) -> Formula:
        """Whether a value is there, provided that what it is a part of is."""
        unset = path in self._scope.unset
        if not unset and not self._is_optional(path):
            return True
        # Ways through the flow set several values together; which, is not looked into.
        name = ".".join(path)
        return self._holds(
            Test(Variable(f"has {name}", name, Presence(), exact=not unset), "==", True)
        )

    def _is_optional(self, path: Path) -> bool:
        if len(path) == 1:
            return False
        match self._type(path[:-1]):
            case Record() as record:
                field = record.field(path[-1])
                return field is None or field.optional
            case _:
                return True

    def _type(self, path: Path | None) -> Type | None:
        if path is None:
            return None
        kind: Type | None = self._scope.variables.get(path[0])
        for name in path[1:]:
            match kind:
                case Record():
                    field = kind.field(name)
                    kind = field.type if field else None
                case MapOf(value):
                    kind = value
                case _:
                    return None
        return kind

    # -- tests

    def _opaque(self, code: Code) -> Formula:
        return self._holds(Test(Variable(key_of(code), "", Truth(), exact=False), "==", True))

    def _holds(self, test: Test) -> In:
        return In(self._numbers.setdefault(test, len(self._numbers)), HOLDS, FAILS | HOLDS)
