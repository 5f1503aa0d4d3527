"""Slots that have more visits than they can take: their capacity was lowered, or the day was closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from sqlalchemy import (
    TIMESTAMP,
    Select,
    cast,
    func,
    literal,
    or_,
    select,
    tuple_,
    union,
)
from sqlalchemy.ext.asyncio import AsyncSession

from services.workorder.domain.appointments.slots import (
    Overbooked,
    OverrideKind,
    SlotKey,
    Timetable,
    day_of,
)
from services.workorder.store.appointments.slots import live_at, override_of
from services.workorder.tables.appointments import SlotOverrideRow, SlotReservationRow, SlotRow

_ORDER: Final = (SlotRow.window_start, SlotRow.territory_code, SlotRow.service_kind)
_HELD: Final = (
    SlotReservationRow.window_start,
    SlotReservationRow.territory_code,
    SlotReservationRow.service_kind,
)


async def overbooked(
    session: AsyncSession, territory_code: str, after: SlotKey | None, limit: int, now: datetime
) -> list[Overbooked]:
    """Slots to come that have more visits than they can take, the next one first, after one of them.

    Args:
        territory_code: only of this calendar, or with a visit that lies in it; empty: all.
    """
    found: list[Overbooked] = []
    while len(found) < limit:
        keys = await _suspects(session, territory_code, after, limit, now)
        counted = await _counted(session, territory_code, keys, now)
        found += [each for each in counted if each.over]
        if len(keys) < limit:
            break
        after = keys[-1]
    return found[:limit]


async def _suspects(
    session: AsyncSession, territory_code: str, after: SlotKey | None, limit: int, now: datetime
) -> list[SlotKey]:
    """Slots of a lower capacity than before, wherever they are, for those are few; and those with a
    visit where somebody closed the day once."""
    each = union(_lowered(now), _in_closed_places(territory_code, now)).subquery()
    order = (each.c.window_start, each.c.territory_code, each.c.service_kind)
    query = select(*order).order_by(*order).limit(limit)
    if after is not None:
        last = (literal(after.start), literal(after.territory_code), literal(after.service_kind))
        query = query.where(tuple_(*order) > tuple_(*last))
    return [SlotKey(code, of, begin) for begin, code, of in await session.execute(query)]


def _lowered(now: datetime) -> Select[Any]:
    return select(*_ORDER).where(SlotRow.window_start >= now, SlotRow.taken > SlotRow.capacity)


def _in_closed_places(territory_code: str, now: datetime) -> Select[Any]:
    midnight = func.timezone("Asia/Shanghai", cast(SlotOverrideRow.day, TIMESTAMP))
    next_midnight = func.timezone("Asia/Shanghai", cast(SlotOverrideRow.day + 1, TIMESTAMP))
    query = (
        select(*_HELD)
        .join(
            SlotOverrideRow,
            (SlotReservationRow.window_start >= midnight)
            & (SlotReservationRow.window_start < next_midnight)
            & (SlotOverrideRow.territory_code == func.any(SlotReservationRow.place_codes)),
        )
        .where(
            SlotOverrideRow.kind == OverrideKind.CLOSED,
            SlotOverrideRow.day >= day_of(now),
            SlotReservationRow.window_start >= now,
            live_at(now),
        )
    )
    if territory_code:
        of_calendar = SlotReservationRow.territory_code == territory_code
        lies_in = literal(territory_code) == func.any(SlotReservationRow.place_codes)
        query = query.where(or_(of_calendar, lies_in))
    return query


async def _counted(
    session: AsyncSession, territory_code: str, keys: Sequence[SlotKey], now: datetime
) -> list[Overbooked]:
    """How many hold each slot that is wanted, and how many of them where it is closed."""
    if not keys:
        return []
    query = (
        select(
            *_ORDER,
            SlotRow.capacity,
            SlotReservationRow.place_codes,
            func.count(),
            func.max(SlotReservationRow.window_end),
        )
        .join(SlotReservationRow, tuple_(*_HELD) == tuple_(*_ORDER))
        .where(
            tuple_(*_ORDER).in_(
                [(each.start, each.territory_code, each.service_kind) for each in keys]
            ),
            live_at(now),
        )
        .group_by(*_ORDER, SlotRow.capacity, SlotReservationRow.place_codes)
        .order_by(*_ORDER)
    )
    rows = (await session.execute(query)).all()
    places = {code for row in rows for code in row.place_codes}
    timetable = await _closing(session, places | {each.territory_code for each in keys}, keys)
    found = []
    for (start, territory, kind, capacity), held in groupby(rows, key=lambda row: tuple(row[:4])):
        key, counted = SlotKey(territory, kind, start), [tuple(row[4:]) for row in held]
        if territory_code not in {"", territory}.union(*(codes for codes, _, _ in counted)):
            continue
        found.append(
            Overbooked(
                key,
                max(end for _, _, end in counted),
                capacity,
                sum(count for _, count, _ in counted),
                sum(count for codes, count, _ in counted if timetable.closes(key, codes)),
            )
        )
    return found


async def _closing(session: AsyncSession, places: set[str], keys: Sequence[SlotKey]) -> Timetable:
    """What was said of the days of some slots; no calendars."""
    days = {day_of(each.start) for each in keys}
    said = await session.scalars(
        select(SlotOverrideRow).where(
            SlotOverrideRow.territory_code.in_(places), SlotOverrideRow.day.in_(days)
        )
    )
    return Timetable({}, [override_of(row) for row in said])
