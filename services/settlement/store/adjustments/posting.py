"""What adjustments and hold-backs do in the ledger: once each, in the ledger's turn."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.money import Money
from services.settlement.domain.adjustments import postings
from services.settlement.domain.adjustments.adjustment import AdjustmentKind, PartyShare
from services.settlement.domain.adjustments.month import counts_at
from services.settlement.domain.ledger.transfers import Document, LedgerAccount
from services.settlement.store.ledger import transfers
from services.settlement.store.ledger.balances import balance
from services.settlement.store.ledger.periods import closed_before
from services.settlement.tables.adjustments import AdjustmentRow, HoldbackRow
from services.settlement.tables.ledger import LedgerAccountRow, LedgerBalanceRow

_DEBT_LEG: Final = "/debt"


async def post(session: AsyncSession, row: AdjustmentRow, at: datetime) -> None:
    """Post an adjustment as one posting, and write down what of it became a debt.

    Raises:
        AlreadyExists: ``SETTLEMENT_TRANSFER_EXISTS`` when it was posted before.
    """
    await transfers.take_turn(session, at)
    shares = shares_of(row)
    available = await _available(session, postings.takes_from(shares), row.currency)
    moves = postings.moves_of(
        AdjustmentKind(row.kind),
        shares,
        available,
        await _counts_at(session, row, at),
        f"{row.rule_code}@{row.rule_version}" if row.rule_code else "",
        row.reason,
    )
    debts = {move.leg: move.amount.amount_minor for move in moves if _DEBT_LEG in move.leg}
    await transfers.post(session, _document(row), moves, at)
    for share in row.shares:
        share.debt_minor = debts.get(f"{share.position}{_DEBT_LEG}", 0)
    await session.flush()


async def reverse(session: AsyncSession, row: AdjustmentRow, at: datetime, memo: str) -> None:
    """Undo what an adjustment posted; what a party no longer has of it becomes its debt."""
    await transfers.take_turn(session, at)
    shares = shares_of(row)
    given = [postings.earning_account(s.party_kind, s.party_id) for s in shares]
    available = await _available(session, given, row.currency)
    await transfers.post(session, _document(row), postings.advances(shares, available, at), at)
    if legs := _legs(row):
        await transfers.reverse(session, _document(row), at, legs=legs, memo=memo)


async def can_offset(
    session: AsyncSession, party: tuple[str, str], currency: str, at: datetime
) -> int:
    """How much of a party's debt its balance can pay now, in minor units, till the end of this
    transaction; negative when more was paid than is owed."""
    await transfers.take_turn(session, at)
    debt = await balance(session, postings.debt_account(*party), currency)
    if debt.posted_minor == 0:
        return 0
    earning = await balance(session, postings.earning_account(*party), currency)
    return postings.offset_minor(earning.available_minor, debt.posted_minor)


async def offset(session: AsyncSession, row: AdjustmentRow, at: datetime) -> None:
    """Post what an offset says: its one share is negative when the balance pays."""
    share = shares_of(row)[0]
    move = postings.offset((share.party_kind, share.party_id), -share.amount, at, row.reason)
    await transfers.post(session, _document(row), [move], at)


async def indebted(session: AsyncSession, size: int) -> Sequence[tuple[str, str, str]]:
    """Parties (kind, id, currency) that owe something and have a balance that could pay of it."""
    debt, earning = LedgerAccountRow.__table__.alias(), LedgerAccountRow.__table__.alias()
    owed, owned = LedgerBalanceRow.__table__.alias(), LedgerBalanceRow.__table__.alias()
    found = await session.execute(
        select(debt.c.party_kind, debt.c.party_id, debt.c.currency)
        .join(owed, owed.c.account_number == debt.c.account_number)
        .join(
            earning,
            (earning.c.party_kind == debt.c.party_kind)
            & (earning.c.party_id == debt.c.party_id)
            & (earning.c.currency == debt.c.currency)
            & (earning.c.account_kind == "earning"),
        )
        .join(owned, owned.c.account_number == earning.c.account_number)
        .where(
            debt.c.account_kind == "debt",
            (owed.c.posted_minor > 0)
            | ((owed.c.posted_minor < 0) & (owned.c.posted_minor > owned.c.pending_debit_minor)),
        )
        .order_by(debt.c.party_kind, debt.c.party_id, debt.c.currency)
        .limit(size)
    )
    return [(kind, party, currency) for kind, party, currency in found]


async def begin_holdback(session: AsyncSession, row: HoldbackRow, at: datetime) -> None:
    """Put what is kept apart."""
    move = postings.holdback_begun(
        (row.party_kind, row.party_id), _kept(row), at, f"{row.rule_code}@{row.rule_version}"
    )
    await transfers.post(session, Document("holdback", row.holdback_id), [move], at)


async def end_holdback(
    session: AsyncSession, row: HoldbackRow, at: datetime, *, forfeited: bool
) -> None:
    """Let what was kept go, to its party or to the company; the ledger lets it go once.

    Raises:
        AlreadyExists: ``SETTLEMENT_TRANSFER_EXISTS`` when it went before.
    """
    move = postings.holdback_ended(
        (row.party_kind, row.party_id), _kept(row), at, row.end_reason, forfeited=forfeited
    )
    await transfers.post(session, Document("holdback", row.holdback_id), [move], at)


def shares_of(row: AdjustmentRow) -> list[PartyShare]:
    """An adjustment's shares as decisions know them, in their order."""
    return [
        PartyShare(each.party_kind, each.party_id, Money(row.currency, each.amount_minor))
        for each in row.shares
    ]


def _legs(row: AdjustmentRow) -> list[str]:
    """What an adjustment posted, leg by leg."""
    legs = []
    for share in row.shares:
        if abs(share.amount_minor) > share.debt_minor:
            legs.append(str(share.position))
        if share.debt_minor:
            legs.append(f"{share.position}{_DEBT_LEG}")
    return legs


async def _available(
    session: AsyncSession, accounts: Collection[LedgerAccount], currency: str
) -> dict[LedgerAccount, int]:
    return {
        account: (await balance(session, account, currency)).available_minor
        for account in set(accounts)
    }


async def _counts_at(session: AsyncSession, row: AdjustmentRow, at: datetime) -> datetime:
    if not row.month:
        return at
    accounts = [postings.other_side(AdjustmentKind(row.kind))]
    for each in row.shares:
        party = (each.party_kind, each.party_id)
        accounts += [postings.earning_account(*party), postings.debt_account(*party)]
    ends = [await closed_before(session, account, row.currency) for account in accounts]
    return counts_at(row.month, at, max((end for end in ends if end is not None), default=None))


def _kept(row: HoldbackRow) -> Money:
    return Money(row.currency, row.amount_minor)


def _document(row: AdjustmentRow) -> Document:
    return Document("adjustment", row.adjustment_id)
