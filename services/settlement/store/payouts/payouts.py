"""Batches and payouts: adding, locking, reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import FailedPrecondition, NotFound, PermissionDenied
from services.settlement.domain.payouts.state import FINAL, BatchState
from services.settlement.domain.payouts.view import Sight
from services.settlement.tables.payouts import (
    PayoutApprovalRow,
    PayoutBatchRow,
    PayoutItemRow,
    PayoutNoticeRow,
    PayoutRow,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which payouts a list asks for; empty means any."""

    payout_batch_id: str = ""
    payee_id: str = ""
    state: str = ""


async def add(session: AsyncSession, batch: PayoutBatchRow, payouts: Sequence[PayoutRow]) -> None:
    """Record a batch with its payouts and their items."""
    session.add(batch)
    await session.flush()
    session.add_all(payouts)
    await session.flush()
    for row in payouts:
        await session.refresh(row, ["channel_number"])


async def lock_batch(session: AsyncSession, payout_batch_id: str) -> PayoutBatchRow:
    """A batch, nobody else's to change until this transaction ends (``SETTLEMENT_PAYOUT_NOT_FOUND``)."""
    row = await session.get(PayoutBatchRow, payout_batch_id, with_for_update=True)
    if row is None:
        raise _missing("payout batch", payout_batch_id, "payout_batch_id")
    return row


async def find_batch(session: AsyncSession, payout_batch_id: str) -> PayoutBatchRow:
    """A batch (``SETTLEMENT_PAYOUT_NOT_FOUND``)."""
    row = await session.get(PayoutBatchRow, payout_batch_id)
    if row is None:
        raise _missing("payout batch", payout_batch_id, "payout_batch_id")
    return row


async def require_by_hand(session: AsyncSession, earning_id: str) -> None:
    """Refuse to let somebody say by hand what only a payout's channel can tell.

    Raises:
        FailedPrecondition: ``SETTLEMENT_EARNING_IN_PAYOUT``.
    """
    payout_id = await session.scalar(
        select(PayoutItemRow.payout_id)
        .join(PayoutRow, PayoutRow.payout_id == PayoutItemRow.payout_id)
        .where(
            PayoutItemRow.earning_id == earning_id,
            PayoutItemRow.living,
            PayoutRow.submitted_at.is_not(None),
        )
    )
    if payout_id is not None:
        raise FailedPrecondition(
            "SETTLEMENT_EARNING_IN_PAYOUT",
            f"payout {payout_id} brings this earning to its payee; follow it there",
            field="earning_id",
            details={"payout_id": payout_id},
        )


async def approve(
    session: AsyncSession, batch: PayoutBatchRow, person_id: str, at: datetime
) -> None:
    """Record somebody's approval.

    Raises:
        PermissionDenied: ``SETTLEMENT_PAYOUT_FOUR_EYES``: they drew it, or put an account it pays to.
        FailedPrecondition: ``SETTLEMENT_PAYOUT_BATCH_STATE``.
    """
    if any(each.person_id == person_id for each in batch.approvals):
        return
    row = PayoutApprovalRow(
        payout_batch_id=batch.payout_batch_id, person_id=person_id, approved_at=at
    )
    try:
        batch.approvals.append(row)
        await session.flush()
    except IntegrityError as error:
        raise _refusal(error, batch) from error


async def batch_page(
    session: AsyncSession, state: str, before: str, size: int
) -> Sequence[PayoutBatchRow]:
    """The newest batches from before an id on: one more than asked for when there is another page."""
    query = select(PayoutBatchRow).order_by(PayoutBatchRow.payout_batch_id.desc()).limit(size + 1)
    if state:
        query = query.where(PayoutBatchRow.state == state)
    if before:
        query = query.where(PayoutBatchRow.payout_batch_id < before)
    return (await session.scalars(query)).all()


async def lock(session: AsyncSession, payout_id: str) -> PayoutRow:
    """A payout, nobody else's to change until this transaction ends (``SETTLEMENT_PAYOUT_NOT_FOUND``)."""
    row = await session.get(PayoutRow, payout_id, with_for_update=True)
    if row is None:
        raise _missing("payout", payout_id, "payout_id")
    return row


async def lock_number(
    session: AsyncSession, channel_code: str, channel_number: str
) -> PayoutRow | None:
    """The payout that a channel knows by this number, locked; None when it is none of ours."""
    row: PayoutRow | None = await session.scalar(
        select(PayoutRow)
        .where(PayoutRow.channel_number == channel_number, PayoutRow.channel_code == channel_code)
        .with_for_update()
    )
    return row


async def find(session: AsyncSession, payout_id: str, sight: Sight) -> PayoutRow:
    """A payout in somebody's sight (``SETTLEMENT_PAYOUT_NOT_FOUND``)."""
    row = await session.get(PayoutRow, payout_id)
    if row is None or not sight.covers(row.party_kind, row.payee_id):
        raise _missing("payout", payout_id, "payout_id")
    return row


async def of_batch(session: AsyncSession, payout_batch_id: str) -> Sequence[PayoutRow]:
    """The payouts of a batch."""
    query = select(PayoutRow).where(PayoutRow.payout_batch_id == payout_batch_id)
    return (await session.scalars(query.order_by(PayoutRow.payout_id))).all()


async def page(
    session: AsyncSession, wanted: Wanted, sight: Sight, before: str, size: int
) -> Sequence[PayoutRow]:
    """The newest payouts in somebody's sight: one more than asked for when there is another page."""
    query = select(PayoutRow).order_by(PayoutRow.payout_id.desc()).limit(size + 1)
    for column, value in (
        (PayoutRow.payout_batch_id, wanted.payout_batch_id),
        (PayoutRow.payee_id, wanted.payee_id),
        (PayoutRow.state, wanted.state),
    ):
        if value:
            query = query.where(column == value)
    if before:
        query = query.where(PayoutRow.payout_id < before)
    if not sight.sees_all:
        own = [
            (PayoutRow.party_kind == kind) & (PayoutRow.payee_id == payee)
            for kind, payee in sight.own
        ]
        query = query.where(or_(False, *own))
    return (await session.scalars(query)).all()


async def handed_over(
    session: AsyncSession, since: datetime, before: datetime, after: str, size: int
) -> Sequence[PayoutRow]:
    """Payouts that were handed over in a time, by id: one more than asked for when there is more."""
    query = (
        select(PayoutRow)
        .where(
            PayoutRow.submitted_at >= since,
            PayoutRow.submitted_at < before,
            PayoutRow.payout_id > after,
        )
        .order_by(PayoutRow.payout_id)
        .limit(size + 1)
    )
    return (await session.scalars(query)).all()


async def keep_notice(session: AsyncSession, row: PayoutNoticeRow) -> bool:
    """Keep what a channel told; False when it was told before."""
    kept = await session.execute(
        insert(PayoutNoticeRow)
        .values(
            channel_code=row.channel_code,
            notice_id=row.notice_id,
            channel_number=row.channel_number,
            standing=row.standing,
            received_at=row.received_at,
        )
        .on_conflict_do_nothing()
        .returning(PayoutNoticeRow.notice_id)
    )
    return kept.first() is not None


def is_over(rows: Sequence[PayoutRow]) -> bool:
    """Whether none of them is under way."""
    return all(row.payout_state in FINAL for row in rows)


def require_state(batch: PayoutBatchRow, needed: BatchState, done: str) -> None:
    """Refuse what a batch in its state does not allow (``SETTLEMENT_PAYOUT_BATCH_STATE``)."""
    if batch.state != needed:
        raise _wrong_state(batch, done)


def _wrong_state(batch: PayoutBatchRow, done: str) -> FailedPrecondition:
    return FailedPrecondition(
        "SETTLEMENT_PAYOUT_BATCH_STATE",
        f"a payout batch that is {batch.state} cannot be {done}; look at it again",
        field="payout_batch_id",
        details={"state": batch.state},
    )


def _refusal(error: IntegrityError, batch: PayoutBatchRow) -> Exception:
    name = error.orig.diag.constraint_name if isinstance(error.orig, psycopg.Error) else ""
    if name == "payout_four_eyes":
        return PermissionDenied(
            "SETTLEMENT_PAYOUT_FOUR_EYES",
            "whoever drew a batch, or put an account that it pays to, does not approve it; ask"
            " somebody else",
        )
    return error


def _missing(what: str, its_id: str, field: str) -> NotFound:
    return NotFound("SETTLEMENT_PAYOUT_NOT_FOUND", f"there is no {what} {its_id!r}", field=field)
