"""Outlets, people, departments and absences."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kit.db.tables import INSTANT
from services.directory.domain.absences import Period
from services.directory.domain.people import Leaving
from services.directory.tables.base import Base


class OutletRow(Base):
    """A service outlet (网点)."""

    __tablename__ = "outlet"

    outlet_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    region_adcodes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    cooperation_mode: Mapped[str]


class PersonRow(Base):
    """One of the company's people."""

    __tablename__ = "person"

    person_id: Mapped[str] = mapped_column(primary_key=True)
    display_name: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    region_adcodes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    outlet_id: Mapped[str | None]
    leader_person_id: Mapped[str | None]
    wecom_userid: Mapped[str | None]
    left_at: Mapped[datetime | None] = mapped_column(INSTANT)
    successor_person_id: Mapped[str | None]
    memberships: Mapped[list[DepartmentMemberRow]] = relationship(
        lazy="selectin", order_by="DepartmentMemberRow.rank", cascade="all, delete-orphan"
    )

    @property
    def leaving(self) -> Leaving | None:
        """When they left, and who took over; None while they are here."""
        return Leaving(self.left_at, self.successor_person_id) if self.left_at else None


class DepartmentRow(Base):
    """A unit of the organisation; at the top of the tree it has no parent."""

    __tablename__ = "department"

    department_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    parent_id: Mapped[str | None]
    leader_person_id: Mapped[str | None]


class DepartmentMemberRow(Base):
    """A person's place in a department; rank 0 is their main one."""

    __tablename__ = "department_member"

    person_id: Mapped[str] = mapped_column(ForeignKey(PersonRow.person_id), primary_key=True)
    department_id: Mapped[str] = mapped_column(primary_key=True)
    rank: Mapped[int]


class AbsenceRow(Base):
    """A time when a person takes no work, unless it was cancelled."""

    __tablename__ = "absence"

    absence_id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str]
    starts_at: Mapped[datetime] = mapped_column(INSTANT)
    ends_at: Mapped[datetime | None] = mapped_column(INSTANT)
    proxy_person_id: Mapped[str | None]
    reason: Mapped[str]
    cancelled_at: Mapped[datetime | None] = mapped_column(INSTANT)

    @property
    def period(self) -> Period:
        """From when until when it was declared."""
        return Period(self.starts_at, self.ends_at)
