"""Recording transfers: hold, post, resolve, reverse.

One insert is one posting. The database waits for its turn, checks what a transfer refers to, moves
the balances and seals the posting in that same statement (see migration 0002), so nothing here
does. From its first posting to its end a transaction keeps everybody else from posting: lock your
own rows first, post last, commit soon.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import DateTime, Text

from kit.errors import FailedPrecondition
from services.settlement.domain.ledger.transfers import Document, Transfer, TransferState
from services.settlement.store.ledger.inserting import (
    NewTransfer,
    insert_transfers,
    refused_by_name,
)
from services.settlement.store.ledger.inserting import take_turn as take_turn

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
       AND (SELECT f.transfer_number FROM ledger_transfer f
             WHERE f.refers_to_transfer_number = o.transfer_number) IS NULL
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


async def _insert(
    session: AsyncSession,
    document: Document,
    transfers: Sequence[Transfer],
    state: TransferState,
    at: datetime,
) -> list[int]:
    rows = [NewTransfer(document, state, transfer) for transfer in transfers]
    return (await insert_transfers(session, rows, at))[0]


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
    async with refused_by_name():
        rows = (await session.execute(statement, asked)).all()
    missing = set(legs or ()) - {row.leg for row in rows}
    if missing:
        raise FailedPrecondition(
            "SETTLEMENT_LEG_NOT_OPEN",
            f"{document.kind} {document.id} has no {needed} transfer of {', '.join(sorted(missing))}"
            " that is still open; look at its transfers",
        )
    return [row.transfer_number for row in rows]
