"""Rows of the ``notify`` schema."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from kit.db.tables import INSTANT, metadata_for


class Row(DeclarativeBase):
    """Base of every row here."""

    metadata = metadata_for("notify")
    type_annotation_map = {str: Text, datetime: INSTANT}  # noqa: RUF012 - SQLAlchemy's own form


class TemplateRow(Row):
    """One version of a template; versions are never changed."""

    __tablename__ = "template"

    template_code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    form: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    url: Mapped[str]
    variables: Mapped[list[dict[str, object]]] = mapped_column(JSONB)
    created_at: Mapped[datetime]


class RecipientRow(Row):
    """Projection of the directory's people: where a person can be reached."""

    __tablename__ = "recipient"

    person_id: Mapped[str] = mapped_column(primary_key=True)
    wecom_userid: Mapped[str]
    display_name: Mapped[str]
    applied_sequence: Mapped[int]


class MessageRow(Row):
    """What was said once, to one or more people."""

    __tablename__ = "message"

    message_id: Mapped[str] = mapped_column(primary_key=True)
    template_code: Mapped[str]
    template_version: Mapped[int]
    form: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    url: Mapped[str]
    case_id: Mapped[str]
    queued_at: Mapped[datetime]


class DeliveryRow(Row):
    """One message on its way to one person: the outbox and the ledger in one."""

    __tablename__ = "delivery"

    delivery_id: Mapped[str] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(ForeignKey("notify.message.message_id"))
    recipient_person_id: Mapped[str]
    channel: Mapped[str]
    state: Mapped[str]
    urgent: Mapped[bool]
    queued_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime | None]
    last_error: Mapped[str]
    #: The bytes of the first attempt: a repetition must be the same to be recognised.
    request_body: Mapped[bytes | None]

    message: Mapped[MessageRow] = relationship(lazy="raise")
    attempts: Mapped[list[DeliveryAttemptRow]] = relationship(
        lazy="raise", order_by="DeliveryAttemptRow.attempt_number"
    )


class DeliveryAttemptRow(Row):
    """One attempt and what came of it; "unclear" until an answer is known."""

    __tablename__ = "delivery_attempt"

    delivery_id: Mapped[str] = mapped_column(
        ForeignKey("notify.delivery.delivery_id"), primary_key=True
    )
    attempt_number: Mapped[int] = mapped_column(primary_key=True)
    wecom_userid: Mapped[str]
    attempted_at: Mapped[datetime]
    #: The latest instant at which the member can have received it.
    arrived_by: Mapped[datetime]
    outcome: Mapped[str]
    error_code: Mapped[int]
    error_message: Mapped[str]
