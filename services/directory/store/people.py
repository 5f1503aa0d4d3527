"""People, what they hold, and who stands in for them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import and_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.directory.domain.assignees import Holder
from services.directory.domain.substitution import Colleague
from services.directory.store.absences import in_force
from services.directory.tables.people import AbsenceRow, DepartmentMemberRow, PersonRow


async def find(session: AsyncSession, person_id: str) -> PersonRow | None:
    """One person, if there is such a one."""
    return await session.get(PersonRow, person_id)


async def person(session: AsyncSession, person_id: str, field: str = "person_id") -> PersonRow:
    """One person.

    Raises:
        NotFound: ``PERSON_UNKNOWN``, naming ``field``.
    """
    row = await find(session, person_id)
    if row is None:
        raise NotFound("PERSON_UNKNOWN", f"there is no person {person_id!r}", field=field)
    return row


async def lock(session: AsyncSession, *person_ids: str) -> None:
    """Let nobody else change these people until the transaction ends. Comes before reading them."""
    await session.execute(
        select(PersonRow.person_id)
        .where(PersonRow.person_id.in_(person_ids))
        .order_by(PersonRow.person_id)
        .with_for_update(key_share=True)
    )


async def person_with_wecom_userid(session: AsyncSession, userid: str) -> PersonRow | None:
    """Whoever is that member in WeCom."""
    query = select(PersonRow).where(PersonRow.wecom_userid == userid)
    return (await session.scalars(query)).one_or_none()


async def people(
    session: AsyncSession, role: str, department_id: str, after: str, limit: int
) -> Sequence[PersonRow]:
    """People by id, after one of them; only holders of ``role`` and only members of
    ``department_id`` when these are not empty.
    """
    query = select(PersonRow).where(PersonRow.person_id > after)
    if role:
        query = query.where(PersonRow.roles.contains([role]))
    if department_id:
        member = DepartmentMemberRow.department_id == department_id
        query = query.where(PersonRow.memberships.any(member))
    return (await session.scalars(query.order_by(PersonRow.person_id).limit(limit))).all()


async def active_holders(session: AsyncSession, role: str, outlet_id: str) -> list[Holder]:
    """Who holds a role now; only in ``outlet_id`` when it is not empty."""
    query = select(PersonRow.person_id, PersonRow.region_adcodes).where(
        PersonRow.roles.contains([role]), PersonRow.left_at.is_(None)
    )
    if outlet_id:
        query = query.where(PersonRow.outlet_id == outlet_id)
    return [Holder(*row) for row in await session.execute(query)]


async def colleagues(
    session: AsyncSession, person_ids: Collection[str], now: datetime
) -> dict[str, Colleague]:
    """How things stand with some people, and with all whom their successors and proxies lead to."""
    stand_ins = union_all(
        select(PersonRow.person_id, PersonRow.successor_person_id.label("stand_in")).where(
            PersonRow.successor_person_id.is_not(None)
        ),
        select(AbsenceRow.person_id, AbsenceRow.proxy_person_id).where(
            AbsenceRow.proxy_person_id.is_not(None), in_force(now)
        ),
    ).subquery()
    reached = (
        select(PersonRow.person_id).where(PersonRow.person_id.in_(person_ids)).cte(recursive=True)
    )
    reached = reached.union(
        select(stand_ins.c.stand_in).where(stand_ins.c.person_id == reached.c.person_id)
    )
    query = (
        select(
            PersonRow.person_id,
            PersonRow.left_at.is_not(None),
            PersonRow.successor_person_id,
            AbsenceRow.absence_id.is_not(None),
            AbsenceRow.proxy_person_id,
        )
        .outerjoin(AbsenceRow, and_(AbsenceRow.person_id == PersonRow.person_id, in_force(now)))
        .where(PersonRow.person_id.in_(select(reached.c.person_id)))
    )
    return {
        person_id: Colleague(*facts) for person_id, *facts in (await session.execute(query)).all()
    }
