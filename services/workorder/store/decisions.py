"""Dispatch policies and the decisions made by them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import FailedPrecondition, NotFound
from services.workorder.domain.candidate import Candidate, Exclusion, Factor, Policy, Raw
from services.workorder.domain.dispatch import Decision, Ranking
from services.workorder.tables import DispatchDecisionRow, DispatchPolicyRow


async def policy_at(session: AsyncSession, now: datetime) -> Policy:
    """The policy in force at an instant (``DISPATCH_POLICY_MISSING``)."""
    row = await session.scalar(
        select(DispatchPolicyRow)
        .where(DispatchPolicyRow.effective_from <= now)
        .order_by(DispatchPolicyRow.effective_from.desc())
        .limit(1)
    )
    if row is None:
        raise FailedPrecondition("DISPATCH_POLICY_MISSING", "no dispatch policy is in force")
    return _policy(row)


async def add(
    session: AsyncSession, decision: Decision, excluded_technician_ids: list[str], person_id: str
) -> None:
    """Keep a decision with every candidate that passed."""
    session.add(
        DispatchDecisionRow(
            decision_id=decision.decision_id,
            work_order_id=decision.work_order_id,
            policy_version=decision.policy.version,
            decided_at=decision.decided_at,
            decided_by_person_id=person_id,
            excluded_technician_ids=excluded_technician_ids,
            candidates=[_stored(candidate) for candidate in decision.ranking.candidates],
            excluded=dict(decision.ranking.excluded),
        )
    )
    await session.flush()


async def read(session: AsyncSession, decision_id: str) -> Decision:
    """A decision as it was made (``DISPATCH_DECISION_UNKNOWN``)."""
    row = await session.get(DispatchDecisionRow, decision_id)
    if row is None:
        raise NotFound(
            "DISPATCH_DECISION_UNKNOWN",
            f"there is no dispatch decision {decision_id!r}",
            field="decision_id",
        )
    policy = await session.get_one(DispatchPolicyRow, row.policy_version)
    return Decision(
        decision_id=row.decision_id,
        work_order_id=row.work_order_id,
        policy=_policy(policy),
        ranking=Ranking(
            tuple(_candidate(stored) for stored in row.candidates),
            {reason: row.excluded[reason] for reason in Exclusion if reason in row.excluded},
        ),
        decided_at=row.decided_at,
    )


def _policy(row: DispatchPolicyRow) -> Policy:
    return Policy(
        version=row.policy_version,
        weights={
            Factor.DISTANCE: row.distance_weight,
            Factor.LOAD: row.load_weight,
            Factor.SKILL_FIT: row.skill_fit_weight,
            Factor.RATING: row.rating_weight,
        },
        road_factor_basis_points=row.road_factor_basis_points,
        distance_limit_m=row.distance_limit_m,
        unrated_rating_hundredths=row.unrated_rating_hundredths,
    )


def _stored(candidate: Candidate) -> dict[str, Any]:
    # Field by field: ``dataclasses.asdict`` copies deeply and takes longer than the ranking.
    raw = candidate.raw
    return {
        "technician_id": candidate.technician_id,
        "outlet_id": candidate.outlet_id,
        "cooperation_mode": candidate.cooperation_mode,
        "raw": {name: getattr(raw, name) for name in Raw.__slots__},
        "scores": candidate.scores,
        "score": candidate.score,
    }


def _candidate(stored: dict[str, Any]) -> Candidate:
    scores = {Factor(name): score for name, score in stored["scores"].items()}
    return Candidate(**{**stored, "raw": Raw(**stored["raw"]), "scores": scores})
