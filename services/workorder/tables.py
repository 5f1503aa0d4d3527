"""Rows of the workorder schema. Its constraints stand in the migrations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Text, and_, or_
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from kit.db.tables import INSTANT, metadata_for


class Base(DeclarativeBase):
    """Rows of this service."""

    metadata = metadata_for("workorder")
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        str: Text,
        datetime: INSTANT,
        list[str]: ARRAY(Text),
    }


class TechnicianRow(Base):
    """A technician as dispatch knows them."""

    __tablename__ = "technician"

    technician_id: Mapped[str] = mapped_column(primary_key=True)
    display_name: Mapped[str]
    outlet_id: Mapped[str]
    cooperation_mode: Mapped[str]
    territory_codes: Mapped[list[str]]
    home_longitude: Mapped[float | None]
    home_latitude: Mapped[float | None]
    daily_capacity: Mapped[int]
    rating_hundredths: Mapped[int]
    active: Mapped[bool]
    put_at: Mapped[datetime]
    put_by_person_id: Mapped[str]
    skills: Mapped[list[TechnicianSkillRow]] = relationship(
        lazy="selectin",
        order_by="TechnicianSkillRow.skill_code",
        cascade="all, delete-orphan",
    )


class TechnicianSkillRow(Base):
    """A skill that a technician holds."""

    __tablename__ = "technician_skill"

    technician_id: Mapped[str] = mapped_column(
        ForeignKey(TechnicianRow.technician_id), primary_key=True
    )
    skill_code: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[int]
    certificate_expires_at: Mapped[datetime | None]


class WorkOrderRow(Base):
    """A work order as it stands."""

    __tablename__ = "work_order"

    work_order_id: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger)
    case_id: Mapped[str]
    stage: Mapped[str]
    title: Mapped[str]
    state: Mapped[str]
    customer_id: Mapped[str]
    address_id: Mapped[str]
    adcode: Mapped[str]
    adcode_path: Mapped[list[str]]
    zone_codes: Mapped[list[str]]
    city_tier: Mapped[str]
    place_name: Mapped[str]
    place_resolved_at: Mapped[datetime | None]
    zones_known: Mapped[bool]
    former_adcode: Mapped[str]
    longitude: Mapped[float | None]
    latitude: Mapped[float | None]
    floor: Mapped[int]
    notes: Mapped[str]
    quote_id: Mapped[str]
    required_skills: Mapped[list[str]]
    priority: Mapped[int]
    created_at: Mapped[datetime]
    created_by_person_id: Mapped[str]
    window_start: Mapped[datetime | None]
    window_end: Mapped[datetime | None]
    checked_in_at: Mapped[datetime | None]
    check_in_reported_at: Mapped[datetime | None]
    check_in_longitude: Mapped[float | None]
    check_in_latitude: Mapped[float | None]
    check_in_coordinate_system: Mapped[str | None]
    completed_at: Mapped[datetime | None]
    completion_reported_at: Mapped[datetime | None]
    completion_summary: Mapped[str] = mapped_column(default="")
    completion_code: Mapped[str]
    wrong_code_count: Mapped[int] = mapped_column(default=0)
    acceptance_recorded_at: Mapped[datetime | None]
    acceptance_comment: Mapped[str] = mapped_column(default="")
    rating: Mapped[int] = mapped_column(default=0)
    cancel_reason: Mapped[str] = mapped_column(default="")
    lines: Mapped[list[WorkOrderLineRow]] = relationship(
        lazy="selectin", order_by="WorkOrderLineRow.line_number"
    )
    #: The offer that is open or was accepted; read after the work order itself, so that it is the
    #: newest also when the work order's lock had to be waited for.
    live_offer: Mapped[OfferRow | None] = relationship(
        lazy="selectin",
        viewonly=True,
        primaryjoin=lambda: and_(
            WorkOrderRow.work_order_id == OfferRow.work_order_id,
            or_(OfferRow.outcome.is_(None), OfferRow.outcome == "accepted"),
        ),
    )

    def technician_id(self) -> str:
        """Whom it is offered to or held by; empty when nobody."""
        return self.live_offer.technician_id if self.live_offer else ""

    def place_codes(self) -> frozenset[str]:
        """Every code of the place of work: district, what lies above it, zones."""
        return frozenset((self.adcode, *self.adcode_path, *self.zone_codes))


class WorkOrderLineRow(Base):
    """One thing to do."""

    __tablename__ = "work_order_line"

    work_order_id: Mapped[str] = mapped_column(
        ForeignKey(WorkOrderRow.work_order_id), primary_key=True
    )
    line_number: Mapped[int] = mapped_column(primary_key=True)
    item_code: Mapped[str]
    name: Mapped[str]
    quantity: Mapped[int] = mapped_column(BigInteger)


class WorkOrderChangeRow(Base):
    """Who changed a work order, when, from what to what, and why. Append-only."""

    __tablename__ = "work_order_change"

    work_order_id: Mapped[str] = mapped_column(
        ForeignKey(WorkOrderRow.work_order_id), primary_key=True
    )
    revision: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    changed_at: Mapped[datetime]
    acting_person_id: Mapped[str]
    verb: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    reason: Mapped[str]


class OfferRow(Base):
    """An offer to one technician, and how it ended. Gets its outcome once."""

    __tablename__ = "offer"

    offer_id: Mapped[str] = mapped_column(primary_key=True)
    work_order_id: Mapped[str] = mapped_column(ForeignKey(WorkOrderRow.work_order_id))
    technician_id: Mapped[str] = mapped_column(ForeignKey(TechnicianRow.technician_id))
    earning_id: Mapped[str]
    earning_currency: Mapped[str]
    earning_minor: Mapped[int] = mapped_column(BigInteger)
    offered_at: Mapped[datetime]
    offered_by_person_id: Mapped[str]
    expires_at: Mapped[datetime]
    outcome: Mapped[str | None]
    outcome_at: Mapped[datetime | None]
    outcome_reason: Mapped[str] = mapped_column(default="")
    outcome_by_person_id: Mapped[str | None]


class DispatchPolicyRow(Base):
    """One version of the weights. Append-only."""

    __tablename__ = "dispatch_policy"

    policy_version: Mapped[str] = mapped_column(primary_key=True)
    effective_from: Mapped[datetime]
    distance_weight: Mapped[int]
    load_weight: Mapped[int]
    skill_fit_weight: Mapped[int]
    rating_weight: Mapped[int]
    road_factor_basis_points: Mapped[int]
    distance_limit_m: Mapped[int]
    unrated_rating_hundredths: Mapped[int]


class DispatchDecisionRow(Base):
    """One ranking with everything it was decided on. Append-only."""

    __tablename__ = "dispatch_decision"

    decision_id: Mapped[str] = mapped_column(primary_key=True)
    work_order_id: Mapped[str] = mapped_column(ForeignKey(WorkOrderRow.work_order_id))
    policy_version: Mapped[str] = mapped_column(ForeignKey(DispatchPolicyRow.policy_version))
    decided_at: Mapped[datetime]
    decided_by_person_id: Mapped[str]
    excluded_technician_ids: Mapped[list[str]]
    candidates: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    excluded: Mapped[dict[str, int]] = mapped_column(JSONB)
