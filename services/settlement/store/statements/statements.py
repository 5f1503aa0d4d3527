"""Statements as they were frozen, their items as the ledger has them, and drafts of the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, bindparam, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import DateTime

from services.settlement.domain.earnings.view import Viewer
from services.settlement.domain.statements.state import (
    StatementState,
    dispute_missing,
    statement_missing,
)
from services.settlement.tables.earnings import EarningRow
from services.settlement.tables.statements import (
    DisputeOutcomeRow,
    DisputeRow,
    StatementRow,
    StatementStepRow,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which statements a list asks for; empty means any."""

    party_kind: str = ""
    party_id: str = ""
    outlet_id: str = ""
    region_start: str = ""
    state: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """Which transfers of an account are a statement's items.

    Args:
        account_number: whose.
        effective_from: counts from here on; None: from ever.
        effective_before: up to here.
        watermark: the newest transfer.
    """

    account_number: int
    effective_from: datetime | None
    effective_before: datetime
    watermark: int


_ITEM: Final = """
    SELECT transfer_number, transfer_kind, document_kind, document_id, rule_id, memo, effective_at,
           recorded_at,
           CASE WHEN credit_account_number = :account THEN amount_minor ELSE -amount_minor END
               AS signed_minor
      FROM ledger_transfer
     WHERE state = 'posted' AND transfer_number <= :watermark
       AND effective_at < :before AND (:from IS NULL OR effective_at >= :from)
       AND :account IN (debit_account_number, credit_account_number)
"""
_INSTANTS: Final = (
    bindparam("before", type_=DateTime(timezone=True)),
    bindparam("from", type_=DateTime(timezone=True)),
)
_ITEMS: Final = text(
    _ITEM + " AND transfer_number > :after ORDER BY transfer_number LIMIT :size"
).bindparams(*_INSTANTS)
_SUMMED: Final = text(
    f"""
    SELECT transfer_kind AS line_kind, count(*) AS item_count,
           coalesce(sum(signed_minor) FILTER (WHERE signed_minor > 0), 0)::bigint AS credit_minor,
           coalesce(-sum(signed_minor) FILTER (WHERE signed_minor < 0), 0)::bigint AS debit_minor,
           sha256(array_send(array_agg(transfer_number ORDER BY transfer_number))
                  || array_send(array_agg(signed_minor ORDER BY transfer_number))
                  || array_send(array_agg(effective_at ORDER BY transfer_number))) AS digest
      FROM ({_ITEM}) item GROUP BY 1 ORDER BY 1
    """  # noqa: S608 - nothing of anybody's stands in it
).bindparams(*_INSTANTS)
_ACCOUNT: Final = text(
    """
    SELECT * FROM settlement_statement_account
     WHERE party_kind = :party_kind AND party_id = :party_id AND currency = :currency
    """
)
_SEALED: Final = text(
    """
    SELECT s.digest = settlement_statement_seal(p.digest, concat_ws('/', s.party_kind, s.party_id,
               s.currency, extract(epoch FROM s.period_start), extract(epoch FROM s.period_end),
               s.opening_minor, s.closing_minor),
               (SELECT string_agg(convert_to(line_kind, 'UTF8') || digest, ''::bytea
                                  ORDER BY line_kind)
                  FROM settlement_statement_line WHERE statement_id = s.statement_id)) AS sealed,
           (SELECT posted_minor FROM ledger_balance_as_of(
                s.account_number, s.period_end, s.watermark_transfer_number)) AS balance_minor
      FROM settlement_statement s
      LEFT JOIN settlement_statement p ON p.statement_id = s.previous_statement_id
     WHERE s.statement_id = :statement_id
    """
)


async def get(
    session: AsyncSession, statement_id: str, viewer: Viewer, *, lock: bool = False
) -> StatementRow:
    """A statement in the viewer's sight; locked, nobody else moves it on meanwhile.

    Raises:
        NotFound: ``SETTLEMENT_STATEMENT_NOT_FOUND``.
    """
    query = select(StatementRow).where(StatementRow.statement_id == statement_id)
    if lock:
        await session.execute(
            text("SELECT pg_advisory_xact_lock(hashtext('statement'), hashtext(:id))"),
            {"id": statement_id},
        )
    if not viewer.sees_all:
        query = query.where(_in_sight(viewer))
    row = (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()
    if row is None:
        raise statement_missing(statement_id)
    return row


async def page(
    session: AsyncSession, wanted: Wanted, viewer: Viewer, before: str, size: int
) -> Sequence[StatementRow]:
    """The newest statements in the viewer's sight, from before an id on; one more than asked for
    when there is another page."""
    query = select(StatementRow).order_by(StatementRow.statement_id.desc()).limit(size + 1)
    for column, value in (
        (StatementRow.party_kind, wanted.party_kind),
        (StatementRow.party_id, wanted.party_id),
        (StatementRow.outlet_id, wanted.outlet_id),
        (StatementRow.currency, wanted.currency),
    ):
        if value:
            query = query.where(column == value)
    if wanted.region_start:
        query = query.where(StatementRow.region_adcode.startswith(wanted.region_start))
    if wanted.state:
        newest = (
            select(StatementStepRow.new_state)
            .where(StatementStepRow.statement_id == StatementRow.statement_id)
            .order_by(StatementStepRow.step_number.desc())
            .limit(1)
            .scalar_subquery()
        )
        query = query.where(func.coalesce(newest, StatementState.FROZEN.value) == wanted.state)
    if before:
        query = query.where(StatementRow.statement_id < before)
    if not viewer.sees_all:
        query = query.where(_in_sight(viewer))
    return (await session.scalars(query)).all()


async def last_of(session: AsyncSession, account_number: int) -> StatementRow | None:
    """An account's newest statement."""
    query = (
        select(StatementRow)
        .where(StatementRow.account_number == account_number)
        .order_by(StatementRow.period_end.desc())
        .limit(1)
    )
    return (await session.scalars(query)).one_or_none()


async def account_of(
    session: AsyncSession, party_kind: str, party_id: str, currency: str
) -> Row[Any] | None:
    """The account that a party's statements are made of, with its outlet and region."""
    values = {"party_kind": party_kind, "party_id": party_id, "currency": currency}
    return (await session.execute(_ACCOUNT, values)).one_or_none()


async def reach_of(session: AsyncSession, row: StatementRow) -> Reach:
    """Which transfers are a statement's items."""
    start = row.period_start if row.previous_statement_id else None
    return Reach(row.account_number, start, row.period_end, row.watermark_transfer_number)


async def items(session: AsyncSession, reach: Reach, after: int, size: int) -> Sequence[Row[Any]]:
    """Items in the order of their numbers, from after one on."""
    values = _values(reach) | {"after": after, "size": size}
    return (await session.execute(_ITEMS, values)).all()


async def summed(session: AsyncSession, reach: Reach) -> Sequence[Row[Any]]:
    """What items come to, kind by kind, sealed."""
    return (await session.execute(_SUMMED, _values(reach))).all()


async def findings(session: AsyncSession, row: StatementRow) -> list[str]:
    """What differs between a statement and the ledger; none of a sound one."""
    found = []
    anew = [
        (each.line_kind, each.item_count, each.credit_minor, each.debit_minor, each.digest)
        for each in await summed(session, await reach_of(session, row))
    ]
    kept = [
        (each.line_kind, each.item_count, each.credit_minor, each.debit_minor, each.digest)
        for each in row.lines
    ]
    if anew != kept:
        found.append("its lines are not what the ledger's transfers come to")
    checked = (await session.execute(_SEALED, {"statement_id": row.statement_id})).one()
    if not checked.sealed:
        found.append("its seal does not fit what it says")
    if checked.balance_minor != row.closing_minor:
        found.append("it does not close with the ledger's balance")
    return found


async def earnings_of(session: AsyncSession, ids: Sequence[str]) -> dict[str, EarningRow]:
    """The earnings that items post."""
    query = select(EarningRow).where(EarningRow.earning_id.in_(ids))
    return {row.earning_id: row for row in (await session.scalars(query)).all()}


async def add_step(session: AsyncSession, row: StatementRow, step: StatementStepRow) -> None:
    """Move a statement on."""
    row.steps.append(step)
    await session.flush()


async def dispute(
    session: AsyncSession, dispute_id: str, viewer: Viewer, *, lock: bool = False
) -> tuple[DisputeRow, StatementRow]:
    """A dispute in the viewer's sight, and its statement (``SETTLEMENT_DISPUTE_NOT_FOUND``)."""
    row = await session.get(DisputeRow, dispute_id)
    if row is None:
        raise dispute_missing(dispute_id)
    statement = await get(session, row.statement_id, viewer, lock=lock)
    if lock:
        await session.refresh(row, ["outcome"])
    return row, statement


async def open_disputes(
    session: AsyncSession, viewer: Viewer, after: tuple[datetime, str] | None, size: int
) -> Sequence[DisputeRow]:
    """Disputes in the viewer's sight that nobody has decided, the earliest due first."""
    query = (
        select(DisputeRow)
        .join(StatementRow, StatementRow.statement_id == DisputeRow.statement_id)
        .outerjoin(DisputeOutcomeRow, DisputeOutcomeRow.dispute_id == DisputeRow.dispute_id)
        .where(DisputeOutcomeRow.dispute_id.is_(None))
        .order_by(DisputeRow.due_at, DisputeRow.dispute_id)
        .limit(size + 1)
    )
    if after:
        due_at, dispute_id = after
        query = query.where(
            (DisputeRow.due_at > due_at)
            | ((DisputeRow.due_at == due_at) & (DisputeRow.dispute_id > dispute_id))
        )
    if not viewer.sees_all:
        query = query.where(_in_sight(viewer))
    return (await session.scalars(query)).all()


def _values(reach: Reach) -> dict[str, Any]:
    return {
        "account": reach.account_number,
        "from": reach.effective_from,
        "before": reach.effective_before,
        "watermark": reach.watermark,
    }


def _in_sight(viewer: Viewer) -> ColumnElement[bool]:
    own: list[ColumnElement[bool]] = []
    if viewer.technician_id:
        own.append(
            (StatementRow.party_kind == "technician")
            & (StatementRow.party_id == viewer.technician_id)
        )
    if viewer.outlet_id:
        own.append(
            (StatementRow.outlet_id == viewer.outlet_id)
            & StatementRow.party_kind.in_(("technician", "outlet"))
        )
    return or_(False, *own)
