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
    draft_id: Mapped[str | None]


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


class PriceDraftRow(Base):
    """A draft: what it stands on, and where it stands."""

    __tablename__ = "price_draft"

    draft_id: Mapped[str] = mapped_column(primary_key=True)
    price_book_code: Mapped[str]
    title: Mapped[str]
    base_price_book_code: Mapped[str | None]
    base_version: Mapped[int | None]
    draft_state: Mapped[str]
    revision: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(INSTANT)
    created_by_person_id: Mapped[str]
    submitted_at: Mapped[datetime | None] = mapped_column(INSTANT)
    submitted_by_person_id: Mapped[str]
    submitted_hash: Mapped[str]
    reviewed_at: Mapped[datetime | None] = mapped_column(INSTANT)
    reviewed_by_person_id: Mapped[str]
    review_comment: Mapped[str]
    approved_hash: Mapped[str]
    published_version: Mapped[int | None]


class PriceDraftEditRow(Base):
    """One act of editing; ``edit_state`` says whether it counts."""

    __tablename__ = "price_draft_edit"

    draft_id: Mapped[str] = mapped_column(primary_key=True)
    edit_number: Mapped[int] = mapped_column(primary_key=True)
    edit_state: Mapped[str]
    origin: Mapped[str]
    edited_at: Mapped[datetime] = mapped_column(INSTANT)
    edited_by_person_id: Mapped[str]


class PriceDraftChangeRow(Base):
    """What an edit does to one rule: as the base has it, and as the draft has it from then on.

    Attributes:
        rate_number: of the base's rate, when it is one.
        beyond_band: outside the band of whom it was put by.
    """

    __tablename__ = "price_draft_change"

    draft_id: Mapped[str] = mapped_column(primary_key=True)
    edit_number: Mapped[int] = mapped_column(primary_key=True)
    change_number: Mapped[int] = mapped_column(primary_key=True)
    rule_kind: Mapped[str]
    rule_code: Mapped[str]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    rate_number: Mapped[int | None] = mapped_column(BigInteger)
    beyond_band: Mapped[bool]


class PriceDelegationRow(Base):
    """Who may price where, and how far from what holds there."""

    __tablename__ = "price_delegation"

    delegation_id: Mapped[str] = mapped_column(primary_key=True)
    price_book_code: Mapped[str]
    person_id: Mapped[str]
    role: Mapped[str]
    places: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    item_codes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    catalogue: Mapped[str]
    least_ratio: Mapped[str]
    most_ratio: Mapped[str]
    list_only: Mapped[bool]
    valid_from: Mapped[datetime] = mapped_column(INSTANT)
    valid_until: Mapped[datetime | None] = mapped_column(INSTANT)
    revision: Mapped[int]
    put_by_person_id: Mapped[str]


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


class PriceModeRow(Base):
    """A price mode, such as daily or promotion_season."""

    __tablename__ = "price_mode"

    mode_code: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str]


class PriceModeSwitchRow(Base):
    """A switch of the price mode of a scope; it may be ended, and is never changed otherwise."""

    __tablename__ = "price_mode_switch"

    switch_id: Mapped[str] = mapped_column(primary_key=True)
    mode_code: Mapped[str]
    place_code: Mapped[str]
    sales_channel: Mapped[str]
    cooperation_mode: Mapped[str]
    begins_at: Mapped[datetime] = mapped_column(INSTANT)
    ends_at: Mapped[datetime | None] = mapped_column(INSTANT)
    reason: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(INSTANT)
    recorded_by_person_id: Mapped[str]
    ended_at: Mapped[datetime | None] = mapped_column(INSTANT)
    ended_by_person_id: Mapped[str]
    end_reason: Mapped[str]


class ProtectionPolicyRow(Base):
    """A version of when a region is frozen by itself."""

    __tablename__ = "protection_policy"

    version: Mapped[int] = mapped_column(primary_key=True)
    cancellation_count: Mapped[int]
    within_days: Mapped[int]
    freeze_days: Mapped[int]
    reach: Mapped[str]
    put_at: Mapped[datetime] = mapped_column(INSTANT)
    put_by_person_id: Mapped[str]


class FreezeRow(Base):
    """A freeze of a region's special policies; it may be ended, and is never changed otherwise."""

    __tablename__ = "policy_freeze"

    freeze_id: Mapped[str] = mapped_column(primary_key=True)
    place_code: Mapped[str]
    reason: Mapped[str]
    begins_at: Mapped[datetime] = mapped_column(INSTANT)
    ends_at: Mapped[datetime] = mapped_column(INSTANT)
    recorded_at: Mapped[datetime] = mapped_column(INSTANT)
    recorded_by_person_id: Mapped[str]
    protection_policy_version: Mapped[int | None]
    ended_at: Mapped[datetime | None] = mapped_column(INSTANT)
    ended_by_person_id: Mapped[str]
    end_reason: Mapped[str]
    #: The anomaly of work orders that it is for; empty: none.
    anomaly_id: Mapped[str] = mapped_column(default="")


class CancellationRow(Base):
    """A work order that was cancelled, and whether a freeze was for it: a projection."""

    __tablename__ = "cancellation"

    work_order_id: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str]
    address_fingerprint: Mapped[str]
    cancelled_at: Mapped[datetime] = mapped_column(INSTANT)
    freeze_id: Mapped[str | None]


class CouponBatchRow(Base):
    """Codes of a promotion that were made together."""

    __tablename__ = "coupon_batch"

    batch_id: Mapped[str] = mapped_column(primary_key=True)
    promotion_code: Mapped[str]
    label: Mapped[str]
    quota_per_code: Mapped[int]
    limit_per_customer: Mapped[int]
    valid_from: Mapped[datetime] = mapped_column(INSTANT)
    valid_until: Mapped[datetime | None] = mapped_column(INSTANT)
    code_count: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(INSTANT)
    created_by_person_id: Mapped[str]


class CouponRow(Base):
    """A code, and how much of its quota is taken."""

    __tablename__ = "coupon"

    coupon_code: Mapped[str] = mapped_column(primary_key=True)
    batch_id: Mapped[str]
    quota: Mapped[int]
    taken: Mapped[int]


class CouponUseRow(Base):
    """One of a code's quota, taken for a case."""

    __tablename__ = "coupon_use"

    coupon_use_id: Mapped[str] = mapped_column(primary_key=True)
    coupon_code: Mapped[str]
    batch_id: Mapped[str]
    promotion_code: Mapped[str]
    case_id: Mapped[str]
    customer_id: Mapped[str]
    reserved_at: Mapped[datetime] = mapped_column(INSTANT)
    redeemed_at: Mapped[datetime | None] = mapped_column(INSTANT)
    released_at: Mapped[datetime | None] = mapped_column(INSTANT)


class ExchangeRateRow(Base):
    """An exchange rate as it was recorded; a correction is another row."""

    __tablename__ = "exchange_rate"

    rate_number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    exchange_rate_id: Mapped[str]
    from_currency: Mapped[str]
    to_currency: Mapped[str]
    ratio: Mapped[str]
    valid_from: Mapped[datetime] = mapped_column(INSTANT)
    source: Mapped[str]
    inverse_too: Mapped[bool]
    recorded_at: Mapped[datetime] = mapped_column(INSTANT)
    recorded_by_person_id: Mapped[str]


class RegionPolicyRow(Base):
    """What a region goes by from an instant on."""

    __tablename__ = "region_policy"

    policy_number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    region_policy_id: Mapped[str]
    place_code: Mapped[str]
    effective_from: Mapped[datetime] = mapped_column(INSTANT)
    settlement_cycle: Mapped[str]
    discount_note: Mapped[str]
    put_at: Mapped[datetime] = mapped_column(INSTANT)
    put_by_person_id: Mapped[str]


@dataclass(frozen=True, slots=True)
class BookRows:
    """A version with all that belongs to it."""

    version: PriceBookVersionRow
    items: Sequence[PricedItemRow]
    rates: Sequence[RateRow]
    rules: Sequence[PriceRuleRow]
