"""Split rules and what their contracts remember."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.settlement.tables.base import Base


class SplitRuleVersionRow(Base):
    """One version of a split rule, for ever."""

    __tablename__ = "split_rule_version"

    split_rule_code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    cooperation_mode: Mapped[str]
    portions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    put_at: Mapped[datetime]
    put_by_person_id: Mapped[str]
    region_adcode: Mapped[str]
    outlet_id: Mapped[str]
    commission_base: Mapped[str]
    excluded_to: Mapped[str]
    review_required: Mapped[bool]
    effective_from: Mapped[date]
    state: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by_person_id: Mapped[str] = mapped_column(default="")
    decision_reason: Mapped[str] = mapped_column(default="")


class SplitRuleRow(Base):
    """The newest version of a split rule."""

    __tablename__ = "split_rule"

    split_rule_code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    cooperation_mode: Mapped[str]
    region_adcode: Mapped[str]
    outlet_id: Mapped[str]


class SplitContractRow(Base):
    """What the splits of one rule version between the same parties remember."""

    __tablename__ = "split_contract"

    split_rule_code: Mapped[str] = mapped_column(primary_key=True)
    split_rule_version: Mapped[int] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    party_ids: Mapped[tuple[str, ...]] = mapped_column(primary_key=True)
    dealt: Mapped[int]
    returned_minor: Mapped[tuple[int, ...]]
    owed_parts: Mapped[tuple[int, ...]]
