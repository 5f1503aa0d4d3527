"""Calendars of slots, and slots with who counts in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.workorder.domain.appointments.slot_reservation import State
from services.workorder.domain.appointments.slots import (
    Asked,
    Calendar,
    Override,
    OverrideKind,
    SlotKey,
    Template,
    Timetable,
)
from services.workorder.tables.appointments import (
    SlotCalendarRow,
    SlotOverrideRow,
    SlotReservationRow,
    SlotRow,
)

_CALENDARS: Final = "slot calendars"


async def keep_calendars(session: AsyncSession) -> None:
    """Nobody edits a calendar until the transaction ends."""
    lock = func.pg_advisory_xact_lock_shared(func.hashtextextended(_CALENDARS, 0))
    await session.execute(select(lock))


async def lock_calendars(session: AsyncSession) -> None:
    """Nobody reserves by a calendar until the transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(_CALENDARS, 0))))


async def add_calendar(session: AsyncSession, row: SlotCalendarRow) -> None:
    """Add a version of a calendar with its slots."""
    session.add(row)
    await session.flush()


async def add_override(session: AsyncSession, row: SlotOverrideRow) -> None:
    """Add a day that differs."""
    session.add(row)
    await session.flush()


async def calendars(
    session: AsyncSession, territory_code: str, service_kind: str, before: int, limit: int
) -> Sequence[SlotCalendarRow]:
    """Versions, the one said last first, before one of them (0: from the last one on)."""
    query = select(SlotCalendarRow).order_by(SlotCalendarRow.calendar_number.desc()).limit(limit)
    if territory_code:
        query = query.where(SlotCalendarRow.territory_code == territory_code)
    if service_kind:
        query = query.where(SlotCalendarRow.service_kind == service_kind)
    if before:
        query = query.where(SlotCalendarRow.calendar_number < before)
    return (await session.scalars(query)).all()


async def overrides(
    session: AsyncSession,
    territory_code: str,
    days: tuple[date | None, date | None],
    before: int,
    limit: int,
) -> Sequence[SlotOverrideRow]:
    """Days that differ, the one said last first, before one of them (0: from the last one on)."""
    query = select(SlotOverrideRow).order_by(SlotOverrideRow.override_number.desc()).limit(limit)
    if territory_code:
        query = query.where(SlotOverrideRow.territory_code == territory_code)
    if days[0] is not None:
        query = query.where(SlotOverrideRow.day >= days[0])
    if days[1] is not None:
        query = query.where(SlotOverrideRow.day <= days[1])
    if before:
        query = query.where(SlotOverrideRow.override_number < before)
    return (await session.scalars(query)).all()


async def timetable(
    session: AsyncSession, asked: Asked, first_day: date, last_day: date
) -> Timetable:
    """What may concern a visit on some days: the versions that count on one of them, in the order in
    which they take effect, and the days that differ."""
    newer = aliased(SlotCalendarRow)
    superseded = (
        select(newer.calendar_number)
        .where(
            newer.territory_code == SlotCalendarRow.territory_code,
            newer.service_kind == SlotCalendarRow.service_kind,
            newer.effective_from <= first_day,
            tuple_(newer.effective_from, newer.calendar_number)
            > tuple_(SlotCalendarRow.effective_from, SlotCalendarRow.calendar_number),
        )
        .exists()
    )
    versions = (
        select(SlotCalendarRow)
        .where(
            SlotCalendarRow.territory_code.in_(asked.place_codes),
            SlotCalendarRow.service_kind.in_(asked.service_kinds),
            SlotCalendarRow.effective_from <= last_day,
            ~superseded,
        )
        .order_by(SlotCalendarRow.effective_from, SlotCalendarRow.calendar_number)
    )
    said = select(SlotOverrideRow).where(
        SlotOverrideRow.territory_code.in_(asked.place_codes),
        SlotOverrideRow.service_kind.in_(("", *asked.service_kinds)),
        SlotOverrideRow.day.between(first_day, last_day),
    )
    found: defaultdict[tuple[str, str], list[Calendar]] = defaultdict(list)
    for row in await session.scalars(versions):
        found[row.territory_code, row.service_kind].append(_calendar(row))
    return Timetable(found, [override_of(row) for row in await session.scalars(said)])


async def open_and_lock(
    session: AsyncSession, key: SlotKey, capacity: int, others: Collection[SlotKey]
) -> None:
    """Lock a slot, with what it takes by now, and others that are there already; all in one order, so
    that no two wait for each other."""
    for each in sorted({key, *others}):
        if each == key:
            await _open(session, key, capacity)
        else:
            await lock(session, each)


async def _open(session: AsyncSession, key: SlotKey, capacity: int) -> None:
    values = {
        "territory_code": key.territory_code,
        "service_kind": key.service_kind,
        "window_start": key.start,
        "capacity": capacity,
    }
    await session.execute(
        insert(SlotRow)
        .values(taken=0, **values)
        .on_conflict_do_update(
            index_elements=["territory_code", "service_kind", "window_start"],
            set_={"capacity": capacity},
        )
    )


async def lock(session: AsyncSession, key: SlotKey) -> None:
    """Nobody else takes or gives back this slot until the transaction ends."""
    query = select(SlotRow.capacity).where(_is(key)).with_for_update(key_share=True)
    await session.execute(query)


async def taken(session: AsyncSession, key: SlotKey) -> int:
    """How many hold a locked slot, by the database's own count."""
    return await session.scalar(select(SlotRow.taken).where(_is(key))) or 0


async def slots_from(
    session: AsyncSession, territory_code: str, service_kind: str, begin: datetime
) -> dict[SlotKey, int]:
    """The slots of a territory that begin from an instant on and were reserved once, locked, each with
    its capacity; an empty kind is every kind."""
    query = (
        select(SlotRow)
        .where(SlotRow.territory_code == territory_code, SlotRow.window_start >= begin)
        .order_by(SlotRow.territory_code, SlotRow.service_kind, SlotRow.window_start)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if service_kind:
        query = query.where(SlotRow.service_kind == service_kind)
    return {_key(row): row.capacity for row in await session.scalars(query)}


async def set_capacities(session: AsyncSession, capacities: Mapping[SlotKey, int]) -> None:
    """Let locked slots take so many from now on; who holds them keeps them."""
    for key, capacity in capacities.items():
        await session.execute(
            update(SlotRow)
            .where(_is(key))
            .values(capacity=capacity)
            .execution_options(synchronize_session=False)
        )


async def taken_between(
    session: AsyncSession, asked: Asked, begin: datetime, end: datetime, now: datetime
) -> dict[SlotKey, int]:
    """How many hold each slot that begins from an instant up to another; holds that are over by now do
    not count."""
    query = (
        select(
            SlotReservationRow.territory_code,
            SlotReservationRow.service_kind,
            SlotReservationRow.window_start,
            func.count(),
        )
        .where(
            SlotReservationRow.territory_code.in_(asked.place_codes),
            SlotReservationRow.service_kind.in_(asked.service_kinds),
            SlotReservationRow.window_start >= begin,
            SlotReservationRow.window_start < end,
            live_at(now),
        )
        .group_by(
            SlotReservationRow.territory_code,
            SlotReservationRow.service_kind,
            SlotReservationRow.window_start,
        )
    )
    return {SlotKey(*key): count for *key, count in await session.execute(query)}


def live_at(now: datetime) -> ColumnElement[bool]:
    """Which reservations take their slot at an instant."""
    return or_(
        SlotReservationRow.state == State.CONFIRMED,
        and_(SlotReservationRow.state == State.HELD, SlotReservationRow.expires_at > now),
    )


def _is(key: SlotKey) -> ColumnElement[bool]:
    return and_(
        SlotRow.territory_code == key.territory_code,
        SlotRow.service_kind == key.service_kind,
        SlotRow.window_start == key.start,
    )


def _key(row: SlotRow) -> SlotKey:
    return SlotKey(row.territory_code, row.service_kind, row.window_start)


def _calendar(row: SlotCalendarRow) -> Calendar:
    return Calendar(
        territory_code=row.territory_code,
        service_kind=row.service_kind,
        effective_from=row.effective_from,
        templates=tuple(
            Template(each.weekday, each.start_minute, each.end_minute, each.capacity)
            for each in row.templates
        ),
        opens_days_before=row.opens_days_before,
        closes_minutes_before=row.closes_minutes_before,
        hold_minutes=row.hold_minutes,
    )


def override_of(row: SlotOverrideRow) -> Override:
    """A day that differs as what decides by it."""
    return Override(
        territory_code=row.territory_code,
        service_kind=row.service_kind,
        day=row.day,
        start_minute=row.start_minute,
        kind=OverrideKind(row.kind),
        extra_capacity=row.extra_capacity,
        number=row.override_number,
    )
