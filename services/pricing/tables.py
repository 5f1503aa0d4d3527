"""The rows of schema ``pricing``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from kit.db.tables import INSTANT, metadata_for


class Base(DeclarativeBase):
    """What every row of this schema shares."""

    metadata = metadata_for("pricing")


class ItemRow(Base):
    """An item of the project library (项目库) or the spare-part library (备件库)."""

    __tablename__ = "item"

    item_code: Mapped[str] = mapped_column(primary_key=True)
    catalogue: Mapped[str]
    name: Mapped[str]
    unit: Mapped[str]
    parent_item_code: Mapped[str | None]
    variant_of_item_code: Mapped[str | None]
    variant_options: Mapped[dict[str, str]] = mapped_column(JSONB)
    fields: Mapped[dict[str, str]] = mapped_column(JSONB)
    pictures: Mapped[list[str]] = mapped_column(ARRAY(Text))
    description: Mapped[str]
    brand: Mapped[str]
    model: Mapped[str]
    spec: Mapped[str]
    revision: Mapped[int]
    retired_at: Mapped[datetime | None] = mapped_column(INSTANT)


class ItemFieldRow(Base):
    """A field that the items of one library have besides those of every item."""

    __tablename__ = "item_field"

    catalogue: Mapped[str] = mapped_column(primary_key=True)
    field_code: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str]
    kind: Mapped[str]
    choices: Mapped[list[str]] = mapped_column(ARRAY(Text))
    required: Mapped[bool]
    revision: Mapped[int]


class PriceBookVersionRow(Base):
    """A published version; never changed."""

    __tablename__ = "price_book_version"

    price_book_code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    content_hash: Mapped[str]
    currency: Mapped[str]
    effective_from: Mapped[datetime] = mapped_column(INSTANT)
    resolution_order: Mapped[list[str]] = mapped_column(ARRAY(Text))
    phases: Mapped[list[str]] = mapped_column(ARRAY(Text))
    rounding: Mapped[str]
    correction_reason: Mapped[str]
    published_at: Mapped[datetime] = mapped_column(INSTANT)
    published_by_person_id: Mapped[str]


class PricedItemRow(Base):
    """An item as the versions of a span name it."""

    __tablename__ = "priced_item"

    price_book_code: Mapped[str] = mapped_column(primary_key=True)
    item_code: Mapped[str] = mapped_column(primary_key=True)
    first_version: Mapped[int] = mapped_column(primary_key=True)
    last_version: Mapped[int | None]
    name: Mapped[str]
    catalogue: Mapped[str]
    unit: Mapped[str]


class RateRow(Base):
    """One rate of the versions of a span, in their currency.

    Attributes:
        rate_id: empty: named after its conditions.
        conditions: those that have no column, as plain JSON of `Conditions`.
        charge: as plain JSON of `Charge`; empty: price × quantity.
    """

    __tablename__ = "rate"

    rate_number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    price_book_code: Mapped[str]
    first_version: Mapped[int]
    last_version: Mapped[int | None]
    rate_id: Mapped[str]
    item_code: Mapped[str]
    place_code: Mapped[str]
    city_tier: Mapped[str]
    cooperation_mode: Mapped[str]
    customer_level: Mapped[str]
    first_day: Mapped[date | None]
    last_day: Mapped[date | None]
    conditions: Mapped[dict[str, Any]] = mapped_column(JSONB)
    charge: Mapped[dict[str, Any]] = mapped_column(JSONB)
    list_price_minor: Mapped[int] = mapped_column(BigInteger)
    settlement_price_minor: Mapped[int] = mapped_column(BigInteger)


class PriceRuleRow(Base):
    """A modifier, promotion, tax, group or opening of a version, as plain JSON of its message."""

    __tablename__ = "price_rule"

    price_book_code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    rule_kind: Mapped[str] = mapped_column(primary_key=True)
    rule_code: Mapped[str] = mapped_column(primary_key=True)
    rule_number: Mapped[int]
    definition: Mapped[dict[str, Any]] = mapped_column(JSONB)


class QuoteRow(Base):
    """A stored quote: what was asked and what was answered, in both views."""

    __tablename__ = "quote"

    quote_id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str]
    price_book_code: Mapped[str]
    price_book_version: Mapped[int]
    evaluator_version: Mapped[int]
    currency: Mapped[str]
    total_minor: Mapped[int] = mapped_column(BigInteger)
    settlement_total_minor: Mapped[int] = mapped_column(BigInteger)
    facts: Mapped[str]
    result: Mapped[str]
    quoted_at: Mapped[datetime] = mapped_column(INSTANT)
    quoted_by_person_id: Mapped[str]


@dataclass(frozen=True, slots=True)
class BookRows:
    """A version with all that belongs to it."""

    version: PriceBookVersionRow
    items: Sequence[PricedItemRow]
    rates: Sequence[RateRow]
    rules: Sequence[PriceRuleRow]
