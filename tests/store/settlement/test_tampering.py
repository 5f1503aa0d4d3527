"""Whoever can switch the guards off still cannot rewrite the ledger unseen."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import LiteralString

import psycopg
import pytest

from kit.db.session import Database, current_session
from services.settlement.store.earnings.agreement import disagreements
from services.settlement.store.ledger.verify import Verification, verify
from tests.conftest import NewDatabase
from tests.store.settlement.books import open_books, transfer

OWN = "technician:pe_zhang:earning"


@pytest.fixture(scope="module")
def books_url(new_database: NewDatabase, settlement_url: str) -> str:
    """Two earnings, one of them locked and the other posted, in three blocks."""
    url = new_database("tampering", template=settlement_url)
    with psycopg.connect(url, options="-c search_path=settlement") as connection:
        open_books(connection, "ea_1", "ea_2")
        for earning in ("ea_1", "ea_2"):
            for leg, credit, amount in (
                ("technician", OWN, 140_00),
                ("platform", "payout:clearing", 60_00),
            ):
                pending = transfer(
                    connection, earning=earning, leg=leg, credit=credit, amount=amount
                )
                if earning == "ea_2":
                    posted = {"state": "posted", "refers_to": pending}
                    transfer(
                        connection, earning=earning, leg=leg, credit=credit, amount=amount, **posted
                    )
        connection.execute("UPDATE earning SET state = 'locked' WHERE earning_id = 'ea_1'")
        connection.execute("UPDATE earning SET state = 'payable' WHERE earning_id = 'ea_2'")
    return url


@pytest.fixture
async def verified(
    new_database: NewDatabase, books_url: str, request: pytest.FixtureRequest
) -> AsyncIterator[Verification]:
    """What verification says of a copy of the books, changed by ``request.param``."""
    url = new_database("tampered", template=books_url)
    with psycopg.connect(url, autocommit=True, options="-c search_path=settlement") as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(request.param)
    database = Database.connect(url, "settlement", pool_size=1)
    async with database.transaction(read_only=True):
        found = await verify(current_session())
        earnings = await disagreements(current_session())
        yield replace(found, findings=(*found.findings, *earnings))
    await database.close()


@pytest.mark.parametrize("verified", ["SELECT 1"], indirect=True)
def test_untouched_books_are_sound(verified: Verification) -> None:
    assert verified.findings == ()
    assert verified.transfer_count == 6
    assert len(verified.chain_head) == 64


TAMPERINGS: list[tuple[LiteralString, list[str]]] = [
    (
        "UPDATE ledger_transfer SET amount_minor = amount_minor + 1 WHERE transfer_number = 1",
        [
            "the balance of platform:clearing in CNY",
            f"the balance of {OWN} in CNY",
            "block 1 (transfers 1 to 1) is not as it was sealed",
            "earning ea_1 is locked, but",
        ],
    ),
    (
        "UPDATE ledger_transfer SET memo = 'paid in cash' WHERE transfer_number = 2",
        ["block 2 (transfers 2 to 2) is not as it was sealed"],
    ),
    (
        "UPDATE ledger_transfer SET recorded_at = recorded_at - interval '1 microsecond'"
        " WHERE transfer_number = 3",
        [
            "block 3 (transfers 3 to 3) does not follow the block before it",
            "block 3 (transfers 3 to 3) is not as it was sealed",
        ],
    ),
    (
        # What was known when would change.
        "UPDATE ledger_block SET recorded_at = recorded_at + interval '1 second'"
        " WHERE block_number = 6",
        ["block 6 (transfers 6 to 6) does not follow the block before it"],
    ),
    (
        # Li is to have earned what Zhang has.
        "UPDATE ledger_account SET party_id = 'pe_li' WHERE ledger_account ="
        " 'technician:pe_zhang:earning' AND currency = 'CNY'",
        ["belongs to no account: the account it belonged to was renamed"],
    ),
    (
        "UPDATE ledger_account SET may_be_negative = true"
        " WHERE ledger_account = 'payout:clearing' AND currency = 'CNY'",
        ["belongs to no account: the account it belonged to was renamed"],
    ),
    (
        "UPDATE ledger_transfer SET effective_at = '2026-03-01' WHERE transfer_number = 5",
        ["block 5 (transfers 5 to 5) is not as it was sealed"],
    ),
    (
        "UPDATE ledger_balance SET posted_minor = 1 WHERE account_number ="
        " (SELECT account_number FROM ledger_account"
        " WHERE ledger_account = 'technician:pe_zhang:earning' AND currency = 'CNY')",
        [f"the balance of {OWN} in CNY is 1 posted"],
    ),
    (
        "DELETE FROM ledger_balance WHERE account_number IN (SELECT account_number FROM"
        " ledger_account WHERE ledger_account = 'technician:pe_zhang:earning')",
        [f"the balance of {OWN} in CNY is 0 posted"],
    ),
    (
        # Seal and balances forged along with the row: the block after it gives it away.
        "UPDATE ledger_transfer SET memo = 'x' WHERE transfer_number = 2;"
        "UPDATE ledger_block SET block_hash = ledger_seal(previous_hash, 2, 2)"
        " WHERE block_number = 2",
        ["block 3 (transfers 3 to 3) does not follow the block before it"],
    ),
    (
        "DELETE FROM ledger_block WHERE block_number = 3",
        [
            "block 4 (transfers 4 to 4) does not follow the block before it",
            "transfer 3 is in no block",
        ],
    ),
    (
        # The newest posting removed without a trace in the chain or in the balances.
        "DELETE FROM ledger_transfer WHERE transfer_number = 6;"
        "DELETE FROM ledger_block WHERE block_number = 6;"
        "UPDATE ledger_balance SET posted_minor = posted_minor + 6000,"
        " transfer_count = transfer_count - 1,"
        " pending_debit_minor = pending_debit_minor + 6000 WHERE account_number ="
        " (SELECT debit_account_number FROM ledger_transfer WHERE transfer_number = 1);"
        "UPDATE ledger_balance SET posted_minor = posted_minor - 6000,"
        " transfer_count = transfer_count - 1,"
        " pending_credit_minor = pending_credit_minor + 6000 WHERE account_number ="
        " (SELECT credit_account_number FROM ledger_transfer WHERE transfer_number = 5)",
        ['earning ea_2 is payable, but the ledger holds "earning:pending" of the platform\'s 6000'],
    ),
    (
        "UPDATE ledger_transfer SET refers_to_transfer_number = 1 WHERE transfer_number = 4",
        [
            "transfer 4 does not resolve or reverse what it refers to",
            "block 4 (transfers 4 to 4) is not as it was sealed",
        ],
    ),
    (
        "UPDATE earning SET state = 'payable' WHERE earning_id = 'ea_1'",
        [
            'earning ea_1 is payable, but the ledger holds "earning:pending" of the technician\'s',
            'earning ea_1 is payable, but the ledger holds "earning:pending" of the platform\'s',
        ],
    ),
    (
        "UPDATE earning_share SET amount_minor = 13999 WHERE earning_id = 'ea_2' AND position = 1",
        ["earning ea_2 is payable, but"],
    ),
]


@pytest.mark.parametrize(("verified", "findings"), TAMPERINGS, indirect=["verified"])
def test_every_change_is_found_where_it_was_made(
    verified: Verification, findings: list[str]
) -> None:
    assert len(verified.findings) == len(findings)
    for found, expected in zip(verified.findings, findings, strict=True):
        assert expected in found
