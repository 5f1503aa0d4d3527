"""Part requests: read, locked for a change, and written with their history."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.workorder.domain.stock.part_request import PartRequest, RequestLine, State, unknown
from services.workorder.domain.stock.stockroom import StockScope
from services.workorder.store.stock.stockrooms import within
from services.workorder.tables.parts import (
    PartRequestChangeRow,
    PartRequestLineRow,
    PartRequestRow,
)
from services.workorder.tables.stock import StockroomRow


@dataclass(frozen=True, slots=True)
class Change:
    """Who does what to a part request, when and why."""

    verb: str
    at: datetime
    person_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part requests a list shows; empty fields limit nothing.

    Attributes:
        reader_id: whoever reads sees what they asked for themselves, wherever it goes.
    """

    scope: StockScope
    reader_id: str
    state: str = ""
    stockroom_id: str = ""
    work_order_id: str = ""
    case_id: str = ""
    requested_by_person_id: str = ""


def request_of(row: PartRequestRow) -> PartRequest:
    """What the transitions decide on."""
    return PartRequest(
        part_request_id=row.part_request_id,
        state=State(row.state),
        revision=row.revision,
        to_id=row.to_stockroom_id,
        from_id=row.from_stockroom_id or "",
        lines=tuple(_line_of(line) for line in row.lines),
        requested_by=row.requested_by_person_id,
        needs_approval=row.needs_approval,
        work_order_id=row.work_order_id,
        reserved_until=row.reserved_until,
        decided_by=row.decided_by_person_id or "",
        discrepancy_note=row.discrepancy_note,
    )


def _line_of(row: PartRequestLineRow) -> RequestLine:
    return RequestLine(
        item_code=row.item_code,
        quantity=row.quantity,
        approved=row.approved_quantity,
        dispatched=row.dispatched_quantity,
        cost_minor=row.dispatched_cost_minor,
        serial_numbers=tuple(row.dispatched_serials),
        received=row.received_quantity,
        used=row.used_quantity,
        returned=row.returned_quantity,
    )


async def add(session: AsyncSession, row: PartRequestRow, change: Change) -> None:
    """Store a new request with its lines and the first line of its history."""
    session.add(row)
    await session.flush()
    session.add(_change_row(row, change, from_state=None))
    await session.flush()
    await session.get(PartRequestRow, row.part_request_id, populate_existing=True)


async def read(session: AsyncSession, part_request_id: str) -> PartRequestRow:
    """The request (``PART_REQUEST_UNKNOWN``)."""
    row = await session.get(PartRequestRow, part_request_id)
    if row is None:
        raise unknown(part_request_id)
    return row


async def lock(session: AsyncSession, part_request_id: str) -> PartRequestRow:
    """The request, locked until the end of the transaction (``PART_REQUEST_UNKNOWN``)."""
    row = await session.get(PartRequestRow, part_request_id, with_for_update={"key_share": True})
    if row is None:
        raise unknown(part_request_id)
    return row


async def lock_received(
    session: AsyncSession, work_order_id: str, stockroom_id: str
) -> list[PartRequestRow]:
    """The requests of a work order whose parts wait in a stockroom, locked, the oldest first."""
    query = (
        select(PartRequestRow)
        .where(
            PartRequestRow.work_order_id == work_order_id,
            PartRequestRow.to_stockroom_id == stockroom_id,
            PartRequestRow.state == State.RECEIVED,
        )
        .order_by(PartRequestRow.part_request_id)
        .with_for_update(key_share=True)
    )
    return list(await session.scalars(query))


async def lock_of_reservations(
    session: AsyncSession, reservation_ids: Collection[str]
) -> list[PartRequestRow]:
    """The allocated requests that some reservations were made for, locked, the oldest first."""
    query = (
        select(PartRequestRow)
        .where(
            PartRequestRow.reservation_id.in_(reservation_ids),
            PartRequestRow.state == State.ALLOCATED,
        )
        .order_by(PartRequestRow.part_request_id)
        .with_for_update(key_share=True)
    )
    return list(await session.scalars(query))


async def save(
    session: AsyncSession, row: PartRequestRow, after: PartRequest, change: Change
) -> None:
    """Write what a transition made of a locked request, with a line of its history."""
    from_state = row.state
    row.state = after.state
    row.revision = after.revision
    row.from_stockroom_id = after.from_id or None
    row.reserved_until = after.reserved_until
    row.decided_by_person_id = after.decided_by or None
    row.discrepancy_note = after.discrepancy_note
    lines = {line.item_code: line for line in after.lines}
    for kept in row.lines:
        line = lines[kept.item_code]
        kept.approved_quantity = line.approved
        kept.dispatched_quantity = line.dispatched
        kept.dispatched_cost_minor = line.cost_minor
        kept.dispatched_serials = list(line.serial_numbers)
        kept.received_quantity = line.received
        kept.used_quantity = line.used
        kept.returned_quantity = line.returned
    session.add(_change_row(row, change, from_state))
    await session.flush()


async def page(
    session: AsyncSession, wanted: Wanted, before: str, size: int
) -> Sequence[PartRequestRow]:
    """Requests, the newest first, from the one made before ``before`` on."""
    row = PartRequestRow
    query = select(row).order_by(row.part_request_id.desc()).limit(size)
    if before:
        query = query.where(row.part_request_id < before)
    matches = (
        (row.state, wanted.state),
        (row.work_order_id, wanted.work_order_id),
        (row.case_id, wanted.case_id),
        (row.requested_by_person_id, wanted.requested_by_person_id),
    )
    for column, value in matches:
        if value:
            query = query.where(column == value)
    if wanted.stockroom_id:
        ends = (row.from_stockroom_id, row.to_stockroom_id)
        query = query.where(or_(*(end == wanted.stockroom_id for end in ends)))
    if wanted.scope != StockScope():
        rooms = select(StockroomRow.stockroom_id).where(within(wanted.scope))
        # As one array each of the three is found by its own index.
        known = func.any(func.array(rooms.scalar_subquery()))
        query = query.where(
            or_(
                row.to_stockroom_id == known,
                row.from_stockroom_id == known,
                row.requested_by_person_id == wanted.reader_id,
            )
        )
    return (await session.scalars(query)).all()


def _change_row(
    row: PartRequestRow, change: Change, from_state: str | None
) -> PartRequestChangeRow:
    return PartRequestChangeRow(
        part_request_id=row.part_request_id,
        revision=row.revision,
        changed_at=change.at,
        acting_person_id=change.person_id,
        verb=change.verb,
        from_state=from_state,
        to_state=row.state,
        reason=change.reason,
    )
