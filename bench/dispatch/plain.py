"""The baseline of the matching core: one technician after the other in a plain Python loop.

It decides what the matcher decides, by the same facts in dictionaries and tuples, and as sparingly as
one writes it by hand: the rule that keeps most people out comes first where the order does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.workorder.domain.dispatch.facts import Facts
from services.workorder.domain.dispatch.hours import (
    clipped,
    day_of,
    quarter_of_week,
    quarters_needed,
    quarters_touched,
    quarters_within,
    week_of,
)
from services.workorder.domain.dispatch.need import Need
from services.workorder.domain.dispatch.policy import FULL_SCORE, Factor, Policy
from services.workorder.domain.geo import road_metres

_FARTHEST: Final = 10**9

Best = tuple[int, int, int, str]


def rank(people: Sequence[Facts], need: Need, policy: Policy) -> tuple[list[Best], int]:
    """Everybody who can do the work, best first, and how many cannot."""
    fit = [one for one in people if _can(one, need)]
    earned = {one.technician_id: _earned(one, need) for one in fit}
    mean = sum(earned.values()) // len(fit) if fit else 0
    ranked = [_placed(one, need, policy, mean, earned[one.technician_id]) for one in fit]
    ranked.sort()
    return ranked, len(people) - len(fit)


def _can(one: Facts, need: Need) -> bool:
    profile, outlet = one.profile, one.outlet
    if not profile.active or one.technician_id in need.excluded_technician_ids:
        return False
    for required in need.required_skills:
        held = profile.skills.get(required.code)
        if held is None or held.level < required.least_level or held.until < need.at:
            return False
    territory = profile.territory_codes or (outlet.territory_codes if outlet else frozenset())
    if territory.isdisjoint(need.place_codes):
        return False
    if outlet is not None and (
        outlet.suspended or not outlet.contract[0] <= need.at < outlet.contract[1]
    ):
        return False
    return _taken(one, need) < profile.daily_capacity and _is_free(one, need)


def _open_offers(one: Facts, need: Need) -> int:
    return sum(begins <= need.at < ends for begins, ends in one.workload.open_offers)


def _taken(one: Facts, need: Need) -> int:
    today = one.workload.accepted_day == day_of(need.at)
    return (one.workload.accepted_count if today else 0) + _open_offers(one, need)


def _is_free(one: Facts, need: Need) -> bool:
    window = clipped(need.window)
    first, last = quarters_within((max(window[0], need.at), window[1]))
    taken = [quarters_touched(*span) for span in (*one.profile.absences, *one.workload.commitments)]
    week = week_of(one.profile.working_hours)
    needed, run = quarters_needed(need.service_minutes), 0
    for quarter in range(first, last):
        on_duty = quarter_of_week(quarter) in week
        if on_duty and not any(begins <= quarter < ends for begins, ends in taken):
            run += 1
            if run >= needed:
                return True
        else:
            run = 0
    return False


def _earned(one: Facts, need: Need) -> int:
    today = day_of(need.at)
    return sum(amount for day, amount in one.workload.earnings if today - 7 < day <= today)


def _placed(one: Facts, need: Need, policy: Policy, mean: int, earned: int) -> Best:
    profile, work = one.profile, one.workload
    metres = -1
    if profile.home is not None and need.location is not None:
        metres = road_metres(profile.home, need.location, policy.road_factor_basis_points)
    load = work.open_work + _open_offers(one, need)
    surplus = sum(
        profile.skills[each.code].level - each.least_level for each in need.required_skills
    )
    stars = work.rating_sum * 100 // work.rated if work.rated else profile.rating_hundredths
    usual = policy.usual_orders * policy.usual_quality_basis_points
    scores = {
        Factor.DISTANCE: _falling(
            policy.distance_limit_m if metres < 0 else metres, policy.distance_limit_m
        ),
        Factor.LOAD: _falling(load, profile.daily_capacity),
        Factor.SKILL_FIT: _falling(surplus, 4 * len(need.required_skills) or 1),
        Factor.RATING: (stars or policy.unrated_rating_hundredths) * FULL_SCORE // 500,
        Factor.QUALITY: (max(0, work.done - work.reworks) * FULL_SCORE + usual)
        // (work.done + policy.usual_orders),
        Factor.PREFERENCE: 0,
        Factor.PARTS: FULL_SCORE,
        Factor.FAIRNESS: _falling(earned, 2 * mean) if mean else FULL_SCORE,
    }
    score = sum(scores[factor] * policy.weights[factor] for factor in Factor) // FULL_SCORE
    return -score, _FARTHEST if metres < 0 else metres, load, one.technician_id


def _falling(amount: int, limit: int) -> int:
    return (limit - min(amount, limit)) * FULL_SCORE // limit
