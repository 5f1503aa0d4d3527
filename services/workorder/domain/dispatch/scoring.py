"""From a technician's values to scores from 0 to 10000, in whole numbers, so that anyone can compute
them again. Every function takes one technician's numbers or arrays of many.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from services.workorder.domain.dispatch.columns import Int64s
from services.workorder.domain.dispatch.need import Need
from services.workorder.domain.dispatch.policy import (
    BEST_RATING_HUNDREDTHS,
    FULL_SCORE,
    Factor,
    Policy,
)
from services.workorder.domain.registry.skill import HIGHEST_LEVEL, LOWEST_LEVEL

#: This arithmetic; a decision names it, and whoever changes it gives it another number.
EVALUATOR: Final = 1

UNKNOWN_DISTANCE: Final = -1

#: Why a technician is preferred, from least to most.
NOT_PREFERRED: Final = 0
PREFERRED_OUTLET: Final = 1
PREVIOUS_TECHNICIAN: Final = 2
PREFERRED_TECHNICIAN: Final = 3


@dataclass(frozen=True, slots=True)
class Values:
    """The values of the fifteen parameters, of one technician (numbers) or of many (arrays).

    Attributes:
        certified_until: in microseconds since 1970, of the first of the certificates needed.
        territory_rank: which code of the place they serve, 0 the most specific; -1: none.
        duty_run: quarters of an hour on duty in one piece within the window.
        free_run: the same with agreed visits apart.
        taken: of the day's capacity.
        daily_capacity: work orders a day.
        barred: 1 when they must not be sent there.
        contract_until: of the outlet, in microseconds since 1970.
        distance_m: along roads; -1: unknown.
        open_load: accepted and not completed, or offered and open.
        surplus_levels: skill levels above what is required, over all required skills.
        rating_hundredths: of a star; 0: not rated.
        done: work orders completed in the last half year.
        reworks: how many of those were not fixed the first time.
        preference: from ``NOT_PREFERRED`` to ``PREFERRED_TECHNICIAN``.
        parts_at_hand: kinds of the needed parts that the vehicle holds enough of.
        earned: in the last seven days, in minor units.
    """

    certified_until: Int64s
    territory_rank: Int64s
    duty_run: Int64s
    free_run: Int64s
    taken: Int64s
    daily_capacity: Int64s
    barred: Int64s
    contract_until: Int64s
    distance_m: Int64s
    open_load: Int64s
    surplus_levels: Int64s
    rating_hundredths: Int64s
    done: Int64s
    reworks: Int64s
    preference: Int64s
    parts_at_hand: Int64s
    earned: Int64s


def scores_of(values: Values, need: Need, policy: Policy, mean_earned: int) -> dict[Factor, Int64s]:
    """Each factor's score.

    Args:
        mean_earned: what the candidates earned on average in the last seven days; who earned
            nothing has the full score of fairness, who earned twice the average has none.
    """
    most_surplus = (HIGHEST_LEVEL - LOWEST_LEVEL) * len(need.required_skills) or 1
    distance = np.where(
        values.distance_m == UNKNOWN_DISTANCE, policy.distance_limit_m, values.distance_m
    )
    rating = np.where(
        values.rating_hundredths == 0, policy.unrated_rating_hundredths, values.rating_hundredths
    )
    by_preference = np.array(
        [0, policy.preferred_outlet_score, policy.previous_technician_score, FULL_SCORE], np.int64
    )
    return {
        Factor.DISTANCE: _falling(distance, policy.distance_limit_m),
        Factor.LOAD: _falling(values.open_load, np.maximum(values.daily_capacity, 1)),
        Factor.SKILL_FIT: _falling(values.surplus_levels, most_surplus),
        Factor.RATING: rating * FULL_SCORE // BEST_RATING_HUNDREDTHS,
        Factor.QUALITY: _quality(values, policy),
        Factor.PREFERENCE: by_preference[values.preference],
        Factor.PARTS: values.parts_at_hand * FULL_SCORE // len(need.parts)
        if need.parts
        else np.full_like(values.parts_at_hand, FULL_SCORE),
        Factor.FAIRNESS: _falling(values.earned, 2 * mean_earned)
        if mean_earned
        else np.full_like(values.earned, FULL_SCORE),
    }


def weighted(scores: dict[Factor, Int64s], policy: Policy) -> Int64s:
    """The scores by the policy's weights: 0 to 10000."""
    whole: Int64s = sum(
        (scores[factor] * policy.weights.get(factor, 0) for factor in Factor),
        start=np.zeros_like(scores[Factor.LOAD]),
    )
    return whole // FULL_SCORE


def _quality(values: Values, policy: Policy) -> Int64s:
    usual = policy.usual_orders * policy.usual_quality_basis_points
    orders = np.maximum(values.done + policy.usual_orders, 1)
    sound = np.maximum(values.done - values.reworks, 0)
    # Who has done nothing and is taken to have done nothing is as good as usual.
    unknown = values.done + policy.usual_orders == 0
    score = (sound * FULL_SCORE + usual) // orders
    return np.where(unknown, policy.usual_quality_basis_points, score)


def _falling(amount: Int64s, limit: Int64s | int) -> Int64s:
    """Full at nothing, none from the limit on."""
    left: Int64s = np.asarray(limit - np.minimum(amount, limit), np.int64)
    return left * FULL_SCORE // limit
