"""Rows of flows: published versions and their plans, append-only as the database says, and drafts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from kit.db.tables import INSTANT, metadata_for


class Base(DeclarativeBase):
    """The rows of the schema ``flows``."""

    metadata = metadata_for("flows")


class PlanRow(Base):
    """A plan's canonical bytes under their sha256; kept for ever, since a case may use it."""

    __tablename__ = "plan"

    plan_hash: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class FlowVersionRow(Base):
    """One published version of a flow; versions of a flow are numbered 1, 2, 3 …."""

    __tablename__ = "flow_version"

    flow_code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    plan_hash: Mapped[str]
    calendar_code: Mapped[str]
    source: Mapped[str]
    published_at: Mapped[datetime] = mapped_column(INSTANT)
    published_by_person_id: Mapped[str]


class FlowDraftRow(Base):
    """What somebody is drawing: one draft a flow. ``checked`` means that this very revision was
    checked and can be published."""

    __tablename__ = "flow_draft"

    flow_code: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int]
    checked: Mapped[bool]
    source: Mapped[str]
    base_version: Mapped[int]
    saved_at: Mapped[datetime] = mapped_column(INSTANT)
    saved_by_person_id: Mapped[str]
