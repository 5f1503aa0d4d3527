"""Calendars of slots, slots and who holds them, and what happened to appointments."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Identity
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.workorder.tables.base import Base
from services.workorder.tables.work_orders import WorkOrderRow


class SlotCalendarRow(Base):
    """One version of a territory's slots. Append-only."""

    __tablename__ = "slot_calendar"

    calendar_number: Mapped[int] = mapped_column(
        BigInteger, Identity(always=True), primary_key=True
    )
    slot_calendar_id: Mapped[str]
    territory_code: Mapped[str]
    service_kind: Mapped[str]
    effective_from: Mapped[date] = mapped_column(Date)
    opens_days_before: Mapped[int]
    closes_minutes_before: Mapped[int]
    hold_minutes: Mapped[int]
    put_at: Mapped[datetime]
    put_by_person_id: Mapped[str]
    templates: Mapped[list[SlotTemplateRow]] = relationship(
        lazy="selectin",
        order_by=lambda: (SlotTemplateRow.weekday, SlotTemplateRow.start_minute),
    )


class SlotTemplateRow(Base):
    """One slot of every week. Append-only."""

    __tablename__ = "slot_template"

    calendar_number: Mapped[int] = mapped_column(
        ForeignKey(SlotCalendarRow.calendar_number), primary_key=True
    )
    weekday: Mapped[int] = mapped_column(primary_key=True)
    start_minute: Mapped[int] = mapped_column(primary_key=True)
    end_minute: Mapped[int]
    capacity: Mapped[int]


class SlotOverrideRow(Base):
    """A day that differs. Append-only."""

    __tablename__ = "slot_override"

    override_number: Mapped[int] = mapped_column(
        BigInteger, Identity(always=True), primary_key=True
    )
    slot_override_id: Mapped[str]
    territory_code: Mapped[str]
    service_kind: Mapped[str]
    day: Mapped[date] = mapped_column(Date)
    start_minute: Mapped[int | None]
    kind: Mapped[str]
    extra_capacity: Mapped[int]
    reason: Mapped[str]
    put_at: Mapped[datetime]
    put_by_person_id: Mapped[str]


class SlotRow(Base):
    """A slot of a certain day that was reserved once. The database counts who holds it."""

    __tablename__ = "slot"

    territory_code: Mapped[str] = mapped_column(primary_key=True)
    service_kind: Mapped[str] = mapped_column(primary_key=True)
    window_start: Mapped[datetime] = mapped_column(primary_key=True)
    capacity: Mapped[int]
    taken: Mapped[int]


class SlotReservationRow(Base):
    """Who holds a slot, until when, and how it ended."""

    __tablename__ = "slot_reservation"

    reservation_id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str]
    work_order_id: Mapped[str | None] = mapped_column(ForeignKey(WorkOrderRow.work_order_id))
    customer_id: Mapped[str]
    #: The codes that it was asked for by, the most specific first.
    place_codes: Mapped[list[str]]
    territory_code: Mapped[str]
    service_kind: Mapped[str]
    window_start: Mapped[datetime]
    window_end: Mapped[datetime]
    state: Mapped[str]
    reserved_at: Mapped[datetime]
    reserved_by_person_id: Mapped[str]
    expires_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    confirmed_by_person_id: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    ended_by_person_id: Mapped[str | None]
    end_reason: Mapped[str] = mapped_column(default="")


class AppointmentChangeRow(Base):
    """What happened to a work order's appointment. Append-only."""

    __tablename__ = "appointment_change"

    work_order_id: Mapped[str] = mapped_column(
        ForeignKey(WorkOrderRow.work_order_id), primary_key=True
    )
    change_number: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    changed_at: Mapped[datetime]
    acting_person_id: Mapped[str]
    from_start: Mapped[datetime | None]
    from_end: Mapped[datetime | None]
    to_start: Mapped[datetime | None]
    to_end: Mapped[datetime | None]
    reservation_id: Mapped[str | None]
    reason_code: Mapped[str]
    reason: Mapped[str]
    blamed_party: Mapped[str]
