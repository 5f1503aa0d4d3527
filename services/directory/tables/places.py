"""Versions of zones, city tiers and macro-regions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kit.db.tables import INSTANT
from services.directory.tables.base import Base


class PlaceRevisionRow(Base):
    """How often zones, tiers and macro-regions were edited: one row, and the lock of every edit."""

    __tablename__ = "place_revision"

    sole: Mapped[bool] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger)


class ZoneRow(Base):
    """One version of a zone; ended by one without parts.

    Its parts are lists of rings, a ring a list of pairs of longitude and latitude.
    """

    __tablename__ = "zone_version"

    zone_code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    effective_from: Mapped[datetime] = mapped_column(INSTANT)
    name: Mapped[str]
    coordinate_system: Mapped[str]
    parts: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    revision: Mapped[int] = mapped_column(BigInteger)
    put_at: Mapped[datetime] = mapped_column(INSTANT)
    put_by_person_id: Mapped[str]


class CityTierRow(Base):
    """One version of the company's own tier of a city; empty: it has none."""

    __tablename__ = "city_tier_version"

    adcode: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    effective_from: Mapped[datetime] = mapped_column(INSTANT)
    city_tier: Mapped[str]
    revision: Mapped[int] = mapped_column(BigInteger)
    put_at: Mapped[datetime] = mapped_column(INSTANT)
    put_by_person_id: Mapped[str]


class MacroRegionsRow(Base):
    """One version of the table of macro-regions: objects with code, name and provinces."""

    __tablename__ = "macro_regions_version"

    version: Mapped[int] = mapped_column(primary_key=True)
    effective_from: Mapped[datetime] = mapped_column(INSTANT)
    regions: Mapped[list[Any]] = mapped_column(JSONB)
    revision: Mapped[int] = mapped_column(BigInteger)
    put_at: Mapped[datetime] = mapped_column(INSTANT)
    put_by_person_id: Mapped[str]
