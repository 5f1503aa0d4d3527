"""Receipts, which part of them pays what, and refunds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import AlreadyExists, NotFound
from services.settlement.domain.receipts.refund import refund_missing
from services.settlement.tables.receipts import ReceiptAllocationRow, ReceiptRow, RefundRow


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which receipts a list asks for; empty means any."""

    payer_kind: str
    payer_id: str
    channel_code: str
    work_order_id: str
    unallocated: bool


async def add(
    session: AsyncSession, row: ReceiptRow, allocations: Sequence[ReceiptAllocationRow]
) -> None:
    """Record what came in and what it pays; the database counts it on both sides.

    Raises:
        AlreadyExists: ``SETTLEMENT_RECEIPT_EXISTS`` when the channel's number was recorded before.
    """
    if row.channel_number:
        standing = await session.scalar(
            select(ReceiptRow.receipt_id).where(
                ReceiptRow.channel_code == row.channel_code,
                ReceiptRow.channel_number == row.channel_number,
                ReceiptRow.reversed_at.is_(None),
            )
        )
        if standing is not None:
            raise AlreadyExists(
                "SETTLEMENT_RECEIPT_EXISTS",
                f"{row.channel_code} {row.channel_number} is recorded already as {standing}",
                field="channel_number",
                details={"receipt_id": standing},
            )
    session.add(row)
    await session.flush()
    await allocate(session, row, allocations)


async def allocate(
    session: AsyncSession, row: ReceiptRow, allocations: Sequence[ReceiptAllocationRow]
) -> None:
    """Let a receipt pay receivables; the row is read again, as the database counted it."""
    session.add_all(allocations)
    await session.flush()
    await session.refresh(row)


async def read(session: AsyncSession, receipt_id: str, *, lock: bool = False) -> ReceiptRow:
    """A receipt.

    Raises:
        NotFound: ``SETTLEMENT_RECEIPT_NOT_FOUND``.
    """
    row = await session.get(
        ReceiptRow, receipt_id, with_for_update=lock or None, populate_existing=lock
    )
    if row is None:
        raise NotFound(
            "SETTLEMENT_RECEIPT_NOT_FOUND",
            f"there is no receipt {receipt_id!r}",
            field="receipt_id",
        )
    return row


async def page(
    session: AsyncSession, wanted: Wanted, before: str, size: int
) -> Sequence[ReceiptRow]:
    """The newest receipts from before an id on, at most so many."""
    query = select(ReceiptRow).order_by(ReceiptRow.receipt_id.desc()).limit(size)
    for column, value in (
        (ReceiptRow.payer_kind, wanted.payer_kind),
        (ReceiptRow.payer_id, wanted.payer_id),
        (ReceiptRow.channel_code, wanted.channel_code),
        (ReceiptRow.work_order_id, wanted.work_order_id),
    ):
        if value:
            query = query.where(column == value)
    if wanted.unallocated:
        spoken_for = ReceiptRow.allocated_minor + ReceiptRow.refunded_free_minor
        query = query.where(spoken_for < ReceiptRow.amount_minor, ReceiptRow.reversed_at.is_(None))
    if before:
        query = query.where(ReceiptRow.receipt_id < before)
    return (await session.scalars(query)).all()


async def add_refund(session: AsyncSession, row: RefundRow) -> None:
    """Record that money shall go back; what is asked back is counted on its receipt."""
    session.add(row)
    await session.flush()
    await session.refresh(row)


async def lock_refund(session: AsyncSession, refund_id: str) -> RefundRow:
    """A refund, nobody else's to decide until this transaction ends.

    Raises:
        NotFound: ``SETTLEMENT_REFUND_NOT_FOUND``.
    """
    row = await session.get(RefundRow, refund_id, with_for_update=True)
    if row is None:
        raise refund_missing(refund_id)
    return row


async def currencies(session: AsyncSession, receipt_ids: Collection[str]) -> Mapping[str, str]:
    """The currency of each of some receipts."""
    found = await session.execute(
        select(ReceiptRow.receipt_id, ReceiptRow.currency).where(
            ReceiptRow.receipt_id.in_(receipt_ids)
        )
    )
    return dict(found.tuples().all())


async def refunds(
    session: AsyncSession, state: str, receipt_id: str, before: str, size: int
) -> Sequence[RefundRow]:
    """The newest refunds from before an id on, at most so many."""
    query = select(RefundRow).order_by(RefundRow.refund_id.desc()).limit(size)
    for column, value in ((RefundRow.state, state), (RefundRow.receipt_id, receipt_id)):
        if value:
            query = query.where(column == value)
    if before:
        query = query.where(RefundRow.refund_id < before)
    return (await session.scalars(query)).all()
