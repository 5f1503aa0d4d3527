"""What the database refuses, whoever asks and by whatever path."""

from typing import Any, LiteralString

import psycopg
import pytest
from psycopg.errors import (
    CheckViolation,
    ForeignKeyViolation,
    IntegrityError,
    RestrictViolation,
    UniqueViolation,
)

from tests.store.settlement.books import balance, open_books, paid_out, transfer

OWN = "technician:pe_zhang:earning"
OVERDRAWN = "ledger_balance_not_overdrawn"


def test_a_plain_insert_moves_the_balances_and_seals_a_block(
    connection: psycopg.Connection,
) -> None:
    open_books(connection, "ea_1")
    pending = transfer(connection)
    assert balance(connection, OWN) == (0, 0, 140_00)
    transfer(connection, state="posted", refers_to=pending)
    assert balance(connection, OWN) == (140_00, 0, 0)
    assert balance(connection, "platform:clearing") == (-140_00, 0, 0)
    blocks = connection.execute(
        "SELECT block_number, last_transfer_number - first_transfer_number,"
        " previous_hash = coalesce(lag(block_hash) OVER (ORDER BY block_number), '')"
        " FROM ledger_block ORDER BY block_number"
    ).fetchall()
    assert blocks == [(1, 0, True), (2, 0, True)]


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"amount": 0}, CheckViolation),
        ({"amount": -1}, CheckViolation),
        ({"credit": "platform:clearing"}, CheckViolation),
        ({"currency": "USD"}, ForeignKeyViolation),
        ({"credit_currency": "THB"}, CheckViolation),
        ({"credit": "technician:pe_nobody:earning"}, ForeignKeyViolation),
        ({"earning": ""}, CheckViolation),
        ({"document_kind": ""}, CheckViolation),
        ({"effective": "infinity"}, CheckViolation),
        ({"state": "voided"}, CheckViolation),
        ({"state": "settled"}, CheckViolation),
        ({"kind": "A gift"}, CheckViolation),
        ({"kind": "reversal"}, CheckViolation),
        ({"kind": "reversal", "state": "posted"}, CheckViolation),
    ],
)
def test_a_transfer_that_is_not_one_is_refused(
    connection: psycopg.Connection, wrong: dict[str, Any], refusal: type[IntegrityError]
) -> None:
    open_books(connection, "ea_1")
    with pytest.raises(refusal):
        transfer(connection, **wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 139_99},
        {"currency": "THB"},
        {"leg": "outlet"},
        {"earning": "ea_2"},
        {"debit": OWN, "credit": "platform:clearing"},
        {"credit": "payout:clearing"},
        {"kind": "payout"},
        {"kind": "reversal"},
        {"document_kind": "payout"},
        {"effective": "2026-03-02 08:59+08"},
    ],
)
def test_a_posting_is_exactly_what_was_pending(
    connection: psycopg.Connection, wrong: dict[str, Any]
) -> None:
    open_books(connection, "ea_1", "ea_2")
    pending = transfer(connection)
    with pytest.raises(CheckViolation, match="does not resolve or reverse what it refers to"):
        transfer(connection, **{"state": "posted", "refers_to": pending, **wrong})


def test_a_reversal_is_exactly_the_opposite_of_what_was_posted(
    connection: psycopg.Connection,
) -> None:
    open_books(connection, "ea_1")
    pending = transfer(connection)
    posted = transfer(connection, state="posted", refers_to=pending)
    undone = {"state": "posted", "kind": "reversal", "refers_to": posted}
    with pytest.raises(CheckViolation), connection.transaction():
        transfer(connection, **undone)  # the same way round
    transfer(connection, **undone, debit=OWN, credit="platform:clearing")
    assert balance(connection, OWN) == (0, 0, 0)


def test_an_earning_is_held_posted_and_paid_at_most_once(connection: psycopg.Connection) -> None:
    open_books(connection, "ea_1")
    pending = transfer(connection)
    posted = {"state": "posted", "refers_to": pending}
    for again, once in (({}, {}), (posted, posted)):
        if once:
            transfer(connection, **once)
        with pytest.raises(UniqueViolation), connection.transaction():
            transfer(connection, **again)
    with pytest.raises(UniqueViolation), connection.transaction():
        transfer(connection, state="voided", refers_to=pending)


def test_nobody_is_paid_more_than_they_have(connection: psycopg.Connection) -> None:
    open_books(connection, "ea_1")
    pending = transfer(connection)
    with pytest.raises(CheckViolation, match=OVERDRAWN), connection.transaction():
        transfer(connection, **paid_out())  # what is only pending cannot be paid out
    transfer(connection, state="posted", refers_to=pending)
    with pytest.raises(CheckViolation, match=OVERDRAWN), connection.transaction():
        transfer(connection, **paid_out(), amount=140_01)
    transfer(connection, **paid_out())
    assert balance(connection, OWN) == (140_00, 140_00, 0)


CHANGES: list[LiteralString] = [
    "UPDATE ledger_transfer SET amount_minor = 1",
    "DELETE FROM ledger_transfer",
    "TRUNCATE ledger_transfer CASCADE",
    "UPDATE ledger_block SET block_hash = 'x'",
    "DELETE FROM ledger_block",
    "TRUNCATE ledger_block",
    "TRUNCATE ledger_balance",
    "UPDATE ledger_balance SET posted_minor = 0",
    "DELETE FROM ledger_balance",
    "INSERT INTO ledger_balance (account_number) VALUES (1)",
    "INSERT INTO ledger_block VALUES (9, 9, 9, now(), 'x', 'y')",
    "UPDATE ledger_account SET party_id = 'x'",
    "DELETE FROM ledger_account",
    "TRUNCATE ledger_account CASCADE",
    "UPDATE earning_line SET amount_minor = amount_minor + 1",
    "DELETE FROM earning_share",
    "TRUNCATE earning_share",
    "UPDATE split_rule_version SET portions = '{}'",
    "DELETE FROM split_rule_version",
]


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_written_stays_written(
    connection: psycopg.Connection, change: LiteralString
) -> None:
    open_books(connection, "ea_1")
    transfer(connection)
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(RestrictViolation, match=r"append-only|frozen|by the ledger itself"):
        connection.execute(change)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE earning SET total_minor = total_minor - 1",
        "UPDATE earning SET technician_id = 'pe_li'",
        "UPDATE earning SET split_rule_version = 2",
        "DELETE FROM earning",
        "TRUNCATE earning CASCADE",
    ],
)
def test_a_promise_is_frozen(connection: psycopg.Connection, change: LiteralString) -> None:
    open_books(connection, "ea_1")
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(RestrictViolation):
        connection.execute(change)


def test_the_state_of_an_earning_moves(connection: psycopg.Connection) -> None:
    open_books(connection, "ea_1")
    connection.execute("UPDATE earning SET state = 'locked', revision = 2")
    with pytest.raises(CheckViolation):
        connection.execute("UPDATE earning SET state = 'paid'")  # without the bank's number


@pytest.mark.parametrize(
    "extra",
    [
        "INSERT INTO earning_line VALUES ('ea_1', 2, 'subsidy', '补贴', 1, 1, 'r', 0, '')",
        "INSERT INTO earning_share VALUES ('ea_1', 3, 'agent', 'ag_1', 1)",
        "INSERT INTO earning SELECT 'ea_2', revision, state, payout_reference, case_id, 'wo_2',"
        " technician_id, outlet_id, cooperation_mode, quote_id, currency, settlement_total_minor,"
        " total_minor, split_rule_code, split_rule_version, promised_at FROM earning",
    ],
)
def test_lines_and_shares_sum_to_the_totals_at_commit(
    connection: psycopg.Connection, extra: LiteralString
) -> None:
    open_books(connection, "ea_1")
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    connection.execute(extra)
    with pytest.raises(CheckViolation, match="do not sum to its totals"):
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_work_order_pays_a_technician_once(connection: psycopg.Connection) -> None:
    open_books(connection, "ea_1")
    with pytest.raises(UniqueViolation, match="earning_once"):
        connection.execute(
            "INSERT INTO earning SELECT 'ea_2', revision, state, payout_reference, case_id,"
            " work_order_id, technician_id, outlet_id, cooperation_mode, quote_id, currency,"
            " settlement_total_minor, total_minor, split_rule_code, split_rule_version, promised_at"
            " FROM earning"
        )


def test_two_rules_never_split_the_same_cooperation_mode(connection: psycopg.Connection) -> None:
    open_books(connection)
    connection.execute(
        "INSERT INTO split_rule_version VALUES ('other', 1, '', '[]', now(), 'pe_hq')"
    )
    with pytest.raises(UniqueViolation):
        connection.execute("INSERT INTO split_rule VALUES ('other', 1, '')")
