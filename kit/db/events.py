"""Domain events: appended in the transaction of their effect, read so that none is skipped.

A sequence alone would lose events: a transaction that took a lower number may commit after a
reader has passed it. So an event carries its transaction's id, readers go by (transaction id,
number), and see only transactions older than the oldest one still open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import InvalidArgument


@dataclass(frozen=True, slots=True)
class NewEvent:
    """What happened to one aggregate, with its payload already serialised."""

    event_id: str
    aggregate_type: str
    aggregate_id: str
    occurred_at: datetime
    case_id: str
    acting_person_id: str
    payload_type: str
    payload: bytes


_APPEND: Final = text(
    """
    INSERT INTO domain_event (event_id, aggregate_type, aggregate_id, aggregate_sequence,
                              occurred_at, case_id, acting_person_id, payload_type, payload)
    SELECT :event_id, :aggregate_type, :aggregate_id,
           coalesce(max(aggregate_sequence), 0) + 1,
           :occurred_at, :case_id, :acting_person_id, :payload_type, :payload
      FROM domain_event
     WHERE aggregate_type = :aggregate_type AND aggregate_id = :aggregate_id
    """
)


async def append(session: AsyncSession, event: NewEvent) -> None:
    """Append an event as the next of its aggregate; commits with the effect.

    Two writers of one aggregate cannot both get a number: the unique index refuses the second.
    """
    await session.execute(_APPEND, _parameters(event))


async def append_all(session: AsyncSession, events: Sequence[NewEvent]) -> None:
    """Append many events at once, each as ``append`` does."""
    if events:
        await session.execute(_APPEND, [_parameters(event) for event in events])


def _parameters(event: NewEvent) -> dict[str, object]:
    return {name: getattr(event, name) for name in NewEvent.__slots__}


async def read_after(
    session: AsyncSession, cursor: str, limit: int
) -> Sequence[Row[tuple[object, ...]]]:
    """Events after a cursor ("transaction:number", or empty for the beginning), oldest first.

    Raises:
        InvalidArgument: ``CURSOR_MALFORMED``.
    """
    transaction_id, _, number = cursor.partition(":") if cursor else ("0", "", "0")
    if not (transaction_id.isdecimal() and number.isdecimal()):
        raise InvalidArgument(
            "CURSOR_MALFORMED", "pass the cursor of an event as it was given", field="after"
        )
    rows = await session.execute(
        text(
            """
            SELECT transaction_id::text || ':' || event_number AS cursor, event_id, aggregate_type,
                   aggregate_id, aggregate_sequence, occurred_at, case_id, acting_person_id,
                   payload_type, payload
              FROM domain_event
             WHERE (transaction_id, event_number) > (cast(:transaction_id AS xid8), :number)
               AND transaction_id < pg_snapshot_xmin(pg_current_snapshot())
             ORDER BY transaction_id, event_number
             LIMIT :limit
            """
        ),
        {"transaction_id": transaction_id, "number": int(number), "limit": limit},
    )
    return rows.all()
