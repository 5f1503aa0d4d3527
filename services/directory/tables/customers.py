"""Customers without anything personal: addresses, tags, consents, contacts, merges."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Computed, Identity, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from kit.db.tables import INSTANT
from services.directory.tables.base import Base


class CustomerRow(Base):
    """A customer, without anything personal.

    ``survivor_customer_id`` is the customer itself, or whom they were merged into in the end.
    """

    __tablename__ = "customer"

    customer_id: Mapped[str] = mapped_column(primary_key=True)
    customer_type: Mapped[str]
    customer_level: Mapped[str]
    registered_at: Mapped[datetime] = mapped_column(INSTANT)
    registered_by_person_id: Mapped[str]
    revision: Mapped[int] = mapped_column(BigInteger, default=1)
    parent_customer_id: Mapped[str | None]
    merged_into_customer_id: Mapped[str | None]
    survivor_customer_id: Mapped[str] = mapped_column(Computed(""))


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
    ended_at: Mapped[datetime | None] = mapped_column(INSTANT)
    replaced_by_address_id: Mapped[str | None]

    @property
    def zones_known(self) -> bool:
        """Whether its zones were looked for."""
        return self.longitude is not None


class CustomerTagRow(Base):
    """A tag that a customer bears."""

    __tablename__ = "customer_tag"

    customer_id: Mapped[str] = mapped_column(primary_key=True)
    tag: Mapped[str] = mapped_column(primary_key=True)
    tag_source: Mapped[str]
    tagged_at: Mapped[datetime] = mapped_column(INSTANT)
    tagged_by_person_id: Mapped[str]


class MessageConsentRow(Base):
    """A customer's word about messages of one channel; the last one counts."""

    __tablename__ = "message_consent"

    consent_number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    customer_id: Mapped[str]
    message_channel: Mapped[str]
    allowed: Mapped[bool]
    remark: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(INSTANT)
    recorded_by_person_id: Mapped[str]


class ContactRow(Base):
    """Somebody who speaks for customers; name and phone are sealed under one customer's key."""

    __tablename__ = "contact"

    contact_id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str]
    put_at: Mapped[datetime] = mapped_column(INSTANT)
    put_by_person_id: Mapped[str]


class ContactLinkRow(Base):
    """For whom a contact speaks, and as what."""

    __tablename__ = "contact_link"

    contact_id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(primary_key=True)
    contact_role: Mapped[str]
    preferred: Mapped[bool]
    linked_at: Mapped[datetime] = mapped_column(INSTANT)
    linked_by_person_id: Mapped[str]


class CustomerMergeRow(Base):
    """Two customers who are the same, until it is undone."""

    __tablename__ = "customer_merge"

    merge_id: Mapped[str] = mapped_column(primary_key=True)
    survivor_customer_id: Mapped[str]
    merged_customer_id: Mapped[str]
    reason: Mapped[str]
    merged_at: Mapped[datetime] = mapped_column(INSTANT)
    merged_by_person_id: Mapped[str]
    undone_at: Mapped[datetime | None] = mapped_column(INSTANT)
    undone_by_person_id: Mapped[str | None]
    undo_reason: Mapped[str | None]


class DistinctCustomersRow(Base):
    """Two customers who look the same and are not."""

    __tablename__ = "distinct_customers"

    first_customer_id: Mapped[str] = mapped_column(primary_key=True)
    second_customer_id: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    dismissed_at: Mapped[datetime] = mapped_column(INSTANT)
    dismissed_by_person_id: Mapped[str]
