"""Work orders: read, locked for a change, and written with their history and what they are found by."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value

from services.workorder.domain.orders import finding
from services.workorder.domain.orders.work_order import (
    Offer,
    Outcome,
    Progress,
    State,
    Verb,
    unknown,
)
from services.workorder.store.dispatch import facts, performance
from services.workorder.tables.work_orders import OfferRow, WorkOrderChangeRow, WorkOrderRow


@dataclass(frozen=True, slots=True)
class Change:
    """Who does what to a work order, when and why.

    Attributes:
        details: what it changes beside the state, by name.
    """

    verb: str
    at: datetime
    person_id: str
    reason: str = ""
    reason_code: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


def progress_of(row: WorkOrderRow) -> Progress:
    """What the transitions decide on."""
    return Progress(
        work_order_id=row.work_order_id,
        state=State(row.state),
        revision=row.revision,
        completion_code=row.completion_code,
        wrong_code_count=row.wrong_code_count,
        offers=tuple(_offer_of(each) for each in row.live_offers),
    )


def _offer_of(row: OfferRow) -> Offer:
    outcome = Outcome(row.outcome) if row.outcome else None
    return Offer(row.offer_id, row.technician_id, row.expires_at, outcome)


async def add(session: AsyncSession, row: WorkOrderRow, change: Change) -> None:
    """Store a new work order with its lines and the first line of its history."""
    set_committed_value(row, "live_offers", [])
    row.state_since = change.at
    _make_findable(row)
    session.add(row)
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


async def lock_all(
    session: AsyncSession, work_order_ids: Collection[str]
) -> Sequence[WorkOrderRow]:
    """Several work orders, locked until the end of the transaction, in the order of their ids; those
    that there are."""
    query = (
        select(WorkOrderRow)
        .where(WorkOrderRow.work_order_id.in_(work_order_ids))
        .order_by(WorkOrderRow.work_order_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(query)).all()


async def titles(session: AsyncSession, work_order_ids: Collection[str]) -> Mapping[str, str]:
    """What each of some work orders is called."""
    query = select(WorkOrderRow.work_order_id, WorkOrderRow.title).where(
        WorkOrderRow.work_order_id.in_(work_order_ids)
    )
    return dict((await session.execute(query)).tuples().all())


async def lock_source(session: AsyncSession, source: str, source_ref: str) -> str | None:
    """The id of the work order that was made of something, if there is one; nobody makes another of
    it until the transaction ends."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"),
        {"what": f"work order of {source} {source_ref}"},
    )
    found: str | None = await session.scalar(
        select(WorkOrderRow.work_order_id).where(
            WorkOrderRow.source == source, WorkOrderRow.source_ref == source_ref
        )
    )
    return found


def add_offer(session: AsyncSession, row: WorkOrderRow, offer: OfferRow) -> None:
    """Make this a live offer of the work order."""
    session.add(offer)
    set_committed_value(row, "live_offers", [*row.live_offers, offer])


async def save(session: AsyncSession, row: WorkOrderRow, after: Progress, change: Change) -> None:
    """Write what a transition made of a locked work order, with a line of its history."""
    from_state = row.state
    row.state = after.state
    row.revision = after.revision
    row.completion_code = after.completion_code
    row.wrong_code_count = after.wrong_code_count
    if row.state != from_state:
        row.state_since = change.at
    if change.verb == Verb.ACCEPT and row.responded_at is None:
        row.responded_at = change.at
    if len(row.live_offers) > 1:
        await facts.hold_workloads(session, row.technician_ids())
    _settle(row, after, change)
    _make_findable(row)
    session.add(_change_row(row, change, from_state))
    await session.flush()
    await performance.count(session, row, from_state)


def _settle(row: WorkOrderRow, after: Progress, change: Change) -> None:
    """Give the live offers the outcomes that the transition gave them."""
    outcomes = {each.offer_id: each.outcome for each in after.offers}
    for live in row.live_offers:
        outcome = outcomes.get(live.offer_id)
        if outcome is not None and live.outcome != outcome:
            live.outcome = outcome
            live.outcome_at = change.at
            live.outcome_reason = change.reason
            live.outcome_by_person_id = change.person_id
    left = [each for each in row.live_offers if each.outcome in (None, Outcome.ACCEPTED)]
    set_committed_value(row, "live_offers", left)


def _make_findable(row: WorkOrderRow) -> None:
    """Bring the words and terms that a work order is found by up to date."""
    row.search_text = finding.search_text(
        row.title, (line.name for line in row.lines), row.place_name
    )
    row.terms = finding.terms_of(
        finding.Findable(
            ids=(row.work_order_id, row.case_id, row.customer_id, row.asset_id or ""),
            state=row.state,
            stage=row.stage,
            source=row.source or "",
            customer_id=row.customer_id,
            asset_id=row.asset_id or "",
            team_id=row.team_id or "",
            outlet_id=row.outlet_id or "",
            place_codes=row.place_codes(),
            technician_ids=row.technician_ids(),
            item_codes=[line.item_code for line in row.lines],
            search_text=row.search_text,
        )
    )


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
        reason_code=change.reason_code,
        details=dict(change.details),
    )
