"""Which of the parts that a work order needs drive along in technicians' vehicles.

What counts is what is in the vehicle, reserved or not; the ledger says what was there at any instant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_NEEDED: Final = text(
    "SELECT line.item_code, sum(line.quantity)::bigint AS quantity"
    "  FROM work_order_line AS line JOIN stock_item USING (item_code)"
    " WHERE line.work_order_id = :work_order_id GROUP BY 1 ORDER BY 1"
)
_AT_HAND: Final = text(
    "SELECT room.technician_id, count(*) AS kinds"
    "  FROM stockroom AS room JOIN stock_level AS level USING (stockroom_id)"
    "  JOIN unnest(cast(:codes AS text[]), cast(:quantities AS bigint[])) AS needed (code, quantity)"
    "    ON needed.code = level.item_code AND level.on_hand >= needed.quantity"
    " WHERE room.stockroom_kind = 'vehicle' AND room.active"
    "   AND room.technician_id = ANY (:technician_ids) GROUP BY 1"
)
_WAS_AT_HAND: Final = text(
    "SELECT count(*) FROM ("
    "  SELECT needed.code FROM stockroom AS room"
    "    JOIN stock_movement AS moved"
    "      ON room.stockroom_id IN (moved.from_stockroom_id, moved.to_stockroom_id)"
    "    JOIN unnest(cast(:codes AS text[]), cast(:quantities AS bigint[])) AS needed (code, quantity)"
    "      ON needed.code = moved.item_code"
    "   WHERE room.stockroom_kind = 'vehicle' AND room.technician_id = :technician_id"
    "     AND moved.moved_at <= :at"
    "   GROUP BY needed.code, needed.quantity"
    "  HAVING sum(CASE WHEN moved.to_stockroom_id = room.stockroom_id"
    "             THEN moved.quantity ELSE -moved.quantity END) >= needed.quantity"
    ") AS kind"
)


async def needed(session: AsyncSession, work_order_id: str) -> dict[str, int]:
    """How many of each spare part a work order needs."""
    rows = await session.execute(_NEEDED, {"work_order_id": work_order_id})
    return {row.item_code: row.quantity for row in rows}


async def kinds_at_hand(
    session: AsyncSession, parts: Mapping[str, int], technician_ids: Sequence[str]
) -> list[int]:
    """Of each technician, how many kinds of the parts their vehicle holds enough of."""
    if not parts or not technician_ids:
        return [0] * len(technician_ids)
    rows = await session.execute(
        _AT_HAND, {**_asked(parts), "technician_ids": list(technician_ids)}
    )
    kinds = {row.technician_id: row.kinds for row in rows}
    return [kinds.get(each, 0) for each in technician_ids]


async def kinds_at(
    session: AsyncSession, parts: Mapping[str, int], technician_id: str, at: datetime
) -> int:
    """The same of one technician, as of an instant."""
    if not parts:
        return 0
    asked = {**_asked(parts), "technician_id": technician_id, "at": at}
    return await session.scalar(_WAS_AT_HAND, asked) or 0


def _asked(parts: Mapping[str, int]) -> dict[str, list[str] | list[int]]:
    return {"codes": list(parts), "quantities": list(parts.values())}
