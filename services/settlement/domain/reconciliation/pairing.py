"""Grouping two sides by what they share, and pairing what is equal within a group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from services.settlement.domain.reconciliation.movement import Movement


@dataclass(slots=True)
class Pairs:
    """Lines of the bill beside entries of ours."""

    lines: list[Movement]
    entries: list[Movement]

    def extend(self, other: Pairs) -> None:
        """Take in another group."""
        self.lines += other.lines
        self.entries += other.entries


def components(
    lines: Sequence[Movement],
    entries: Sequence[Movement],
    names: Callable[[Movement], frozenset[str]],
) -> Iterator[Pairs]:
    """Groups of what shares a name, directly or through others; what has none stands alone.

    In the order in which each group's first member was given, lines first.
    """
    sides = [*((True, one) for one in lines), *((False, one) for one in entries)]
    parent = list(range(len(sides)))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    first_with: dict[str, int] = {}
    for number, (_, one) in enumerate(sides):
        for name in names(one):
            other = root(first_with.setdefault(name, number))
            mine = root(number)
            parent[max(mine, other)] = min(mine, other)

    groups: dict[int, Pairs] = defaultdict(lambda: Pairs([], []))
    for number, (is_line, one) in enumerate(sides):
        group = groups[root(number)]
        (group.lines if is_line else group.entries).append(one)
    yield from groups.values()


def pair_equal(group: Pairs) -> tuple[list[tuple[Movement, Movement]], Pairs]:
    """Pairs of equal amounts, in the order of time on both sides, and what is left."""
    waiting: dict[tuple[str, int], list[Movement]] = defaultdict(list)
    for entry in sorted(group.entries, key=_when, reverse=True):
        waiting[entry.amount.currency, entry.amount.amount_minor].append(entry)
    paired: list[tuple[Movement, Movement]] = []
    left_lines: list[Movement] = []
    for line in sorted(group.lines, key=_when):
        same = waiting[line.amount.currency, line.amount.amount_minor]
        if same:
            paired.append((line, same.pop()))
        else:
            left_lines.append(line)
    taken = {entry.key for _, entry in paired}
    left_entries = [entry for entry in group.entries if entry.key not in taken]
    return paired, Pairs(left_lines, left_entries)


def _when(one: Movement) -> tuple[object, str]:
    return one.at, one.key
