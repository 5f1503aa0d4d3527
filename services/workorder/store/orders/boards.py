"""Counts for boards, figures and forecasts, each from one index that holds all it groups by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Select,
    Text,
    and_,
    cast,
    extract,
    false,
    func,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession

from services.workorder.domain.access import Scope
from services.workorder.domain.orders import board
from services.workorder.domain.orders.board import Grouping
from services.workorder.store.orders.work_order_lists import OPEN
from services.workorder.tables.work_orders import WorkOrderRow

_CLOSED: Final = text("work_order.state IN ('accepted_by_customer', 'cancelled')")
_DONE: Final = text("work_order.state IN ('completed', 'accepted_by_customer')")
_ADCODE_LENGTH: Final = 6


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is counted; what is empty does not matter."""

    scope: Scope
    grouping: Grouping = Grouping.ALL
    region_code: str = ""
    outlet_id: str = ""
    team_id: str = ""
    stage: str = ""

    def together(self) -> Wanted:
        """The same, counted all together."""
        return replace(self, grouping=Grouping.ALL)


@dataclass(frozen=True, slots=True)
class Count:
    """How many work orders of a group are in a state, and how many of them are overdue."""

    group: str
    state: str
    count: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Figure:
    """How work of a group was done; times in seconds, on average."""

    group: str
    done: int
    response_seconds: int
    visit_seconds: int
    cycle_seconds: int
    rated: int
    stars: int
    second_visits: int
    reworks: int


async def count_open(session: AsyncSession, wanted: Wanted, now: datetime) -> list[Count]:
    """All that are open."""
    return await _counts(session, open_query(wanted, now))


async def count_ended(
    session: AsyncSession, wanted: Wanted, ended: tuple[datetime, datetime], now: datetime
) -> list[Count]:
    """Those that ended in some time."""
    return await _counts(session, ended_query(wanted, ended, now))


def open_query(wanted: Wanted, now: datetime) -> Select[Any]:
    """The query of ``count_open``."""
    return _counted(wanted, now).where(OPEN)


def ended_query(wanted: Wanted, ended: tuple[datetime, datetime], now: datetime) -> Select[Any]:
    """The query of ``count_ended``."""
    since, until = ended
    return _counted(wanted, now).where(
        _CLOSED, WorkOrderRow.state_since >= since, WorkOrderRow.state_since < until
    )


async def stuck(
    session: AsyncSession, wanted: Wanted, now: datetime, limit: int
) -> Sequence[WorkOrderRow]:
    """Those that have been in their state longer than usual or are overdue, the longest first."""
    ids = (await session.scalars(stuck_query(wanted, now, limit))).all()
    rows = await session.scalars(
        select(WorkOrderRow)
        .where(WorkOrderRow.work_order_id.in_(ids))
        .order_by(WorkOrderRow.state_since, WorkOrderRow.work_order_id)
    )
    return rows.all()


def stuck_query(wanted: Wanted, now: datetime, limit: int) -> Select[tuple[str]]:
    """The ids of ``stuck``."""
    too_long = [
        and_(WorkOrderRow.state == state, WorkOrderRow.state_since < now - usual)
        for state, usual in board.USUAL.items()
    ]
    return (
        select(WorkOrderRow.work_order_id)
        .where(OPEN, or_(*too_long, _overdue(now)), *_conditions(wanted))
        .order_by(WorkOrderRow.state_since, WorkOrderRow.work_order_id)
        .limit(limit)
    )


async def figures(
    session: AsyncSession, wanted: Wanted, done: tuple[datetime, datetime]
) -> list[Figure]:
    """How fast and how well work was done in some time."""
    rows = await session.execute(figures_query(wanted, done))
    return [Figure(*row) for row in rows]


def figures_query(wanted: Wanted, done: tuple[datetime, datetime]) -> Select[Any]:
    """The query of ``figures``."""
    since, until = done
    group = _group(wanted, WorkOrderRow.completed_at).label("place")
    rated = WorkOrderRow.rating > 0
    return (
        select(
            group,
            func.count(),
            _mean(WorkOrderRow.responded_at, WorkOrderRow.created_at),
            _mean(WorkOrderRow.completed_at, WorkOrderRow.checked_in_at),
            _mean(WorkOrderRow.completed_at, WorkOrderRow.created_at),
            func.count().filter(rated),
            func.coalesce(func.sum(WorkOrderRow.rating), 0),
            func.count().filter(WorkOrderRow.link_kind == "second_visit"),
            func.count().filter(WorkOrderRow.link_kind == "rework"),
        )
        .where(
            _DONE,
            WorkOrderRow.completed_at >= since,
            WorkOrderRow.completed_at < until,
            *_conditions(wanted),
        )
        .group_by(text("place"))
        .order_by(text("place"))
    )


async def arrivals(
    session: AsyncSession, wanted: Wanted, since: datetime, until: datetime
) -> dict[datetime, int]:
    """How many work orders came in each hour of some time; hours without any are left out."""
    rows = await session.execute(arrivals_query(wanted, since, until))
    return {row.hour: row.arrived for row in rows}


def arrivals_query(wanted: Wanted, since: datetime, until: datetime) -> Select[Any]:
    """The query of ``arrivals``."""
    hour = func.date_trunc("hour", WorkOrderRow.created_at).label("hour")
    return (
        select(hour, func.count().label("arrived"))
        .where(
            WorkOrderRow.created_at >= since,
            WorkOrderRow.created_at < until,
            *_conditions(wanted),
        )
        .group_by(text("hour"))
    )


async def _counts(session: AsyncSession, query: Select[Any]) -> list[Count]:
    return [Count(*row) for row in await session.execute(query)]


def _counted(wanted: Wanted, now: datetime) -> Select[Any]:
    group = _group(wanted, WorkOrderRow.created_at).label("place")
    return (
        select(group, WorkOrderRow.state, func.count(), func.count().filter(_overdue(now)))
        .where(*_conditions(wanted))
        .group_by(text("place"), WorkOrderRow.state)
        .order_by(text("place"), WorkOrderRow.state)
    )


def _overdue(now: datetime) -> ColumnElement[bool]:
    return and_(WorkOrderRow.due_at < now, WorkOrderRow.state.in_(board.UNDONE))


def _mean(end: Any, begin: Any) -> ColumnElement[int]:
    seconds = func.avg(extract("epoch", end - begin))
    return func.coalesce(cast(func.round(seconds), BigInteger), 0)


def _group(wanted: Wanted, day_of: Any) -> Any:
    match wanted.grouping:
        case Grouping.ALL:
            return literal("")
        case Grouping.REGION:
            digits = board.digits_of_region(wanted.region_code)
            return func.rpad(func.left(WorkOrderRow.adcode, digits), _ADCODE_LENGTH, "0")
        case Grouping.OUTLET:
            return WorkOrderRow.outlet_id
        case Grouping.TEAM:
            return WorkOrderRow.team_id
        case Grouping.STAGE:
            return WorkOrderRow.stage
        case Grouping.DAY:
            return cast(cast(func.timezone("Asia/Shanghai", day_of), Date), Text)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.region_code:
        conditions.append(_within(wanted.region_code))
    if wanted.scope.region_codes:
        conditions.append(or_(false(), *map(_within, wanted.scope.region_codes)))
    if wanted.outlet_id:
        conditions.append(WorkOrderRow.outlet_id == wanted.outlet_id)
    if wanted.team_id:
        conditions.append(WorkOrderRow.team_id == wanted.team_id)
    if wanted.stage:
        conditions.append(WorkOrderRow.stage == wanted.stage)
    return conditions


def _within(region_code: str) -> ColumnElement[bool]:
    """The place lies in a region; of an adcode its first digits say so, and stand in the index."""
    if len(region_code) != _ADCODE_LENGTH or not region_code.isdecimal():
        path = WorkOrderRow.adcode_path.contains([region_code])
        return or_(path, WorkOrderRow.zone_codes.contains([region_code]))
    digits = region_code
    while digits.endswith("00"):
        digits = digits[:-2]
    return func.left(WorkOrderRow.adcode, len(digits)) == digits
