"""Zones and city tiers."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.directory.tables import CityTierRow, ZoneRow


async def zones(session: AsyncSession) -> Sequence[ZoneRow]:
    """Every zone, by code."""
    return (await session.scalars(select(ZoneRow).order_by(ZoneRow.zone_code))).all()


async def city_tiers(session: AsyncSession, adcodes: Sequence[str]) -> dict[str, str]:
    """The tiers of those of the places that have one."""
    query = select(CityTierRow).where(CityTierRow.adcode.in_(adcodes))
    return {row.adcode: row.city_tier for row in await session.scalars(query)}
