"""Propositional formulas over variables with a few cells each, and the search for what satisfies one.

A variable's values fall into *cells*: all values of one cell make every test in sight come out the
same, so that deciding over cells decides over all values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class In:
    """The variable's value lies in one of these cells: some, but not all, of those in ``whole``.

    Both are bit masks; cell ``i`` is the bit ``1 << i``.
    """

    variable: int
    cells: int
    whole: int


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; at least two of them, none an ``All``, one ``In`` a variable."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """One part or more holds; at least two of them, none a ``Some``, one ``In`` a variable."""

    parts: tuple[Formula, ...]


Formula: TypeAlias = bool | In | All | Some


class TooMuch(Exception):
    """The search has used up its budget."""


def within(variable: int, cells: int, whole: int) -> Formula:
    """The variable's value lies in one of these cells."""
    return In(variable, cells, whole) if 0 < cells < whole else cells == whole


def conjunction(parts: Iterable[Formula]) -> Formula:
    """All of the parts."""
    return _joined(parts, All)


def disjunction(parts: Iterable[Formula]) -> Formula:
    """One or more of the parts."""
    return _joined(parts, Some)


def _joined(parts: Iterable[Formula], kind: type[All] | type[Some]) -> Formula:
    neutral = kind is All
    leaves: dict[int, In] = {}
    others: dict[All | Some, None] = {}
    for part in _flattened(parts, kind):
        if isinstance(part, All | Some):
            others[part] = None
            continue
        merged: Formula = part
        if isinstance(part, In):
            known = leaves.pop(part.variable, part)
            cells = known.cells & part.cells if neutral else known.cells | part.cells
            merged = within(part.variable, cells, part.whole)
        if isinstance(merged, In):
            leaves[merged.variable] = merged
        elif merged is not neutral:
            return merged
    kept = (*leaves.values(), *others)
    if len(kept) < 2:
        return kept[0] if kept else neutral
    return kind(kept)


def _flattened(parts: Iterable[Formula], kind: type[All] | type[Some]) -> Iterator[Formula]:
    for part in parts:
        if isinstance(part, kind):
            yield from part.parts
        else:
            yield part


def negation(formula: Formula) -> Formula:
    """The opposite."""
    match formula:
        case bool():
            return not formula
        case In(variable, cells, whole):
            return In(variable, whole ^ cells, whole)
        case All(parts):
            return Some(tuple(negation(part) for part in parts))
        case Some(parts):
            return All(tuple(negation(part) for part in parts))


def size(formula: Formula) -> int:
    """How many parts it has, itself included."""
    match formula:
        case All(parts) | Some(parts):
            return 1 + sum(size(part) for part in parts)
        case _:
            return 1


def substitute(formula: Formula, leaves: Mapping[In, Formula]) -> Formula:
    """The formula with each of its leaves replaced."""
    match formula:
        case In():
            return leaves[formula]
        case All(parts):
            return conjunction(substitute(part, leaves) for part in parts)
        case Some(parts):
            return disjunction(substitute(part, leaves) for part in parts)
        case _:
            return formula


@dataclass(slots=True)
class Search:
    """Looks for assignments; ``budget`` is how many questions and parts of formulas are left to it."""

    budget: int

    def satisfy(self, formula: Formula, branching: frozenset[int]) -> dict[int, int] | None:
        """Cells that make the formula hold, whatever the variables not in ``branching`` are.

        Returns:
            The cell of each variable that matters, or None when there are none such.

        Raises:
            TooMuch: the budget is used up.
        """
        self._spend()
        return self._satisfy(formula, branching, set())

    def _satisfy(
        self, formula: Formula, branching: frozenset[int], refuted: set[Formula]
    ) -> dict[int, int] | None:
        if isinstance(formula, bool):
            return {} if formula else None
        leaf = _first(formula, branching)
        if leaf is None or formula in refuted:
            return None
        for cell in range(leaf.whole.bit_length()):
            rest = self._assume(formula, leaf.variable, cell)
            found = self._satisfy(rest, branching, refuted)
            if found is not None:
                return {leaf.variable: cell, **found}
        refuted.add(formula)
        return None

    def _spend(self) -> None:
        self.budget -= 1
        if self.budget < 0:
            raise TooMuch

    def _assume(self, formula: Formula, variable: int, cell: int) -> Formula:
        self._spend()
        match formula:
            case In(here, cells) if here == variable:
                return bool(cells >> cell & 1)
            case All(parts):
                return conjunction(self._assume(part, variable, cell) for part in parts)
            case Some(parts):
                return disjunction(self._assume(part, variable, cell) for part in parts)
            case _:
                return formula


def _first(formula: Formula, branching: frozenset[int]) -> In | None:
    """The first leaf of a formula whose variable may be branched on."""
    match formula:
        case In(variable):
            return formula if variable in branching else None
        case All(parts) | Some(parts):
            found = (_first(part, branching) for part in parts)
            return next((leaf for leaf in found if leaf is not None), None)
        case _:
            return None
