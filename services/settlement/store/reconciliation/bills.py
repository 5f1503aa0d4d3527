"""Bills and their lines, and how far each is resolved."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select, text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import AlreadyExists, NotFound
from kit.money import Money
from services.settlement.domain.reconciliation.bill_format import BillLine
from services.settlement.tables.reconciliation import ChannelBillLineRow, ChannelBillRow


async def add(session: AsyncSession, row: ChannelBillRow, lines: Sequence[BillLine]) -> None:
    """Take in a bill.

    Raises:
        AlreadyExists: ``SETTLEMENT_BILL_EXISTS`` when the file was taken in before, or another
            tells of the same time.
    """
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtext('channel_bill'), hashtext(:channel_code))"),
        {"channel_code": row.channel_code},
    )
    standing = (
        await session.execute(
            text(
                "SELECT channel_bill_id, file_sha256 = :sha256 AS same FROM channel_bill"
                " WHERE file_sha256 = :sha256 OR (channel_code = :channel_code AND"
                " tstzrange(period_from, period_until) && tstzrange(:since, :until)) LIMIT 1"
            ),
            {
                "sha256": row.file_sha256,
                "channel_code": row.channel_code,
                "since": row.period_from,
                "until": row.period_until,
            },
        )
    ).first()
    if standing is not None:
        said = "this file was taken in as" if standing.same else "the same days are told by"
        raise AlreadyExists(
            "SETTLEMENT_BILL_EXISTS",
            f"{said} {standing.channel_bill_id}",
            field="content",
            details={"channel_bill_id": standing.channel_bill_id},
        )
    session.add(row)
    await session.flush()
    await session.execute(
        insert(ChannelBillLineRow),
        [
            {
                "channel_bill_id": row.channel_bill_id,
                "row_number": line.row_number,
                "channel_number": line.channel_number,
                "own_number": line.own_number,
                "order_number": line.order_number,
                "occurred_at": line.occurred_at,
                "currency": line.amount.currency,
                "amount_minor": line.amount.amount_minor,
                "fee_minor": line.fee.amount_minor,
            }
            for line in lines
        ],
    )


async def read(
    session: AsyncSession, channel_bill_id: str, *, lock: bool = False
) -> ChannelBillRow:
    """A bill.

    Raises:
        NotFound: ``SETTLEMENT_BILL_NOT_FOUND``.
    """
    row = await session.get(ChannelBillRow, channel_bill_id, with_for_update=lock or None)
    if row is None:
        raise NotFound(
            "SETTLEMENT_BILL_NOT_FOUND",
            f"there is no bill {channel_bill_id!r}",
            field="channel_bill_id",
        )
    return row


async def page(
    session: AsyncSession, channel_code: str, only_open: bool, before: str, size: int
) -> Sequence[ChannelBillRow]:
    """The newest bills from before an id on, at most so many."""
    query = select(ChannelBillRow).order_by(ChannelBillRow.channel_bill_id.desc()).limit(size)
    if channel_code:
        query = query.where(ChannelBillRow.channel_code == channel_code)
    if only_open:
        query = query.where(ChannelBillRow.closed_at.is_(None))
    if before:
        query = query.where(ChannelBillRow.channel_bill_id < before)
    return (await session.scalars(query)).all()


async def lines(
    session: AsyncSession, channel_bill_id: str, row_numbers: Collection[int] | None = None
) -> list[BillLine]:
    """The lines of a bill, or some of them, in their order."""
    query = (
        select(ChannelBillLineRow)
        .where(ChannelBillLineRow.channel_bill_id == channel_bill_id)
        .order_by(ChannelBillLineRow.row_number)
    )
    if row_numbers is not None:
        query = query.where(ChannelBillLineRow.row_number.in_(row_numbers))
    return [
        BillLine(
            row.row_number,
            row.channel_number,
            row.own_number,
            row.order_number,
            row.occurred_at,
            Money(row.currency, row.amount_minor),
            Money(row.currency, row.fee_minor),
        )
        for row in await session.scalars(query)
    ]


async def close(session: AsyncSession, row: ChannelBillRow, at: datetime, person_id: str) -> None:
    """Close a bill; the database refuses while something of it is not resolved."""
    row.closed_at, row.closed_by_person_id = at, person_id
    await session.flush()


_COUNTS: Final = text(
    """
    SELECT (SELECT count(*) FROM channel_bill_line l
             WHERE l.channel_bill_id = b.id) AS line_count,
           (SELECT count(*) FROM bill_match m WHERE m.channel_bill_id = b.id) AS match_count,
           (SELECT count(*) FROM bill_match m WHERE m.channel_bill_id = b.id
               AND m.matched_by = 'amount_and_time' AND m.confirmed_at IS NULL)
               AS unconfirmed_count,
           d.open_count, d.proposed_count, d.resolved_count
      FROM (SELECT cast(:id AS text) AS id) b
      LEFT JOIN LATERAL (
           SELECT count(*) FILTER (WHERE state = 'open') AS open_count,
                  count(*) FILTER (WHERE state = 'proposed') AS proposed_count,
                  count(*) FILTER (WHERE state = 'resolved') AS resolved_count
             FROM discrepancy WHERE channel_bill_id = b.id) d ON true
    """
)
_TOTALS: Final = text(
    """
    SELECT l.currency, sum(greatest(l.amount_minor, 0))::bigint AS in_minor,
           sum(least(l.amount_minor, 0))::bigint AS out_minor, sum(l.fee_minor)::bigint AS fee_minor,
           coalesce((SELECT sum(d.difference_minor) FROM discrepancy d
                      WHERE d.channel_bill_id = :id AND d.state <> 'resolved'
                        AND d.currency = l.currency), 0)::bigint AS unresolved_minor
      FROM channel_bill_line l WHERE l.channel_bill_id = :id
     GROUP BY l.currency ORDER BY l.currency
    """
)


async def counts(session: AsyncSession, channel_bill_id: str) -> Row[Any]:
    """How much of a bill agrees, waits, and is resolved."""
    return (await session.execute(_COUNTS, {"id": channel_bill_id})).one()


async def totals(session: AsyncSession, channel_bill_id: str) -> Sequence[Row[Any]]:
    """What a bill comes to, by currency."""
    return (await session.execute(_TOTALS, {"id": channel_bill_id})).all()
