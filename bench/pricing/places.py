"""The places of the benchmark's books: a country in six depths, the finest the business circle."""

from __future__ import annotations

from functools import cache
from typing import Final

#: How many places there are of each depth, the country first; about what China has.
DEPTHS: Final = {
    "nation": 1,
    "macro_region": 7,
    "province": 31,
    "city": 340,
    "district": 2_900,
    "business_circle": 20_000,
}
_COUNTS: Final = tuple(DEPTHS.values())
_FIRST: Final = tuple(sum(_COUNTS[:depth]) for depth in range(len(_COUNTS) + 1))
PLACES: Final = _FIRST[-1]
FINEST: Final = len(_COUNTS) - 1


def of_depth(depth: int) -> range:
    """The numbers of all places of a depth."""
    return range(_FIRST[depth], _FIRST[depth + 1])


def depth_of(place: int) -> int:
    """How deep a place lies, 0 the country."""
    return next(depth for depth in range(len(_COUNTS)) if place < _FIRST[depth + 1])


def parent_of(place: int) -> int:
    """The place it lies in: children are spread evenly. The country has none."""
    depth = depth_of(place)
    return _FIRST[depth - 1] + (place - _FIRST[depth]) * _COUNTS[depth - 1] // _COUNTS[depth]


@cache
def path_of(place: int) -> tuple[int, ...]:
    """The place and all that it lies in, the finest first."""
    return (place,) if place == 0 else (place, *path_of(parent_of(place)))


def circles_in(place: int) -> range:
    """The business circles within a place, which are numbered side by side."""
    first, last = place, place
    for depth in range(depth_of(place), FINEST):
        first, last = _first_child(first, depth), _first_child(last + 1, depth) - 1
    return range(first, last + 1)


def _first_child(place: int, depth: int) -> int:
    here, below = _COUNTS[depth], _COUNTS[depth + 1]
    return _FIRST[depth + 1] - (-(place - _FIRST[depth]) * below // here)


@cache
def code_of(place: int) -> str:
    """What a place is called in a book."""
    depth = depth_of(place)
    number = place - _FIRST[depth]
    return "CN" if depth == 0 else f"{'-RPCDZ'[depth]}{number:05}"


@cache
def codes_of(place: int) -> tuple[str, ...]:
    """The codes of its path, the finest first."""
    return tuple(code_of(each) for each in path_of(place))
