"""Zones, city tiers and macro-regions, version by version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.directory.tables.places import CityTierRow, MacroRegionsRow, PlaceRevisionRow, ZoneRow

Edited = TypeVar("Edited", ZoneRow, CityTierRow, MacroRegionsRow)


async def revision(session: AsyncSession) -> int:
    """How often anything was edited."""
    return (await session.scalars(select(PlaceRevisionRow.revision))).one()


async def next_revision(session: AsyncSession) -> int:
    """Begin an edit: from here on no other one goes on until the transaction ends."""
    counted = update(PlaceRevisionRow).values(revision=PlaceRevisionRow.revision + 1)
    return (await session.scalars(counted.returning(PlaceRevisionRow.revision))).one()


async def edited_since(
    session: AsyncSession, kind: type[Edited], after: int, until: int
) -> Sequence[Edited]:
    """The versions of one kind that were written after a revision, up to another."""
    rows = await session.scalars(
        select(kind)
        .where(kind.revision > after, kind.revision <= until)
        .order_by(kind.revision, kind.version)
    )
    return rows.all()


async def newest_zone(session: AsyncSession, zone_code: str) -> ZoneRow | None:
    """The last edit of a zone, if there was one."""
    query = select(ZoneRow).where(ZoneRow.zone_code == zone_code)
    rows = await session.scalars(query.order_by(ZoneRow.version.desc()).limit(1))
    return rows.one_or_none()


async def zone_version(session: AsyncSession, zone_code: str, version: int) -> ZoneRow:
    """One version of a zone, which there is."""
    return await session.get_one(ZoneRow, (zone_code, version))


async def newest_tier_version(session: AsyncSession, adcode: str) -> int:
    """How often the tier of a place was edited."""
    query = select(CityTierRow.version).where(CityTierRow.adcode == adcode)
    found = await session.scalars(query.order_by(CityTierRow.version.desc()).limit(1))
    return found.one_or_none() or 0


async def newest_macro_regions_version(session: AsyncSession) -> int:
    """How often the table of macro-regions was edited."""
    query = select(MacroRegionsRow.version).order_by(MacroRegionsRow.version.desc()).limit(1)
    return (await session.scalars(query)).one()
