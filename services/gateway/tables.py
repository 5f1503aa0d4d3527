"""Rows of the schema ``edge``."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Identity, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from kit.db.tables import INSTANT, metadata_for


class Base(DeclarativeBase):
    """All of them live in one schema."""

    metadata = metadata_for("edge")


class LocalAccountRow(Base):
    """A login name with its password, for stacks without a company login."""

    __tablename__ = "local_account"

    login_name: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str]
    password_hash: Mapped[str]
    failed_attempts: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(INSTANT)
    changed_at: Mapped[datetime] = mapped_column(INSTANT)
    changed_by_person_id: Mapped[str]


class SessionRow(Base):
    """A browser that is logged in; the cookie's value is kept only as its hash."""

    __tablename__ = "session"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    person_id: Mapped[str]
    login_kind: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(INSTANT)
    expires_at: Mapped[datetime] = mapped_column(INSTANT)


class ApiTokenRow(Base):
    """A bearer token for programs; kept only as its hash."""

    __tablename__ = "api_token"

    token_id: Mapped[str] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes]
    person_id: Mapped[str]
    label: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(INSTANT)
    expires_at: Mapped[datetime] = mapped_column(INSTANT)
    revoked_at: Mapped[datetime | None] = mapped_column(INSTANT)


class PlayedRoleRow(Base):
    """One mutating request made in another person's name, on somebody's own machine."""

    __tablename__ = "played_role"

    played_number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    person_id: Mapped[str]
    request_id: Mapped[str]
    http_method: Mapped[str]
    path: Mapped[str]
    played_at: Mapped[datetime] = mapped_column(INSTANT)


class PayloadRevealRow(Base):
    """One request by which somebody had payloads decrypted, and the cases that these name."""

    __tablename__ = "payload_reveal"

    reveal_number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    person_id: Mapped[str]
    played: Mapped[bool]
    request_id: Mapped[str]
    temporal_namespace: Mapped[str]
    payload_count: Mapped[int]
    key_ids: Mapped[list[str]] = mapped_column(ARRAY(Text))
    case_ids: Mapped[list[str]] = mapped_column(ARRAY(Text))
    revealed_at: Mapped[datetime] = mapped_column(INSTANT)


class CallbackRow(Base):
    """What a channel told us, once, before anybody acts on it."""

    __tablename__ = "callback_inbox"

    callback_id: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str]
    content_hash: Mapped[bytes]
    agentid: Mapped[int] = mapped_column(BigInteger)
    event: Mapped[str]
    plaintext: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(INSTANT)
    handled_at: Mapped[datetime | None] = mapped_column(INSTANT)


class FileRow(Base):
    """A file that somebody uploaded; its bytes lie in a folder, under their hash."""

    __tablename__ = "file"

    file_id: Mapped[str] = mapped_column(primary_key=True)
    content_hash: Mapped[bytes]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    uploaded_by_person_id: Mapped[str]
    uploaded_at: Mapped[datetime] = mapped_column(INSTANT)
    #: What a picture looks like; empty for what is none.
    perceptual_hash: Mapped[str] = mapped_column(default="")
