"""Tax tables: put by one, approved by another, read by what is paid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import psycopg
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import FailedPrecondition, NotFound
from services.settlement.domain.tax.content import content_of, table_of
from services.settlement.domain.tax.profile import ProfileKind
from services.settlement.domain.tax.table import TaxTable
from services.settlement.tables.tax import TaxTableApprovalRow, TaxTableRow

#: A table and its approval, if it has one.
Stored = tuple[TaxTableRow, TaxTableApprovalRow | None]


async def put(
    session: AsyncSession, table: TaxTable, source: str, at: datetime, person_id: str
) -> TaxTableRow:
    """Store a table; it counts once somebody else has approved it."""
    row = TaxTableRow(
        tax_table_id=table.tax_table_id,
        profile_kind=table.profile_kind.value,
        currency=table.currency,
        valid_from=table.valid_from,
        content=content_of(table),
        source=source,
        put_at=at,
        put_by_person_id=person_id,
    )
    session.add(row)
    await session.flush()
    return row


async def approve(
    session: AsyncSession, row: TaxTableRow, at: datetime, person_id: str
) -> TaxTableApprovalRow:
    """Say that a table is right.

    Raises:
        FailedPrecondition: ``SETTLEMENT_FOUR_EYES`` for whoever put it.
    """
    approval = TaxTableApprovalRow(
        tax_table_id=row.tax_table_id, approved_at=at, approved_by_person_id=person_id
    )
    session.add(approval)
    try:
        await session.flush()
    except IntegrityError as error:
        cause = error.orig
        if isinstance(cause, psycopg.Error) and (
            cause.diag.constraint_name == "tax_table_four_eyes"
        ):
            raise FailedPrecondition(
                "SETTLEMENT_FOUR_EYES",
                "you put this tax table; somebody else approves it",
                field="tax_table_id",
            ) from error
        raise
    return approval


async def lock(session: AsyncSession, tax_table_id: str) -> Stored:
    """A table and its approval, nobody else's to approve until this transaction ends.

    Raises:
        NotFound: ``SETTLEMENT_TAX_TABLE_NOT_FOUND``.
    """
    row = await session.get(TaxTableRow, tax_table_id, with_for_update=True)
    if row is None:
        raise NotFound(
            "SETTLEMENT_TAX_TABLE_NOT_FOUND",
            f"there is no tax table {tax_table_id!r}",
            field="tax_table_id",
        )
    return row, await session.get(TaxTableApprovalRow, tax_table_id)


async def approved(session: AsyncSession, profile_kind: ProfileKind) -> list[TaxTable]:
    """The tables that count for a profile kind, the last word last."""
    rows = await session.scalars(
        select(TaxTableRow)
        .join(TaxTableApprovalRow, TaxTableApprovalRow.tax_table_id == TaxTableRow.tax_table_id)
        .where(TaxTableRow.profile_kind == profile_kind)
        .order_by(TaxTableRow.table_number)
    )
    return [
        table_of(row.tax_table_id, row.profile_kind, row.currency, row.valid_from, row.content)
        for row in rows
    ]


async def page(
    session: AsyncSession, profile_kind: str, before: int | None, size: int
) -> Sequence[Stored]:
    """Tables, the last put first, at most one more than ``size``."""
    query = (
        select(TaxTableRow, TaxTableApprovalRow)
        .outerjoin(
            TaxTableApprovalRow, TaxTableApprovalRow.tax_table_id == TaxTableRow.tax_table_id
        )
        .order_by(TaxTableRow.table_number.desc())
        .limit(size + 1)
    )
    if profile_kind:
        query = query.where(TaxTableRow.profile_kind == profile_kind)
    if before is not None:
        query = query.where(TaxTableRow.table_number < before)
    return [(row, approval) for row, approval in await session.execute(query)]
