"""Teams and their members."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.workorder.tables.registry import TeamMemberRow, TeamRow
from services.workorder.tables.technicians import TechnicianRow


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which teams are asked for; what is empty does not matter."""

    outlet_id: str = ""
    kind: str = ""
    technician_id: str = ""
    include_ended: bool = False


async def find(session: AsyncSession, team_id: str, *, lock: bool = False) -> TeamRow | None:
    """One team, if there is one; locked, nobody else changes it meanwhile."""
    return await session.get(TeamRow, team_id, with_for_update=lock or None)


async def read(session: AsyncSession, team_id: str, *, lock: bool = False) -> TeamRow:
    """One team (``TEAM_UNKNOWN``)."""
    row = await find(session, team_id, lock=lock)
    if row is None:
        raise NotFound("TEAM_UNKNOWN", f"there is no team {team_id!r}", field="team_id")
    return row


async def member_ids(session: AsyncSession, team_id: str) -> Sequence[str]:
    """Who is in a team (``TEAM_UNKNOWN``); nobody once it has ended."""
    row = await read(session, team_id)
    return [] if row.ended_at else [member.technician_id for member in row.members]


async def put(session: AsyncSession, row: TeamRow) -> TeamRow:
    """Create a team, or replace the one with its id and its members."""
    kept = await session.merge(row)
    await session.flush()
    return kept


async def unknown_of(session: AsyncSession, technician_ids: Collection[str]) -> set[str]:
    """Those of them that are no technicians."""
    query = select(TechnicianRow.technician_id).where(
        TechnicianRow.technician_id.in_(technician_ids)
    )
    return set(technician_ids) - set(await session.scalars(query))


async def page(session: AsyncSession, wanted: Wanted, after: str, limit: int) -> Sequence[TeamRow]:
    """Teams in the order of their ids, after one of them."""
    query = select(TeamRow).where(TeamRow.team_id > after)
    if wanted.outlet_id:
        query = query.where(TeamRow.outlet_id == wanted.outlet_id)
    if wanted.kind:
        query = query.where(TeamRow.kind == wanted.kind)
    if wanted.technician_id:
        member = exists().where(
            TeamMemberRow.team_id == TeamRow.team_id,
            TeamMemberRow.technician_id == wanted.technician_id,
        )
        query = query.where(member)
    if not wanted.include_ended:
        query = query.where(TeamRow.ended_at.is_(None))
    return (await session.scalars(query.order_by(TeamRow.team_id).limit(limit))).all()
