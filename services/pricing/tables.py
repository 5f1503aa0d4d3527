"""The rows of schema ``pricing``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Text
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
    published_at: Mapped[datetime] = mapped_column(INSTANT)
    published_by_person_id: Mapped[str]


class PricedItemRow(Base):
    """An item as a version names it."""

    __tablename__ = "priced_item"

    price_book_code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    item_code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    catalogue: Mapped[str]
    unit: Mapped[str]


class RateRow(Base):
    """One rate of a version, in the version's currency."""

    __tablename__ = "rate"

    price_book_code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    rate_id: Mapped[str] = mapped_column(primary_key=True)
    rate_number: Mapped[int]
    item_code: Mapped[str]
    place_code: Mapped[str]
    city_tier: Mapped[str]
    cooperation_mode: Mapped[str]
    customer_level: Mapped[str]
    list_price_minor: Mapped[int] = mapped_column(BigInteger)
    settlement_price_minor: Mapped[int] = mapped_column(BigInteger)


class ModifierRow(Base):
    """One modifier of a version; its amount is in the version's currency."""

    __tablename__ = "modifier"

    price_book_code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    modifier_code: Mapped[str] = mapped_column(primary_key=True)
    modifier_number: Mapped[int]
    label: Mapped[str]
    phase: Mapped[str]
    combine_mode: Mapped[str]
    ratio: Mapped[str]
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    item_codes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    place_code: Mapped[str]
    automatic: Mapped[bool]


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
    modifiers: Sequence[ModifierRow]
