"""Queries and writes of the relay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from kit.authn import SYSTEM_PERSON_ID
from workflows.cases.tables import AwaitedEventRow, RecorderRow
from workflows.relay.tables import BufferedEventRow, RelayCursorRow


async def cursor_of(session: AsyncSession, source: str, consumer: str) -> str:
    """The position of a consumer in a source's log; empty at the beginning."""
    row = await session.get(RelayCursorRow, (source, consumer))
    return row.cursor if row else ""


async def save_cursor(session: AsyncSession, source: str, consumer: str, cursor: str) -> None:
    """Go on from here next time."""
    saved = insert(RelayCursorRow).values(source=source, consumer=consumer, cursor=cursor)
    await session.execute(
        saved.on_conflict_do_update(
            index_elements=[RelayCursorRow.source, RelayCursorRow.consumer],
            set_={"cursor": saved.excluded.cursor},
        )
    )


async def buffer_events(session: AsyncSession, events: list[dict[str, Any]]) -> None:
    """Keep events that may wake a case; those that are kept already are passed over."""
    if events:
        await session.execute(
            insert(BufferedEventRow).on_conflict_do_nothing(
                index_elements=[BufferedEventRow.event_id]
            ),
            events,
        )


@dataclass(frozen=True, slots=True)
class Wake:
    """An event and a workflow that waits for it."""

    event: BufferedEventRow
    workflow_id: str


async def wakes(session: AsyncSession) -> Sequence[Wake]:
    """Buffered events for which somebody waits, the oldest first, and each workflow once: it tells
    all of its nodes.

    What a case has done itself does not wake it: an event of its own case by the product itself.
    """
    own = and_(
        BufferedEventRow.case_id == RecorderRow.case_id,
        BufferedEventRow.acting_person_id == SYSTEM_PERSON_ID,
    )
    rows = await session.execute(
        select(BufferedEventRow, AwaitedEventRow.workflow_id)
        .join(
            AwaitedEventRow,
            and_(
                AwaitedEventRow.event_type == BufferedEventRow.event_type,
                AwaitedEventRow.key == BufferedEventRow.key,
            ),
        )
        .join(RecorderRow, RecorderRow.workflow_id == AwaitedEventRow.workflow_id)
        .where(~own)
        .distinct(BufferedEventRow.event_id, AwaitedEventRow.workflow_id)
        .order_by(BufferedEventRow.event_id, AwaitedEventRow.workflow_id)
    )
    return [Wake(event, workflow_id) for event, workflow_id in rows]


async def forget_events(session: AsyncSession, event_ids: list[str]) -> None:
    """Drop events that have woken somebody."""
    await session.execute(delete(BufferedEventRow).where(BufferedEventRow.event_id.in_(event_ids)))


async def forget_expired_events(session: AsyncSession, now: datetime) -> None:
    """Drop events that nobody came to wait for in time."""
    await session.execute(delete(BufferedEventRow).where(BufferedEventRow.expires_at <= now))


async def forget_waiter(session: AsyncSession, workflow_id: str) -> None:
    """A workflow that is gone waits for nothing."""
    await session.execute(delete(AwaitedEventRow).where(AwaitedEventRow.workflow_id == workflow_id))
