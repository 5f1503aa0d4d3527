"""Applied once: the key, what was asked and what was answered, stored with the effect itself."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import Aborted, AlreadyExists


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
    """
    taken = await session.scalar(
        text("SELECT pg_try_advisory_xact_lock(hashtextextended(:key, 0))"),
        {"key": call.idempotency_key},
    )
    if not taken:
        raise Aborted(
            "IDEMPOTENCY_KEY_IN_USE",
            "the same call is being served right now; try again shortly",
            field="idempotency_key",
        )
    row = (
        await session.execute(
            text("SELECT request_hash, response FROM idempotency_key WHERE idempotency_key = :key"),
            {"key": call.idempotency_key},
        )
    ).one_or_none()
    if row is None:
        return None
    if row.request_hash != call.request_hash:
        raise AlreadyExists(
            "IDEMPOTENCY_KEY_CONFLICT",
            "this idempotency key was used for another request; choose a new key",
            field="idempotency_key",
        )
    response: bytes = row.response
    return response


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
