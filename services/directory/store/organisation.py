"""Departments, and who leads whom."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from kit.errors import NotFound
from services.directory.domain.organisation import Member
from services.directory.tables.people import DepartmentMemberRow, DepartmentRow, PersonRow


async def department(session: AsyncSession, department_id: str, field: str) -> DepartmentRow:
    """One department.

    Raises:
        NotFound: ``DEPARTMENT_UNKNOWN``, naming ``field``.
    """
    row = await session.get(DepartmentRow, department_id)
    if row is None:
        raise NotFound(
            "DEPARTMENT_UNKNOWN", f"there is no department {department_id!r}", field=field
        )
    return row


async def page(session: AsyncSession, after: str, limit: int) -> Sequence[DepartmentRow]:
    """Departments by id, after one of them."""
    query = select(DepartmentRow).where(DepartmentRow.department_id > after)
    return (await session.scalars(query.order_by(DepartmentRow.department_id).limit(limit))).all()


async def departments(session: AsyncSession) -> dict[str, DepartmentRow]:
    """All departments by their ids."""
    return {row.department_id: row for row in await session.scalars(select(DepartmentRow))}


async def leading_members(session: AsyncSession, person_id: str) -> dict[str, Member]:
    """A person, everybody who leads anybody, and all successors, by their ids."""
    leading = or_(
        PersonRow.person_id == person_id,
        PersonRow.person_id.in_(select(DepartmentRow.leader_person_id)),
        PersonRow.person_id.in_(select(aliased(PersonRow).leader_person_id)),
        PersonRow.person_id.in_(select(aliased(PersonRow).successor_person_id)),
    )
    main = and_(DepartmentMemberRow.person_id == PersonRow.person_id, DepartmentMemberRow.rank == 0)
    query = (
        select(
            PersonRow.person_id,
            PersonRow.left_at.is_not(None),
            PersonRow.successor_person_id,
            PersonRow.leader_person_id,
            DepartmentMemberRow.department_id,
        )
        .outerjoin(DepartmentMemberRow, main)
        .where(leading)
    )
    return {found: Member(*facts) for found, *facts in (await session.execute(query)).all()}


async def hold_still(session: AsyncSession) -> None:
    """Let nobody else change who is above whom until the transaction ends: two changes, each sound,
    could make a loop together. Comes before all other locks.
    """
    lock = func.pg_advisory_xact_lock(func.hashtextextended("directory organisation", 0))
    await session.execute(select(lock))


async def departments_above(session: AsyncSession, department_id: str) -> set[str]:
    """A department and all that it is part of."""
    return await _line(session, department_id, DepartmentRow.department_id, DepartmentRow.parent_id)


async def leaders_named_above(session: AsyncSession, person_id: str) -> set[str]:
    """A person, the leader named for them, the one named for that leader, and so on."""
    return await _line(session, person_id, PersonRow.person_id, PersonRow.leader_person_id)


async def _line(
    session: AsyncSession,
    start: str,
    own: InstrumentedAttribute[str],
    above: InstrumentedAttribute[str | None],
) -> set[str]:
    line = select(literal(start).label("id")).cte(recursive=True)
    line = line.union(select(above).where(own == line.c.id, above.is_not(None)))
    return set(await session.scalars(select(line.c.id)))
