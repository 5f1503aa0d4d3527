"""What can happen in a net: tokens are taken from some places and put on others.

Places, and what else a marking says, are single bits; a set of them is a whole number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from workflows.compiler.soundness.verdict import How


class Move(NamedTuple):
    """One way in which a cluster can move.

    Attributes:
        armed: a bit that must be set besides the cluster's tokens, or 0.
        takes: the bits it clears.
        puts: the bits it sets.
        twice: the places on which it puts more than one token by itself.
        step: the step it belongs to.
        how: what a trace calls it.
        took: the lines it takes.
    """

    armed: int
    takes: int
    puts: int
    twice: int
    step: str
    how: How
    took: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cluster:
    """The moves that take from the same places.

    Attributes:
        tokens: the places it takes from.
        moves: one of them happens.
        ends_all: it takes every other token too.
        waits: of an inclusive join, for each line in its bit and the places from which a token
            could come to that line before it comes to the join; else empty.
    """

    tokens: int
    moves: tuple[Move, ...]
    ends_all: bool = False
    waits: tuple[tuple[int, int], ...] = ()

    def ready(self, marking: int) -> bool:
        """It can move: its tokens are there, and an inclusive join has nothing to wait for."""
        if not self.waits:
            return marking & self.tokens == self.tokens
        awaited = excused = 0
        for line, upstream in self.waits:
            if marking & line:
                excused |= upstream
            else:
                awaited |= upstream
        return bool(marking & self.tokens) and not marking & awaited & ~excused


def bits(mask: int) -> Iterator[int]:
    """The single bits of a mask, lowest first."""
    while mask:
        bit = mask & -mask
        mask ^= bit
        yield bit


def union(masks: Iterable[int]) -> int:
    """The bits of any of some masks."""
    found = 0
    for mask in masks:
        found |= mask
    return found
