"""Work orders: read, locked for a change, and written with their history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value

from services.workorder.domain.access import Scope
from services.workorder.domain.work_order import (
    Offer,
    Outcome,
    Progress,
    State,
    unknown,
)
from services.workorder.tables import OfferRow, WorkOrderChangeRow, WorkOrderRow


@dataclass(frozen=True, slots=True)
class Change:
    """Who does what to a work order, when and why."""

    verb: str
    at: datetime
    person_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which work orders a list shows; empty fields limit nothing."""

    scope: Scope
    state: str = ""
    technician_id: str = ""
    case_id: str = ""


def progress_of(row: WorkOrderRow) -> Progress:
    """What the transitions decide on."""
    live = row.live_offer
    return Progress(
        work_order_id=row.work_order_id,
        state=State(row.state),
        revision=row.revision,
        completion_code=row.completion_code,
        wrong_code_count=row.wrong_code_count,
        offer=_offer_of(live) if live else None,
    )


def _offer_of(row: OfferRow) -> Offer:
    outcome = Outcome(row.outcome) if row.outcome else None
    return Offer(row.offer_id, row.technician_id, row.expires_at, outcome)


async def add(session: AsyncSession, row: WorkOrderRow, change: Change) -> None:
    """Store a new work order with its lines and the first line of its history."""
    session.add(row)
    set_committed_value(row, "live_offer", None)
    await session.flush()
    session.add(_change_row(row, change, from_state=None))
    await session.flush()


async def read(session: AsyncSession, work_order_id: str) -> WorkOrderRow:
    """The work order (``WORK_ORDER_UNKNOWN``)."""
    row = await session.get(WorkOrderRow, work_order_id)
    if row is None:
        raise unknown(work_order_id)
    return row


async def lock(session: AsyncSession, work_order_id: str) -> WorkOrderRow:
    """The work order, locked until the end of the transaction (``WORK_ORDER_UNKNOWN``)."""
    row = await session.get(WorkOrderRow, work_order_id, with_for_update={"key_share": True})
    if row is None:
        raise unknown(work_order_id)
    return row


async def page(
    session: AsyncSession, wanted: Wanted, before: str, size: int
) -> Sequence[WorkOrderRow]:
    """Work orders, newest first, from the one made before ``before`` on (empty: from the newest).

    Ids sort by the time they were made, so the id alone is the key of the order.
    """
    query = select(WorkOrderRow).order_by(WorkOrderRow.work_order_id.desc()).limit(size)
    if before:
        query = query.where(WorkOrderRow.work_order_id < before)
    if wanted.state:
        query = query.where(WorkOrderRow.state == wanted.state)
    if wanted.case_id:
        query = query.where(WorkOrderRow.case_id == wanted.case_id)
    for technician_id in filter(None, (wanted.technician_id, wanted.scope.technician_id)):
        query = query.where(WorkOrderRow.live_offer.has(OfferRow.technician_id == technician_id))
    if wanted.scope.customer_id:
        query = query.where(WorkOrderRow.customer_id == wanted.scope.customer_id)
    if wanted.scope.region_codes:
        regions = list(wanted.scope.region_codes)
        query = query.where(
            or_(
                WorkOrderRow.adcode.in_(regions),
                WorkOrderRow.adcode_path.overlap(regions),
                WorkOrderRow.zone_codes.overlap(regions),
            )
        )
    return (await session.scalars(query)).all()


def add_offer(session: AsyncSession, row: WorkOrderRow, offer: OfferRow) -> None:
    """Make this the work order's live offer."""
    session.add(offer)
    set_committed_value(row, "live_offer", offer)


async def save(session: AsyncSession, row: WorkOrderRow, after: Progress, change: Change) -> None:
    """Write what a transition made of a locked work order, with a line of its history."""
    from_state = row.state
    row.state = after.state
    row.revision = after.revision
    row.completion_code = after.completion_code
    row.wrong_code_count = after.wrong_code_count
    _settle(row, after, change)
    session.add(_change_row(row, change, from_state))
    await session.flush()


def _settle(row: WorkOrderRow, after: Progress, change: Change) -> None:
    """Give the open offer the outcome that the transition gave it."""
    live = row.live_offer
    outcome = after.offer.outcome if after.offer else None
    if live is None or outcome is None or live.outcome == outcome:
        return
    live.outcome = outcome
    live.outcome_at = change.at
    live.outcome_reason = change.reason
    live.outcome_by_person_id = change.person_id
    if outcome is not Outcome.ACCEPTED:
        set_committed_value(row, "live_offer", None)


def _change_row(row: WorkOrderRow, change: Change, from_state: str | None) -> WorkOrderChangeRow:
    return WorkOrderChangeRow(
        work_order_id=row.work_order_id,
        revision=row.revision,
        changed_at=change.at,
        acting_person_id=change.person_id,
        verb=change.verb,
        from_state=from_state,
        to_state=row.state,
        reason=change.reason,
    )
