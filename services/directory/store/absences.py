"""Absences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.directory.tables.people import AbsenceRow


def _lasts_beyond(instant: datetime) -> ColumnElement[bool]:
    return and_(
        AbsenceRow.cancelled_at.is_(None),
        or_(AbsenceRow.ends_at.is_(None), AbsenceRow.ends_at > instant),
    )


def in_force(now: datetime) -> ColumnElement[bool]:
    """Whether an absence is one at this instant; a person has at most one that is."""
    return and_(AbsenceRow.starts_at <= now, _lasts_beyond(now))


async def find(session: AsyncSession, absence_id: str) -> AbsenceRow | None:
    """One absence to be changed, if there is such a one; nobody else changes it meanwhile."""
    return await session.get(AbsenceRow, absence_id, with_for_update=True)


async def absence(session: AsyncSession, absence_id: str) -> AbsenceRow:
    """One absence to be changed; nobody else changes it meanwhile.

    Raises:
        NotFound: ``ABSENCE_UNKNOWN``.
    """
    row = await find(session, absence_id)
    if row is None:
        raise NotFound("ABSENCE_UNKNOWN", f"there is no absence {absence_id!r}", field="absence_id")
    return row


async def lasting_beyond(
    session: AsyncSession, person_id: str, instant: datetime
) -> Sequence[AbsenceRow]:
    """A person's absences that are not over at an instant."""
    query = select(AbsenceRow).where(AbsenceRow.person_id == person_id, _lasts_beyond(instant))
    return (await session.scalars(query)).all()


async def page(
    session: AsyncSession,
    person_id: str,
    not_over_at: datetime | None,
    after: str,
    limit: int,
) -> Sequence[AbsenceRow]:
    """Absences by id, after one of them.

    Args:
        session: the transaction.
        person_id: only this person's, when not empty.
        not_over_at: only those that are not over at this instant, when there is one.
        after: an id; empty for the beginning.
        limit: how many at most.
    """
    query = select(AbsenceRow).where(AbsenceRow.absence_id > after)
    if person_id:
        query = query.where(AbsenceRow.person_id == person_id)
    if not_over_at is not None:
        query = query.where(_lasts_beyond(not_over_at))
    return (await session.scalars(query.order_by(AbsenceRow.absence_id).limit(limit))).all()
