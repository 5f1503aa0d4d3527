"""Adjustment rules by version, and the facts they were asked about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.settlement.domain.adjustments.rule import (
    AdjustmentRule,
    RuleKind,
    RuleState,
    rule_missing,
)
from services.settlement.tables.adjustments import AdjustmentFactRow, AdjustmentRuleVersionRow


async def versions(session: AsyncSession, kind: RuleKind | None = None) -> list[AdjustmentRule]:
    """Every version of the rules of a kind, or of all, by code and version."""
    row = AdjustmentRuleVersionRow
    query = select(row).order_by(row.rule_code, row.version)
    if kind is not None:
        query = query.where(row.rule_kind == kind.value)
    return [rule_of(found) for found in await session.scalars(query)]


async def rows(
    session: AsyncSession, rule_code: str, newest_only: bool
) -> Sequence[AdjustmentRuleVersionRow]:
    """Versions with who put and decided them: of one rule, or of all; newest first."""
    row = AdjustmentRuleVersionRow
    query = select(row).order_by(row.rule_code, row.version.desc())
    if rule_code:
        query = query.where(row.rule_code == rule_code)
    if newest_only:
        query = query.distinct(row.rule_code)
    return (await session.scalars(query)).all()


async def lock(session: AsyncSession) -> None:
    """Until this transaction ends nobody else puts a rule."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtext('settlement'), hashtext('adjustment_rule'))")
    )


async def newest(session: AsyncSession, rule_code: str) -> AdjustmentRuleVersionRow | None:
    """The newest version of a rule, whatever became of it."""
    found = await rows(session, rule_code, newest_only=True)
    return found[0] if rule_code and found else None


async def find(session: AsyncSession, rule_code: str, version: int) -> AdjustmentRuleVersionRow:
    """A version, or the newest for 0.

    Raises:
        NotFound: ``SETTLEMENT_ADJUSTMENT_RULE_NOT_FOUND``.
    """
    row = AdjustmentRuleVersionRow
    number = version or await session.scalar(
        select(func.max(row.version)).where(row.rule_code == rule_code)
    )
    found = await session.scalar(
        select(row).where(row.rule_code == rule_code, row.version == number)
    )
    if found is None:
        raise rule_missing(rule_code)
    return found


async def lock_version(
    session: AsyncSession, rule_code: str, version: int
) -> AdjustmentRuleVersionRow:
    """A version, nobody else's to decide until this transaction ends.

    Raises:
        NotFound: ``SETTLEMENT_ADJUSTMENT_RULE_NOT_FOUND``.
    """
    found = await session.get(AdjustmentRuleVersionRow, (rule_code, version), with_for_update=True)
    if found is None:
        raise rule_missing(rule_code)
    return found


async def note(
    session: AsyncSession,
    kind: RuleKind,
    facts: dict[str, Any],
    at: datetime,
    earning_id: str = "",
    work_order_id: str = "",
) -> None:
    """Keep what a rule is asked about."""
    session.add(
        AdjustmentFactRow(
            rule_kind=kind.value,
            earning_id=earning_id,
            work_order_id=work_order_id,
            noted_at=at,
            facts=facts,
        )
    )
    await session.flush()


def rule_of(row: AdjustmentRuleVersionRow) -> AdjustmentRule:
    """A version as decisions know it."""
    return AdjustmentRule(
        rule_code=row.rule_code,
        version=row.version,
        rule_kind=RuleKind(row.rule_kind),
        label=row.label,
        currency=row.currency,
        effective_from=row.effective_from,
        automatic_limit_minor=row.automatic_limit_minor,
        terms=row.terms,
        state=RuleState(row.state),
        put_by_person_id=row.put_by_person_id,
    )
