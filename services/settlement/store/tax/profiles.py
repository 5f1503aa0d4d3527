"""Payee profiles: put in versions, looked up for a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from services.settlement.domain.tax.profile import (
    Payee,
    PayeeProfile,
    ProfileKind,
    needed_profile,
)
from services.settlement.tables.tax import PayeeProfileRow

_TURN = text("SELECT pg_advisory_xact_lock(hashtext('settlement.payee'), hashtext(:payee))")


async def take_turn(session: AsyncSession, payee: Payee) -> None:
    """Let nobody else put a profile for a payee, or withhold from them, until this transaction
    ends."""
    await session.execute(_TURN, {"payee": f"{payee.party_kind}:{payee.payee_id}"})


async def newest_version(session: AsyncSession, payee: Payee) -> int:
    """How many versions a payee's profile has. Call ``take_turn`` first to put the next."""
    newest = await session.scalar(
        select(func.max(PayeeProfileRow.version)).where(
            PayeeProfileRow.party_kind == payee.party_kind,
            PayeeProfileRow.payee_id == payee.payee_id,
        )
    )
    return newest or 0


async def put(
    session: AsyncSession, profile: PayeeProfile, at: datetime, person_id: str
) -> PayeeProfileRow:
    """Store a profile's new version."""
    row = PayeeProfileRow(
        party_kind=profile.payee.party_kind,
        payee_id=profile.payee.payee_id,
        version=profile.version,
        valid_from=profile.valid_from,
        profile_kind=profile.profile_kind.value,
        vat_ratio=profile.vat_ratio,
        identity_reference=profile.identity_reference,
        reason=profile.reason,
        put_at=at,
        put_by_person_id=person_id,
    )
    session.add(row)
    await session.flush()
    return row


async def on_day(session: AsyncSession, payee: Payee, on: date) -> PayeeProfile:
    """The profile a payee has on a day, their own or that of their party kind.

    Raises:
        FailedPrecondition: ``SETTLEMENT_PAYEE_PROFILE_MISSING``.
    """
    rows = await session.scalars(
        select(PayeeProfileRow).where(
            PayeeProfileRow.party_kind == payee.party_kind,
            PayeeProfileRow.payee_id.in_({payee.payee_id, ""}),
            PayeeProfileRow.valid_from <= on,
        )
    )
    return needed_profile([profile_of(row) for row in rows], payee, on)


async def row_of(session: AsyncSession, profile: PayeeProfile) -> PayeeProfileRow:
    """The stored row of a profile."""
    key = (profile.payee.party_kind, profile.payee.payee_id, profile.version)
    return await session.get_one(PayeeProfileRow, key)


async def page(
    session: AsyncSession,
    party_kind: str,
    payee_id: str,
    after: tuple[str, str, int] | None,
    size: int,
) -> Sequence[PayeeProfileRow]:
    """Versions by payee, at most one more than ``size``; what is empty does not matter."""
    key = (PayeeProfileRow.party_kind, PayeeProfileRow.payee_id, PayeeProfileRow.version)
    query = select(PayeeProfileRow).order_by(*key).limit(size + 1)
    if party_kind:
        query = query.where(PayeeProfileRow.party_kind == party_kind)
    if payee_id:
        query = query.where(PayeeProfileRow.payee_id == payee_id)
    if after is not None:
        query = query.where(tuple_(*key) > after)
    return (await session.scalars(query)).all()


def profile_of(row: PayeeProfileRow) -> PayeeProfile:
    """A stored profile."""
    return PayeeProfile(
        payee=Payee(row.party_kind, row.payee_id),
        version=row.version,
        valid_from=row.valid_from,
        profile_kind=ProfileKind(row.profile_kind),
        vat_ratio=row.vat_ratio,
        identity_reference=row.identity_reference,
        reason=row.reason,
    )
