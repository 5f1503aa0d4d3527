"""A ledger as textbooks have it: a function that writes two entries and updates two balances."""

from __future__ import annotations

from typing import Any, Final, LiteralString

import psycopg

_TABLES: Final[LiteralString] = """
CREATE TABLE textbook_balance (
    account bigint PRIMARY KEY, balance bigint NOT NULL DEFAULT 0, may_be_negative boolean NOT NULL,
    CHECK (may_be_negative OR balance >= 0));
CREATE TABLE textbook_journal (
    journal bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, document text NOT NULL UNIQUE,
    recorded_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE textbook_entry (
    entry bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    journal bigint NOT NULL REFERENCES textbook_journal,
    account bigint NOT NULL REFERENCES textbook_balance,
    amount bigint NOT NULL CHECK (amount <> 0));
CREATE INDEX ON textbook_entry (account, entry);
INSERT INTO textbook_balance (account, may_be_negative)
SELECT account_number, may_be_negative FROM ledger_account;

CREATE FUNCTION textbook_post(debit bigint, credit bigint, amount bigint, document text)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE made bigint;
BEGIN
    INSERT INTO textbook_journal (document) VALUES (document) RETURNING journal INTO made;
    INSERT INTO textbook_entry (journal, account, amount)
    VALUES (made, debit, -amount), (made, credit, amount);
    UPDATE textbook_balance SET balance = balance - amount WHERE account = debit;
    UPDATE textbook_balance SET balance = balance + amount WHERE account = credit;
    RETURN made;
END $$;
"""
_POST: Final[LiteralString] = """
SELECT count(textbook_post(debit, credit, amount, document))
  FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[])
       AS t (debit, credit, amount, document)
"""


def create(connection: psycopg.Connection) -> None:
    """The textbook's tables, with the accounts of the ledger beside them."""
    connection.execute(_TABLES)


def post(connection: psycopg.Connection, rows: list[tuple[Any, ...]]) -> None:
    """Post transfers in one call and one durable transaction."""
    columns = list(zip(*rows, strict=True))
    with connection.transaction():
        connection.execute(_POST, [list(columns[index]) for index in (0, 1, 2, 8)])
