"""Technicians: their profiles, and how much each has taken on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.workorder.domain.orders.work_order import Outcome, State
from services.workorder.domain.registry.capacity import Workday, day_of
from services.workorder.tables.registry import TeamMemberRow
from services.workorder.tables.technicians import TechnicianRow, TechnicianSkillRow
from services.workorder.tables.work_orders import OfferRow, WorkOrderRow


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which technicians are asked for; what is empty does not matter.

    Attributes:
        certificate_expires_by: who holds a certificate that is good no longer than this; of the skill,
            when one is named.
    """

    outlet_id: str = ""
    team_id: str = ""
    skill_code: str = ""
    tag: str = ""
    territory_code: str = ""
    certificate_expires_by: datetime | None = None
    active_only: bool = False


def _unknown(technician_id: str) -> NotFound:
    return NotFound(
        "TECHNICIAN_UNKNOWN", f"there is no technician {technician_id!r}", field="technician_id"
    )


async def put(session: AsyncSession, row: TechnicianRow) -> None:
    """Create the technician, or replace all that is known of them."""
    columns = {
        name: getattr(row, name)
        for name in TechnicianRow.__table__.columns.keys()  # noqa: SIM118 - keyed by name
    }
    await session.execute(
        insert(TechnicianRow)
        .values(columns)
        .on_conflict_do_update(index_elements=["technician_id"], set_=columns)
    )
    await session.execute(
        delete(TechnicianSkillRow).where(TechnicianSkillRow.technician_id == row.technician_id)
    )
    session.add_all(row.skills)
    await session.flush()


async def read(session: AsyncSession, technician_id: str) -> TechnicianRow:
    """The technician (``TECHNICIAN_UNKNOWN``)."""
    row = await session.get(TechnicianRow, technician_id)
    if row is None:
        raise _unknown(technician_id)
    return row


async def by_id(
    session: AsyncSession, technician_ids: Collection[str], *, lock: bool = False
) -> dict[str, TechnicianRow]:
    """Those of the technicians who exist; locked, nobody else changes them meanwhile."""
    query = select(TechnicianRow).where(TechnicianRow.technician_id.in_(technician_ids))
    if lock:
        query = query.order_by(TechnicianRow.technician_id).with_for_update()
    return {row.technician_id: row for row in await session.scalars(query)}


async def put_all(session: AsyncSession, rows: Sequence[TechnicianRow]) -> None:
    """Create technicians, or replace all that is known of them; many at once."""
    if not rows:
        return
    names = TechnicianRow.__table__.columns.keys()
    statement = insert(TechnicianRow.__table__)  # type: ignore[arg-type]  # it is a table
    others = {name: statement.excluded[name] for name in names if name != "technician_id"}
    upsert = statement.on_conflict_do_update(index_elements=["technician_id"], set_=others)
    await session.execute(upsert, [{name: getattr(row, name) for name in names} for row in rows])
    ids = [row.technician_id for row in rows]
    await session.execute(
        delete(TechnicianSkillRow).where(TechnicianSkillRow.technician_id.in_(ids)),
        execution_options={"synchronize_session": False},
    )
    held = TechnicianSkillRow.__table__.columns.keys()
    skills = [{name: getattr(skill, name) for name in held} for row in rows for skill in row.skills]
    if skills:
        await session.execute(insert(TechnicianSkillRow.__table__), skills)  # type: ignore[arg-type]  # it is a table


async def page(
    session: AsyncSession, after: str, size: int, wanted: Wanted | None = None
) -> Sequence[TechnicianRow]:
    """Technicians in the order of their ids, after ``after``."""
    query = (
        select(TechnicianRow)
        .where(TechnicianRow.technician_id > after, *_conditions(wanted or Wanted()))
        .order_by(TechnicianRow.technician_id)
        .limit(size)
    )
    return (await session.scalars(query)).all()


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.outlet_id:
        conditions.append(TechnicianRow.outlet_id == wanted.outlet_id)
    if wanted.team_id:
        in_team = select(TeamMemberRow.technician_id).where(TeamMemberRow.team_id == wanted.team_id)
        conditions.append(TechnicianRow.technician_id.in_(in_team))
    if wanted.skill_code or wanted.certificate_expires_by is not None:
        held = select(TechnicianSkillRow.technician_id)
        if wanted.skill_code:
            held = held.where(TechnicianSkillRow.skill_code == wanted.skill_code)
        if wanted.certificate_expires_by is not None:
            until = wanted.certificate_expires_by
            held = held.where(TechnicianSkillRow.certificate_expires_at <= until)
        conditions.append(TechnicianRow.technician_id.in_(held))
    if wanted.tag:
        conditions.append(TechnicianRow.tags.contains([wanted.tag]))
    if wanted.territory_code:
        conditions.append(TechnicianRow.territory_codes.contains([wanted.territory_code]))
    if wanted.active_only:
        conditions.append(TechnicianRow.active.is_(True))
    return conditions


async def names(session: AsyncSession, technician_ids: Collection[str]) -> dict[str, str]:
    """The display name of each technician."""
    query = select(TechnicianRow.technician_id, TechnicianRow.display_name).where(
        TechnicianRow.technician_id.in_(technician_ids)
    )
    return {row.technician_id: row.display_name for row in await session.execute(query)}


async def lock_workday(session: AsyncSession, technician_id: str, now: datetime) -> Workday:
    """A technician's day so far; nobody else can fill it until the transaction ends.

    Raises:
        NotFound: ``TECHNICIAN_UNKNOWN``.
    """
    row = await session.get(TechnicianRow, technician_id, with_for_update={"key_share": True})
    if row is None:
        raise _unknown(technician_id)
    taken = await session.scalar(
        select(func.count())
        .select_from(OfferRow)
        .join(WorkOrderRow)
        .where(OfferRow.technician_id == technician_id, _taken(now))
    )
    return Workday(technician_id, row.active, row.daily_capacity, taken or 0)


def _unanswered(now: datetime) -> ColumnElement[bool]:
    return and_(OfferRow.outcome.is_(None), OfferRow.expires_at > now)


def _taken(now: datetime) -> ColumnElement[bool]:
    """What counts against the day's capacity (``services.workorder.domain.registry.capacity``)."""
    midnight, next_midnight = day_of(now)
    return or_(
        _unanswered(now),
        and_(
            OfferRow.outcome == Outcome.ACCEPTED,
            OfferRow.outcome_at >= midnight,
            OfferRow.outcome_at < next_midnight,
            WorkOrderRow.state != State.CANCELLED,
        ),
    )
