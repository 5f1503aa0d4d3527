"""A candidate on the wire: the fifteen parameters in words, with scores and weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kit.clock import SHANGHAI
from protos.workorder.v1 import workorder_pb2
from services.workorder.domain.dispatch.decision import Decision
from services.workorder.domain.dispatch.hours import FOREVER, QUARTER_MINUTES, Micros, instant_of
from services.workorder.domain.dispatch.matching import Judgement, columns_of
from services.workorder.domain.dispatch.need import Need
from services.workorder.domain.dispatch.policy import Factor, Policy
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

_PREFERENCES = {
    NOT_PREFERRED: "none",
    PREFERRED_OUTLET: "preferred outlet",
    PREVIOUS_TECHNICIAN: "was there before",
    PREFERRED_TECHNICIAN: "preferred by the customer",
}


@dataclass(frozen=True, slots=True)
class Placed:
    """One technician's part of a ranking; ``values`` are numbers here."""

    technician_id: str
    outlet_id: str
    cooperation_mode: str
    values: Values
    scores: Mapping[Factor, int]
    score: int
    parts_needed: int


def placed_candidate(decision: Decision, place: int) -> Placed:
    """A candidate of a decision, 0 the best."""
    ranking = decision.ranking
    return Placed(
        technician_id=ranking.technician_ids[place],
        outlet_id=ranking.outlet_ids[place],
        cooperation_mode=ranking.cooperation_modes[place],
        values=Values(*(column[place] for column in columns_of(ranking.values))),
        scores={factor: int(column[place]) for factor, column in ranking.scores.items()},
        score=int(ranking.score[place]),
        parts_needed=len(decision.need.parts) if decision.need else 0,
    )


def judged(judgement: Judgement, need: Need, policy: Policy, mean_earned: int) -> Placed:
    """One technician as a candidate, whether or not they pass the hard rules."""
    scores = scores_of(judgement.values, need, policy, mean_earned)
    return Placed(
        technician_id=judgement.technician_id,
        outlet_id=judgement.outlet_id,
        cooperation_mode=judgement.cooperation_mode,
        values=Values(*(column[0] for column in columns_of(judgement.values))),
        scores={factor: int(column[0]) for factor, column in scores.items()},
        score=int(weighted(scores, policy)[0]),
        parts_needed=len(need.parts),
    )


def candidate_to_proto(
    candidate: Placed, policy: Policy, names: Mapping[str, str]
) -> workorder_pb2.Candidate:
    """A candidate with every value, score and weight."""
    factors, checks = _factors(candidate), _checks(candidate.values)
    return workorder_pb2.Candidate(
        technician_id=candidate.technician_id,
        display_name=names.get(candidate.technician_id, ""),
        outlet_id=candidate.outlet_id,
        cooperation_mode=candidate.cooperation_mode,
        score=candidate.score,
        factors=[
            workorder_pb2.CandidateFactor(
                factor=factor,
                raw_value=raw_value,
                score=candidate.scores[factor],
                weight_basis_points=policy.weights[factor],
            )
            for factor, raw_value in factors.items()
        ],
        checks=[
            workorder_pb2.CandidateCheck(check=check, raw_value=raw_value)
            for check, raw_value in checks.items()
        ],
    )


def _factors(candidate: Placed) -> dict[Factor, str]:
    """The weighted parameters exactly, with their units."""
    values = candidate.values
    stars, metres = int(values.rating_hundredths), int(values.distance_m)
    needed = candidate.parts_needed
    return {
        Factor.DISTANCE: "unknown" if metres == UNKNOWN_DISTANCE else f"{metres / 1000:.3f} km",
        Factor.LOAD: f"{values.open_load} of {values.daily_capacity}",
        Factor.SKILL_FIT: f"{values.surplus_levels} above the least level",
        Factor.RATING: f"{stars // 100}.{stars % 100:02} stars" if stars else "not rated",
        Factor.QUALITY: f"{values.reworks} reworks of {values.done}",
        Factor.PREFERENCE: _PREFERENCES[int(values.preference)],
        Factor.PARTS: f"{values.parts_at_hand} of {needed}" if needed else "none needed",
        Factor.FAIRNESS: f"{values.earned} minor units in 7 days",
    }


def _checks(values: Values) -> dict[str, str]:
    """The hard parameters, with their units."""
    rank = int(values.territory_rank)
    return {
        "skills": f"certified until {_instant(int(values.certified_until))}",
        "territory": f"serves code {rank + 1} of the place" if rank >= 0 else "serves none of them",
        "duty": f"{int(values.duty_run) * QUARTER_MINUTES} minutes on duty in one piece",
        "window": f"{int(values.free_run) * QUARTER_MINUTES} minutes free in one piece",
        "capacity": f"{values.taken} of {values.daily_capacity}",
        "exclusions": "barred" if values.barred else "none",
        "outlet": f"contract until {_instant(int(values.contract_until))}",
    }


def _instant(micros: Micros) -> str:
    if micros >= FOREVER:
        return "further notice"
    return f"{instant_of(micros).astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
