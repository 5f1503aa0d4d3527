"""The versions of the dispatch policy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import AlreadyExists, FailedPrecondition, NotFound
from services.workorder.domain.dispatch.policy import Factor, Policy
from services.workorder.tables.dispatch import DispatchPolicyRow


def policy_of(row: DispatchPolicyRow) -> Policy:
    """A policy as the matcher takes it."""
    return Policy(
        version=row.policy_version,
        weights={factor: row.weights.get(factor, 0) for factor in Factor},
        **row.parameters,
    )


async def in_force(session: AsyncSession, now: datetime) -> DispatchPolicyRow:
    """The policy in force at an instant (``DISPATCH_POLICY_MISSING``)."""
    row = await session.scalar(
        select(DispatchPolicyRow)
        .where(DispatchPolicyRow.effective_from <= now)
        .order_by(DispatchPolicyRow.effective_from.desc())
        .limit(1)
    )
    if row is None:
        raise FailedPrecondition("DISPATCH_POLICY_MISSING", "no dispatch policy is in force")
    return row


async def read(session: AsyncSession, policy_version: str) -> DispatchPolicyRow:
    """One version (``DISPATCH_POLICY_UNKNOWN``)."""
    row = await session.get(DispatchPolicyRow, policy_version)
    if row is None:
        raise NotFound(
            "DISPATCH_POLICY_UNKNOWN",
            f"there is no dispatch policy {policy_version!r}",
            field="policy_version",
        )
    return row


async def page(
    session: AsyncSession, before: datetime | None, size: int
) -> Sequence[DispatchPolicyRow]:
    """Versions by when they begin, the latest first."""
    query = select(DispatchPolicyRow).order_by(DispatchPolicyRow.effective_from.desc()).limit(size)
    if before is not None:
        query = query.where(DispatchPolicyRow.effective_from < before)
    return (await session.scalars(query)).all()


async def add(session: AsyncSession, row: DispatchPolicyRow) -> None:
    """Keep a version.

    Raises:
        AlreadyExists: ``DISPATCH_POLICY_EXISTS``: its name, or the instant it begins at, is taken.
    """
    same_name = DispatchPolicyRow.policy_version == row.policy_version
    same_instant = DispatchPolicyRow.effective_from == row.effective_from
    taken = await session.scalar(select(DispatchPolicyRow).where(same_name | same_instant).limit(1))
    if taken is not None:
        field = "policy_version" if taken.policy_version == row.policy_version else "effective_from"
        raise AlreadyExists(
            "DISPATCH_POLICY_EXISTS",
            f"policy {taken.policy_version!r} is named so or begins then; choose another {field}",
            field=f"policy.{field}",
        )
    session.add(row)
    await session.flush()
