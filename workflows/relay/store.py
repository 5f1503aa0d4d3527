"""Queries and writes of the relay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, delete, exists, func, select, tuple_, union
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from kit.authn import SYSTEM_PERSON_ID
from workflows.cases.tables import AwaitedEventRow, RecorderRow
from workflows.relay.tables import BufferedEventRow, EventDeliveryRow, RelayCursorRow

#: Longer than a transaction may take, for it shows what it wrote only at its end, with its beginning's
#: time.
_NEW: Final = timedelta(seconds=30)


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
    """An event, a workflow that waits for it, and the nodes of it that do."""

    event: BufferedEventRow
    workflow_id: str
    nodes: tuple[str, ...]


async def wakes(session: AsyncSession, limit: int, *, everything: bool) -> Sequence[Wake]:
    """Which event answers which waiting, each workflow once for an event: it tells all of its nodes.

    A waiting gets the earliest of its aggregate's events that its workflow was not told yet, and no
    other: the next one is for whoever waits next. What a case has done itself does not wake it: an
    event of its own case by the product itself.

    Args:
        everything: look at all that waits, not only where an event or a waiting is new: what was
            found and could not be told then is found again.
    """
    waiting, event = AwaitedEventRow, BufferedEventRow
    about = and_(waiting.event_type == event.event_type, waiting.key == event.key)
    own = and_(event.case_id == RecorderRow.case_id, event.acting_person_id == SYSTEM_PERSON_ID)
    answered = exists().where(
        EventDeliveryRow.workflow_id == waiting.workflow_id, EventDeliveryRow.node == waiting.node
    )
    told = exists().where(
        EventDeliveryRow.workflow_id == waiting.workflow_id,
        EventDeliveryRow.event_id == event.event_id,
    )
    found = (
        select(event, waiting.workflow_id, waiting.node)
        .join(waiting, about)
        .join(RecorderRow, RecorderRow.workflow_id == waiting.workflow_id)
        .where(~own, ~answered, ~told)
        .distinct(waiting.workflow_id, waiting.node)
        .order_by(waiting.workflow_id, waiting.node, event.aggregate_sequence, event.event_id)
        .limit(limit)
    )
    if not everything:
        pair = select(waiting.workflow_id, waiting.node).join(event, about)
        new = union(
            pair.where(event.buffered_at > func.now() - _NEW),
            pair.where(waiting.told_at > func.now() - _NEW),
        )
        found = found.where(tuple_(waiting.workflow_id, waiting.node).in_(new))
    nodes: dict[tuple[str, str], list[str]] = {}
    events: dict[str, BufferedEventRow] = {}
    for row, workflow_id, node in await session.execute(found):
        events[row.event_id] = row
        nodes.setdefault((row.event_id, workflow_id), []).append(node)
    return [
        Wake(events[event_id], workflow_id, tuple(waiting_nodes))
        for (event_id, workflow_id), waiting_nodes in nodes.items()
    ]


async def note_deliveries(
    session: AsyncSession, delivered: Sequence[Wake], expires_at: datetime
) -> None:
    """Remember what was answered, for longer than the case takes to tell that it waits no more."""
    rows = [
        {
            "workflow_id": wake.workflow_id,
            "node": node,
            "event_id": wake.event.event_id,
            "expires_at": expires_at,
        }
        for wake in delivered
        for node in wake.nodes
    ]
    if rows:
        await session.execute(insert(EventDeliveryRow).on_conflict_do_nothing(), rows)


async def forget_expired(session: AsyncSession, now: datetime) -> None:
    """Drop events that nobody came to wait for in time, and what is remembered of deliveries."""
    for row in (BufferedEventRow, EventDeliveryRow):
        await session.execute(delete(row).where(row.expires_at <= now))


async def forget_waiter(session: AsyncSession, workflow_id: str) -> None:
    """A workflow that is gone waits for nothing."""
    await session.execute(delete(AwaitedEventRow).where(AwaitedEventRow.workflow_id == workflow_id))
