"""Columns that grow: arrays with one place a technician, and loose entries that belong to one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import Any, Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Int64s = NDArray[np.int64]
Int32s = NDArray[np.int32]
Float64s = NDArray[np.float64]
Bools = NDArray[np.bool_]
Positions = NDArray[np.intp]

_ROOM: Final = 64

T = TypeVar("T", bound=np.generic)
V = TypeVar("V", bound=Hashable)


def as_bools(marks: Any) -> Bools:
    """What a comparison of arrays gives, whose type it does not say."""
    return np.asarray(marks, np.bool_)


class Column(Generic[T]):
    """An array that grows by one place after the other; a new place holds ``empty``.

    Args:
        width: how many numbers a place holds, where it is not one.
    """

    def __init__(self, dtype: type[T], empty: Any, width: int = 0) -> None:
        self._empty = empty
        self._cells: NDArray[T] = np.full((_ROOM, width) if width else _ROOM, empty, dtype)

    def __setitem__(self, position: int, value: Any) -> None:
        self._reach(position + 1)
        self._cells[position] = value

    def first(self, count: int) -> NDArray[T]:
        """The first ``count`` places, as a view."""
        self._reach(count)
        return self._cells[:count]

    def _reach(self, count: int) -> None:
        if count > len(self._cells):
            room = max(count, 2 * len(self._cells))
            more = np.full((room, *self._cells.shape[1:]), self._empty, self._cells.dtype)
            more[: len(self._cells)] = self._cells
            self._cells = more


class Entries:
    """Loose pairs of numbers, any number of them a technician: spans of time, amounts of a day."""

    def __init__(self) -> None:
        self._owners = Column(np.int32, -1)
        self._firsts = Column(np.int64, 0)
        self._seconds = Column(np.int64, 0)
        self._slots: defaultdict[int, list[int]] = defaultdict(list)
        self._free: list[int] = []
        self._count = 0

    def replace(self, owner: int, pairs: Iterable[tuple[int, int]]) -> None:
        """All that belongs to one technician."""
        slots = self._slots.pop(owner, [])
        for slot in slots:
            self._owners[slot] = -1
        self._free.extend(slots)
        taken = [self._put(owner, first, second) for first, second in pairs]
        if taken:
            self._slots[owner] = taken

    def all(self) -> tuple[Int32s, Int64s, Int64s]:
        """Owners, firsts and seconds; an owner of -1 is an empty slot."""
        count = self._count
        return self._owners.first(count), self._firsts.first(count), self._seconds.first(count)

    def _put(self, owner: int, first: int, second: int) -> int:
        if self._free:
            slot = self._free.pop()
        else:
            slot, self._count = self._count, self._count + 1
        self._owners[slot], self._firsts[slot], self._seconds[slot] = owner, first, second
        return slot


class Codes(Generic[V]):
    """Values told apart by small numbers, so that a question is asked once a value."""

    def __init__(self) -> None:
        self.values: list[V] = []
        self._numbers: dict[V, int] = {}

    def known(self, values: Iterable[V]) -> list[int]:
        """The numbers of those values that have one."""
        return [self._numbers[value] for value in values if value in self._numbers]

    def number(self, value: V) -> int:
        """The number of a value, a new one if need be."""
        number = self._numbers.setdefault(value, len(self.values))
        if number == len(self.values):
            self.values.append(value)
        return number


class SetCodes:
    """Sets told apart by small numbers, found by their members."""

    def __init__(self) -> None:
        self._codes: Codes[frozenset[str]] = Codes()
        self._having: defaultdict[str, list[int]] = defaultdict(list)

    def __len__(self) -> int:
        return len(self._codes.values)

    def number(self, members: frozenset[str]) -> int:
        """The number of a set, a new one if need be."""
        known = len(self._codes.values)
        number = self._codes.number(members)
        if number == known:
            for member in members:
                self._having[member].append(number)
        return number

    def having(self, member: str) -> Bools:
        """Of each set, whether it has this member."""
        marks = np.zeros(len(self), np.bool_)
        marks[self._having.get(member, [])] = True
        return marks
