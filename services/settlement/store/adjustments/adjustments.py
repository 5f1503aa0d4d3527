"""Adjustments: adding, locking, reading by right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import AlreadyExists
from services.settlement.domain.adjustments.adjustment import (
    GONE,
    AdjustmentKind,
    AdjustmentState,
    adjustment_missing,
)
from services.settlement.domain.adjustments.claw_back import Taken
from services.settlement.domain.earnings.state import OVER, EarningState
from services.settlement.domain.earnings.view import Viewer
from services.settlement.tables.adjustments import AdjustmentRow, AdjustmentShareRow, HoldbackRow
from services.settlement.tables.earnings import EarningRow, EarningShareRow


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which adjustments a list asks for; empty means any."""

    kind: str = ""
    state: str = ""
    earning_id: str = ""
    party_kind: str = ""
    party_id: str = ""
    work_order_id: str = ""
    case_id: str = ""


async def add(session: AsyncSession, row: AdjustmentRow) -> None:
    """Record an adjustment with its shares.

    Raises:
        AlreadyExists: ``SETTLEMENT_ADJUSTMENT_EXISTS`` when what it answers was answered before.
    """
    if row.cause_reference:
        standing = await session.scalar(
            select(AdjustmentRow.adjustment_id).where(
                AdjustmentRow.kind == row.kind,
                func.coalesce(AdjustmentRow.earning_id, "") == (row.earning_id or ""),
                AdjustmentRow.work_order_id == row.work_order_id,
                AdjustmentRow.cause_reference == row.cause_reference,
                AdjustmentRow.state.not_in(GONE),
            )
        )
        if standing is not None:
            raise AlreadyExists(
                "SETTLEMENT_ADJUSTMENT_EXISTS",
                f"{row.cause_reference} was answered already by adjustment {standing}",
                field="cause_reference",
                details={"adjustment_id": standing},
            )
    session.add(row)
    await session.flush()


async def lock(session: AsyncSession, adjustment_id: str) -> AdjustmentRow:
    """An adjustment, nobody else's to decide until this transaction ends; the hold-back that it
    speaks for before it, as whoever releases that locks them.

    Raises:
        NotFound: ``SETTLEMENT_ADJUSTMENT_NOT_FOUND``.
    """
    spoken_for = select(AdjustmentRow.holdback_id).where(
        AdjustmentRow.adjustment_id == adjustment_id
    )
    await session.execute(
        select(HoldbackRow.holdback_id)
        .where(HoldbackRow.holdback_id.in_(spoken_for))
        .with_for_update()
    )
    row = await session.get(
        AdjustmentRow, adjustment_id, with_for_update=True, populate_existing=True
    )
    if row is None:
        raise adjustment_missing(adjustment_id)
    return row


async def find(session: AsyncSession, adjustment_id: str, viewer: Viewer) -> AdjustmentRow:
    """An adjustment in the viewer's sight.

    Raises:
        NotFound: ``SETTLEMENT_ADJUSTMENT_NOT_FOUND``.
    """
    query = select(AdjustmentRow).where(AdjustmentRow.adjustment_id == adjustment_id)
    if not viewer.sees_all:
        query = query.where(_in_sight(viewer))
    row = await session.scalar(query)
    if row is None:
        raise adjustment_missing(adjustment_id)
    return row


async def page(
    session: AsyncSession, wanted: Wanted, viewer: Viewer, before: str, size: int
) -> Sequence[AdjustmentRow]:
    """The newest adjustments in the viewer's sight, from before an id on: one row more than asked
    for when there is another page."""
    query = select(AdjustmentRow).order_by(AdjustmentRow.adjustment_id.desc()).limit(size + 1)
    for column, value in (
        (AdjustmentRow.kind, wanted.kind),
        (AdjustmentRow.state, wanted.state),
        (AdjustmentRow.earning_id, wanted.earning_id),
        (AdjustmentRow.work_order_id, wanted.work_order_id),
        (AdjustmentRow.case_id, wanted.case_id),
    ):
        if value:
            query = query.where(column == value)
    if wanted.party_kind or wanted.party_id:
        query = query.where(_concerns(wanted.party_kind, wanted.party_id))
    if before:
        query = query.where(AdjustmentRow.adjustment_id < before)
    if not viewer.sees_all:
        query = query.where(_in_sight(viewer))
    return (await session.scalars(query)).all()


async def taken_of(session: AsyncSession, earning: EarningRow) -> Taken:
    """What standing claw-backs of an earning, proposed ones included, come to by its shares."""
    claw_back = (
        AdjustmentRow.earning_id == earning.earning_id,
        AdjustmentRow.kind == AdjustmentKind.CLAW_BACK.value,
        AdjustmentRow.state.not_in(GONE),
    )
    found = await session.execute(
        select(
            AdjustmentShareRow.party_kind,
            AdjustmentShareRow.party_id,
            func.sum(AdjustmentShareRow.amount_minor),
        )
        .join(AdjustmentRow, AdjustmentRow.adjustment_id == AdjustmentShareRow.adjustment_id)
        .where(*claw_back)
        .group_by(AdjustmentShareRow.party_kind, AdjustmentShareRow.party_id)
    )
    by_party = {(kind, party): -int(amount) for kind, party, amount in found}
    refunded = await session.scalar(
        select(func.sum(AdjustmentRow.refunded_minor)).where(*claw_back)
    )
    return Taken(
        tuple(by_party.get((share.party_kind, share.party_id), 0) for share in earning.shares),
        int(refunded or 0),
    )


async def unsettled(session: AsyncSession, size: int) -> Sequence[AdjustmentRow]:
    """Approved adjustments whose earning has been posted or is over since; those that somebody else
    holds are passed over."""
    settled = (
        EarningState.PAYABLE.value,
        EarningState.PAYING.value,
        EarningState.PAID.value,
        *(state.value for state in OVER),
    )
    query = (
        select(AdjustmentRow)
        .join(EarningRow, EarningRow.earning_id == AdjustmentRow.earning_id)
        .where(AdjustmentRow.state == AdjustmentState.APPROVED.value, EarningRow.state.in_(settled))
        .order_by(AdjustmentRow.adjustment_id)
        .limit(size)
        .with_for_update(of=AdjustmentRow, skip_locked=True)
    )
    return (await session.scalars(query)).all()


async def earning_share_of(
    session: AsyncSession, earning_id: str, party: tuple[str, str]
) -> EarningShareRow | None:
    """What a party was promised of an earning, or None when it is none of its parties."""
    found: EarningShareRow | None = await session.scalar(
        select(EarningShareRow).where(
            EarningShareRow.earning_id == earning_id,
            EarningShareRow.party_kind == party[0],
            EarningShareRow.party_id == party[1],
        )
    )
    return found


def _in_sight(viewer: Viewer) -> ColumnElement[bool]:
    own: list[ColumnElement[bool]] = []
    if viewer.technician_id:
        own.append(_concerns("", viewer.technician_id))
    if viewer.outlet_id:
        own += [AdjustmentRow.outlet_id == viewer.outlet_id, _concerns("outlet", viewer.outlet_id)]
    return or_(False, *own)


def _concerns(party_kind: str, party_id: str) -> ColumnElement[bool]:
    share = AdjustmentShareRow
    query = exists().where(share.adjustment_id == AdjustmentRow.adjustment_id)
    for column, value in ((share.party_kind, party_kind), (share.party_id, party_id)):
        if value:
            query = query.where(column == value)
    return query
