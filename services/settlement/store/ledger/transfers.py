"""The ledger: recording what a step of an earning does in it, and reading it.

One insert is one posting. The database checks what a transfer refers to, moves the balances and
seals the posting in that same statement (see the migrations), so nothing here does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, insert, literal, or_, select
from sqlalchemy.dialects.postgresql import insert as insert_if_new
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import Internal, InvalidArgument
from services.settlement.domain.earnings.earning import Share
from services.settlement.domain.earnings.effects import FOLLOWING, held_by
from services.settlement.domain.earnings.state import LedgerEffect
from services.settlement.domain.ledger.transfers import (
    Following,
    PendingTransfer,
    TransferKind,
    TransferState,
)
from services.settlement.tables.earnings import EarningRow
from services.settlement.tables.ledger import LedgerAccountRow, LedgerBalanceRow, LedgerTransferRow

_COLUMNS: Final = (
    "debit_ledger_account",
    "credit_ledger_account",
    "currency",
    "amount_minor",
    "state",
    "transfer_kind",
    "earning_id",
    "leg",
    "refers_to_transfer_number",
    "recorded_at",
    "memo",
)


async def record(
    session: AsyncSession,
    earning: EarningRow,
    effect: LedgerEffect,
    shares: Sequence[Share],
    at: datetime,
) -> None:
    """Record what a step of an earning does in the ledger, as one posting.

    Args:
        session: the transaction, which holds the earning's lock.
        earning: the earning, moved on already.
        effect: what the step does.
        shares: the earning's recorded shares.
        at: when.
    """
    held = held_by(effect, shares)
    if not held:
        return
    if effect not in FOLLOWING:
        await _open_accounts(session, held)
        await _insert_pending(session, earning, held, at)
        return
    following = _select_following(FOLLOWING[effect], earning, at)
    numbers = await session.scalars(
        insert(LedgerTransferRow)
        .from_select(_COLUMNS, following)
        .returning(LedgerTransferRow.transfer_number)
    )
    if len(numbers.all()) != len(held):
        raise Internal(
            "SETTLEMENT_LEDGER_UNSOUND",
            f"the ledger does not hold what earning {earning.earning_id} promised; verify it",
        )


async def transfers(
    session: AsyncSession, earning_id: str, ledger_account: str, after: str, size: int
) -> Sequence[LedgerTransferRow]:
    """Transfers in the order of their recording, one more than asked for when there is more.

    Raises:
        InvalidArgument: ``PAGE_TOKEN_INVALID`` when ``after`` is no transfer number.
    """
    if not after.isdecimal():
        raise InvalidArgument(
            "PAGE_TOKEN_INVALID", "pass next_page_token as it was given", field="page.page_token"
        )
    number = LedgerTransferRow.transfer_number
    query = select(LedgerTransferRow).where(number > int(after)).order_by(number).limit(size + 1)
    if earning_id:
        query = query.where(LedgerTransferRow.earning_id == earning_id)
    if ledger_account:
        query = query.where(
            or_(
                LedgerTransferRow.debit_ledger_account == ledger_account,
                LedgerTransferRow.credit_ledger_account == ledger_account,
            )
        )
    return (await session.scalars(query)).all()


async def balances(session: AsyncSession, prefix: str) -> Sequence[LedgerBalanceRow]:
    """Balances of the accounts whose name starts with a prefix."""
    account = LedgerBalanceRow.ledger_account
    rows = await session.scalars(
        select(LedgerBalanceRow)
        .where(account.startswith(prefix, autoescape=True))
        .order_by(account, LedgerBalanceRow.currency)
    )
    return rows.all()


async def _open_accounts(session: AsyncSession, held: Sequence[PendingTransfer]) -> None:
    accounts = {
        (account.code, transfer.amount.currency): account
        for transfer in held
        for account in (transfer.debit, transfer.credit)
    }
    rows = [
        {
            "ledger_account": code,
            "currency": currency,
            "party_kind": account.party_kind,
            "party_id": account.party_id,
            "account_kind": account.account_kind,
        }
        # Always in this order, so that two who open the same accounts never wait for each other.
        for (code, currency), account in sorted(accounts.items())
    ]
    await session.execute(insert_if_new(LedgerAccountRow).values(rows).on_conflict_do_nothing())


async def _insert_pending(
    session: AsyncSession, earning: EarningRow, held: Sequence[PendingTransfer], at: datetime
) -> None:
    rows = [
        {
            "debit_ledger_account": transfer.debit.code,
            "credit_ledger_account": transfer.credit.code,
            "currency": transfer.amount.currency,
            "amount_minor": transfer.amount.amount_minor,
            "state": TransferState.PENDING.value,
            "transfer_kind": transfer.transfer_kind.value,
            "earning_id": earning.earning_id,
            "leg": transfer.leg,
            "recorded_at": at,
        }
        for transfer in held
    ]
    await session.execute(insert(LedgerTransferRow).values(rows))


def _select_following(
    following: Following, earning: EarningRow, at: datetime
) -> Select[tuple[Any, ...]]:
    origin = LedgerTransferRow
    accounts = (origin.debit_ledger_account, origin.credit_ledger_account)
    undone = following.kind is TransferKind.REVERSAL
    return (
        select(
            *(reversed(accounts) if undone else accounts),
            origin.currency,
            origin.amount_minor,
            literal(following.state.value),
            literal(following.kind.value),
            origin.earning_id,
            origin.leg,
            origin.transfer_number,
            literal(at),
            literal(earning.payout_reference),
        )
        .where(
            origin.earning_id == earning.earning_id,
            origin.transfer_kind == following.of_kind,
            origin.state == following.of_state,
        )
        .order_by(origin.transfer_number)
    )
