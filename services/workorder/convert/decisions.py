"""Dispatch decisions on the wire."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from kit.rpc.convert import instant_to_proto
from protos.workorder.v1 import workorder_pb2
from services.workorder.domain import skill
from services.workorder.domain.candidate import Candidate, Factor, Need, Policy, Raw
from services.workorder.domain.dispatch import Decision
from services.workorder.domain.geo import Point
from services.workorder.tables import WorkOrderRow


def need_of(row: WorkOrderRow, excluded_technician_ids: Collection[str], now: datetime) -> Need:
    """What a work order asks of its technician."""
    return Need(
        required_skills=skill.parse_required(row.required_skills),
        place_codes=row.place_codes(),
        location=None
        if row.longitude is None or row.latitude is None
        else Point(row.longitude, row.latitude),
        excluded_technician_ids=frozenset(excluded_technician_ids),
        at=now,
    )


def to_proto(decision: Decision, names: Mapping[str, str]) -> workorder_pb2.DispatchDecision:
    """A decision with each candidate's raw values, scores and weights."""
    return workorder_pb2.DispatchDecision(
        decision_id=decision.decision_id,
        work_order_id=decision.work_order_id,
        policy_version=decision.policy.version,
        candidates=[
            _candidate_to_proto(candidate, decision.policy, names)
            for candidate in decision.ranking.candidates
        ],
        excluded=[
            workorder_pb2.ExcludedCount(reason=reason, technician_count=count)
            for reason, count in decision.ranking.excluded.items()
        ],
        decided_at=instant_to_proto(decision.decided_at),
    )


def _candidate_to_proto(
    candidate: Candidate, policy: Policy, names: Mapping[str, str]
) -> workorder_pb2.Candidate:
    return workorder_pb2.Candidate(
        technician_id=candidate.technician_id,
        display_name=names.get(candidate.technician_id, ""),
        outlet_id=candidate.outlet_id,
        cooperation_mode=candidate.cooperation_mode,
        score=candidate.score,
        factors=[
            workorder_pb2.CandidateFactor(
                factor=factor,
                raw_value=_raw_value(factor, candidate.raw),
                score=candidate.scores[factor],
                weight_basis_points=policy.weights[factor],
            )
            for factor in Factor
        ],
    )


def _raw_value(factor: Factor, raw: Raw) -> str:
    """A raw value exactly, with its unit."""
    match factor:
        case Factor.DISTANCE:
            return "unknown" if raw.distance_m is None else f"{raw.distance_m / 1000:.3f} km"
        case Factor.LOAD:
            return f"{raw.open_load} of {raw.daily_capacity}"
        case Factor.SKILL_FIT:
            return f"{raw.surplus_levels} above the least level"
        case Factor.RATING:
            rated = raw.rating_hundredths
            return f"{rated // 100}.{rated % 100:02} stars" if rated else "not rated"
