"""People and what they hold."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.directory.tables import PersonRow


async def person(session: AsyncSession, person_id: str) -> PersonRow:
    """One person.

    Raises:
        NotFound: ``PERSON_UNKNOWN``.
    """
    row = await session.get(PersonRow, person_id)
    if row is None:
        raise NotFound("PERSON_UNKNOWN", f"there is no person {person_id!r}", field="person_id")
    return row


async def person_with_wecom_userid(session: AsyncSession, userid: str) -> PersonRow | None:
    """Whoever is that member in WeCom."""
    query = select(PersonRow).where(PersonRow.wecom_userid == userid)
    return (await session.scalars(query)).one_or_none()


async def people(session: AsyncSession, role: str, after: str, limit: int) -> Sequence[PersonRow]:
    """People by id, after one of them; only holders of ``role`` when it is not empty."""
    query = select(PersonRow).where(PersonRow.person_id > after)
    if role:
        query = query.where(PersonRow.roles.contains([role]))
    return (await session.scalars(query.order_by(PersonRow.person_id).limit(limit))).all()


async def active_holders(session: AsyncSession, role: str, outlet_id: str) -> Sequence[PersonRow]:
    """Who holds a role now; only in ``outlet_id`` when it is not empty."""
    query = select(PersonRow).where(PersonRow.roles.contains([role]), PersonRow.state == "active")
    if outlet_id:
        query = query.where(PersonRow.outlet_id == outlet_id)
    return (await session.scalars(query)).all()
