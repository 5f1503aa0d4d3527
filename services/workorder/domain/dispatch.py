"""The matcher: all technicians against one work order, filtered, scored and put in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.workorder.domain.candidate import (
    Candidate,
    Exclusion,
    Need,
    Policy,
    Raw,
    distance_m,
    scores_of,
    skill_exclusion,
    surplus_levels,
    weighted,
)
from services.workorder.domain.geo import Point
from services.workorder.domain.skill import HeldSkill

#: After every known distance.
_UNKNOWN_DISTANCE: Final = 10**9


@dataclass(frozen=True, slots=True)
class Pool:
    """Technicians as parallel arrays: one position is one technician."""

    technician_ids: Sequence[str]
    outlet_ids: Sequence[str]
    cooperation_modes: Sequence[str]
    active: Sequence[bool]
    skills: Sequence[Mapping[str, HeldSkill]]
    territory_codes: Sequence[frozenset[str]]
    homes: Sequence[Point | None]
    daily_capacities: Sequence[int]
    taken_today: Sequence[int]
    open_loads: Sequence[int]
    ratings_hundredths: Sequence[int]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Who can do the work, best first, and how many cannot by which rule."""

    candidates: tuple[Candidate, ...]
    excluded: Mapping[Exclusion, int]


@dataclass(frozen=True, slots=True)
class Decision:
    """One ranking: what came out, by which policy, when, and for which work order."""

    decision_id: str
    work_order_id: str
    policy: Policy
    ranking: Ranking
    decided_at: datetime


def rank(pool: Pool, need: Need, policy: Policy) -> Ranking:
    """Filter by the hard rules and put the others in order.

    Ties are broken by the shorter way, then the smaller load, then the technician's id.
    """
    candidates: list[Candidate] = []
    excluded: Counter[Exclusion] = Counter()
    for position in range(len(pool.technician_ids)):
        reason = _exclusion(pool, position, need)
        if reason is None:
            candidates.append(_candidate(pool, position, need, policy))
        else:
            excluded[reason] += 1
    candidates.sort(key=_place_in_order)
    return Ranking(
        tuple(candidates), {reason: excluded[reason] for reason in Exclusion if excluded[reason]}
    )


def _exclusion(pool: Pool, position: int, need: Need) -> Exclusion | None:
    if not pool.active[position]:
        return Exclusion.INACTIVE
    if pool.technician_ids[position] in need.excluded_technician_ids:
        return Exclusion.EXCLUDED
    reason = skill_exclusion(need, pool.skills[position])
    if reason is not None:
        return reason
    if need.place_codes.isdisjoint(pool.territory_codes[position]):
        return Exclusion.OUT_OF_TERRITORY
    if pool.taken_today[position] >= pool.daily_capacities[position]:
        return Exclusion.CAPACITY_REACHED
    return None


def _candidate(pool: Pool, position: int, need: Need, policy: Policy) -> Candidate:
    raw = Raw(
        distance_m=distance_m(need, pool.homes[position], policy),
        open_load=pool.open_loads[position],
        daily_capacity=pool.daily_capacities[position],
        surplus_levels=surplus_levels(need.required_skills, pool.skills[position]),
        rating_hundredths=pool.ratings_hundredths[position],
    )
    scores = scores_of(raw, len(need.required_skills), policy)
    return Candidate(
        technician_id=pool.technician_ids[position],
        outlet_id=pool.outlet_ids[position],
        cooperation_mode=pool.cooperation_modes[position],
        raw=raw,
        scores=scores,
        score=weighted(scores, policy),
    )


def _place_in_order(candidate: Candidate) -> tuple[int, int, int, str]:
    raw = candidate.raw
    distance = _UNKNOWN_DISTANCE if raw.distance_m is None else raw.distance_m
    return -candidate.score, distance, raw.open_load, candidate.technician_id
