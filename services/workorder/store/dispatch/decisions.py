"""The decisions of dispatch, each with every candidate that passed."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import fields
from typing import Final

import numpy as np
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.workorder.domain.dispatch.columns import Int64s
from services.workorder.domain.dispatch.decision import Decision, Known
from services.workorder.domain.dispatch.matching import Ranking
from services.workorder.domain.dispatch.policy import Factor
from services.workorder.domain.dispatch.rules import Exclusion
from services.workorder.domain.dispatch.scoring import Values
from services.workorder.store.dispatch.needs import need_from_json, need_to_json
from services.workorder.store.dispatch.policies import policy_of
from services.workorder.tables.dispatch import DispatchDecisionRow, DispatchPolicyRow

_VALUES: Final = tuple(field.name for field in fields(Values))
_SCORE: Final = "score"
#: The fastest one: the matrix is small, and most of it alike.
_COMPRESSION: Final = 1


async def add(session: AsyncSession, decision: Decision, person_id: str) -> None:
    """Keep a decision with every candidate that passed."""
    ranking = decision.ranking
    columns = _columns(ranking)
    session.add(
        DispatchDecisionRow(
            decision_id=decision.decision_id,
            work_order_id=decision.work_order_id,
            policy_version=decision.policy.version,
            decided_at=decision.decided_at,
            decided_by_person_id=person_id,
            evaluator=decision.evaluator,
            need=decision.need and need_to_json(decision.need),
            facts_through=decision.known.through,
            facts_missing=sorted(decision.known.missing),
            mean_earned=ranking.mean_earned,
            technician_count=ranking.technician_count,
            planned_technician_id=decision.planned_technician_id,
            excluded=dict(ranking.excluded),
            technician_ids=list(ranking.technician_ids),
            outlet_ids=list(ranking.outlet_ids),
            cooperation_modes=list(ranking.cooperation_modes),
            value_columns=list(columns),
            value_matrix=zlib.compress(
                np.stack(list(columns.values())).astype("<i8").tobytes(), _COMPRESSION
            ),
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
    return await _decision(session, row)


async def page(
    session: AsyncSession, work_order_id: str, before: str, size: int
) -> Sequence[Decision]:
    """The decisions of a work order, newest first, from the one before ``before`` on."""
    query = (
        select(DispatchDecisionRow)
        .where(DispatchDecisionRow.work_order_id == work_order_id)
        .order_by(DispatchDecisionRow.decision_id.desc())
        .limit(size)
    )
    if before:
        query = query.where(DispatchDecisionRow.decision_id < before)
    return [await _decision(session, row) for row in await session.scalars(query)]


async def newest(session: AsyncSession, work_order_ids: Sequence[str], most: int) -> list[Decision]:
    """The newest decisions that say what was asked: of these work orders one each, or of all."""
    query = (
        select(DispatchDecisionRow)
        .where(DispatchDecisionRow.need.is_not(None))
        .order_by(DispatchDecisionRow.decision_id.desc())
        .limit(most)
    )
    if work_order_ids:
        last = (
            select(DispatchDecisionRow.decision_id)
            .where(DispatchDecisionRow.work_order_id.in_(work_order_ids))
            .distinct(DispatchDecisionRow.work_order_id)
            .order_by(DispatchDecisionRow.work_order_id, DispatchDecisionRow.decision_id.desc())
        )
        query = query.where(DispatchDecisionRow.decision_id.in_(last))
    return [await _decision(session, row) for row in await session.scalars(query)]


def _columns(ranking: Ranking) -> dict[str, Int64s]:
    values = {name: getattr(ranking.values, name) for name in _VALUES}
    scores = {f"{factor}_{_SCORE}": ranking.scores[factor] for factor in Factor}
    return values | scores | {_SCORE: ranking.score}


async def _decision(session: AsyncSession, row: DispatchDecisionRow) -> Decision:
    policy = await session.get_one(DispatchPolicyRow, row.policy_version)
    count = len(row.technician_ids)
    numbers = np.frombuffer(zlib.decompress(row.value_matrix), "<i8").astype(np.int64)
    matrix = dict(
        zip(row.value_columns, numbers.reshape(len(row.value_columns), count), strict=True)
    )
    ranking = Ranking(
        technician_ids=tuple(row.technician_ids),
        outlet_ids=tuple(row.outlet_ids),
        cooperation_modes=tuple(row.cooperation_modes),
        values=Values(**{name: matrix[name] for name in _VALUES}),
        scores={factor: matrix[f"{factor}_{_SCORE}"] for factor in Factor},
        score=matrix[_SCORE],
        mean_earned=row.mean_earned,
        excluded={each: row.excluded[each] for each in Exclusion if each in row.excluded},
        technician_count=row.technician_count,
    )
    return Decision(
        decision_id=row.decision_id,
        work_order_id=row.work_order_id,
        policy=policy_of(policy),
        ranking=ranking,
        decided_at=row.decided_at,
        need=need_from_json(row.need) if row.need is not None else None,
        known=Known(row.facts_through, frozenset(row.facts_missing)),
        evaluator=row.evaluator,
        planned_technician_id=row.planned_technician_id,
    )
