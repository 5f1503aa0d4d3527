"""Fee events: every decision kept, the last of each key the one that counts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement

from kit.ids import new_id
from services.workorder.domain.access import Scope
from services.workorder.domain.on_site.commands import Party
from services.workorder.domain.on_site.fees import Decided, Fee, FeeKind
from services.workorder.store.scopes import within
from services.workorder.tables.on_site import FeeEventRow
from services.workorder.tables.work_orders import WorkOrderRow


async def of_work_order(session: AsyncSession, work_order_id: str) -> Sequence[FeeEventRow]:
    """Of each fee of a work order its last decision, as they were made."""
    rows = await session.scalars(
        select(FeeEventRow)
        .where(FeeEventRow.work_order_id == work_order_id, _is_last())
        .order_by(FeeEventRow.fee_event_id)
    )
    return rows.all()


def decided(rows: Collection[FeeEventRow]) -> dict[str, Decided]:
    """Decisions by the fee that they are of."""
    return {
        row.fee_key: Decided(
            Fee(
                row.fee_key,
                FeeKind(row.kind),
                Party(row.charged_party),
                row.minutes,
                row.occurred_at,
            ),
            row.version,
            row.void,
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class Decision:
    """Of what, for whose work, by which rule and when fees are decided."""

    work_order_id: str
    technician_id: str
    rule_id: str
    at: datetime


async def add(
    session: AsyncSession, decision: Decision, anew: Collection[Decided]
) -> list[FeeEventRow]:
    """Write down what was decided."""
    rows = [
        FeeEventRow(
            fee_event_id=new_id("fe", decision.at),
            work_order_id=decision.work_order_id,
            fee_key=each.fee.fee_key,
            version=each.version,
            kind=each.fee.kind,
            charged_party=each.fee.charged_party,
            minutes=each.fee.minutes,
            technician_id=decision.technician_id,
            occurred_at=each.fee.occurred_at,
            void=each.void,
            rule_id=decision.rule_id,
            decided_at=decision.at,
        )
        for each in anew
    ]
    session.add_all(rows)
    await session.flush()
    return rows


async def page(
    session: AsyncSession,
    scope: Scope,
    *,
    work_order_id: str,
    technician_id: str,
    before: str,
    size: int,
) -> Sequence[FeeEventRow]:
    """The last decisions, newest first, from the one made before ``before`` on (empty: from the
    newest); an empty id limits nothing."""
    query = (
        select(FeeEventRow)
        .join(WorkOrderRow, WorkOrderRow.work_order_id == FeeEventRow.work_order_id)
        .where(_is_last(), *within(scope))
        .order_by(FeeEventRow.fee_event_id.desc())
        .limit(size)
    )
    if before:
        query = query.where(FeeEventRow.fee_event_id < before)
    if work_order_id:
        query = query.where(FeeEventRow.work_order_id == work_order_id)
    if technician_id:
        query = query.where(FeeEventRow.technician_id == technician_id)
    return (await session.scalars(query)).all()


def _is_last() -> ColumnElement[bool]:
    later = aliased(FeeEventRow)
    return ~(
        select(later)
        .where(
            later.work_order_id == FeeEventRow.work_order_id,
            later.fee_key == FeeEventRow.fee_key,
            later.version > FeeEventRow.version,
        )
        .exists()
    )
