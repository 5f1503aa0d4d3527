"""Applied once: the key, what was asked and what was answered, stored with the effect itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import LargeBinary, Row, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import Aborted, AlreadyExists, FailedPrecondition, ServiceError

#: The method of a key that was closed before it was used.
_CLOSED: Final = ""

_LOCK_ALL: Final = text(
    "SELECT pg_try_advisory_xact_lock(hashtextextended(key, 0))"
    " FROM unnest(:keys) WITH ORDINALITY AS asked (key, position) ORDER BY position"
).bindparams(bindparam("keys", type_=ARRAY(Text)))
_LOOK_UP_ALL: Final = text(
    "SELECT idempotency_key, method, request_hash, response FROM idempotency_key"
    " WHERE idempotency_key = ANY (:keys)"
).bindparams(bindparam("keys", type_=ARRAY(Text)))
_STORE_ALL: Final = text(
    "INSERT INTO idempotency_key (idempotency_key, method, request_hash, response)"
    " SELECT * FROM unnest(:keys, :methods, :request_hashes, :responses)"
).bindparams(
    *(bindparam(name, type_=ARRAY(Text)) for name in ("keys", "methods")),
    *(bindparam(name, type_=ARRAY(LargeBinary)) for name in ("request_hashes", "responses")),
)


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
    return None if row is None else _answer(row, call)


async def claim_all(
    session: AsyncSession, calls: Sequence[KeyedCall]
) -> list[bytes | ServiceError | None]:
    """Take the keys of calls that share a transaction, each another: in their order the answer that
    a key already has, the error that ``claim`` would raise, or None for one that is taken."""
    keys = {"keys": [call.idempotency_key for call in calls]}
    taken = (await session.scalars(_LOCK_ALL, keys)).all()
    # A statement of its own: it sees what those had written who held the locks before.
    rows = {row.idempotency_key: row for row in await session.execute(_LOOK_UP_ALL, keys)}
    found: list[bytes | ServiceError | None] = []
    for call, locked in zip(calls, taken, strict=True):
        row = rows.get(call.idempotency_key)
        try:
            if not locked:
                raise _in_use()
            found.append(None if row is None else _answer(row, call))
        except ServiceError as error:
            found.append(error)
    return found


def _answer(row: Row[Any], call: KeyedCall) -> bytes:
    """What a call under this key was answered."""
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
        raise _in_use()


def _in_use() -> Aborted:
    return Aborted(
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


async def store_all(
    session: AsyncSession, calls: Sequence[KeyedCall], responses: Sequence[bytes]
) -> None:
    """Keep the answers of calls that share a transaction."""
    await session.execute(
        _STORE_ALL,
        {
            "keys": [call.idempotency_key for call in calls],
            "methods": [call.method for call in calls],
            "request_hashes": [call.request_hash for call in calls],
            "responses": list(responses),
        },
    )
