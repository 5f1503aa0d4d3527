"""Rows of the relay: how far it has read, events that may wake cases, and whom they have woken."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kit.db.tables import INSTANT
from workflows.tables import Base


class RelayCursorRow(Base):
    """How far one consumer has read one source's events."""

    __tablename__ = "relay_cursor"

    source: Mapped[str] = mapped_column(primary_key=True)
    consumer: Mapped[str] = mapped_column(primary_key=True)
    cursor: Mapped[str]


class BufferedEventRow(Base):
    """An event that may wake cases, those too that come to wait for it, until it expires."""

    __tablename__ = "buffered_event"

    event_id: Mapped[str] = mapped_column(primary_key=True)
    event_type: Mapped[str]
    key: Mapped[str]
    case_id: Mapped[str]
    acting_person_id: Mapped[str]
    aggregate: Mapped[str]
    aggregate_sequence: Mapped[int] = mapped_column(BigInteger)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    buffered_at: Mapped[datetime] = mapped_column(INSTANT, server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(INSTANT)


class EventDeliveryRow(Base):
    """A waiting of a case that was answered, and the event that answered it."""

    __tablename__ = "event_delivery"

    workflow_id: Mapped[str] = mapped_column(primary_key=True)
    node: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(INSTANT)
