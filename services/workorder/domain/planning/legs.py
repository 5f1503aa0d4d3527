"""How long it takes to drive. There is no road map here: the great circle times a factor, at a
declared speed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from services.workorder.domain.geo import Point, unit_vector
from services.workorder.domain.planning.day import Seconds

_EARTH_RADIUS_M: Final = 6_371_008.8
_FULL: Final = 10_000


def legs_between(
    places: Sequence[Point], metres_per_hour: int, road_factor_basis_points: int
) -> list[list[Seconds]]:
    """Whole seconds from each place to each other, rounded up; 0 from a place to itself."""
    if not places:
        return []
    vectors = np.array([unit_vector(place) for place in places])
    # The chord by its square, so that no array of all pairs and three dimensions is needed.
    cosines = np.clip(vectors @ vectors.T, -1.0, 1.0)
    chords = np.sqrt(np.maximum(0.0, 2.0 - 2.0 * cosines))
    metres = np.rint(2 * _EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, chords / 2))).astype(np.int64)
    np.fill_diagonal(metres, 0)
    seconds = -(-(metres * road_factor_basis_points * 3_600) // (_FULL * metres_per_hour))
    legs: list[list[Seconds]] = seconds.tolist()
    return legs
