"""Outlets' profiles, teams, absences, and who must not or shall be sent to whom."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.workorder.tables.base import Base
from services.workorder.tables.technicians import TechnicianRow


class TechnicianAbsenceRow(Base):
    """An absence of the directory's, as its last event told it."""

    __tablename__ = "technician_absence"

    absence_id: Mapped[str] = mapped_column(primary_key=True)
    technician_id: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    cancelled: Mapped[bool]
    revision: Mapped[int] = mapped_column(BigInteger)


class OutletProfileRow(Base):
    """The service side of an outlet."""

    __tablename__ = "outlet_profile"

    outlet_id: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    cooperation_modes: Mapped[list[str]]
    brand_codes: Mapped[list[str]]
    territory_codes: Mapped[list[str]]
    contract_number: Mapped[str]
    contract_valid_from: Mapped[datetime | None]
    contract_valid_until: Mapped[datetime | None]
    suspended: Mapped[bool]
    suspend_reason: Mapped[str]
    agent_id: Mapped[str]
    stock_location_id: Mapped[str]
    longitude: Mapped[float | None]
    latitude: Mapped[float | None]
    put_at: Mapped[datetime]
    put_by_person_id: Mapped[str]


class TeamRow(Base):
    """Technicians who work together."""

    __tablename__ = "team"

    team_id: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    outlet_id: Mapped[str]
    leader_person_id: Mapped[str]
    kind: Mapped[str]
    put_at: Mapped[datetime]
    put_by_person_id: Mapped[str]
    ended_at: Mapped[datetime | None]
    members: Mapped[list[TeamMemberRow]] = relationship(
        lazy="selectin", order_by="TeamMemberRow.technician_id", cascade="all, delete-orphan"
    )


class TeamMemberRow(Base):
    """A technician of a team."""

    __tablename__ = "team_member"

    team_id: Mapped[str] = mapped_column(ForeignKey(TeamRow.team_id), primary_key=True)
    technician_id: Mapped[str] = mapped_column(
        ForeignKey(TechnicianRow.technician_id), primary_key=True
    )


class DispatchExclusionRow(Base):
    """Who must not be sent to whom. Ended once, never changed otherwise."""

    __tablename__ = "dispatch_exclusion"

    exclusion_id: Mapped[str] = mapped_column(primary_key=True)
    technician_id: Mapped[str]
    outlet_id: Mapped[str]
    customer_id: Mapped[str]
    address_id: Mapped[str]
    reason: Mapped[str]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
    recorded_by_person_id: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by_person_id: Mapped[str] = mapped_column(default="")
    end_reason: Mapped[str] = mapped_column(default="")


class DispatchPreferenceRow(Base):
    """Whom a customer wishes for. Ended once, never changed otherwise."""

    __tablename__ = "dispatch_preference"

    preference_id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str]
    address_id: Mapped[str]
    technician_id: Mapped[str]
    outlet_id: Mapped[str]
    reason: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by_person_id: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by_person_id: Mapped[str] = mapped_column(default="")
    end_reason: Mapped[str] = mapped_column(default="")
