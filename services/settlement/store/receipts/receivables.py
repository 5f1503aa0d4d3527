"""Receivables: adding, locking, reading by payer, by age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import AlreadyExists
from services.settlement.domain.receipts.receivable import (
    Payer,
    Purpose,
    ReceivableState,
    receivable_missing,
)
from services.settlement.tables.receipts import ReceivableRow


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which receivables a list asks for; empty means any."""

    payer_kind: str
    payer_id: str
    state: str
    work_order_id: str
    due_before: date | None


async def add(session: AsyncSession, row: ReceivableRow) -> None:
    """Record what somebody owes.

    Raises:
        AlreadyExists: ``SETTLEMENT_RECEIVABLE_EXISTS`` when the work order is billed to this payer
            for this purpose already.
    """
    if row.work_order_id and row.purpose != Purpose.EXTRA:
        standing = await session.scalar(
            select(ReceivableRow.receivable_id).where(
                ReceivableRow.work_order_id == row.work_order_id,
                ReceivableRow.payer_kind == row.payer_kind,
                ReceivableRow.payer_id == row.payer_id,
                ReceivableRow.purpose == row.purpose,
                ReceivableRow.state != ReceivableState.CANCELLED,
            )
        )
        if standing is not None:
            raise AlreadyExists(
                "SETTLEMENT_RECEIVABLE_EXISTS",
                f"work order {row.work_order_id} is billed for this by {standing} already; cancel"
                " that first, or bill an extra",
                field="work_order_id",
                details={"receivable_id": standing},
            )
    session.add(row)
    await session.flush()
    await session.refresh(row)


async def read(session: AsyncSession, receivable_id: str, *, lock: bool = False) -> ReceivableRow:
    """A receivable.

    Raises:
        NotFound: ``SETTLEMENT_RECEIVABLE_NOT_FOUND``.
    """
    row = await session.get(
        ReceivableRow, receivable_id, with_for_update=lock or None, populate_existing=lock
    )
    if row is None:
        raise receivable_missing(receivable_id)
    return row


async def open_of(session: AsyncSession, payer: Payer, currency: str) -> Sequence[ReceivableRow]:
    """What a payer owes in a currency, locked, in the order in which it is paid."""
    rows = await session.scalars(
        select(ReceivableRow)
        .where(
            ReceivableRow.payer_kind == payer.kind,
            ReceivableRow.payer_id == payer.payer_id,
            ReceivableRow.currency == currency,
            ReceivableRow.state == ReceivableState.OPEN,
        )
        .order_by(ReceivableRow.due_on, ReceivableRow.receivable_id)
        .with_for_update()
    )
    return rows.all()


async def page(
    session: AsyncSession, wanted: Wanted, before: str, size: int
) -> Sequence[ReceivableRow]:
    """The newest receivables from before an id on, at most so many."""
    query = select(ReceivableRow).order_by(ReceivableRow.receivable_id.desc()).limit(size)
    for column, value in (
        (ReceivableRow.payer_kind, wanted.payer_kind),
        (ReceivableRow.payer_id, wanted.payer_id),
        (ReceivableRow.state, wanted.state),
        (ReceivableRow.work_order_id, wanted.work_order_id),
    ):
        if value:
            query = query.where(column == value)
    if wanted.due_before:
        query = query.where(
            ReceivableRow.due_on < wanted.due_before, ReceivableRow.state == ReceivableState.OPEN
        )
    if before:
        query = query.where(ReceivableRow.receivable_id < before)
    return (await session.scalars(query)).all()


_AGES: Final = text(
    """
    SELECT payer_kind, payer_id, currency, sum(owed)::bigint AS open_minor,
           coalesce(sum(owed) FILTER (WHERE late <= 0), 0)::bigint AS not_due_minor,
           coalesce(sum(owed) FILTER (WHERE late BETWEEN 1 AND 30), 0)::bigint AS to_30_minor,
           coalesce(sum(owed) FILTER (WHERE late BETWEEN 31 AND 60), 0)::bigint AS to_60_minor,
           coalesce(sum(owed) FILTER (WHERE late BETWEEN 61 AND 90), 0)::bigint AS to_90_minor,
           coalesce(sum(owed) FILTER (WHERE late > 90), 0)::bigint AS beyond_90_minor
      FROM (SELECT payer_kind, payer_id, currency, cast(:today AS date) - due_on AS late,
                   amount_minor - received_minor - credited_minor AS owed
              FROM receivable WHERE state = 'open') AS each
     WHERE (:payer_kind = '' OR payer_kind = :payer_kind)
       AND (payer_kind, payer_id, currency) > (:after_kind, :after_id, :after_currency)
     GROUP BY payer_kind, payer_id, currency
     ORDER BY payer_kind, payer_id, currency
     LIMIT :size
    """
)


async def ages(
    session: AsyncSession, payer_kind: str, today: date, after: tuple[str, str, str], size: int
) -> Sequence[Row[Any]]:
    """What each payer owes in each currency by how late it is, from after a payer on."""
    found = await session.execute(
        _AGES,
        {
            "payer_kind": payer_kind,
            "today": today,
            "after_kind": after[0],
            "after_id": after[1],
            "after_currency": after[2],
            "size": size,
        },
    )
    return found.all()
