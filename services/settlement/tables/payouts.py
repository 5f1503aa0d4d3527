"""Payouts: who is paid where, batches, payouts with what they are made of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import FetchedValue, ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.settlement.domain.payouts.state import PayoutState
from services.settlement.tables.base import Base


class PayoutAccountRow(Base):
    """Under which name a payee is known to a channel."""

    __tablename__ = "payout_account"

    party_kind: Mapped[str] = mapped_column(primary_key=True)
    payee_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    channel_code: Mapped[str]
    channel_payee: Mapped[str]
    put_at: Mapped[datetime]
    put_by_person_id: Mapped[str]


class PayoutLimitsRow(Base):
    """How much may go, from when it was put."""

    __tablename__ = "payout_limits"

    version: Mapped[int] = mapped_column(primary_key=True)
    least_minor: Mapped[int]
    per_payout_minor: Mapped[int]
    per_batch_minor: Mapped[int]
    per_day_minor: Mapped[int]
    per_payee_day_minor: Mapped[int]
    payouts_per_batch: Mapped[int]
    put_at: Mapped[datetime]
    put_by_person_id: Mapped[str]


class PayoutApprovalRow(Base):
    """Somebody else said that a batch may go."""

    __tablename__ = "payout_approval"

    payout_batch_id: Mapped[str] = mapped_column(
        ForeignKey("payout_batch.payout_batch_id"), primary_key=True
    )
    person_id: Mapped[str] = mapped_column(primary_key=True)
    approved_at: Mapped[datetime]


class PayoutBatchRow(Base):
    """A batch: frozen but for how far it is."""

    __tablename__ = "payout_batch"

    payout_batch_id: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int]
    state: Mapped[str]
    currency: Mapped[str]
    gross_minor: Mapped[int]
    payout_count: Mapped[int]
    note: Mapped[str]
    limits_version: Mapped[int]
    left_out: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    drawn_at: Mapped[datetime]
    drawn_by_person_id: Mapped[str]
    cancel_reason: Mapped[str] = mapped_column(default="")

    approvals: Mapped[list[PayoutApprovalRow]] = relationship(
        order_by=PayoutApprovalRow.approved_at, lazy="selectin"
    )


class PayoutItemRow(Base):
    """What a payout is made of."""

    __tablename__ = "payout_item"

    payout_id: Mapped[str] = mapped_column(ForeignKey("payout.payout_id"), primary_key=True)
    item_number: Mapped[int] = mapped_column(primary_key=True)
    item_kind: Mapped[str]
    earning_id: Mapped[str | None]
    amount_minor: Mapped[int]
    living: Mapped[bool] = mapped_column(server_default=FetchedValue())


class PayoutChangeRow(Base):
    """A step of a payout: from where to where, by whom, when and why."""

    __tablename__ = "payout_change"

    payout_id: Mapped[str] = mapped_column(ForeignKey("payout.payout_id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    changed_at: Mapped[datetime]
    previous_state: Mapped[str]
    new_state: Mapped[str]
    reason: Mapped[str]
    acting_person_id: Mapped[str]


class PayoutRow(Base):
    """One payee's payout."""

    __tablename__ = "payout"

    payout_id: Mapped[str] = mapped_column(primary_key=True)
    channel_number: Mapped[str] = mapped_column(server_default=FetchedValue())
    payout_batch_id: Mapped[str] = mapped_column(ForeignKey("payout_batch.payout_batch_id"))
    revision: Mapped[int]
    state: Mapped[str]
    party_kind: Mapped[str]
    payee_id: Mapped[str]
    account_version: Mapped[int]
    channel_code: Mapped[str]
    channel_payee: Mapped[str]
    invoice_reference: Mapped[str]
    currency: Mapped[str]
    gross_minor: Mapped[int]
    tax_minor: Mapped[int | None]
    net_minor: Mapped[int | None]
    channel_bill_number: Mapped[str] = mapped_column(default="")
    confirmation_token: Mapped[str] = mapped_column(default="")
    fail_reason: Mapped[str] = mapped_column(default="")
    retries_payout_id: Mapped[str | None]
    drawn_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    items: Mapped[list[PayoutItemRow]] = relationship(
        order_by=PayoutItemRow.item_number, lazy="selectin"
    )
    changes: Mapped[list[PayoutChangeRow]] = relationship(
        order_by=PayoutChangeRow.revision, lazy="selectin"
    )

    @property
    def payout_state(self) -> PayoutState:
        """The state as decisions know it."""
        return PayoutState(self.state)


class PayoutNoticeRow(Base):
    """What a channel told by itself."""

    __tablename__ = "payout_notice"

    channel_code: Mapped[str] = mapped_column(primary_key=True)
    notice_id: Mapped[str] = mapped_column(primary_key=True)
    channel_number: Mapped[str]
    standing: Mapped[str]
    received_at: Mapped[datetime]
