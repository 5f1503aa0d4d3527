"""Where accounts stand: now, and as of any business instant as known at any instant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.settlement.domain.ledger.transfers import AccountBalance, Balance, LedgerAccount
from services.settlement.tables.ledger import LedgerAccountRow, LedgerBalanceRow

_AS_OF: Final = """
    SELECT a.ledger_account, a.currency, b.posted_minor, b.pending_debit_minor,
           b.pending_credit_minor
      FROM ledger_account a
      CROSS JOIN LATERAL ledger_balance_as_of(
           a.account_number, coalesce(CAST(:effective_before AS timestamptz), 'infinity'),
           ledger_known_through(coalesce(CAST(:known_at AS timestamptz), 'infinity'))) b
"""
_ONE_AS_OF: Final = text(
    _AS_OF + "WHERE a.ledger_account = :ledger_account AND a.currency = :currency"
)
_ALL_AS_OF: Final = text(
    _AS_OF + "WHERE starts_with(a.ledger_account, :prefix) AND a.ledger_account >= :prefix"
    " ORDER BY a.ledger_account, a.currency"
)


async def balance(session: AsyncSession, account: LedgerAccount, currency: str) -> Balance:
    """Where an account stands now; nothing on one that was never opened. The cost does not depend
    on how much was posted."""
    row = await session.scalar(
        select(LedgerBalanceRow)
        .join(LedgerAccountRow, LedgerAccountRow.account_number == LedgerBalanceRow.account_number)
        .where(
            LedgerAccountRow.ledger_account == account.code, LedgerAccountRow.currency == currency
        )
        .execution_options(populate_existing=True)
    )
    return Balance() if row is None else _balance_of(row)


async def balance_as_of(
    session: AsyncSession,
    account: LedgerAccount,
    currency: str,
    effective_before: datetime | None = None,
    known_at: datetime | None = None,
) -> Balance:
    """Where an account stood.

    Args:
        session: the transaction.
        account: whose balance.
        currency: in which currency.
        effective_before: counts what is effective before this instant; None: everything.
        known_at: counts what had been recorded by this instant, itself included; None: everything.

    Reads sums that postings left behind, and some thousand transfers at most, however many there
    are (see migration 0002).
    """
    row = (
        await session.execute(
            _ONE_AS_OF,
            {
                "ledger_account": account.code,
                "currency": currency,
                "effective_before": effective_before,
                "known_at": known_at,
            },
        )
    ).one_or_none()
    if row is None:
        return Balance()
    return _balance_of(row)


async def balances_as_of(
    session: AsyncSession,
    prefix: str,
    effective_before: datetime | None = None,
    known_at: datetime | None = None,
) -> Sequence[AccountBalance]:
    """Where the accounts whose name starts with a prefix stood; see ``balance_as_of``."""
    values = {"prefix": prefix, "effective_before": effective_before, "known_at": known_at}
    return [
        AccountBalance(row.ledger_account, row.currency, _balance_of(row))
        for row in await session.execute(_ALL_AS_OF, values)
    ]


async def balances(session: AsyncSession, prefix: str) -> Sequence[AccountBalance]:
    """Balances of the accounts whose name starts with a prefix."""
    account = LedgerAccountRow.ledger_account
    rows = await session.execute(
        select(account, LedgerAccountRow.currency, LedgerBalanceRow)
        .join(LedgerBalanceRow, LedgerAccountRow.account_number == LedgerBalanceRow.account_number)
        .where(account.startswith(prefix, autoescape=True))
        .order_by(account, LedgerAccountRow.currency)
        .execution_options(populate_existing=True)
    )
    return [AccountBalance(code, currency, _balance_of(row)) for code, currency, row in rows]


def _balance_of(row: LedgerBalanceRow | Row[Any]) -> Balance:
    return Balance(row.posted_minor, row.pending_debit_minor, row.pending_credit_minor)
