"""Intake rules, version by version."""

from __future__ import annotations

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.workorder.tables.desk import IntakeRulesRow


async def find(session: AsyncSession, rules_version: int = 0) -> IntakeRulesRow | None:
    """A version of the rules, if there is one; 0 is the newest."""
    query = select(IntakeRulesRow).order_by(IntakeRulesRow.rules_version.desc()).limit(1)
    if rules_version:
        query = query.where(IntakeRulesRow.rules_version == rules_version)
    found: IntakeRulesRow | None = await session.scalar(query)
    return found


async def read(session: AsyncSession, rules_version: int) -> IntakeRulesRow:
    """A version of the rules (``INTAKE_RULES_UNKNOWN``)."""
    row = await find(session, rules_version)
    if row is None:
        raise NotFound(
            "INTAKE_RULES_UNKNOWN",
            f"there is no version {rules_version} of the intake rules",
            field="rules_version",
        )
    return row


async def lock_newest(session: AsyncSession) -> IntakeRulesRow | None:
    """The rules in force, if there are any; nobody puts others until the transaction ends."""
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('intake rules', 0))"))
    return await find(session)


async def add(session: AsyncSession, row: IntakeRulesRow) -> None:
    """Put other rules in force."""
    session.add(row)
    await session.flush()
