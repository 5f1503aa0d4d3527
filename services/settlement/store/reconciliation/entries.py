"""What we booked of a channel, as a bill of it is compared with."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from kit.money import Money
from services.settlement.domain.reconciliation.movement import Entry, Movement

# A receipt that was taken back is no entry any more; a refund is its receipt's channel's.
_ALL: Final = """
    SELECT 'receipt' AS document_kind, receipt_id AS document_id, channel_number,
           shop_order_number AS order_number, received_at AS occurred_at, currency, amount_minor,
           channel_code
      FROM receipt WHERE reversed_at IS NULL
    UNION ALL
    SELECT 'refund', f.refund_id, f.channel_number, r.shop_order_number, f.paid_at, r.currency,
           -f.amount_minor, r.channel_code
      FROM refund f JOIN receipt r USING (receipt_id) WHERE f.state = 'paid'
"""

_OF_CHANNEL: Final = text(
    f"""
    SELECT e.* FROM ({_ALL}) e
     WHERE e.channel_code = :channel_code
       AND e.occurred_at >= :since AND e.occurred_at < :until
       AND NOT EXISTS (SELECT FROM bill_match_entry m
                        WHERE m.document_kind = e.document_kind
                          AND m.document_id = e.document_id)
     ORDER BY e.occurred_at, e.document_id
    """  # noqa: S608 - nothing of anybody's stands in it
)
_BY_ID: Final = text(f"SELECT e.* FROM ({_ALL}) e WHERE e.document_id = ANY (:ids)")  # noqa: S608 - as above


async def of_channel(
    session: AsyncSession, channel_code: str, since: datetime, until: datetime
) -> list[Entry]:
    """What was booked of a channel in a time and is in no match of any bill."""
    rows = await session.execute(
        _OF_CHANNEL, {"channel_code": channel_code, "since": since, "until": until}
    )
    return [_entry(row) for row in rows]


async def by_id(session: AsyncSession, document_ids: Collection[str]) -> dict[str, Entry]:
    """Entries by the ids of their documents; what was taken back is not among them."""
    rows = await session.execute(_BY_ID, {"ids": sorted(document_ids)})
    return {row.document_id: _entry(row) for row in rows}


def _entry(row: Any) -> Entry:
    return Entry(
        row.document_kind,
        row.document_id,
        row.channel_number,
        row.order_number,
        row.occurred_at,
        Money(row.currency, row.amount_minor),
    )


def movements(entries: Sequence[Entry]) -> list[Movement]:
    """All of them as they are compared."""
    return [entry.movement() for entry in entries]
