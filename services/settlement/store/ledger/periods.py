"""Closed periods: what a statement counted is never joined by anything later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Text

from services.settlement.domain.ledger.transfers import LedgerAccount
from services.settlement.store.ledger.inserting import (
    open_accounts,
    refused_by_name,
    take_turn,
)

_WATERMARK: Final = text("SELECT coalesce(max(last_transfer_number), 0) FROM ledger_block")
_CLOSE: Final = text(
    """
    INSERT INTO ledger_closed_period
           (account_number, period_end, watermark_transfer_number, closed_at)
    SELECT account_number, :period_end, :watermark, :at
      FROM ledger_account
     WHERE currency = :currency AND ledger_account = ANY (:accounts)
    """
).bindparams(bindparam("accounts", type_=ARRAY(Text)))
_CLOSED_BEFORE: Final = text(
    """
    SELECT closed_before
      FROM ledger_balance JOIN ledger_account USING (account_number)
     WHERE ledger_account = :ledger_account AND currency = :currency
    """
)


async def newest(session: AsyncSession) -> int:
    """The newest transfer's number; others may come right after."""
    number: int = (await session.execute(_WATERMARK)).scalar_one()
    return number


async def watermark(session: AsyncSession, at: datetime) -> int:
    """The newest transfer's number, and none comes between until this transaction ends: it takes
    the turn."""
    await take_turn(session, at)
    return await newest(session)


async def close(
    session: AsyncSession,
    accounts: Sequence[LedgerAccount],
    currency: str,
    end: datetime,
    watermark: int,
    at: datetime,
) -> None:
    """Close a period of accounts: nothing is effective on them before its end any more.

    Args:
        session: the transaction.
        accounts: whose period; those never used are opened.
        currency: in which currency.
        end: the first instant after the period.
        watermark: the newest transfer that its statement looked at; see ``watermark``.
        at: when it is closed.

    Raises:
        FailedPrecondition: ``SETTLEMENT_PERIOD_ORDER`` when an account is closed that far already,
            or with a watermark above this one.
    """
    await take_turn(session, at)
    await open_accounts(session, [(account, currency) for account in accounts])
    values = {
        "period_end": end,
        "watermark": watermark,
        "at": at,
        "currency": currency,
        "accounts": [account.code for account in accounts],
    }
    async with refused_by_name():
        await session.execute(_CLOSE, values)


async def closed_before(
    session: AsyncSession, account: LedgerAccount, currency: str
) -> datetime | None:
    """The end of an account's last closed period: the earliest instant a transfer may count for;
    None when none was closed."""
    values = {"ledger_account": account.code, "currency": currency}
    end: datetime | None = (await session.execute(_CLOSED_BEFORE, values)).scalar_one_or_none()
    return end
