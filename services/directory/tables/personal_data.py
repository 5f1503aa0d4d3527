"""Sealed personal data, its keys, who saw it, and how it is destroyed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Identity, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from kit.db.tables import INSTANT
from services.directory.tables.base import Base


class DataKeyRow(Base):
    """A customer's data key, wrapped by the master key."""

    __tablename__ = "data_key"

    customer_id: Mapped[str] = mapped_column(primary_key=True)
    wrapped_key: Mapped[bytes]


class PersonalDataRow(Base):
    """One sealed name, phone or address detail of a customer, an address or a contact.

    The fingerprint, by which it is found, is gone when the key is, and not there yet where the row
    is older than fingerprints.
    """

    __tablename__ = "personal_data"

    reference: Mapped[str] = mapped_column(primary_key=True)
    #: Under whose key it is sealed.
    customer_id: Mapped[str]
    holder_id: Mapped[str]
    kind: Mapped[str]
    sealed: Mapped[bytes]
    fingerprint: Mapped[bytes | None]


class RevealRow(Base):
    """Who saw which personal data in clear, and why."""

    __tablename__ = "personal_data_reveal"

    reveal_number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    person_id: Mapped[str]
    reference: Mapped[str]
    purpose: Mapped[str]
    revealed_at: Mapped[datetime] = mapped_column(INSTANT)
    shown_until: Mapped[datetime | None] = mapped_column(INSTANT)


class CustomerLookupRow(Base):
    """Who asked whose a phone number is, and why."""

    __tablename__ = "customer_lookup"

    lookup_number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    person_id: Mapped[str]
    fingerprint: Mapped[bytes]
    purpose: Mapped[str]
    found_customer_ids: Mapped[list[str]] = mapped_column(ARRAY(Text))
    looked_up_at: Mapped[datetime] = mapped_column(INSTANT)


class ShreddingRow(Base):
    """One person asks to destroy a customer's personal data, another does it or refuses."""

    __tablename__ = "shredding"

    shredding_id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str]
    reason: Mapped[str]
    requested_at: Mapped[datetime] = mapped_column(INSTANT)
    requested_by_person_id: Mapped[str]
    decision: Mapped[str | None]
    decided_at: Mapped[datetime | None] = mapped_column(INSTANT)
    decided_by_person_id: Mapped[str | None]
    decision_reason: Mapped[str]
