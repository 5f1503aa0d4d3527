"""Rows of the schema ``settlement``; constraints and triggers stand in the migrations."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Identity, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from kit.db.tables import INSTANT, metadata_for
from services.settlement.domain.state import EarningState


class Base(DeclarativeBase):
    """Rows of this service."""

    metadata = metadata_for("settlement")
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        int: BigInteger,
        str: Text,
        datetime: INSTANT,
        tuple[str, ...]: ARRAY(Text, as_tuple=True),
        tuple[int, ...]: ARRAY(BigInteger, as_tuple=True),
    }


class SplitRuleVersionRow(Base):
    """One version of a split rule, for ever."""

    __tablename__ = "split_rule_version"

    split_rule_code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    cooperation_mode: Mapped[str]
    portions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    put_at: Mapped[datetime]
    put_by_person_id: Mapped[str]


class SplitRuleRow(Base):
    """The newest version of a split rule."""

    __tablename__ = "split_rule"

    split_rule_code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    cooperation_mode: Mapped[str]


class SplitContractRow(Base):
    """What the splits of one rule version between the same parties remember."""

    __tablename__ = "split_contract"

    split_rule_code: Mapped[str] = mapped_column(primary_key=True)
    split_rule_version: Mapped[int] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    party_ids: Mapped[tuple[str, ...]] = mapped_column(primary_key=True)
    dealt: Mapped[int]
    returned_minor: Mapped[tuple[int, ...]]


class EarningLineRow(Base):
    """One line of a promise: the technician's part, and the whole it is part of."""

    __tablename__ = "earning_line"

    earning_id: Mapped[str] = mapped_column(ForeignKey("earning.earning_id"), primary_key=True)
    line_number: Mapped[int] = mapped_column(primary_key=True)
    line_kind: Mapped[str]
    label: Mapped[str]
    settlement_amount_minor: Mapped[int]
    amount_minor: Mapped[int]
    rule_id: Mapped[str]
    share_basis_points: Mapped[int]
    explanation: Mapped[str]


class EarningShareRow(Base):
    """What one party was promised."""

    __tablename__ = "earning_share"

    earning_id: Mapped[str] = mapped_column(ForeignKey("earning.earning_id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    party_kind: Mapped[str]
    party_id: Mapped[str]
    amount_minor: Mapped[int]


class EarningChangeRow(Base):
    """Who moved an earning on, when and why."""

    __tablename__ = "earning_change"

    earning_id: Mapped[str] = mapped_column(ForeignKey("earning.earning_id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    changed_at: Mapped[datetime]
    previous_state: Mapped[str]
    new_state: Mapped[str]
    reason: Mapped[str]
    acting_person_id: Mapped[str]


class EarningRow(Base):
    """An earning: its frozen promise, and where it stands."""

    __tablename__ = "earning"

    earning_id: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int]
    state: Mapped[str]
    payout_reference: Mapped[str]
    case_id: Mapped[str]
    work_order_id: Mapped[str]
    technician_id: Mapped[str]
    outlet_id: Mapped[str]
    cooperation_mode: Mapped[str]
    quote_id: Mapped[str]
    currency: Mapped[str]
    settlement_total_minor: Mapped[int]
    total_minor: Mapped[int]
    split_rule_code: Mapped[str]
    split_rule_version: Mapped[int]
    promised_at: Mapped[datetime]

    lines: Mapped[list[EarningLineRow]] = relationship(
        order_by=EarningLineRow.line_number, lazy="selectin"
    )
    shares: Mapped[list[EarningShareRow]] = relationship(
        order_by=EarningShareRow.position, lazy="selectin"
    )
    changes: Mapped[list[EarningChangeRow]] = relationship(
        order_by=EarningChangeRow.revision, lazy="selectin"
    )

    @property
    def earning_state(self) -> EarningState:
        """The state as decisions know it."""
        return EarningState(self.state)


class LedgerAccountRow(Base):
    """An account in one currency."""

    __tablename__ = "ledger_account"

    ledger_account: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    party_kind: Mapped[str]
    party_id: Mapped[str]
    account_kind: Mapped[str]


class LedgerBalanceRow(Base):
    """An account's balance: credits less debits. The database alone writes it."""

    __tablename__ = "ledger_balance"

    ledger_account: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    posted_minor: Mapped[int]
    pending_debit_minor: Mapped[int]
    pending_credit_minor: Mapped[int]


class LedgerTransferRow(Base):
    """One movement between two accounts, never changed."""

    __tablename__ = "ledger_transfer"

    transfer_number: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    debit_ledger_account: Mapped[str]
    credit_ledger_account: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    state: Mapped[str]
    transfer_kind: Mapped[str]
    earning_id: Mapped[str]
    leg: Mapped[str]
    refers_to_transfer_number: Mapped[int | None]
    recorded_at: Mapped[datetime]
    memo: Mapped[str] = mapped_column(server_default="")
