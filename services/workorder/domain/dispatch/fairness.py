"""How evenly offers, work and earnings are shared among technicians."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_WHOLE: Final = 10_000


@dataclass(frozen=True, slots=True)
class Share:
    """One technician's part in some time; ``earned_minor`` of the work they accepted."""

    technician_id: str
    display_name: str
    outlet_id: str
    offered: int
    accepted: int
    declined: int
    expired: int
    earned_minor: int


def gini_basis_points(amounts: Sequence[int]) -> int:
    """How unequal amounts are: 0 all alike, towards 10000 one has everything.

    The mean difference between any two, by twice the mean (Gini's coefficient), in whole numbers.
    """
    total, count = sum(amounts), len(amounts)
    if not total:
        return 0
    weighed = sum((2 * place - count - 1) * each for place, each in enumerate(sorted(amounts), 1))
    return weighed * _WHOLE // (count * total)


def median(amounts: Sequence[int]) -> int:
    """What half of them have at most; 0 of none."""
    ordered = sorted(amounts)
    return ordered[(len(ordered) - 1) // 2] if ordered else 0


def share_basis_points(part: int, whole: int) -> int:
    """A part of a whole."""
    return part * _WHOLE // whole if whole else 0
