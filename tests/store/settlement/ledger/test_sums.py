"""Sums of runs: exact on a busy account, and found when somebody changes them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import LiteralString

import psycopg
import pytest
from sqlalchemy import text

from kit.db.session import Database
from services.settlement.domain.ledger.transfers import CLEARING
from services.settlement.store.ledger.balances import balance_as_of
from services.settlement.store.ledger.verify import verify
from tests.conftest import NewDatabase

#: Twelve runs of 1,024 and some: one posting of each hour, every fiftieth transfer comes late.
_FILL: LiteralString = """
INSERT INTO ledger_account (party_kind, party_id, account_kind, currency, may_be_negative)
VALUES ('platform', '', 'clearing', 'CNY', true), ('platform', '', 'revenue', 'CNY', false);
DO $$
DECLARE hours CONSTANT integer := 130; size CONSTANT integer := 100;
BEGIN
    FOR hour IN 1 .. hours LOOP
        INSERT INTO ledger_transfer (
            debit_account_number, credit_account_number, amount_minor, recorded_at, effective_at,
            state, transfer_kind, document_kind, document_id, leg)
        SELECT (SELECT account_number FROM ledger_account WHERE may_be_negative),
               (SELECT account_number FROM ledger_account WHERE NOT may_be_negative),
               1 + i * hour % 97, '2026-03-01'::timestamptz + hour * interval '1 hour',
               '2026-03-01'::timestamptz + hour * interval '1 hour' - i * interval '31 seconds'
                   - CASE WHEN i % 50 = 0 THEN interval '2 days' ELSE interval '0' END,
               CASE WHEN i % 10 = 0 THEN 'pending' ELSE 'posted' END, 'opening', 'opening',
               hour || '-' || i, 'own'
          FROM generate_series(1, size) i;
    END LOOP;
END $$
"""
_BRUTE = text(
    "SELECT coalesce(sum(posted_minor), 0), coalesce(sum(pending_debit_minor), 0),"
    " coalesce(sum(pending_credit_minor), 0)"
    " FROM ledger_movement JOIN ledger_transfer t USING (transfer_number)"
    " JOIN ledger_account a USING (account_number)"
    " WHERE a.ledger_account = 'platform:clearing' AND t.effective_at < :before"
    " AND t.recorded_at <= :known"
)


@pytest.fixture(scope="module")
def busy_url(new_database: NewDatabase, settlement_url: str) -> str:
    url = new_database("busy", template=settlement_url)
    with psycopg.connect(url, options="-c search_path=settlement -c timezone=UTC") as owner:
        owner.execute(_FILL)
    return url


@pytest.fixture
async def busy(busy_url: str) -> AsyncIterator[Database]:
    made = Database.connect(busy_url, "settlement", pool_size=1)
    yield made
    await made.close()


async def test_any_balance_of_a_busy_account_is_what_its_transfers_make(busy: Database) -> None:
    first = datetime(2026, 3, 1, tzinfo=UTC)
    async with busy.transaction(read_only=True) as session:
        for hours in range(0, 140, 7):
            for known_hours in (5, 63.5, 128, 140):
                before = first + timedelta(hours=hours, minutes=17)
                known = first + timedelta(hours=known_hours)
                found = await balance_as_of(session, CLEARING, "CNY", before, known)
                brute = (await session.execute(_BRUTE, {"before": before, "known": known})).one()
                assert (
                    found.posted_minor,
                    found.pending_debit_minor,
                    found.pending_credit_minor,
                ) == tuple(brute)


async def test_a_balance_of_the_past_reads_sums_and_not_all_transfers(busy: Database) -> None:
    async with busy.transaction(read_only=True) as session:
        runs = await session.execute(text("SELECT count(*) FROM ledger_run"))
        rows = await session.execute(text("SELECT count(*) FROM ledger_rollup"))
        assert runs.scalar_one() == 2 * (13_000 // 1_024)
        assert rows.scalar_one() < 1_500  # of 26,000 movements
        assert (await verify_of(busy)) == ()


async def verify_of(database: Database) -> tuple[str, ...]:
    async with database.transaction(read_only=True) as session:
        return (await verify(session)).findings


CHANGES: list[tuple[LiteralString, str]] = [
    (
        "UPDATE ledger_rollup SET posted_minor = posted_minor + 1 WHERE level = 1 AND run = 3",
        "run 3 of level 1 of platform:clearing in CNY is not the sum of its transfers",
    ),
    (
        "DELETE FROM ledger_rollup WHERE run = 5 AND level = 1",
        "run 5 of level 1 of platform:clearing in CNY is not the sum of its transfers",
    ),
    (
        "UPDATE ledger_run SET last_transfer_number = last_transfer_number - 1 WHERE run = 7",
        "run 7 of level 1 of platform:clearing in CNY is not the sum of its transfers",
    ),
    (
        "DELETE FROM ledger_run WHERE run = 11; DELETE FROM ledger_rollup WHERE run = 11",
        "the runs of platform:clearing in CNY are not all of its transfers",
    ),
    (
        "INSERT INTO ledger_rollup SELECT account_number, 2, run, starts_at, first_at, last_at,"
        " posted_minor, 0, 0, 1 FROM ledger_rollup WHERE run = 2 LIMIT 1",
        "run 2 of level 2 of",
    ),
]


@pytest.mark.parametrize(("change", "finding"), CHANGES)
async def test_a_changed_sum_is_found(
    new_database: NewDatabase, busy_url: str, change: LiteralString, finding: str
) -> None:
    url = new_database("changed", template=busy_url)
    with psycopg.connect(url, autocommit=True, options="-c search_path=settlement") as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(change)
    database = Database.connect(url, "settlement", pool_size=1)
    findings = await verify_of(database)
    await database.close()
    assert findings[0].startswith(finding)
