"""Exchange rates as pricing told them, and what was converted at them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.settlement.tables.base import Base


class KnownExchangeRateRow(Base):
    """A rate that pricing recorded."""

    __tablename__ = "known_exchange_rate"

    exchange_rate_id: Mapped[str] = mapped_column(primary_key=True)
    pair_sequence: Mapped[int]
    from_currency: Mapped[str]
    to_currency: Mapped[str]
    ratio: Mapped[str]
    inverse_too: Mapped[bool]
    valid_from: Mapped[datetime]
    recorded_at: Mapped[datetime]
    source: Mapped[str]


class ConversionRow(Base):
    """One amount of a party's balance changed into another currency."""

    __tablename__ = "conversion"

    conversion_id: Mapped[str] = mapped_column(primary_key=True)
    party_kind: Mapped[str]
    party_id: Mapped[str]
    account_kind: Mapped[str]
    from_currency: Mapped[str]
    from_minor: Mapped[int]
    to_currency: Mapped[str]
    to_minor: Mapped[int]
    booked_minor: Mapped[int]
    gain_minor: Mapped[int]
    exchange_rate_id: Mapped[str]
    ratio: Mapped[str]
    rounding: Mapped[str]
    lots: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    converted_at: Mapped[datetime]
    converted_by_person_id: Mapped[str]
    reason: Mapped[str]
