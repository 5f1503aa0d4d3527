"""Queries and writes of the schema ``edge``. Nothing here commits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.tables import (
    ApiTokenRow,
    CallbackRow,
    FileRow,
    LocalAccountRow,
    PayloadRevealRow,
    PlayedRoleRow,
    SessionRow,
)

#: So many wrong passwords in a row lock an account for a while.
FAILURES_BEFORE_LOCK: Final = 5
LOCK: Final = timedelta(minutes=5)


async def put_account(session: AsyncSession, row: LocalAccountRow) -> None:
    """Create the login name or give it another person and password; either unlocks it."""
    values = {
        "person_id": row.person_id,
        "password_hash": row.password_hash,
        "failed_attempts": 0,
        "locked_until": None,
        "changed_at": row.changed_at,
        "changed_by_person_id": row.changed_by_person_id,
    }
    await session.execute(
        insert(LocalAccountRow)
        .values(login_name=row.login_name, **values)
        .on_conflict_do_update(index_elements=["login_name"], set_=values)
    )


async def account(session: AsyncSession, login_name: str) -> LocalAccountRow | None:
    """One account, its row locked until the login is decided."""
    return await session.get(LocalAccountRow, login_name, with_for_update=True)


def count_failure(row: LocalAccountRow, now: datetime) -> None:
    """One more wrong password; the last one that is allowed locks the account."""
    row.failed_attempts += 1
    if row.failed_attempts >= FAILURES_BEFORE_LOCK:
        row.failed_attempts = 0
        row.locked_until = now + LOCK


async def open_session(session: AsyncSession, row: SessionRow) -> None:
    """Keep a new session, and forget those that have expired."""
    await session.execute(delete(SessionRow).where(SessionRow.expires_at < row.created_at))
    session.add(row)


async def live_session(
    session: AsyncSession, token_hash: bytes, now: datetime
) -> SessionRow | None:
    """The session of a cookie, unless it has expired."""
    row = await session.get(SessionRow, token_hash)
    return row if row is not None and row.expires_at > now else None


async def close_session(session: AsyncSession, token_hash: bytes) -> None:
    """Forget a session."""
    await session.execute(delete(SessionRow).where(SessionRow.token_hash == token_hash))


async def add_token(session: AsyncSession, row: ApiTokenRow) -> None:
    """Keep a new token."""
    session.add(row)


async def live_token(session: AsyncSession, token_hash: bytes, now: datetime) -> ApiTokenRow | None:
    """The token of a bearer, unless it has expired or was revoked."""
    row: ApiTokenRow | None = await session.scalar(
        select(ApiTokenRow).where(
            ApiTokenRow.token_hash == token_hash,
            ApiTokenRow.expires_at > now,
            ApiTokenRow.revoked_at.is_(None),
        )
    )
    return row


async def tokens_of(session: AsyncSession, person_id: str) -> list[ApiTokenRow]:
    """A person's tokens, newest first."""
    rows = await session.scalars(
        select(ApiTokenRow)
        .where(ApiTokenRow.person_id == person_id)
        .order_by(ApiTokenRow.created_at.desc())
    )
    return list(rows)


async def revoke_token(session: AsyncSession, token_id: str, person_id: str, now: datetime) -> bool:
    """Revoke one of a person's tokens; False when they have no such token that lives."""
    result = await session.execute(
        update(ApiTokenRow)
        .where(
            ApiTokenRow.token_id == token_id,
            ApiTokenRow.person_id == person_id,
            ApiTokenRow.revoked_at.is_(None),
        )
        .values(revoked_at=now)
        .returning(ApiTokenRow.token_id)
    )
    return result.first() is not None


async def add_played(session: AsyncSession, row: PlayedRoleRow) -> None:
    """Write down that somebody acted in another person's name."""
    session.add(row)


async def add_reveal(session: AsyncSession, row: PayloadRevealRow) -> None:
    """Write down who had payloads decrypted."""
    session.add(row)


async def keep_callback(session: AsyncSession, row: CallbackRow) -> bool:
    """Keep what a channel told us; False when it was told before."""
    result = await session.execute(
        insert(CallbackRow)
        .values(
            callback_id=row.callback_id,
            channel=row.channel,
            content_hash=row.content_hash,
            agentid=row.agentid,
            event=row.event,
            plaintext=row.plaintext,
            received_at=row.received_at,
        )
        .on_conflict_do_nothing(index_elements=["content_hash"])
        .returning(CallbackRow.callback_id)
    )
    return result.first() is not None


async def add_file(session: AsyncSession, row: FileRow) -> None:
    """Keep what is known of a new file."""
    session.add(row)


async def file(session: AsyncSession, file_id: str) -> FileRow | None:
    """One file, or None."""
    return await session.get(FileRow, file_id)


async def known_files(session: AsyncSession, file_ids: set[str]) -> set[str]:
    """Those of these files that there are."""
    found = await session.scalars(select(FileRow.file_id).where(FileRow.file_id.in_(file_ids)))
    return set(found)


async def files(session: AsyncSession, file_ids: set[str]) -> dict[str, FileRow]:
    """Those of these files that there are, by their references."""
    found = await session.scalars(select(FileRow).where(FileRow.file_id.in_(file_ids)))
    return {row.file_id: row for row in found}
