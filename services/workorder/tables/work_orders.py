"""Work orders with their lines, changes and offers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, and_, or_
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.workorder.tables.base import Base
from services.workorder.tables.technicians import TechnicianRow


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
    source: Mapped[str] = mapped_column(default="case")
    source_ref: Mapped[str] = mapped_column(default="")
    asset_id: Mapped[str] = mapped_column(default="")
    in_warranty: Mapped[bool] = mapped_column(default=False)
    customer_level: Mapped[str] = mapped_column(default="")
    team_id: Mapped[str] = mapped_column(default="")
    outlet_id: Mapped[str] = mapped_column(default="")
    parent_work_order_id: Mapped[str | None]
    link_kind: Mapped[str | None]
    link_reason: Mapped[str] = mapped_column(default="")
    blamed_party: Mapped[str] = mapped_column(default="")
    template_code: Mapped[str | None]
    template_version: Mapped[int | None]
    checklist_code: Mapped[str] = mapped_column(default="")
    priority_rule: Mapped[str] = mapped_column(default="")
    priority_by_person_id: Mapped[str] = mapped_column(default="")
    priority_reason: Mapped[str] = mapped_column(default="")
    due_at: Mapped[datetime | None]
    state_since: Mapped[datetime]
    responded_at: Mapped[datetime | None]
    #: Technicians and their shares, the lead one first; empty: one alone.
    crew: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    cancel_code: Mapped[str] = mapped_column(default="")
    search_text: Mapped[str] = mapped_column(default="", deferred=True)
    terms: Mapped[list[str]] = mapped_column(default=list, deferred=True)
    lines: Mapped[list[WorkOrderLineRow]] = relationship(
        lazy="selectin", order_by="WorkOrderLineRow.line_number"
    )
    #: The offers that are open, or the one that was accepted; read after the work order itself, so
    #: that they are the newest also when the work order's lock had to be waited for.
    live_offers: Mapped[list[OfferRow]] = relationship(
        lazy="selectin",
        viewonly=True,
        order_by="OfferRow.offer_id",
        primaryjoin=lambda: and_(
            WorkOrderRow.work_order_id == OfferRow.work_order_id,
            or_(OfferRow.outcome.is_(None), OfferRow.outcome == "accepted"),
        ),
    )

    def live_offer(self, technician_id: str = "") -> OfferRow | None:
        """The offer to a technician; without one, the first of those that live."""
        theirs = (o for o in self.live_offers if technician_id in ("", o.technician_id))
        return next(theirs, None)

    def accepted_offer(self) -> OfferRow | None:
        """The offer that somebody took."""
        return next((offer for offer in self.live_offers if offer.outcome), None)

    def technician_id(self) -> str:
        """Whom it is offered to or held by; empty when nobody, or several are asked."""
        return self.live_offers[0].technician_id if len(self.live_offers) == 1 else ""

    def technician_ids(self) -> frozenset[str]:
        """To whom it is offered, who holds it, and who shares it."""
        asked = (offer.technician_id for offer in self.live_offers)
        return frozenset((*asked, *(member["technician_id"] for member in self.crew or ())))

    def owner_id(self) -> str:
        """Who answers for it: who took it, else the team, the outlet, or who made it."""
        taken = self.accepted_offer()
        holder = taken.technician_id if taken else ""
        return holder or self.team_id or self.outlet_id or self.created_by_person_id

    def leave_visit(self) -> None:
        """Nobody is on site any more, and nobody shares the work; the agreed window stays."""
        self.crew = []
        self.checked_in_at = self.check_in_reported_at = None
        self.check_in_longitude = self.check_in_latitude = None
        self.check_in_coordinate_system = None

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
    catalogue: Mapped[str] = mapped_column(default="")


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
    reason_code: Mapped[str] = mapped_column(default="")
    details: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)


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
