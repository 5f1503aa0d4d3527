"""Under which names payees are known to channels, and how much may go."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import FailedPrecondition
from services.settlement.domain.payouts.draw import Limits
from services.settlement.tables.payouts import PayoutAccountRow, PayoutLimitsRow

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext(:what))")


async def one_at_a_time(session: AsyncSession, what: str) -> None:
    """Nobody else does this until the transaction ends."""
    await session.execute(_ONE_AT_A_TIME, {"what": f"payout:{what}"})


async def put_account(session: AsyncSession, row: PayoutAccountRow) -> None:
    """Record the next version of a payee's account."""
    await one_at_a_time(session, f"account:{row.party_kind}:{row.payee_id}")
    newest = await session.scalar(
        select(func.max(PayoutAccountRow.version)).where(
            PayoutAccountRow.party_kind == row.party_kind,
            PayoutAccountRow.payee_id == row.payee_id,
        )
    )
    row.version = (newest or 0) + 1
    session.add(row)
    await session.flush()


async def accounts(
    session: AsyncSession, party_kind: str, payee_ids: Collection[str]
) -> dict[str, PayoutAccountRow]:
    """The accounts that are used for payees, by payee."""
    row = PayoutAccountRow
    found = await session.scalars(
        select(row)
        .where(row.party_kind == party_kind, row.payee_id.in_(payee_ids))
        .order_by(row.payee_id, row.version)
    )
    return {each.payee_id: each for each in found}


async def account_page(
    session: AsyncSession, payee_id: str, after: tuple[str, str, int], size: int
) -> Sequence[PayoutAccountRow]:
    """Accounts with all their versions, by payee."""
    row = PayoutAccountRow
    query = select(row).order_by(row.party_kind, row.payee_id, row.version).limit(size + 1)
    if payee_id:
        query = query.where(row.payee_id == payee_id)
    query = query.where(func.row(row.party_kind, row.payee_id, row.version) > func.row(*after))
    return (await session.scalars(query)).all()


async def limits(session: AsyncSession) -> PayoutLimitsRow:
    """The limits that count now."""
    return (
        await session.scalars(
            select(PayoutLimitsRow).order_by(PayoutLimitsRow.version.desc()).limit(1)
        )
    ).one()


async def put_limits(session: AsyncSession, row: PayoutLimitsRow, based_on: int) -> None:
    """Record the next limits.

    Raises:
        FailedPrecondition: ``SETTLEMENT_PAYOUT_LIMITS_STALE``.
    """
    await one_at_a_time(session, "limits")
    present = (await limits(session)).version
    if based_on != present:
        raise FailedPrecondition(
            "SETTLEMENT_PAYOUT_LIMITS_STALE",
            f"the limits are at version {present} by now; look at them again",
            field="payout_limits.version",
        )
    row.version = present + 1
    session.add(row)
    await session.flush()


def limits_of(row: PayoutLimitsRow) -> Limits:
    """Limits as decisions know them."""
    return Limits(
        least_minor=row.least_minor,
        per_payout_minor=row.per_payout_minor,
        per_batch_minor=row.per_batch_minor,
        per_day_minor=row.per_day_minor,
        per_payee_day_minor=row.per_payee_day_minor,
        payouts_per_batch=row.payouts_per_batch,
    )
