"""Flags, and the pictures that they are raised by."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from kit.errors import AlreadyExists, NotFound
from kit.ids import new_id
from services.workorder.domain.access import Scope
from services.workorder.domain.on_site.flags import Flag, Picture
from services.workorder.domain.on_site.rule import Rule
from services.workorder.store.scopes import within
from services.workorder.tables.on_site import (
    OnSiteCommandRow,
    OnSiteFlagReviewRow,
    OnSiteFlagRow,
)
from services.workorder.tables.work_orders import WorkOrderRow

# In one order, so that two reports of several files never wait for each other.
_ONE_AT_A_TIME: Final = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(digest, 0))"
    "  FROM (SELECT DISTINCT digest FROM unnest(cast(:digests AS text[])) AS digest"
    "         ORDER BY digest) AS sorted"
)


@dataclass(frozen=True, slots=True)
class WantedFlags:
    """Which flags a list shows; empty fields limit nothing."""

    scope: Scope
    kind: str = ""
    technician_id: str = ""
    work_order_id: str = ""
    unreviewed: bool = False


def picture_of(row: OnSiteCommandRow) -> Picture | None:
    """Evidence as others are compared with it; None for what is none, or counts for nothing."""
    if row.refused_reason or row.sha256 is None or row.occurred_at is None:
        return None
    return Picture(
        row.work_order_id,
        row.command_id,
        row.technician_id,
        row.occurred_at,
        row.sha256,
        row.perceptual_hash or "",
    )


async def one_at_a_time(session: AsyncSession, digests: Collection[str]) -> None:
    """Let nobody else tell of the same files until the transaction ends, so that of two reports at
    once the second one sees the first."""
    await session.execute(_ONE_AT_A_TIME, {"digests": list(digests)})


async def pictures_like(
    session: AsyncSession, picture: Picture, address_id: str, rule: Rule
) -> list[Picture]:
    """Evidence of other work orders that a picture has to be compared with: every one with the same
    bytes, and the pictures of the same technician or the same address of the days around."""
    days = timedelta(days=rule.near_duplicate_days)
    row, order = aliased(OnSiteCommandRow), aliased(WorkOrderRow)
    near = or_(
        row.technician_id == picture.technician_id,
        and_(order.address_id != "", order.address_id == address_id),
    )
    same = row.sha256 == picture.sha256
    like = and_(
        row.perceptual_hash.is_not(None),
        row.occurred_at.between(picture.occurred_at - days, picture.occurred_at + days),
        near,
    )
    compared = or_(same, like) if picture.perceptual_hash and rule.near_duplicate_days else same
    rows = await session.scalars(
        select(row)
        .join(order, order.work_order_id == row.work_order_id)
        .where(
            compared,
            row.sha256.is_not(None),
            row.refused_reason == "",
            row.work_order_id != picture.work_order_id,
        )
    )
    return [other for each in rows if (other := picture_of(each)) is not None]


async def add(session: AsyncSession, flags: Collection[Flag], now: datetime) -> list[OnSiteFlagRow]:
    """Raise flags, each once; gives those that are new."""
    raised: list[OnSiteFlagRow] = []
    for flag in flags:
        found = await session.scalars(
            insert(OnSiteFlagRow)
            .values(
                flag_id=new_id("fg", now),
                work_order_id=flag.work_order_id,
                command_id=flag.command_id,
                flag_kind=flag.kind,
                technician_id=flag.technician_id,
                measured=flag.measured,
                other_work_order_id=flag.other_work_order_id,
                other_command_id=flag.other_command_id,
                raised_at=now,
            )
            .on_conflict_do_nothing()
            .returning(OnSiteFlagRow)
        )
        raised += found.all()
    return raised


async def of_work_order(session: AsyncSession, work_order_id: str) -> Sequence[OnSiteFlagRow]:
    """The flags of a work order, as they were raised."""
    rows = await session.scalars(
        select(OnSiteFlagRow)
        .where(OnSiteFlagRow.work_order_id == work_order_id)
        .order_by(OnSiteFlagRow.flag_id)
    )
    return rows.all()


async def page(
    session: AsyncSession, wanted: WantedFlags, before: str, size: int
) -> Sequence[OnSiteFlagRow]:
    """Flags, newest first, from the one raised before ``before`` on (empty: from the newest)."""
    query = (
        select(OnSiteFlagRow)
        .join(WorkOrderRow, WorkOrderRow.work_order_id == OnSiteFlagRow.work_order_id)
        .where(*within(wanted.scope))
        .order_by(OnSiteFlagRow.flag_id.desc())
        .limit(size)
    )
    if before:
        query = query.where(OnSiteFlagRow.flag_id < before)
    if wanted.kind:
        query = query.where(OnSiteFlagRow.flag_kind == wanted.kind)
    if wanted.technician_id:
        query = query.where(OnSiteFlagRow.technician_id == wanted.technician_id)
    if wanted.work_order_id:
        query = query.where(OnSiteFlagRow.work_order_id == wanted.work_order_id)
    if wanted.unreviewed:
        reviewed = select(OnSiteFlagReviewRow).where(
            OnSiteFlagReviewRow.flag_id == OnSiteFlagRow.flag_id
        )
        query = query.where(~reviewed.exists())
    return (await session.scalars(query)).all()


async def read(session: AsyncSession, flag_id: str) -> OnSiteFlagRow:
    """A flag.

    Raises:
        NotFound: ``ON_SITE_FLAG_UNKNOWN``.
    """
    row = await session.get(OnSiteFlagRow, flag_id)
    if row is None:
        raise NotFound("ON_SITE_FLAG_UNKNOWN", f"there is no flag {flag_id!r}", field="flag_id")
    return row


async def review(session: AsyncSession, row: OnSiteFlagReviewRow) -> None:
    """Keep what the office says of a flag.

    Raises:
        AlreadyExists: ``ON_SITE_FLAG_REVIEWED``.
    """
    kept = await session.scalar(
        insert(OnSiteFlagReviewRow)
        .values(
            flag_id=row.flag_id,
            verdict=row.verdict,
            reason=row.reason,
            reviewed_at=row.reviewed_at,
            reviewed_by_person_id=row.reviewed_by_person_id,
        )
        .on_conflict_do_nothing()
        .returning(OnSiteFlagReviewRow.flag_id)
    )
    if kept is None:
        raise AlreadyExists(
            "ON_SITE_FLAG_REVIEWED", f"flag {row.flag_id} was reviewed already", field="flag_id"
        )


async def reviews(
    session: AsyncSession, flag_ids: Collection[str]
) -> Mapping[str, OnSiteFlagReviewRow]:
    """What was said of some flags, by their ids."""
    rows = await session.scalars(
        select(OnSiteFlagReviewRow).where(OnSiteFlagReviewRow.flag_id.in_(flag_ids))
    )
    return {row.flag_id: row for row in rows}


async def case_of(session: AsyncSession, flag: OnSiteFlagRow) -> str:
    """The case of the work order that a flag is on."""
    return (await session.get_one(WorkOrderRow, flag.work_order_id)).case_id
