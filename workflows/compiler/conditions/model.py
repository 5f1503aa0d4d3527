"""From tests to variables with cells, and from cells back to words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from workflows.compiler.conditions.formula import Formula, In, within
from workflows.compiler.conditions.translate import FAILS, HOLDS
from workflows.compiler.conditions.variables import (
    Domain,
    Presence,
    Test,
    Truth,
    Value,
    Variable,
    cells,
    in_words,
)


@dataclass(frozen=True, slots=True)
class Model:
    """Variables with their cells, and the tests as sets of cells.

    Attributes:
        variables: what is tested.
        values: one value of each cell of each variable.
        leaves: what each leaf of a translation's formulas says of a variable.
    """

    variables: list[Variable]
    values: list[list[Value]]
    leaves: Mapping[In, Formula]

    @classmethod
    def of(cls, tests: Sequence[Test]) -> Model:
        """The model of these tests; variable ``i`` of a translation's formulas is ``tests[i]``."""
        settled = _settled(tests)
        by_variable: defaultdict[Variable, list[Test]] = defaultdict(list)
        for test in settled:
            by_variable[test.variable].append(test)
        values = [cells(variable.domain, found) for variable, found in by_variable.items()]
        numbers = {variable: number for number, variable in enumerate(by_variable)}
        leaves: dict[In, Formula] = {}
        for index, test in enumerate(settled):
            number = numbers[test.variable]
            cells_of = values[number]
            holds = sum(1 << cell for cell, value in enumerate(cells_of) if test.holds(value))
            whole = (1 << len(cells_of)) - 1
            leaves[In(index, HOLDS, FAILS | HOLDS)] = within(number, holds, whole)
            leaves[In(index, FAILS, FAILS | HOLDS)] = within(number, whole ^ holds, whole)
        return cls(list(by_variable), values, leaves)

    def words(self, found: Mapping[int, int]) -> str:
        """An assignment as a flow's author reads it."""
        chosen = [(self.variables[n], self.values[n][cell]) for n, cell in sorted(found.items())]
        empty = [v.name for v, given in chosen if v.domain == Presence() and not given]
        there = [pair for pair in chosen if not any(_lies_in(pair[0], name) for name in empty)]
        valued = {read for variable, _ in there for read in variable.reads}
        told = [
            in_words(variable, value)
            for variable, value in there
            if not (variable.domain == Presence() and value and variable.name in valued)
        ]
        return ", ".join(told) or "whatever is given"


def _lies_in(variable: Variable, name: str) -> bool:
    """Whether a variable is not there when what is called ``name`` is not."""
    inside = (variable.name, *variable.reads)
    return name in variable.reads or any(part.startswith(f"{name}.") for part in inside)


def _settled(tests: Sequence[Test]) -> list[Test]:
    """The tests with their variables as all tests together leave them."""
    domains: defaultdict[str, set[Domain]] = defaultdict(set)
    readers: defaultdict[str, set[str]] = defaultdict(set)
    for test in tests:
        variable = test.variable
        domains[variable.key].add(variable.domain)
        for read in variable.reads:
            readers[read].add(variable.key)
    return [_one_settled(test, domains, readers) for test in tests]


def _one_settled(
    test: Test, domains: Mapping[str, set[Domain]], readers: Mapping[str, set[str]]
) -> Test:
    variable = test.variable
    if len(domains[variable.key]) > 1:  # money compared with several currencies
        key = f"{variable.key} {test.operator} {test.value} {variable.domain}"
        return Test(Variable(key, "", Truth(), exact=False), "==", True)
    alone = all(len(readers[read]) == 1 for read in variable.reads)
    if variable.exact and not alone:
        return replace(test, variable=replace(variable, exact=False))
    return test
