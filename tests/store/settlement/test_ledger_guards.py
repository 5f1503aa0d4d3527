"""What the database refuses, whoever asks and by whatever path."""

from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import sql
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


_COPY: LiteralString = """
COPY ledger_transfer ({}debit_account_number, credit_account_number, amount_minor, recorded_at,
                      effective_at, state, transfer_kind, document_kind, document_id, leg)
FROM STDIN
"""


def copied(
    connection: psycopg.Connection, *rows: Sequence[Any], number: LiteralString = ""
) -> None:
    found = connection.execute("SELECT ledger_account, account_number FROM ledger_account"
                               " WHERE currency = 'CNY'").fetchall()  # fmt: skip
    numbers: dict[str, int] = dict(found)
    with (
        connection.transaction(),
        connection.cursor() as cursor,
        cursor.copy(sql.SQL(_COPY).format(sql.SQL(number))) as stream,
    ):
        for row in rows:
            stream.write_row([numbers.get(value, value) for value in row])


def row(amount: int, leg: str, debit: str = "platform:clearing", credit: str = OWN) -> Any:
    at = "2026-03-02 09:00+08"
    return (debit, credit, amount, at, at, "posted", "opening", "opening", "op_1", leg)


def test_a_copied_file_is_a_posting_like_any_other(connection: psycopg.Connection) -> None:
    open_books(connection)
    copied(connection, row(100, "a"), row(40, "b", OWN, "payout:clearing"))
    assert balance(connection, OWN) == (60, 0, 0)
    with pytest.raises(CheckViolation, match=OVERDRAWN):
        copied(connection, row(61, "c", OWN, "payout:clearing"))
    with pytest.raises(UniqueViolation):
        copied(connection, row(1, "a"))
    with pytest.raises(ForeignKeyViolation):
        copied(connection, row(1, "d", credit="7"))
    assert balance(connection, OWN) == (60, 0, 0)


@pytest.mark.parametrize("number", [-5, 1, 10**9])
def test_nobody_numbers_transfers_but_the_ledger(
    connection: psycopg.Connection, number: int
) -> None:
    open_books(connection)
    copied(connection, row(100, "a"))
    with pytest.raises((CheckViolation, UniqueViolation)):
        copied(connection, (number, *row(1, "b")), number="transfer_number, ")


def test_a_posting_is_recorded_at_one_instant_and_none_before_it(
    connection: psycopg.Connection,
) -> None:
    open_books(connection)
    transfer(connection)
    with pytest.raises(CheckViolation, match="one instant"), connection.transaction():
        transfer(connection, earning="ea_2", recorded="2026-03-02 08:59+08")
    early, late = list(row(1, "a")), list(row(1, "b"))
    late[3] = "2026-03-02 10:00+08"
    with pytest.raises(CheckViolation, match="one instant"):
        copied(connection, early, late)


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
    "TRUNCATE ledger_run",
    "DELETE FROM ledger_rollup",
    "UPDATE ledger_closed_period SET period_end = now()",
    "TRUNCATE ledger_closed_period",
    "INSERT INTO ledger_run VALUES (1, 1, 1, 1)",
    "DELETE FROM ledger_account",
    "TRUNCATE ledger_account CASCADE",
    "UPDATE earning_line SET amount_minor = amount_minor + 1",
    "DELETE FROM earning_share",
    "TRUNCATE earning_share CASCADE",
    "UPDATE split_rule_version SET portions = '{}'",
    "DELETE FROM split_rule_version",
]


def _fill_a_run(connection: psycopg.Connection) -> None:
    copied(connection, *(row(1, f"run {number}") for number in range(1_024)))


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_written_stays_written(
    connection: psycopg.Connection, change: LiteralString
) -> None:
    open_books(connection, "ea_1")
    transfer(connection)
    closed = "INSERT INTO ledger_closed_period SELECT account_number, '2026-03-01', 0, now()"
    connection.execute(closed + " FROM ledger_account")
    _fill_a_run(connection)
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
        "INSERT INTO earning_line VALUES ('ea_1', 2, 'subsidy', '补贴', 1, 1, 'r', '')",
        "INSERT INTO earning_share VALUES ('ea_1', 3, 'agent', 'ag_1', 1, 1, 0, 'agent')",
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
