"""What moved since the last run, and the vouchers of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select, text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.settlement.domain.vouchers.subject import SubjectRule
from services.settlement.domain.vouchers.voucher import Moved, Voucher
from services.settlement.tables.vouchers import (
    VoucherLineRow,
    VoucherRow,
    VoucherRuleRow,
    VoucherRunRow,
)

# Posted transfers that a run takes: those up to its own reach that no run before it took. What
# undoes something is booked as what it undoes, the other way round.
_TAKEN: Final = """
    FROM ledger_transfer t
    LEFT JOIN ledger_transfer o ON t.transfer_kind = 'reversal'
                               AND o.transfer_number = t.refers_to_transfer_number
    JOIN ledger_account d ON d.account_number = t.debit_account_number
    JOIN ledger_account c ON c.account_number = t.credit_account_number
   WHERE t.state = 'posted'
     AND t.effective_at < :effective_before AND t.transfer_number <= :watermark
     AND NOT (t.effective_at < :taken_before AND t.transfer_number <= :taken_watermark)
"""
_DAY: Final = "(t.effective_at AT TIME ZONE 'Asia/Shanghai')::date"
_KIND: Final = "coalesce(o.transfer_kind, t.transfer_kind)"
_MOVED: Final = text(
    f"""
    SELECT {_DAY} AS effective_day, {_KIND} AS transfer_kind, d.currency,
           d.party_kind AS debit_party_kind, d.account_kind AS debit_account_kind,
           c.party_kind AS credit_party_kind, c.account_kind AS credit_account_kind,
           sum(t.amount_minor)::bigint AS amount_minor, count(*) AS transfer_count
    {_TAKEN}
   GROUP BY 1, 2, 3, 4, 5, 6, 7
    """
)
_TRANSFERS: Final = text(
    f"""
    SELECT t.transfer_number, d.ledger_account AS debit, c.ledger_account AS credit, d.currency,
           t.amount_minor, t.document_kind, t.document_id, t.effective_at, t.memo
    {_TAKEN}
     AND {_DAY} = :effective_day AND {_KIND} = :transfer_kind AND d.currency = :currency
     AND t.transfer_number > :after
   ORDER BY t.transfer_number LIMIT :size
    """
)


async def rules(session: AsyncSession) -> tuple[list[SubjectRule], int]:
    """Which subject each account is, and the version of that."""
    row = await session.scalar(
        select(VoucherRuleRow).order_by(VoucherRuleRow.version.desc()).limit(1)
    )
    if row is None:
        return [], 0
    return [SubjectRule(**_whole(each)) for each in row.subjects], row.version


async def put_rules(
    session: AsyncSession, subjects: Sequence[SubjectRule], at: datetime, person_id: str
) -> int:
    """Store the next version; the same again is the one there is. Returns its number."""
    await session.execute(text("LOCK TABLE voucher_rule IN SHARE ROW EXCLUSIVE MODE"))
    before, version = await rules(session)
    if before == list(subjects):
        return version
    session.add(
        VoucherRuleRow(
            version=version + 1,
            subjects=[
                {name: getattr(each, name) for name in SubjectRule.__slots__} for each in subjects
            ],
            put_at=at,
            put_by_person_id=person_id,
        )
    )
    await session.flush()
    return version + 1


async def last_run(session: AsyncSession, *, lock: bool = False) -> VoucherRunRow | None:
    """The newest run; locked, nobody else makes one until this transaction ends."""
    if lock:
        await session.execute(text("LOCK TABLE voucher_run IN SHARE ROW EXCLUSIVE MODE"))
    newest = select(VoucherRunRow).order_by(VoucherRunRow.run_number.desc()).limit(1)
    return (await session.scalars(newest)).one_or_none()


async def moved(
    session: AsyncSession,
    before: VoucherRunRow | None,
    effective_before: datetime,
    watermark: int,
) -> list[Moved]:
    """What moved after a run, up to a reach."""
    rows = await session.execute(_MOVED, _reach(before, effective_before, watermark))
    return [Moved(**row._mapping) for row in rows]


async def add_run(session: AsyncSession, run: VoucherRunRow, made: Sequence[Voucher]) -> None:
    """Keep a run and number its vouchers, month by month."""
    session.add(run)
    await session.flush()
    next_number: dict[str, int] = {}
    for one in made:
        month = one.accounting_month
        if month not in next_number:
            highest = await session.scalar(
                select(func.coalesce(func.max(VoucherRow.voucher_number), 0)).where(
                    VoucherRow.accounting_month == month
                )
            )
            next_number[month] = (highest or 0) + 1
        session.add(_row(run.run_number, next_number[month], one))
        next_number[month] += 1
    await session.flush()


async def run(session: AsyncSession, run_number: int) -> VoucherRunRow:
    """A run.

    Raises:
        NotFound: ``SETTLEMENT_VOUCHER_RUN_NOT_FOUND``.
    """
    row = await session.get(VoucherRunRow, run_number)
    if row is None:
        raise NotFound(
            "SETTLEMENT_VOUCHER_RUN_NOT_FOUND", f"there is no run {run_number}", field="run_number"
        )
    return row


async def runs(session: AsyncSession, before: int, size: int) -> Sequence[VoucherRunRow]:
    """The newest runs before a number, at most so many."""
    query = select(VoucherRunRow).order_by(VoucherRunRow.run_number.desc()).limit(size)
    if before:
        query = query.where(VoucherRunRow.run_number < before)
    return (await session.scalars(query)).all()


async def counts(session: AsyncSession, run_numbers: Sequence[int]) -> dict[int, int]:
    """How many vouchers each of some runs made."""
    found = await session.execute(
        select(VoucherRow.run_number, func.count())
        .where(VoucherRow.run_number.in_(run_numbers))
        .group_by(VoucherRow.run_number)
    )
    return dict(found.tuples().all())


async def vouchers(
    session: AsyncSession, run_number: int, after: tuple[str, int], size: int | None
) -> Sequence[VoucherRow]:
    """The vouchers of a run in their order, from after one on."""
    key = (VoucherRow.accounting_month, VoucherRow.voucher_number)
    query = select(VoucherRow).where(VoucherRow.run_number == run_number).order_by(*key)
    if after[0]:
        query = query.where((key[0] > after[0]) | ((key[0] == after[0]) & (key[1] > after[1])))
    return (await session.scalars(query.limit(size))).all()


async def voucher(session: AsyncSession, month: str, number: int) -> VoucherRow:
    """One voucher.

    Raises:
        NotFound: ``SETTLEMENT_VOUCHER_NOT_FOUND``.
    """
    row = await session.get(VoucherRow, (month, number))
    if row is None:
        raise NotFound(
            "SETTLEMENT_VOUCHER_NOT_FOUND",
            f"there is no voucher {number} in {month!r}",
            field="voucher_number",
        )
    return row


async def transfers(
    session: AsyncSession, row: VoucherRow, after: int, size: int
) -> Sequence[Row[Any]]:
    """The transfers that a voucher sums up, in the order of their numbers."""
    of_run = await run(session, row.run_number)
    before = await session.get(VoucherRunRow, row.run_number - 1)
    reach = _reach(before, of_run.effective_before, of_run.watermark_transfer_number)
    found = await session.execute(
        _TRANSFERS,
        {
            **reach,
            "effective_day": row.effective_day,
            "transfer_kind": row.transfer_kind,
            "currency": row.currency,
            "after": after,
            "size": size,
        },
    )
    return found.all()


def _reach(
    before: VoucherRunRow | None, effective_before: datetime, watermark: int
) -> dict[str, Any]:
    return {
        "effective_before": effective_before,
        "watermark": watermark,
        "taken_before": before.effective_before if before else effective_before,
        "taken_watermark": before.watermark_transfer_number if before else 0,
    }


def _whole(stored: dict[str, Any]) -> dict[str, str]:
    return {name: str(stored.get(name, "")) for name in SubjectRule.__slots__}


def _row(run_number: int, voucher_number: int, one: Voucher) -> VoucherRow:
    return VoucherRow(
        accounting_month=one.accounting_month,
        voucher_number=voucher_number,
        run_number=run_number,
        voucher_day=one.voucher_day,
        effective_day=one.effective_day,
        transfer_kind=one.transfer_kind,
        currency=one.currency,
        total_minor=one.total_minor,
        transfer_count=one.transfer_count,
        memo=one.memo,
        lines=[
            VoucherLineRow(
                line_number=number,
                subject_code=line.subject_code,
                subject_name=line.subject_name,
                debit_minor=line.debit_minor,
                credit_minor=line.credit_minor,
            )
            for number, line in enumerate(one.lines, 1)
        ],
    )
