"""The matcher: all technicians against one work order, filtered, scored and put in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from services.workorder.domain.dispatch.availability import Availability
from services.workorder.domain.dispatch.columns import Int64s, Positions
from services.workorder.domain.dispatch.hours import Micros, day_of
from services.workorder.domain.dispatch.need import Need
from services.workorder.domain.dispatch.policy import Factor, Policy
from services.workorder.domain.dispatch.qualifications import (
    certified_until,
    levels_above,
    territory_rank,
)
from services.workorder.domain.dispatch.roster import Roster
from services.workorder.domain.dispatch.rules import RULES, Asked, Exclusion
from services.workorder.domain.dispatch.scoring import (
    NOT_PREFERRED,
    PREFERRED_OUTLET,
    PREFERRED_TECHNICIAN,
    PREVIOUS_TECHNICIAN,
    UNKNOWN_DISTANCE,
    Values,
    scores_of,
    weighted,
)
from services.workorder.domain.geo import road_metres_between, unit_vector

#: After every known distance.
_FARTHEST: Final = 10**9
_EARNING_DAYS: Final = 7
#: Rules that ask what else somebody does on the day.
_OF_THE_DAY: Final = frozenset({Exclusion.OFF_DUTY, Exclusion.BUSY, Exclusion.CAPACITY_REACHED})


@dataclass(frozen=True, slots=True)
class Survey:
    """Who can do the work, with all values but the parts at hand; and how many cannot.

    Attributes:
        technician_ids: of those who can, as the other sequences.
        technician_count: of everybody who was asked.
    """

    technician_ids: tuple[str, ...]
    outlet_ids: tuple[str, ...]
    cooperation_modes: tuple[str, ...]
    values: Values
    excluded: Mapping[Exclusion, int]
    technician_count: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """Who can do the work, best first, with every value and score; how many cannot by which rule.

    Attributes:
        mean_earned: what the fairness of earnings was measured against, in minor units.
    """

    technician_ids: tuple[str, ...]
    outlet_ids: tuple[str, ...]
    cooperation_modes: tuple[str, ...]
    values: Values
    scores: Mapping[Factor, Int64s]
    score: Int64s
    mean_earned: int
    excluded: Mapping[Exclusion, int]
    technician_count: int

    def again(self, need: Need, policy: Policy, road_factor_before: int) -> Ranking:
        """The same candidates by another policy, from the same values."""
        metres = self.values.distance_m
        along = metres * policy.road_factor_basis_points // road_factor_before
        found = Survey(
            technician_ids=self.technician_ids,
            outlet_ids=self.outlet_ids,
            cooperation_modes=self.cooperation_modes,
            values=replace(
                self.values, distance_m=np.where(metres == UNKNOWN_DISTANCE, metres, along)
            ),
            excluded=self.excluded,
            technician_count=self.technician_count,
        )
        return rank(found, need, policy, self.values.parts_at_hand.tolist())


@dataclass(frozen=True, slots=True)
class Judgement:
    """One technician against one work order: every rule they fail, in order, and all values."""

    technician_id: str
    outlet_id: str
    cooperation_mode: str
    exclusions: tuple[Exclusion, ...]
    values: Values


def survey(roster: Roster, need: Need, policy: Policy) -> Survey:
    """Ask everybody, one rule after the other; who fails one is not asked the next."""
    asked = Asked(roster, need, policy, Availability(roster, need))
    remaining: Positions = np.arange(roster.count)
    excluded: dict[Exclusion, int] = {}
    for exclusion, rule in RULES.items():
        passes = rule(asked, remaining)
        if failing := len(remaining) - int(np.count_nonzero(passes)):
            excluded[exclusion] = failing
            remaining = remaining[passes]
    return _surveyed(asked, remaining, excluded)


def qualified(roster: Roster, need: Need, policy: Policy) -> tuple[str, ...]:
    """Who passes every hard rule that does not depend on the rest of their day."""
    asked = Asked(roster, need, policy, Availability(roster, need))
    remaining: Positions = np.arange(roster.count)
    for exclusion, rule in RULES.items():
        if exclusion not in _OF_THE_DAY:
            remaining = remaining[rule(asked, remaining)]
    return _texts(roster.technician_ids, remaining)


def rank(found: Survey, need: Need, policy: Policy, parts_at_hand: Sequence[int]) -> Ranking:
    """Score those who can do the work and put them in order.

    Ties are broken by the shorter way, then the smaller load, then the technician's id.

    Args:
        parts_at_hand: of each of them, how many kinds of the needed parts are in the vehicle.
    """
    values = replace(found.values, parts_at_hand=np.array(parts_at_hand, np.int64))
    count = len(found.technician_ids)
    mean_earned = int(values.earned.sum()) // count if count else 0
    scores = scores_of(values, need, policy, mean_earned)
    score = weighted(scores, policy)
    distance = np.where(values.distance_m == UNKNOWN_DISTANCE, _FARTHEST, values.distance_m)
    order = np.lexsort((np.array(found.technician_ids), values.open_load, distance, -score))
    return Ranking(
        technician_ids=_picked(found.technician_ids, order),
        outlet_ids=_picked(found.outlet_ids, order),
        cooperation_modes=_picked(found.cooperation_modes, order),
        values=Values(*(column[order] for column in columns_of(values))),
        scores={factor: column[order] for factor, column in scores.items()},
        score=score[order],
        mean_earned=mean_earned,
        excluded=found.excluded,
        technician_count=found.technician_count,
    )


def judge(
    roster: Roster, need: Need, policy: Policy, technician_id: str, parts_at_hand: int
) -> Judgement:
    """One technician of a roster, by every rule: what they fail, and what they bring.

    Raises:
        KeyError: the roster does not know them.
    """
    position = roster.position(technician_id)
    if position is None:
        raise KeyError(technician_id)
    asked = Asked(roster, need, policy, Availability(roster, need))
    only = np.array([position])
    failed = tuple(each for each, rule in RULES.items() if not rule(asked, only)[0])
    found = _surveyed(asked, only, {})
    return Judgement(
        technician_id=technician_id,
        outlet_id=found.outlet_ids[0],
        cooperation_mode=found.cooperation_modes[0],
        exclusions=failed,
        values=replace(found.values, parts_at_hand=np.array([parts_at_hand], np.int64)),
    )


def columns_of(values: Values) -> tuple[Int64s, ...]:
    """The columns of values, in their order."""
    return tuple(getattr(values, field.name) for field in fields(values))


def _surveyed(asked: Asked, of: Positions, excluded: Mapping[Exclusion, int]) -> Survey:
    roster = asked.roster
    return Survey(
        technician_ids=_texts(roster.technician_ids, of),
        outlet_ids=_texts(roster.outlet_ids.values, roster.column("outlet")[of]),
        cooperation_modes=_texts(roster.modes.values, roster.column("mode")[of]),
        values=_values(asked, of),
        excluded=excluded,
        technician_count=roster.count,
    )


def _values(asked: Asked, of: Positions) -> Values:
    roster, need, availability = asked.roster, asked.need, asked.availability
    rated, stars = _int64(roster.column("rated")[of]), _int64(roster.column("rating_sum")[of])
    put_rating = _int64(roster.column("put_rating")[of])
    return Values(
        certified_until=certified_until(roster, need, of),
        territory_rank=territory_rank(roster, need, of),
        duty_run=availability.duty_run(of),
        free_run=availability.free_run(of),
        taken=availability.taken(of),
        daily_capacity=_int64(roster.column("daily_capacity")[of]),
        barred=_int64(~RULES[Exclusion.BARRED](asked, of)),
        contract_until=roster.contracts()[roster.column("outlet")[of], 1],
        distance_m=_distance(asked, of),
        open_load=_int64(roster.column("open_work")[of]) + availability.open_offers[of],
        surplus_levels=levels_above(roster, need, of).sum(axis=0),
        rating_hundredths=np.where(rated > 0, stars * 100 // np.maximum(rated, 1), put_rating),
        done=_int64(roster.column("done")[of]),
        reworks=_int64(roster.column("reworks")[of]),
        preference=_preference(roster, need, of),
        parts_at_hand=np.zeros(len(of), np.int64),
        earned=_earned(roster, need.at, of),
    )


def _distance(asked: Asked, of: Positions) -> Int64s:
    there = asked.need.location
    if there is None:
        return np.full(len(of), UNKNOWN_DISTANCE, np.int64)
    homes = asked.roster.homes()[of]
    metres = road_metres_between(
        np.nan_to_num(homes), unit_vector(there), asked.policy.road_factor_basis_points
    )
    return np.where(np.isnan(homes[:, 0]), UNKNOWN_DISTANCE, metres)


def _preference(roster: Roster, need: Need, of: Positions) -> Int64s:
    preferred = roster.outlet_ids.known(need.preferred_outlet_ids)
    reached = np.full(roster.count, NOT_PREFERRED, np.int64)
    reached[roster.positions(need.previous_technician_ids)] = PREVIOUS_TECHNICIAN
    reached[roster.positions(need.preferred_technician_ids)] = PREFERRED_TECHNICIAN
    by_outlet = np.where(
        np.isin(roster.column("outlet")[of], preferred), PREFERRED_OUTLET, NOT_PREFERRED
    )
    return np.maximum(reached[of], by_outlet)


def _earned(roster: Roster, at: Micros, of: Positions) -> Int64s:
    owners, days, amounts = roster.earnings.all()
    today = day_of(at)
    lately = (owners >= 0) & (days > today - _EARNING_DAYS) & (days <= today)
    earned = np.zeros(roster.count, np.int64)
    np.add.at(earned, owners[lately], amounts[lately])
    return earned[of]


def _int64(column: NDArray[Any]) -> Int64s:
    return column.astype(np.int64)


def _texts(values: Sequence[str], numbers: NDArray[Any]) -> tuple[str, ...]:
    return tuple(values[number] for number in numbers.tolist())


def _picked(texts: Sequence[str], order: NDArray[Any]) -> tuple[str, ...]:
    return tuple(texts[position] for position in order.tolist())
