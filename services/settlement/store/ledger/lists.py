"""Reading transfers and accounts, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    func,
    literal,
    select,
    true,
    tuple_,
    union,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from kit.errors import InvalidArgument
from services.settlement.tables.ledger import (
    LedgerAccountRow,
    LedgerBalanceRow,
    LedgerTransferRow,
    NamedTransfer,
    OpenAccount,
)

_JUST_BEFORE: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class WantedTransfers:
    """Which transfers a list asks for; empty means any."""

    ledger_account: str = ""
    party_kind: str = ""
    party_id: str = ""
    document_kind: str = ""
    document_id: str = ""
    transfer_kind: str = ""
    state: str = ""
    currency: str = ""
    effective_from: datetime | None = None
    effective_before: datetime | None = None
    recorded_from: datetime | None = None
    recorded_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class WantedAccounts:
    """Which accounts a list asks for; empty means any."""

    search: str = ""
    party_kind: str = ""
    account_kind: str = ""
    currency: str = ""


async def transfers(
    session: AsyncSession, wanted: WantedTransfers, after: str, size: int
) -> Sequence[NamedTransfer]:
    """Transfers in the order of their recording, one more than asked for when there is more.

    Raises:
        InvalidArgument: ``PAGE_TOKEN_INVALID`` when ``after`` is no transfer number.
    """
    if not after.isdecimal():
        raise InvalidArgument(
            "PAGE_TOKEN_INVALID", "pass next_page_token as it was given", field="page.page_token"
        )
    row = LedgerTransferRow
    debit, credit = aliased(LedgerAccountRow), aliased(LedgerAccountRow)
    query = (
        select(row, debit.ledger_account, credit.ledger_account, debit.currency)
        .join(debit, debit.account_number == row.debit_account_number)
        .join(credit, credit.account_number == row.credit_account_number)
        .order_by(row.transfer_number)
        .limit(size + 1)
    )
    conditions = [row.transfer_number > int(after), *_conditions(wanted)]
    if wanted.ledger_account or wanted.party_kind or wanted.party_id:
        query = query.where(row.transfer_number.in_(_of_accounts(wanted, conditions, size + 1)))
    else:
        query = query.where(*conditions)
        if wanted.currency:
            query = query.where(debit.currency == wanted.currency)
    return [NamedTransfer(*found) for found in await session.execute(query)]


async def accounts(
    session: AsyncSession, wanted: WantedAccounts, after: tuple[str, str], size: int
) -> Sequence[OpenAccount]:
    """Accounts by name and currency from after one on, one more than asked for when there is more."""
    row = LedgerAccountRow
    query = (
        select(row, LedgerBalanceRow)
        .join(LedgerBalanceRow, LedgerBalanceRow.account_number == row.account_number)
        .where(
            tuple_(row.ledger_account, row.currency) > tuple_(*(literal(part) for part in after))
        )
        .order_by(row.ledger_account, row.currency)
        .limit(size + 1)
        .execution_options(populate_existing=True)
    )
    for column, value in (
        (row.party_kind, wanted.party_kind),
        (row.account_kind, wanted.account_kind),
        (row.currency, wanted.currency),
    ):
        if value:
            query = query.where(column == value)
    if wanted.search:
        query = query.where(row.ledger_account.contains(wanted.search, autoescape=True))
    return [OpenAccount(*found) for found in await session.execute(query)]


def _conditions(wanted: WantedTransfers) -> list[ColumnElement[bool]]:
    row = LedgerTransferRow
    conditions: list[ColumnElement[bool]] = [
        column == value
        for column, value in (
            (row.document_kind, wanted.document_kind),
            (row.document_id, wanted.document_id),
            (row.transfer_kind, wanted.transfer_kind),
            (row.state, wanted.state),
        )
        if value
    ]
    if wanted.effective_from:
        conditions.append(row.effective_at >= wanted.effective_from)
    if wanted.effective_before:
        conditions.append(row.effective_at < wanted.effective_before)
    # Numbers follow the time of recording: an instant is a number.
    if wanted.recorded_from:
        conditions.append(row.transfer_number > _recorded_before(wanted.recorded_from))
    if wanted.recorded_before:
        conditions.append(row.transfer_number <= _recorded_before(wanted.recorded_before))
    return conditions


def _recorded_before(instant: datetime) -> ColumnElement[int]:
    return select(func.ledger_known_through(instant - _JUST_BEFORE)).scalar_subquery()


def _of_accounts(
    wanted: WantedTransfers, conditions: Sequence[ColumnElement[bool]], most: int
) -> Select[tuple[int]]:
    """The first numbers of transfers from or to some accounts: a few of each, found by its index."""
    account = LedgerAccountRow
    asked = [
        column == value
        for column, value in (
            (account.ledger_account, wanted.ledger_account),
            (account.party_kind, wanted.party_kind),
            (account.party_id, wanted.party_id),
            (account.currency, wanted.currency),
        )
        if value
    ]
    of = select(account.account_number).where(and_(true(), *asked)).subquery()
    row = LedgerTransferRow
    both = union(
        _of_side(of, row.debit_account_number, conditions, most),
        _of_side(of, row.credit_account_number, conditions, most),
    ).subquery()
    number: Any = both.c.transfer_number
    return select(number).order_by(number).limit(most)


def _of_side(
    accounts: Subquery,
    side: InstrumentedAttribute[int],
    conditions: Sequence[ColumnElement[bool]],
    most: int,
) -> Select[tuple[int]]:
    number = LedgerTransferRow.transfer_number
    found = (
        select(number)
        .where(side == accounts.c.account_number, *conditions)
        .order_by(number)
        .limit(most)
        .lateral()
    )
    return select(found.c.transfer_number).select_from(accounts.join(found, true()))
