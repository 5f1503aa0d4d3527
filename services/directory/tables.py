"""The rows of schema ``directory``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Integer, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from kit.db.tables import INSTANT, metadata_for
from services.directory.domain.absences import Period
from services.directory.domain.people import Leaving


class Base(DeclarativeBase):
    """What every row of this schema shares."""

    metadata = metadata_for("directory")


class OutletRow(Base):
    """A service outlet (网点)."""

    __tablename__ = "outlet"

    outlet_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    region_adcodes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    cooperation_mode: Mapped[str]


class PersonRow(Base):
    """One of the company's people."""

    __tablename__ = "person"

    person_id: Mapped[str] = mapped_column(primary_key=True)
    display_name: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    region_adcodes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    outlet_id: Mapped[str | None]
    leader_person_id: Mapped[str | None]
    wecom_userid: Mapped[str | None]
    left_at: Mapped[datetime | None] = mapped_column(INSTANT)
    successor_person_id: Mapped[str | None]
    memberships: Mapped[list[DepartmentMemberRow]] = relationship(
        lazy="selectin", order_by="DepartmentMemberRow.rank", cascade="all, delete-orphan"
    )

    @property
    def leaving(self) -> Leaving | None:
        """When they left, and who took over; None while they are here."""
        return Leaving(self.left_at, self.successor_person_id) if self.left_at else None


class DepartmentRow(Base):
    """A unit of the organisation; at the top of the tree it has no parent."""

    __tablename__ = "department"

    department_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    parent_id: Mapped[str | None]
    leader_person_id: Mapped[str | None]


class DepartmentMemberRow(Base):
    """A person's place in a department; rank 0 is their main one."""

    __tablename__ = "department_member"

    person_id: Mapped[str] = mapped_column(ForeignKey(PersonRow.person_id), primary_key=True)
    department_id: Mapped[str] = mapped_column(primary_key=True)
    rank: Mapped[int]


class AbsenceRow(Base):
    """A time when a person takes no work, unless it was cancelled."""

    __tablename__ = "absence"

    absence_id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str]
    starts_at: Mapped[datetime] = mapped_column(INSTANT)
    ends_at: Mapped[datetime | None] = mapped_column(INSTANT)
    proxy_person_id: Mapped[str | None]
    reason: Mapped[str]
    cancelled_at: Mapped[datetime | None] = mapped_column(INSTANT)

    @property
    def period(self) -> Period:
        """From when until when it was declared."""
        return Period(self.starts_at, self.ends_at)


class CustomerRow(Base):
    """A customer, without anything personal."""

    __tablename__ = "customer"

    customer_id: Mapped[str] = mapped_column(primary_key=True)
    customer_type: Mapped[str]
    customer_level: Mapped[str]
    registered_at: Mapped[datetime] = mapped_column(INSTANT)
    registered_by_person_id: Mapped[str]


class AddressRow(Base):
    """Where a customer's work is done: the place as it was resolved; the detail is sealed apart."""

    __tablename__ = "address"

    address_id: Mapped[str] = mapped_column(primary_key=True)
    address_number: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    customer_id: Mapped[str]
    longitude: Mapped[float | None]
    latitude: Mapped[float | None]
    coordinate_system: Mapped[str | None]
    adcode: Mapped[str]
    adcode_path: Mapped[list[str]] = mapped_column(ARRAY(Text))
    zone_codes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    city_tier: Mapped[str]
    place_name: Mapped[str]
    resolved_at: Mapped[datetime | None] = mapped_column(INSTANT)
    former_adcode: Mapped[str]
    floor: Mapped[int]

    @property
    def zones_known(self) -> bool:
        """Whether its zones were looked for."""
        return self.longitude is not None


class DataKeyRow(Base):
    """A customer's data key, wrapped by the master key."""

    __tablename__ = "data_key"

    customer_id: Mapped[str] = mapped_column(primary_key=True)
    wrapped_key: Mapped[bytes]


class PersonalDataRow(Base):
    """One sealed name, phone or address detail."""

    __tablename__ = "personal_data"

    reference: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str]
    holder_id: Mapped[str]
    kind: Mapped[str]
    sealed: Mapped[bytes]


class RevealRow(Base):
    """Who saw which personal data in clear, and why."""

    __tablename__ = "personal_data_reveal"

    reveal_number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    person_id: Mapped[str]
    reference: Mapped[str]
    purpose: Mapped[str]
    revealed_at: Mapped[datetime] = mapped_column(INSTANT)


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


class CalendarDefinitionRow(Base):
    """One version of what the company wrote down about a calendar."""

    __tablename__ = "calendar_definition"

    definition_number: Mapped[int] = mapped_column(
        BigInteger, Identity(always=True), primary_key=True
    )
    calendar_code: Mapped[str]
    version: Mapped[int]
    time_zone: Mapped[str]
    weekly: Mapped[list[Any]] = mapped_column(JSONB)
    chinese_holidays: Mapped[bool]
    overrides: Mapped[list[Any]] = mapped_column(JSONB)
    announced_years: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    defined_at: Mapped[datetime] = mapped_column(INSTANT)
    defined_by_person_id: Mapped[str]
