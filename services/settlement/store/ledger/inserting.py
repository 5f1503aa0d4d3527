"""Inserting transfers: one statement is one posting, of one document or of many."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import BigInteger, Boolean, DateTime, Text

from services.settlement.domain.ledger.transfers import (
    Document,
    LedgerAccount,
    Transfer,
    TransferState,
)
from services.settlement.store.ledger.refusals import refusal_of

_TURN: Final = text("SELECT greatest(CAST(:at AS timestamptz), ledger_turn())")

_TEXTS: Final = (
    "debit", "credit", "currency", "state", "document_kind", "document_id", "transfer_kind", "leg",
    "rule_id", "memo",
)  # fmt: skip
#: Accounts are looked up one by one: a join would sooner or later read all accounts for a few.
_INSERT: Final = text(
    """
    INSERT INTO ledger_transfer (
        debit_account_number, credit_account_number, amount_minor, recorded_at, effective_at,
        state, transfer_kind, document_kind, document_id, leg, rule_id, memo)
    SELECT (SELECT account_number FROM ledger_account
             WHERE ledger_account = t.debit AND currency = t.currency),
           (SELECT account_number FROM ledger_account
             WHERE ledger_account = t.credit AND currency = t.currency),
           t.amount_minor, :at,
           coalesce(t.effective_at, :effective_at), t.state, t.transfer_kind, t.document_kind,
           t.document_id, t.leg, t.rule_id, t.memo
      FROM unnest(:debit, :credit, :currency, :state, :document_kind, :document_id,
                  :transfer_kind, :leg, :rule_id, :memo, :amount_minor, :effective)
           WITH ORDINALITY AS t (debit, credit, currency, state, document_kind, document_id,
                                 transfer_kind, leg, rule_id, memo, amount_minor, effective_at,
                                 position)
     ORDER BY t.position
    RETURNING transfer_number
    """
).bindparams(
    *(bindparam(name, type_=ARRAY(Text)) for name in _TEXTS),
    bindparam("amount_minor", type_=ARRAY(BigInteger)),
    bindparam("effective", type_=ARRAY(DateTime(timezone=True))),
    bindparam("at", type_=DateTime(timezone=True)),
    bindparam("effective_at", type_=DateTime(timezone=True)),
)


_OPEN: Final = text(
    """
    INSERT INTO ledger_account (party_kind, party_id, account_kind, currency, may_be_negative)
    SELECT party_kind, party_id, account_kind, currency, may_be_negative
      FROM unnest(:codes, :party_kinds, :party_ids, :account_kinds, :currencies, :may_be_negative)
           AS asked (code, party_kind, party_id, account_kind, currency, may_be_negative)
     WHERE (SELECT account_number FROM ledger_account open
             WHERE open.ledger_account = asked.code AND open.currency = asked.currency) IS NULL
    ON CONFLICT DO NOTHING
    """
).bindparams(
    *(
        bindparam(name, type_=ARRAY(Text))
        for name in ("codes", "party_kinds", "party_ids", "account_kinds", "currencies")
    ),
    bindparam("may_be_negative", type_=ARRAY(Boolean)),
)


@dataclass(frozen=True, slots=True)
class NewTransfer:
    """A transfer to insert: whose it is, and whether it is held or posted at once."""

    document: Document
    state: TransferState
    transfer: Transfer


async def open_accounts(
    session: AsyncSession, accounts: Sequence[tuple[LedgerAccount, str]]
) -> None:
    """Open accounts, each in a currency, that are not open yet."""
    await session.execute(
        _OPEN,
        {
            "codes": [account.code for account, _ in accounts],
            "party_kinds": [account.party_kind for account, _ in accounts],
            "party_ids": [account.party_id for account, _ in accounts],
            "account_kinds": [account.account_kind for account, _ in accounts],
            "currencies": [currency for _, currency in accounts],
            "may_be_negative": [account.may_be_negative for account, _ in accounts],
        },
    )


async def take_turn(session: AsyncSession, at: datetime) -> datetime:
    """Wait until nobody else posts, till the end of this transaction.

    Returns: when what is posted now is recorded: at ``at``, or when the newest posting was if a
    clock is behind, since postings are recorded in their order.
    """
    recorded: datetime = (await session.execute(_TURN, {"at": at})).scalar_one()
    return recorded


async def insert_transfers(
    session: AsyncSession, rows: Sequence[NewTransfer], at: datetime
) -> tuple[list[int], datetime]:
    """Insert transfers as one posting; accounts are opened on the way.

    Returns: the transfers' numbers, in their order, and when they were recorded.

    Raises:
        ServiceError: what the ledger refuses; see ``refusals``.
    """
    if not rows:
        return [], at
    recorded_at = await take_turn(session, at)
    given = [row.transfer for row in rows]
    # In the turn, so that two who open the same accounts never wait for each other.
    accounts = {(side, t.amount.currency) for t in given for side in (t.debit, t.credit)}
    await open_accounts(session, list(accounts))
    values = {
        "at": recorded_at,
        "effective_at": at,
        "debit": [t.debit.code for t in given],
        "credit": [t.credit.code for t in given],
        "currency": [t.amount.currency for t in given],
        "amount_minor": [t.amount.amount_minor for t in given],
        "state": [row.state.value for row in rows],
        "document_kind": [row.document.kind for row in rows],
        "document_id": [row.document.id for row in rows],
        "effective": [t.effective_at for t in given],
        "transfer_kind": [str(t.transfer_kind) for t in given],
        "leg": [str(t.leg) for t in given],
        "rule_id": [t.rule_id for t in given],
        "memo": [t.memo for t in given],
    }
    async with refused_by_name():
        numbers = list((await session.scalars(_INSERT, values)).all())
    return numbers, recorded_at


@asynccontextmanager
async def refused_by_name() -> AsyncIterator[None]:
    """What the database refuses, as our own errors."""
    try:
        yield
    except IntegrityError as error:
        refusal = refusal_of(error.orig)
        if refusal is None:
            raise
        raise refusal from error
