"""Rows written by hand, past the service, to see what the database itself lets through."""

from typing import Any, LiteralString

import psycopg

RULE: LiteralString = """
INSERT INTO split_rule_version (split_rule_code, version, cooperation_mode, portions, put_at,
                                put_by_person_id)
VALUES ('standard', 1, '', '[]', now(), 'pe_hq');
INSERT INTO split_rule VALUES ('standard', 1, '');
"""

EARNING: LiteralString = """
INSERT INTO earning (earning_id, revision, state, case_id, work_order_id, technician_id, outlet_id,
                     cooperation_mode, quote_id, currency, settlement_total_minor, total_minor,
                     split_rule_code, split_rule_version, promised_at)
VALUES (%(earning)s, 1, 'estimated', 'ca_1', 'wo_' || %(earning)s, 'pe_zhang', '', '', 'qt_1', 'CNY',
        20000, 14000, 'standard', 1, now());
"""

LINES: LiteralString = """
INSERT INTO earning_line VALUES (%(earning)s, 1, 'base', '基础费', 20000, 14000, 'r', '');
"""

SHARES: LiteralString = """
INSERT INTO earning_share VALUES
    (%(earning)s, 1, 'technician', 'pe_zhang', 14000, 14000, 0, 'technician'),
    (%(earning)s, 2, 'platform', 'platform', 6000, 6000, 0, 'platform');
"""

ACCOUNTS: LiteralString = """
INSERT INTO ledger_account (party_kind, party_id, account_kind, currency, may_be_negative)
SELECT party_kind, party_id, account_kind, currency, party_kind = 'platform'
  FROM (VALUES ('platform', '', 'clearing'), ('technician', 'pe_zhang', 'earning'),
               ('payout', '', 'clearing')) AS account (party_kind, party_id, account_kind),
       unnest(ARRAY['CNY', 'THB']) AS currency;
"""

_TRANSFER: LiteralString = """
INSERT INTO ledger_transfer (debit_account_number, credit_account_number, amount_minor, state,
                             transfer_kind, document_kind, document_id, leg,
                             refers_to_transfer_number, recorded_at, effective_at)
VALUES (coalesce((SELECT account_number FROM ledger_account
                   WHERE ledger_account = %(debit)s AND currency = %(currency)s), 1),
        coalesce((SELECT account_number FROM ledger_account
                   WHERE ledger_account = %(credit)s AND currency = %(credit_currency)s), 2),
        %(amount)s, %(state)s, %(kind)s, %(document_kind)s, %(earning)s, %(leg)s, %(refers_to)s,
        %(recorded)s, %(effective)s) RETURNING transfer_number
"""


def open_books(connection: psycopg.Connection, *earnings: str) -> None:
    """A rule, the earnings and the accounts that transfers need."""
    connection.execute(RULE)
    connection.execute(ACCOUNTS)
    for earning in earnings:
        for statement in (EARNING, LINES, SHARES):
            connection.execute(statement, {"earning": earning})


def transfer(connection: psycopg.Connection, **changed: Any) -> int:
    """Insert one transfer: 140 yuan pending for the technician, but for what is changed."""
    values = {
        "debit": "platform:clearing",
        "credit": "technician:pe_zhang:earning",
        "currency": "CNY",
        "amount": 140_00,
        "state": "pending",
        "kind": "earning",
        "earning": "ea_1",
        "leg": "technician",
        "document_kind": "earning",
        "refers_to": None,
        "recorded": "2026-03-02 09:00+08",
        "effective": "2026-03-02 09:00+08",
    } | changed
    values.setdefault("credit_currency", values["currency"])
    row = connection.execute(_TRANSFER, values).fetchone()
    assert row is not None
    number: int = row[0]
    return number


def paid_out() -> dict[str, str]:
    """What changes a transfer into one from the technician to the payout channel."""
    return {"debit": "technician:pe_zhang:earning", "credit": "payout:clearing", "kind": "payout"}


def balance(connection: psycopg.Connection, account: str) -> tuple[int, int, int]:
    """Posted, pending debit and pending credit of an account in CNY."""
    row = connection.execute(
        "SELECT posted_minor, pending_debit_minor, pending_credit_minor"
        " FROM ledger_balance JOIN ledger_account USING (account_number)"
        " WHERE ledger_account = %s AND currency = 'CNY'",
        (account,),
    ).fetchone()
    assert row is not None
    return row[0], row[1], row[2]
