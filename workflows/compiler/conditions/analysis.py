"""What a decision's conditions say together: none is in vain, where they overlap, what they leave.

Every claim is proved. What a test outside the fragment decides, or what would take too long, is
simply not claimed: ``Findings`` without an entry means "unknown", never "fine".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from workflows.compiler.conditions.formula import (
    Formula,
    Search,
    TooMuch,
    conjunction,
    negation,
    substitute,
)
from workflows.compiler.conditions.model import Model
from workflows.compiler.conditions.translate import Translation
from workflows.language.typed import Code, Scope

#: Parts of formulas that one decision's analysis may visit: some tens of milliseconds.
_BUDGET: Final = 50_000


@dataclass(frozen=True, slots=True)
class Vain:
    """A condition whose edge is never taken: where it holds, one of ``behind`` holds before it.

    An empty ``behind`` says that it never holds at all.
    """

    condition: int
    behind: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two conditions that both hold for some data.

    Attributes:
        witness: such data in words, such as ``quote.total = ¥50,000.00``.
        nested: the second holds wherever the first does, as in a ladder from the special to the
            general, which is what an order of trying is for.
    """

    first: int
    second: int
    witness: str
    nested: bool


@dataclass(frozen=True, slots=True)
class Findings:
    """What is proved of a decision's conditions, numbered from 0 in the order they are tried.

    Attributes:
        vain: conditions whose edges are never taken.
        overlaps: pairs, neither of them in vain, that hold together.
        gap: data for which none holds, in words; None when no such is known.
        covering: whatever the data, one of them holds.
    """

    vain: tuple[Vain, ...]
    overlaps: tuple[Overlap, ...]
    gap: str | None
    covering: bool


def analyse(conditions: Sequence[Code], scope: Scope) -> Findings:
    """Find what a decision's conditions say together.

    Data is taken to be of its types and nothing more. A condition that fails while it is computed
    (another currency, a division by zero) stops the case, so nothing is claimed of such data.

    Args:
        conditions: checked code of type bool, in the order tried.
        scope: what they were checked against.
    """
    translation = Translation(scope)
    sketches = [translation.condition(code) for code in conditions]
    model = Model.of(translation.tests)
    return _Questions(model, [substitute(sketch, model.leaves) for sketch in sketches]).findings()


class _Questions:
    def __init__(self, model: Model, conditions: list[Formula]) -> None:
        self._model = model
        self._conditions = conditions
        self._opposites = [negation(condition) for condition in conditions]
        self._search = Search(_BUDGET)
        self._all = frozenset(range(len(model.variables)))
        self._exact = frozenset(n for n in self._all if model.variables[n].exact)

    def findings(self) -> Findings:
        vain: list[Vain] = []
        live: list[int] = []
        none_yet: Formula = True
        for index, condition in enumerate(self._conditions):
            if self._refuted(conjunction([condition, none_yet])):
                vain.append(Vain(index, self._behind(index, live)))
            else:
                live.append(index)
                none_yet = conjunction([none_yet, self._opposites[index]])
        covering = self._refuted(none_yet)
        gap = None if covering else self._witness(none_yet)
        return Findings(tuple(vain), self._overlaps(live), gap, covering)

    def _behind(self, index: int, earlier: list[int]) -> tuple[int, ...]:
        """The fewest of the earlier conditions that leave this one nothing."""
        needed = earlier
        for one in reversed(earlier):
            fewer = [other for other in needed if other != one]
            rest = conjunction(self._opposites[other] for other in fewer)
            if self._refuted(conjunction([self._conditions[index], rest])):
                needed = fewer
        return tuple(needed)

    def _overlaps(self, live: Sequence[int]) -> tuple[Overlap, ...]:
        found: list[Overlap] = []
        for first, second in combinations(live, 2):
            if self._search.budget <= 0:
                break
            overlap = self._overlap(first, second)
            if overlap is not None:
                found.append(overlap)
        return tuple(found)

    def _overlap(self, first: int, second: int) -> Overlap | None:
        one, other = self._conditions[first], self._conditions[second]
        witness = self._witness(conjunction([one, other]))
        if witness is None:
            return None
        nested = self._refuted(conjunction([one, self._opposites[second]]))
        return Overlap(first, second, witness, nested)

    def _refuted(self, formula: Formula) -> bool:
        """Proved to hold for no data."""
        try:
            return self._search.satisfy(formula, self._all) is None
        except TooMuch:
            return False

    def _witness(self, formula: Formula) -> str | None:
        """Data for which the formula holds; None when none is found."""
        try:
            found = self._search.satisfy(formula, self._exact)
        except TooMuch:
            return None
        return None if found is None else self._model.words(found)
