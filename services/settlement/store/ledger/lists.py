"""Reading transfers, with the names of their accounts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from kit.errors import InvalidArgument
from services.settlement.tables.ledger import (
    LedgerAccountRow,
    LedgerTransferRow,
    NamedTransfer,
)


async def transfers(
    session: AsyncSession, document_id: str, ledger_account: str, after: str, size: int
) -> Sequence[NamedTransfer]:
    """Transfers in the order of their recording, one more than asked for when there is more.

    Raises:
        InvalidArgument: ``PAGE_TOKEN_INVALID`` when ``after`` is no transfer number.
    """
    if not after.isdecimal():
        raise InvalidArgument(
            "PAGE_TOKEN_INVALID", "pass next_page_token as it was given", field="page.page_token"
        )
    debit, credit = aliased(LedgerAccountRow), aliased(LedgerAccountRow)
    row = LedgerTransferRow
    query = (
        select(row, debit.ledger_account, credit.ledger_account, debit.currency)
        .join(debit, debit.account_number == row.debit_account_number)
        .join(credit, credit.account_number == row.credit_account_number)
        .where(row.transfer_number > int(after))
        .order_by(row.transfer_number)
        .limit(size + 1)
    )
    if document_id:
        query = query.where(row.document_id == document_id)
    if ledger_account:
        numbers = select(LedgerAccountRow.account_number).where(
            LedgerAccountRow.ledger_account == ledger_account
        )
        query = query.where(
            or_(row.debit_account_number.in_(numbers), row.credit_account_number.in_(numbers))
        )
    return [NamedTransfer(*found) for found in await session.execute(query)]
