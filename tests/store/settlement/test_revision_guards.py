"""Listed changes of earnings, as far as the database itself lets anything through."""

from typing import LiteralString

import psycopg
import pytest
from psycopg.errors import CheckViolation, RestrictViolation, UniqueViolation

from tests.store.settlement.books import open_books

REVISION: LiteralString = """
INSERT INTO earning_revision (earning_id, revision_number, change_kind, evidence_reference, reason,
    previous_total_minor, new_total_minor, previous_settlement_total_minor,
    new_settlement_total_minor, changed_at, acting_person_id)
VALUES ('ea_1', %(number)s, 'approved_extra', %(evidence)s, '加项', %(previous)s,
        %(previous)s + 7000, 20000, 30000, now(), 'pe_qian')
"""
LINE: LiteralString = """
INSERT INTO earning_line (earning_id, line_number, line_kind, label, settlement_amount_minor,
                          amount_minor, rule_id, explanation, revision_number)
VALUES ('ea_1', 2, 'surcharge', '加项', 10000, 7000, 'r', '', 1)
"""
SHARES: LiteralString = """
INSERT INTO earning_share_revision VALUES
    ('ea_1', 1, 1, 14000, 21000, 21000, 0, 'technician~1'),
    ('ea_1', 1, 2, 6000, 9000, 9000, 0, 'platform~1')
"""


def revise(connection: psycopg.Connection, number: int = 1, previous: int = 14000) -> None:
    values = {"number": number, "previous": previous, "evidence": f"ex_{number}"}
    connection.execute(REVISION, values)


@pytest.fixture
def opened(connection: psycopg.Connection) -> psycopg.Connection:
    open_books(connection, "ea_1")
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    connection.execute("SET CONSTRAINTS ALL DEFERRED")
    return connection


def test_totals_and_shares_move_by_what_a_revision_adds(opened: psycopg.Connection) -> None:
    revise(opened)
    opened.execute(LINE)
    opened.execute(SHARES)
    opened.execute("SET CONSTRAINTS ALL IMMEDIATE")
    totals = opened.execute("SELECT total_minor, settlement_total_minor FROM earning").fetchone()
    shares = opened.execute("SELECT amount_minor FROM earning_share ORDER BY position").fetchall()
    assert totals == (21000, 30000)
    assert shares == [(21000,), (9000,)]


@pytest.mark.parametrize("left_out", [LINE, SHARES])
def test_a_revision_without_its_lines_or_shares_does_not_commit(
    opened: psycopg.Connection, left_out: LiteralString
) -> None:
    revise(opened)
    for statement in (LINE, SHARES):
        if statement != left_out:
            opened.execute(statement)
    with pytest.raises(CheckViolation, match="do not sum"):
        opened.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(("number", "previous"), [(2, 14000), (1, 13999)])
def test_a_revision_follows_from_where_the_earning_stands(
    opened: psycopg.Connection, number: int, previous: int
) -> None:
    with pytest.raises(CheckViolation, match="does not follow"):
        revise(opened, number, previous)


@pytest.mark.parametrize("state", ["payable", "paying", "cancelled", "reversed"])
def test_what_belongs_to_its_parties_is_not_revised(opened: psycopg.Connection, state: str) -> None:
    opened.execute("UPDATE earning SET state = %s", (state,))
    with pytest.raises(CheckViolation, match="changed no more"):
        revise(opened)


def test_the_same_event_changes_an_earning_once(opened: psycopg.Connection) -> None:
    revise(opened)
    opened.execute(LINE)
    opened.execute(SHARES)
    values = {"number": 2, "previous": 21000, "evidence": "ex_1"}
    with pytest.raises(UniqueViolation, match="earning_revision_once"):
        opened.execute(REVISION.replace("20000, 30000", "30000, 40000"), values)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE earning_revision SET reason = 'x'",
        "DELETE FROM earning_revision",
        "UPDATE earning_share_revision SET amount_minor = 1",
        "DELETE FROM earning_share_revision",
        "UPDATE earning_share SET amount_minor = amount_minor + 1",
        "UPDATE earning_share SET party_id = 'pe_li'",
    ],
)
def test_a_revision_stays_written(opened: psycopg.Connection, change: LiteralString) -> None:
    revise(opened)
    opened.execute(LINE)
    opened.execute(SHARES)
    with pytest.raises(RestrictViolation, match="append-only"):
        opened.execute(change)


def test_nobody_approves_a_split_rule_of_their_own(opened: psycopg.Connection) -> None:
    with pytest.raises(CheckViolation, match="split_rule_four_eyes"):
        opened.execute(
            "UPDATE split_rule_version SET state = 'approved', decided_at = now(),"
            " decided_by_person_id = put_by_person_id"
        )


def test_nothing_that_is_to_be_reviewed_is_payable_without(opened: psycopg.Connection) -> None:
    opened.execute(
        "INSERT INTO earning (earning_id, revision, state, case_id, work_order_id, technician_id,"
        " outlet_id, cooperation_mode, quote_id, currency, settlement_total_minor, total_minor,"
        " split_rule_code, split_rule_version, promised_at, review_required) VALUES ('ea_2', 1,"
        " 'locked', 'ca_1', 'wo_2', 'pe_zhang', '', '', 'qt_1', 'CNY', 0, 0, 'standard', 1, now(),"
        " true)"
    )
    with pytest.raises(CheckViolation, match="earning_reviewed"):
        opened.execute("UPDATE earning SET state = 'payable' WHERE earning_id = 'ea_2'")
