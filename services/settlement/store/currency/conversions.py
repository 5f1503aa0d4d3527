"""What balances consist of, what was converted, and what other currencies are owed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from services.settlement.domain.currency.conversion import Conversion, Lot, legs
from services.settlement.domain.ledger.transfers import Document, LedgerAccount
from services.settlement.store.ledger import transfers
from services.settlement.tables.currency import ConversionRow
from services.settlement.tables.ledger import LedgerAccountRow, LedgerBalanceRow

#: Accounts of what parties own.
_OWNED: Final = ("earning", "holdback")

_CREDITS: Final = text(
    """
    SELECT m.posted_minor, m.effective_at
      FROM ledger_movement m JOIN ledger_account a USING (account_number)
     WHERE a.ledger_account = :ledger_account AND a.currency = :currency AND m.posted_minor > 0
     ORDER BY m.effective_at, m.transfer_number
    """
)


async def credits_of(session: AsyncSession, account: str, currency: str) -> list[Lot]:
    """All that an account was ever given, in the order it was earned."""
    rows = await session.execute(_CREDITS, {"ledger_account": account, "currency": currency})
    return [Lot(row.posted_minor, row.effective_at) for row in rows]


async def add(
    session: AsyncSession,
    conversion_id: str,
    owner: LedgerAccount,
    conversion: Conversion,
    at: datetime,
    person_id: str,
    reason: str,
) -> ConversionRow:
    """Record a conversion and post it.

    Raises:
        FailedPrecondition: ``SETTLEMENT_ACCOUNT_OVERDRAWN``.
    """
    row = ConversionRow(
        conversion_id=conversion_id,
        party_kind=owner.party_kind,
        party_id=owner.party_id,
        account_kind=owner.account_kind,
        from_currency=conversion.converted.currency,
        from_minor=conversion.converted.amount_minor,
        to_currency=conversion.received.currency,
        to_minor=conversion.received.amount_minor,
        booked_minor=conversion.booked.amount_minor,
        gain_minor=conversion.gain.amount_minor,
        exchange_rate_id=conversion.rate.exchange_rate_id,
        ratio=str(conversion.rate.ratio),
        rounding=conversion.rounding.value,
        lots=[
            {
                "amount_minor": each.lot.amount_minor,
                "earned_at": each.lot.earned_at.isoformat(),
                "exchange_rate_id": each.rate.exchange_rate_id,
                "ratio": str(each.rate.ratio),
                "booked_minor": each.booked.amount_minor,
            }
            for each in conversion.lots
        ],
        converted_at=at,
        converted_by_person_id=person_id,
        reason=reason,
    )
    session.add(row)
    await session.flush()
    memo = f"{conversion.converted} → {conversion.received}"
    moved = legs(conversion, owner, memo)
    await transfers.post(session, Document("exchange", conversion_id), moved, at)
    return row


async def page(
    session: AsyncSession, party_id: str, before: str, size: int
) -> Sequence[ConversionRow]:
    """Conversions, the newest first, at most one more than ``size``."""
    query = select(ConversionRow).order_by(ConversionRow.conversion_id.desc()).limit(size + 1)
    if party_id:
        query = query.where(ConversionRow.party_id == party_id)
    if before:
        query = query.where(ConversionRow.conversion_id < before)
    return (await session.scalars(query)).all()


@dataclass(frozen=True, slots=True)
class Owed:
    """What somebody owns in a currency."""

    ledger_account: str
    currency: str
    posted_minor: int


async def owed(
    session: AsyncSession, prefix: str, but: str, after: tuple[str, str] | None, size: int
) -> Sequence[Owed]:
    """What parties own in other currencies than one, by account, at most one more than ``size``."""
    account = LedgerAccountRow
    key: tuple[Any, Any] = (account.ledger_account, account.currency)
    query = (
        select(*key, LedgerBalanceRow.posted_minor)
        .join(LedgerBalanceRow, LedgerBalanceRow.account_number == account.account_number)
        .where(
            account.account_kind.in_(_OWNED),
            account.currency != but,
            account.ledger_account.startswith(prefix, autoescape=True),
            LedgerBalanceRow.posted_minor > 0,
        )
        .order_by(*key)
        .limit(size + 1)
    )
    if after is not None:
        query = query.where(tuple_(*key) > after)
    return [Owed(*row) for row in await session.execute(query)]
