"""Applied once: the key, what was asked and what was answered, stored with the effect itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import Aborted, AlreadyExists, FailedPrecondition

#: The method of a key that was closed before it was used.
_CLOSED: Final = ""


@dataclass(frozen=True, slots=True)
class KeyedCall:
    """One mutating call as its idempotency key knows it."""

    idempotency_key: str
    method: str
    request_hash: bytes


async def claim(session: AsyncSession, call: KeyedCall) -> bytes | None:
    """Take the key for this transaction, or give back the answer it already has.

    Raises:
        Aborted: ``IDEMPOTENCY_KEY_IN_USE`` while another call with this key is being served.
        AlreadyExists: ``IDEMPOTENCY_KEY_CONFLICT`` when the key was used for another request.
        FailedPrecondition: ``IDEMPOTENCY_KEY_CLOSED`` when the key was closed before it was used.
    """
    await _lock(session, call.idempotency_key)
    row = await _look_up(session, call.idempotency_key)
    if row is None:
        return None
    if row.method == _CLOSED:
        raise FailedPrecondition(
            "IDEMPOTENCY_KEY_CLOSED",
            "whoever made this call does not want it any more; it is not applied",
            field="idempotency_key",
        )
    if row.request_hash != call.request_hash:
        raise AlreadyExists(
            "IDEMPOTENCY_KEY_CONFLICT",
            "this idempotency key was used for another request; choose a new key",
            field="idempotency_key",
        )
    response: bytes = row.response
    return response


async def close(session: AsyncSession, key: str) -> bytes | None:
    """Make sure that no call is applied under a key from now on.

    Returns:
        The answer of the call that was applied under it; None: none was, and none will be.

    Raises:
        Aborted: ``IDEMPOTENCY_KEY_IN_USE`` while a call with this key is being served.
    """
    await _lock(session, key)
    row = await _look_up(session, key)
    if row is None:
        await store(session, KeyedCall(key, _CLOSED, b""), b"")
        return None
    if row.method == _CLOSED:
        return None
    response: bytes = row.response
    return response


async def _lock(session: AsyncSession, key: str) -> None:
    """Be the only one that deals with a key until the transaction ends."""
    taken = await session.scalar(
        text("SELECT pg_try_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key}
    )
    if not taken:
        raise Aborted(
            "IDEMPOTENCY_KEY_IN_USE",
            "the same call is being served right now; try again shortly",
            field="idempotency_key",
        )


async def _look_up(session: AsyncSession, key: str) -> Row[Any] | None:
    found = await session.execute(
        text(
            "SELECT method, request_hash, response FROM idempotency_key"
            " WHERE idempotency_key = :key"
        ),
        {"key": key},
    )
    return found.one_or_none()


async def store(session: AsyncSession, call: KeyedCall, response: bytes) -> None:
    """Keep the answer with the effect; both commit or neither does."""
    await session.execute(
        text(
            "INSERT INTO idempotency_key (idempotency_key, method, request_hash, response)"
            " VALUES (:key, :method, :request_hash, :response)"
        ),
        {
            "key": call.idempotency_key,
            "method": call.method,
            "request_hash": call.request_hash,
            "response": response,
        },
    )
