"""Assets with their moves, warranties and codes, and guides to their models."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.workorder.tables.base import Base


class AssetRow(Base):
    """A machine, or a part of one. Retired, never deleted."""

    __tablename__ = "asset"

    asset_id: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger)
    customer_id: Mapped[str]
    address_id: Mapped[str]
    item_code: Mapped[str]
    brand: Mapped[str]
    model: Mapped[str]
    serial: Mapped[str]
    name: Mapped[str]
    installed_on: Mapped[date | None] = mapped_column(Date)
    parent_asset_id: Mapped[str | None]
    notes: Mapped[str]
    registered_at: Mapped[datetime]
    put_at: Mapped[datetime]
    put_by_person_id: Mapped[str]
    retired_at: Mapped[datetime | None]
    retire_reason: Mapped[str] = mapped_column(default="")
    warranties: Mapped[list[AssetWarrantyRow]] = relationship(
        lazy="selectin",
        order_by="AssetWarrantyRow.first_day, AssetWarrantyRow.warranty_id",
    )


class AssetMoveRow(Base):
    """Where an asset came to be. Append-only."""

    __tablename__ = "asset_move"

    asset_id: Mapped[str] = mapped_column(ForeignKey(AssetRow.asset_id), primary_key=True)
    move_number: Mapped[int] = mapped_column(primary_key=True)
    moved_at: Mapped[datetime]
    customer_id: Mapped[str]
    address_id: Mapped[str]
    reason: Mapped[str]
    moved_by_person_id: Mapped[str]


class AssetWarrantyRow(Base):
    """A period of warranty. Voided once, never changed otherwise."""

    __tablename__ = "asset_warranty"

    warranty_id: Mapped[str] = mapped_column(primary_key=True)
    asset_id: Mapped[str] = mapped_column(ForeignKey(AssetRow.asset_id))
    kind: Mapped[str]
    terms_code: Mapped[str]
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    covers: Mapped[list[str]]
    reference: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by_person_id: Mapped[str]
    voided_at: Mapped[datetime | None]
    voided_by_person_id: Mapped[str] = mapped_column(default="")
    void_reason: Mapped[str] = mapped_column(default="")


class ScanCodeRow(Base):
    """A printed code. Ended once, never changed otherwise."""

    __tablename__ = "scan_code"

    scan_code: Mapped[str] = mapped_column(primary_key=True)
    asset_id: Mapped[str | None] = mapped_column(ForeignKey(AssetRow.asset_id))
    customer_id: Mapped[str]
    address_id: Mapped[str]
    place_name: Mapped[str]
    flow_code: Mapped[str]
    issued_at: Mapped[datetime]
    issued_by_person_id: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by_person_id: Mapped[str] = mapped_column(default="")
    end_reason: Mapped[str] = mapped_column(default="")


class GuideRow(Base):
    """How a model is installed, in one kind, language and version."""

    __tablename__ = "guide"

    guide_id: Mapped[str] = mapped_column(primary_key=True)
    brand: Mapped[str]
    model: Mapped[str]
    kind: Mapped[str]
    language: Mapped[str]
    version: Mapped[str]
    title: Mapped[str]
    reference: Mapped[str]
    put_at: Mapped[datetime]
    put_by_person_id: Mapped[str]
    retired_at: Mapped[datetime | None]
