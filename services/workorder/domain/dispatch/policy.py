"""The dispatch policy: what weighs how much, and what scores are taken to. A version never changes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Final

from kit.errors import InvalidArgument

FULL_SCORE: Final = 10_000
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
_LONGEST_NOTE: Final = 1_000
BEST_RATING_HUNDREDTHS: Final = 500


class Factor(StrEnum):
    """What is weighed, each scored from 0 to 10000."""

    #: The way from the technician's home along roads.
    DISTANCE = "distance"
    #: Work not yet done, by what they do in a day.
    LOAD = "load"
    #: The least over-qualified first, so that rare skills stay free.
    SKILL_FIT = "skill_fit"
    #: The customers' stars.
    RATING = "rating"
    #: Fixed the first time, without rework.
    QUALITY = "quality"
    #: Whom the customer prefers, or who was there before.
    PREFERENCE = "preference"
    #: The parts that the work needs, in the technician's vehicle.
    PARTS = "parts"
    #: Who earned less than the others in the last seven days.
    FAIRNESS = "fairness"


@dataclass(frozen=True, slots=True)
class Policy:
    """How much each factor weighs, in basis points that sum to 10000, and what scores are taken to.

    Attributes:
        version: its name.
        weights: basis points a factor.
        road_factor_basis_points: the way along roads by the great circle.
        distance_limit_m: from this distance on the score is 0.
        unrated_rating_hundredths: how a technician counts whom nobody has rated.
        usual_orders: how many orders of usual quality everybody is taken to have done before, so
            that one bad day at the start is not a bad record.
        usual_quality_basis_points: the part of orders that usually needs no rework.
        previous_technician_score: of who was there before.
        preferred_outlet_score: of whoever belongs to an outlet that the customer prefers.
        horizon_minutes: without an agreed window a visit must be possible within so much time.
        service_minutes: how long a visit takes where nobody says.
    """

    version: str
    weights: Mapping[Factor, int]
    road_factor_basis_points: int = 13_000
    distance_limit_m: int = 50_000
    unrated_rating_hundredths: int = 400
    usual_orders: int = 20
    usual_quality_basis_points: int = 9_500
    previous_technician_score: int = 8_000
    preferred_outlet_score: int = 5_000
    horizon_minutes: int = 1_440
    service_minutes: int = 60


#: Least and most of each number of a policy.
BOUNDS: Final[Mapping[str, tuple[int, int]]] = {
    "road_factor_basis_points": (10_000, 50_000),
    "distance_limit_m": (100, 2_000_000),
    "unrated_rating_hundredths": (100, BEST_RATING_HUNDREDTHS),
    "usual_orders": (0, 1_000),
    "usual_quality_basis_points": (0, FULL_SCORE),
    "previous_technician_score": (0, FULL_SCORE),
    "preferred_outlet_score": (0, FULL_SCORE),
    "horizon_minutes": (60, 10_080),
    "service_minutes": (15, 1_440),
}


def require_policy(policy: Policy) -> None:
    """A policy that decides.

    Raises:
        InvalidArgument: ``DISPATCH_POLICY_INVALID``, naming the field.
    """
    if not _NAME.fullmatch(policy.version):
        raise _invalid("policy_version", "is 1 to 64 small letters, digits, dots and dashes")
    for name in (field.name for field in fields(Policy) if field.name in BOUNDS):
        least, most = BOUNDS[name]
        if not least <= getattr(policy, name) <= most:
            raise _invalid(name, f"is {least} to {most}, not {getattr(policy, name)}")
    for factor, weight in policy.weights.items():
        if not 0 <= weight <= FULL_SCORE:
            raise _invalid(f"weights[{factor}]", f"is 0 to {FULL_SCORE} basis points, not {weight}")
    if (whole := sum(policy.weights.values())) != FULL_SCORE:
        raise _invalid("weights", f"must sum to {FULL_SCORE} basis points, not {whole}")


def require_announced(effective_from: datetime, now: datetime, note: str) -> None:
    """A policy begins when it is put or later, and says why (``DISPATCH_POLICY_INVALID``)."""
    if effective_from < now:
        raise _invalid(
            "effective_from", "must not lie in the past: decisions were made by what held then"
        )
    if not 0 < len(note.strip()) <= _LONGEST_NOTE:
        raise _invalid("note", f"says why the policy changes, in 1 to {_LONGEST_NOTE} characters")


def _invalid(field: str, what: str) -> InvalidArgument:
    return InvalidArgument("DISPATCH_POLICY_INVALID", f"{field} {what}", field=f"policy.{field}")
