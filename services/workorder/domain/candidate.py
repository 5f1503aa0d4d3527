"""One technician against one work order: the hard rules, then the weighted factors.

A score is a whole number from 0 to 10000, computed from raw whole numbers, so that anyone can
compute it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.workorder.domain.geo import Point, road_metres
from services.workorder.domain.skill import (
    HIGHEST_LEVEL,
    LOWEST_LEVEL,
    HeldSkill,
    RequiredSkill,
)

FULL_SCORE: Final = 10_000
_BEST_RATING: Final = 500


class Exclusion(StrEnum):
    """A hard rule that a technician fails; they are tried in this order, the first one counts."""

    INACTIVE = "INACTIVE"
    EXCLUDED = "EXCLUDED"
    SKILL_MISSING = "SKILL_MISSING"
    SKILL_LEVEL_TOO_LOW = "SKILL_LEVEL_TOO_LOW"
    CERTIFICATE_EXPIRED = "CERTIFICATE_EXPIRED"
    OUT_OF_TERRITORY = "OUT_OF_TERRITORY"
    CAPACITY_REACHED = "CAPACITY_REACHED"


class Factor(StrEnum):
    """What is weighed."""

    DISTANCE = "distance"
    LOAD = "load"
    SKILL_FIT = "skill_fit"
    RATING = "rating"


@dataclass(frozen=True, slots=True)
class Policy:
    """How much each factor weighs, in basis points that sum to 10000, and what scores are taken to.

    Attributes:
        version: its name; a version never changes.
        weights: basis points a factor.
        road_factor_basis_points: the way along roads by the great circle.
        distance_limit_m: from this distance on the score is 0.
        unrated_rating_hundredths: how a technician counts whom nobody has rated.
    """

    version: str
    weights: Mapping[Factor, int]
    road_factor_basis_points: int
    distance_limit_m: int
    unrated_rating_hundredths: int


@dataclass(frozen=True, slots=True)
class Need:
    """What a work order asks of its technician."""

    required_skills: tuple[RequiredSkill, ...]
    place_codes: frozenset[str]
    location: Point | None
    excluded_technician_ids: frozenset[str]
    at: datetime


@dataclass(frozen=True, slots=True)
class Raw:
    """A candidate's values before they are scored.

    Attributes:
        distance_m: along roads; None when either place is not known.
        open_load: work orders accepted and not yet completed, or offered and still open.
        daily_capacity: what the load is measured against.
        surplus_levels: skill levels above what is required, over all required skills.
        rating_hundredths: of a star; 0 when nobody has rated.
    """

    distance_m: int | None
    open_load: int
    daily_capacity: int
    surplus_levels: int
    rating_hundredths: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A technician who passed the hard rules, with every value and score."""

    technician_id: str
    outlet_id: str
    cooperation_mode: str
    raw: Raw
    scores: Mapping[Factor, int]
    score: int


def skill_exclusion(need: Need, held: Mapping[str, HeldSkill]) -> Exclusion | None:
    """The rule on skills that a technician fails, if any."""
    required = need.required_skills
    if any(skill.code not in held for skill in required):
        return Exclusion.SKILL_MISSING
    if any(held[skill.code].level < skill.least_level for skill in required):
        return Exclusion.SKILL_LEVEL_TOO_LOW
    if any(not held[skill.code].is_certified(need.at) for skill in required):
        return Exclusion.CERTIFICATE_EXPIRED
    return None


def surplus_levels(required: tuple[RequiredSkill, ...], held: Mapping[str, HeldSkill]) -> int:
    """How many levels the technician is above what is required."""
    return sum(held[skill.code].level - skill.least_level for skill in required)


def distance_m(need: Need, home: Point | None, policy: Policy) -> int | None:
    """How far the technician's home is from the work; None when either place is not known."""
    if need.location is None or home is None:
        return None
    return road_metres(home, need.location, policy.road_factor_basis_points)


def scores_of(raw: Raw, required_count: int, policy: Policy) -> dict[Factor, int]:
    """Each factor's score."""
    most_surplus = (HIGHEST_LEVEL - LOWEST_LEVEL) * required_count
    distance = policy.distance_limit_m if raw.distance_m is None else raw.distance_m
    rating = raw.rating_hundredths or policy.unrated_rating_hundredths
    return {
        Factor.DISTANCE: _falling(distance, policy.distance_limit_m),
        Factor.LOAD: _falling(raw.open_load, raw.daily_capacity),
        Factor.SKILL_FIT: _falling(raw.surplus_levels, most_surplus or 1),
        Factor.RATING: rating * FULL_SCORE // _BEST_RATING,
    }


def weighted(scores: Mapping[Factor, int], policy: Policy) -> int:
    """The scores by the policy's weights: 0 to 10000."""
    return sum(scores[factor] * policy.weights[factor] for factor in Factor) // FULL_SCORE


def _falling(amount: int, limit: int) -> int:
    """Full at nothing, none from the limit on."""
    return (limit - min(amount, limit)) * FULL_SCORE // limit
