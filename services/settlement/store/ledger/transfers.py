"""Recording transfers: hold, post, resolve, reverse.

One insert is one posting. The database waits for its turn, checks what a transfer refers to, moves
the balances and seals the posting in that same statement (see migration 0002), so nothing here
does. From its first posting to its end a transaction keeps everybody else from posting: lock your
own rows first, post last, commit soon.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import BigInteger, DateTime, Text

from kit.errors import FailedPrecondition
from services.settlement.domain.ledger.transfers import (
    Document,
    LedgerAccount,
    Transfer,
    TransferState,
)
from services.settlement.store.ledger.refusals import refusal_of
from services.settlement.tables.ledger import LedgerAccountRow

_TURN: Final = text("SELECT greatest(CAST(:at AS timestamptz), ledger_turn())")

_TEXTS: Final = ("debit", "credit", "currency", "transfer_kind", "leg", "rule_id", "memo")
_INSERT: Final = text(
    """
    INSERT INTO ledger_transfer (
        debit_account_number, credit_account_number, amount_minor, recorded_at, effective_at,
        state, transfer_kind, document_kind, document_id, leg, rule_id, memo)
    SELECT d.account_number, c.account_number, t.amount_minor, :at,
           coalesce(t.effective_at, :effective_at), :state, t.transfer_kind, :document_kind,
           :document_id, t.leg, t.rule_id, t.memo
      FROM unnest(:debit, :credit, :currency, :transfer_kind, :leg, :rule_id, :memo,
                  :amount_minor, :effective)
           WITH ORDINALITY AS t (debit, credit, currency, transfer_kind, leg, rule_id, memo,
                                 amount_minor, effective_at, position)
      JOIN ledger_account d ON d.ledger_account = t.debit AND d.currency = t.currency
      JOIN ledger_account c ON c.ledger_account = t.credit AND c.currency = t.currency
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

#: Transfers of a document that await a resolution, or may be undone, are followed amount by amount:
#: the record is followed, nothing is computed again.
_FOLLOW: Final = """
    INSERT INTO ledger_transfer (
        debit_account_number, credit_account_number, amount_minor, refers_to_transfer_number,
        recorded_at, effective_at, state, transfer_kind, document_kind, document_id, leg, rule_id,
        memo)
    SELECT {accounts}, o.amount_minor, o.transfer_number, :at,
           greatest(:effective_at, o.effective_at), :state, {kind}, o.document_kind, o.document_id,
           o.leg, o.rule_id, :memo
      FROM ledger_transfer o
     WHERE o.document_kind = :document_kind AND o.document_id = :document_id
       AND {followed}
       AND (CAST(:legs AS text[]) IS NULL OR o.leg = ANY (:legs))
       AND NOT EXISTS (SELECT FROM ledger_transfer f
                        WHERE f.refers_to_transfer_number = o.transfer_number)
     ORDER BY o.transfer_number
    RETURNING transfer_number, leg
"""
_FOLLOW_TYPES: Final = (
    bindparam("legs", type_=ARRAY(Text)),
    bindparam("at", type_=DateTime(timezone=True)),
    bindparam("effective_at", type_=DateTime(timezone=True)),
)
_RESOLVE: Final = text(
    _FOLLOW.format(
        accounts="o.debit_account_number, o.credit_account_number",
        kind="o.transfer_kind",
        followed="o.state = 'pending'",
    )
).bindparams(*_FOLLOW_TYPES)
_REVERSE: Final = text(
    _FOLLOW.format(
        accounts="o.credit_account_number, o.debit_account_number",
        kind="'reversal'",
        followed="o.state = 'posted' AND o.transfer_kind <> 'reversal'",
    )
).bindparams(*_FOLLOW_TYPES)


async def hold(
    session: AsyncSession, document: Document, transfers: Sequence[Transfer], at: datetime
) -> list[int]:
    """Record pending transfers of a document as one posting; accounts are opened on the way.

    Returns: the transfers' numbers, in their order.

    Raises:
        FailedPrecondition: ``SETTLEMENT_ACCOUNT_OVERDRAWN``, ``SETTLEMENT_PERIOD_CLOSED``.
        AlreadyExists: ``SETTLEMENT_TRANSFER_EXISTS`` when the document holds this leg already.
    """
    return await _insert(session, document, transfers, TransferState.PENDING, at)


async def post(
    session: AsyncSession, document: Document, transfers: Sequence[Transfer], at: datetime
) -> list[int]:
    """Record transfers of a document as posted at once, as one posting.

    Returns: the transfers' numbers, in their order.

    Raises: as ``hold``.
    """
    return await _insert(session, document, transfers, TransferState.POSTED, at)


async def resolve(
    session: AsyncSession,
    document: Document,
    to_state: TransferState,
    at: datetime,
    legs: Sequence[str] | None = None,
    memo: str = "",
    effective_at: datetime | None = None,
) -> list[int]:
    """Post or void what a document holds pending, as one posting.

    Args:
        session: the transaction.
        document: whose pending transfers.
        to_state: posted or voided.
        at: when it is recorded.
        legs: only these, each of which must be pending; None: all there are, which may be none.
        memo: for people.
        effective_at: the business instant it counts for; None: when it is recorded. Never before
            what it resolves.

    Returns: the numbers of the new transfers.

    Raises:
        FailedPrecondition: ``SETTLEMENT_LEG_NOT_OPEN`` when a leg is not pending;
            ``SETTLEMENT_ACCOUNT_OVERDRAWN``, ``SETTLEMENT_PERIOD_CLOSED``.
    """
    values = {"state": to_state.value, "memo": memo}
    return await _follow(session, _RESOLVE, values, document, at, legs, effective_at, "pending")


async def reverse(
    session: AsyncSession,
    document: Document,
    at: datetime,
    legs: Sequence[str] | None = None,
    memo: str = "",
    effective_at: datetime | None = None,
) -> list[int]:
    """Undo what a document has posted, as one posting: the same amounts the other way round.

    Arguments, answer and errors are those of ``resolve``; a leg that was reversed stays so.
    """
    values = {"state": TransferState.POSTED.value, "memo": memo}
    return await _follow(session, _REVERSE, values, document, at, legs, effective_at, "posted")


async def open_accounts(
    session: AsyncSession, accounts: Sequence[tuple[LedgerAccount, str]]
) -> None:
    """Open accounts, each in a currency, that are not open yet."""
    rows = [
        {
            "party_kind": account.party_kind,
            "party_id": account.party_id,
            "account_kind": account.account_kind,
            "currency": currency,
            "may_be_negative": account.may_be_negative,
        }
        for account, currency in accounts
    ]
    await session.execute(insert(LedgerAccountRow).values(rows).on_conflict_do_nothing())


async def take_turn(session: AsyncSession, at: datetime) -> datetime:
    """Wait until nobody else posts, till the end of this transaction.

    Returns: when what is posted now is recorded: at ``at``, or when the newest posting was if a
    clock is behind, since postings are recorded in their order.
    """
    recorded: datetime = (await session.execute(_TURN, {"at": at})).scalar_one()
    return recorded


async def _insert(
    session: AsyncSession,
    document: Document,
    transfers: Sequence[Transfer],
    state: TransferState,
    at: datetime,
) -> list[int]:
    if not transfers:
        return []
    recorded_at = await take_turn(session, at)
    # In the turn, so that two who open the same accounts never wait for each other.
    accounts = {(side, t.amount.currency) for t in transfers for side in (t.debit, t.credit)}
    await open_accounts(session, list(accounts))
    values: dict[str, Any] = {
        "document_kind": document.kind,
        "document_id": document.id,
        "state": state.value,
        "at": recorded_at,
        "effective_at": at,
        "debit": [t.debit.code for t in transfers],
        "credit": [t.credit.code for t in transfers],
        "currency": [t.amount.currency for t in transfers],
        "amount_minor": [t.amount.amount_minor for t in transfers],
        "effective": [t.effective_at for t in transfers],
        **{name: [getattr(t, name) for t in transfers] for name in _TEXTS[3:]},
    }
    async with _refused_by_name():
        return list((await session.scalars(_INSERT, values)).all())


async def _follow(
    session: AsyncSession,
    statement: Any,
    values: dict[str, str],
    document: Document,
    at: datetime,
    legs: Sequence[str] | None,
    effective_at: datetime | None,
    needed: str,
) -> list[int]:
    recorded_at = await take_turn(session, at)
    asked: dict[str, Any] = {
        **values,
        "document_kind": document.kind,
        "document_id": document.id,
        "legs": None if legs is None else list(legs),
        "at": recorded_at,
        "effective_at": effective_at or at,
    }
    async with _refused_by_name():
        rows = (await session.execute(statement, asked)).all()
    missing = set(legs or ()) - {row.leg for row in rows}
    if missing:
        raise FailedPrecondition(
            "SETTLEMENT_LEG_NOT_OPEN",
            f"{document.kind} {document.id} has no {needed} transfer of {', '.join(sorted(missing))}"
            " that is still open; look at its transfers",
        )
    return [row.transfer_number for row in rows]


@asynccontextmanager
async def _refused_by_name() -> AsyncIterator[None]:
    """What the database refuses, as our own errors."""
    try:
        yield
    except IntegrityError as error:
        refusal = refusal_of(error.orig)
        if refusal is None:
            raise
        raise refusal from error
