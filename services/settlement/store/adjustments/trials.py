"""What a rule can be tried on: facts that were noted, and earnings that were posted, in a time past."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.settlement.domain.adjustments.adjustment import AdjustmentKind
from services.settlement.domain.adjustments.rule import RuleKind
from services.settlement.domain.earnings.state import EarningState
from services.settlement.tables.adjustments import AdjustmentFactRow, AdjustmentRow
from services.settlement.tables.earnings import EarningChangeRow, EarningRow


@dataclass(frozen=True, slots=True)
class Span:
    """From an instant, to the first one after."""

    begin: datetime
    end: datetime


async def facts(session: AsyncSession, kind: RuleKind, span: Span) -> Sequence[AdjustmentFactRow]:
    """What rules of a kind were asked about, in that order."""
    row = AdjustmentFactRow
    query = (
        select(row)
        .where(row.rule_kind == kind.value, row.noted_at >= span.begin, row.noted_at < span.end)
        .order_by(row.adjustment_fact_number)
    )
    return (await session.scalars(query)).all()


async def earnings(session: AsyncSession, earning_ids: Collection[str]) -> Sequence[EarningRow]:
    """Some earnings, with their shares."""
    query = select(EarningRow).where(EarningRow.earning_id.in_(earning_ids))
    return (await session.scalars(query.order_by(EarningRow.earning_id))).all()


async def posted_earnings(session: AsyncSession, span: Span, currency: str) -> Sequence[EarningRow]:
    """Earnings that became payable, with their shares."""
    change = EarningChangeRow
    posted = (
        select(change.earning_id)
        .where(
            change.new_state == EarningState.PAYABLE.value,
            change.previous_state == EarningState.LOCKED.value,
            change.changed_at >= span.begin,
            change.changed_at < span.end,
        )
        .distinct()
    )
    query = (
        select(EarningRow)
        .where(EarningRow.earning_id.in_(posted), EarningRow.currency == currency)
        .order_by(EarningRow.earning_id)
    )
    return (await session.scalars(query)).all()


async def claw_backs(session: AsyncSession, span: Span, currency: str) -> Sequence[AdjustmentRow]:
    """Claw-backs that were proposed."""
    row = AdjustmentRow
    query = select(row).where(
        row.kind == AdjustmentKind.CLAW_BACK.value,
        row.currency == currency,
        row.proposed_at >= span.begin,
        row.proposed_at < span.end,
    )
    return (await session.scalars(query.order_by(row.adjustment_id))).all()
