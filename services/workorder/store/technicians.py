"""Technicians: their profiles, and how much each has taken on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.workorder.domain.capacity import Workday, day_of
from services.workorder.domain.dispatch import Pool
from services.workorder.domain.geo import Point
from services.workorder.domain.skill import HeldSkill
from services.workorder.domain.work_order import Outcome, State
from services.workorder.tables import OfferRow, TechnicianRow, TechnicianSkillRow, WorkOrderRow

_UNFINISHED = (State.ACCEPTED, State.SCHEDULED, State.IN_PROGRESS)


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


async def page(session: AsyncSession, after: str, size: int) -> Sequence[TechnicianRow]:
    """Technicians in the order of their ids, after ``after``."""
    query = (
        select(TechnicianRow)
        .where(TechnicianRow.technician_id > after)
        .order_by(TechnicianRow.technician_id)
        .limit(size)
    )
    return (await session.scalars(query)).all()


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


async def pool(session: AsyncSession, skill_codes: Collection[str], now: datetime) -> Pool:
    """All technicians as the matcher reads them, with the skills of these codes."""
    technicians = (
        await session.execute(
            select(
                TechnicianRow.technician_id,
                TechnicianRow.outlet_id,
                TechnicianRow.cooperation_mode,
                TechnicianRow.active,
                TechnicianRow.territory_codes,
                TechnicianRow.home_longitude,
                TechnicianRow.home_latitude,
                TechnicianRow.daily_capacity,
                TechnicianRow.rating_hundredths,
            ).order_by(TechnicianRow.technician_id)
        )
    ).all()
    skills = await _skills(session, skill_codes)
    loads = await _loads(session, now)
    return Pool(
        technician_ids=[row.technician_id for row in technicians],
        outlet_ids=[row.outlet_id for row in technicians],
        cooperation_modes=[row.cooperation_mode for row in technicians],
        active=[row.active for row in technicians],
        skills=[skills[row.technician_id] for row in technicians],
        territory_codes=[frozenset(row.territory_codes) for row in technicians],
        homes=[
            None if row.home_longitude is None else Point(row.home_longitude, row.home_latitude)
            for row in technicians
        ],
        daily_capacities=[row.daily_capacity for row in technicians],
        taken_today=[loads[row.technician_id][0] for row in technicians],
        open_loads=[loads[row.technician_id][1] for row in technicians],
        ratings_hundredths=[row.rating_hundredths for row in technicians],
    )


async def _skills(
    session: AsyncSession, skill_codes: Collection[str]
) -> defaultdict[str, dict[str, HeldSkill]]:
    skills: defaultdict[str, dict[str, HeldSkill]] = defaultdict(dict)
    query = select(*TechnicianSkillRow.__table__.columns).where(
        TechnicianSkillRow.skill_code.in_(skill_codes)
    )
    for row in await session.execute(query):
        skills[row.technician_id][row.skill_code] = HeldSkill(row.level, row.certificate_expires_at)
    return skills


async def _loads(session: AsyncSession, now: datetime) -> defaultdict[str, tuple[int, int]]:
    """What each technician has taken today and what they have open now."""
    query = (
        select(
            OfferRow.technician_id,
            func.count().filter(_taken(now)).label("taken"),
            func.count().filter(_open(now)).label("open"),
        )
        .join(WorkOrderRow)
        .where(or_(_taken(now), _open(now)))
        .group_by(OfferRow.technician_id)
    )
    loads: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in await session.execute(query):
        loads[row.technician_id] = (row.taken, row.open)
    return loads


def _unanswered(now: datetime) -> ColumnElement[bool]:
    return and_(OfferRow.outcome.is_(None), OfferRow.expires_at > now)


def _taken(now: datetime) -> ColumnElement[bool]:
    """What counts against the day's capacity (``services.workorder.domain.capacity``)."""
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


def _open(now: datetime) -> ColumnElement[bool]:
    """What a technician has still to do, or to answer."""
    return or_(
        _unanswered(now),
        and_(OfferRow.outcome == Outcome.ACCEPTED, WorkOrderRow.state.in_(_UNFINISHED)),
    )
