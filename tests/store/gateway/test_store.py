"""Sessions, accounts, tokens and the callback inbox on real PostgreSQL."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db.migrate import migrate
from kit.db.session import Database
from services.gateway import store
from services.gateway.tables import (
    ApiTokenRow,
    CallbackRow,
    LocalAccountRow,
    PlayedRoleRow,
    SessionRow,
)

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Database]:
    migrate(database_url, "gateway")
    database = Database.connect(database_url, "edge")
    yield database
    await database.close()


@pytest.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    """A transaction that leaves nothing behind."""
    async with database.engine.connect() as connection:
        outer = await connection.begin()
        async with AsyncSession(connection, join_transaction_mode="create_savepoint") as session:
            yield session
        await outer.rollback()


def a_session(name: bytes, until: datetime, since: datetime = NOW) -> SessionRow:
    return SessionRow(
        token_hash=name.ljust(32, b"."),
        person_id="pe_li",
        login_kind="password",
        created_at=since,
        expires_at=until,
    )


def a_token(name: bytes, until: datetime) -> ApiTokenRow:
    return ApiTokenRow(
        token_id=f"at_{name.decode()}",
        token_hash=name.ljust(32, b"."),
        person_id="pe_li",
        label="import",
        created_at=NOW,
        expires_at=until,
        revoked_at=None,
    )


def an_account(name: str = "li", password_hash: str = "kept") -> LocalAccountRow:
    return LocalAccountRow(
        login_name=name,
        person_id="pe_li",
        password_hash=password_hash,
        changed_at=NOW,
        changed_by_person_id="bootstrap",
    )


def a_callback(name: bytes) -> CallbackRow:
    return CallbackRow(
        callback_id=f"cb_{name.decode()}",
        channel="wecom",
        content_hash=b"content".ljust(32, b"."),
        agentid=1000002,
        event="template_card_event",
        plaintext="<xml/>",
        received_at=NOW,
    )


async def test_a_session_lives_until_it_expires(session: AsyncSession) -> None:
    row = a_session(b"mine", NOW + HOUR)
    await store.open_session(session, row)
    assert await store.live_session(session, row.token_hash, NOW + HOUR / 2) is not None
    assert await store.live_session(session, row.token_hash, NOW + HOUR) is None
    assert await store.live_session(session, b"another".ljust(32), NOW) is None


async def test_a_closed_session_is_gone(session: AsyncSession) -> None:
    row = a_session(b"mine", NOW + HOUR)
    await store.open_session(session, row)
    await session.flush()
    await store.close_session(session, row.token_hash)
    session.expire_all()
    assert await store.live_session(session, row.token_hash, NOW) is None


async def test_opening_a_session_forgets_those_that_expired(session: AsyncSession) -> None:
    await store.open_session(session, a_session(b"old", NOW - HOUR, NOW - 2 * HOUR))
    await store.open_session(session, a_session(b"new", NOW + HOUR))
    await session.flush()
    kept = (await session.execute(text("SELECT count(*) FROM session"))).scalar_one()
    assert kept == 1


async def test_a_session_that_ends_before_it_begins_is_refused(session: AsyncSession) -> None:
    await store.open_session(session, a_session(b"mine", NOW))
    with pytest.raises(IntegrityError, match="check"):
        await session.flush()


async def test_a_token_lives_until_it_expires_or_is_revoked(session: AsyncSession) -> None:
    row = a_token(b"mine", NOW + HOUR)
    await store.add_token(session, row)
    assert await store.live_token(session, row.token_hash, NOW) is not None
    assert await store.live_token(session, row.token_hash, NOW + HOUR) is None
    assert not await store.revoke_token(session, "at_mine", "pe_zhao", NOW)
    assert await store.revoke_token(session, "at_mine", "pe_li", NOW)
    assert await store.live_token(session, row.token_hash, NOW) is None
    assert not await store.revoke_token(session, "at_mine", "pe_li", NOW)


async def test_putting_an_account_again_changes_its_password_and_unlocks_it(
    session: AsyncSession,
) -> None:
    await store.put_account(session, an_account())
    found = await store.account(session, "li")
    assert found is not None
    for _ in range(store.FAILURES_BEFORE_LOCK):
        store.count_failure(found, NOW)
    assert found.locked_until == NOW + store.LOCK
    await session.flush()
    await store.put_account(session, an_account(password_hash="other"))
    session.expire_all()
    found = await store.account(session, "li")
    assert found is not None
    assert (found.password_hash, found.locked_until, found.failed_attempts) == ("other", None, 0)


async def test_a_login_name_is_small_letters_and_digits(session: AsyncSession) -> None:
    with pytest.raises(IntegrityError, match="check"):
        await store.put_account(session, an_account("Li Sheji"))


async def test_what_was_told_before_is_not_kept_again(session: AsyncSession) -> None:
    assert await store.keep_callback(session, a_callback(b"first"))
    assert not await store.keep_callback(session, a_callback(b"again"))
    kept = (await session.execute(text("SELECT callback_id FROM callback_inbox"))).scalars().all()
    assert kept == ["cb_first"]


@pytest.mark.parametrize(
    "change", ["UPDATE played_role SET person_id = 'pe_zhao'", "DELETE FROM played_role"]
)
async def test_who_played_whom_is_never_rewritten(session: AsyncSession, change: str) -> None:
    row = PlayedRoleRow(
        person_id="pe_li", request_id="rq_1", http_method="POST", path="/x", played_at=NOW
    )
    await store.add_played(session, row)
    await session.flush()
    with pytest.raises(DBAPIError, match="append-only"):
        await session.execute(text(change))
