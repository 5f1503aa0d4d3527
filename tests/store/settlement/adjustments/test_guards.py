"""What the database itself lets nobody do to adjustments, rules and hold-backs."""

from typing import Any, LiteralString

import psycopg
import pytest
from psycopg.errors import (
    CheckViolation,
    IntegrityError,
    RestrictViolation,
    UniqueViolation,
)

from tests.store.settlement.books import open_books

_RULE: LiteralString = """
INSERT INTO adjustment_rule_version
       (rule_code, version, rule_kind, label, currency, effective_from, automatic_limit_minor, terms,
        state, put_at, put_by_person_id, decided_at, decided_by_person_id)
VALUES ('heat', %(version)s, 'subsidy', '高温', 'CNY', '2026-01-01', 1000, '{}', %(state)s, now(),
        'pe_qian', CASE WHEN %(decided_by)s <> '' THEN now() END, %(decided_by)s)
"""

_ADJUSTMENT: LiteralString = """
INSERT INTO adjustment
       (adjustment_id, revision, kind, state, earning_id, case_id, work_order_id, outlet_id, month,
        currency, amount_minor, rule_code, rule_version, cause_reference, evidence, reason,
        explanation, automatic, proposed_at, proposed_by_person_id, approved_by_person_id)
VALUES (%(id)s, 1, %(kind)s, %(state)s, %(earning)s, '', '', '', '', 'CNY', %(amount)s, %(rule)s,
        %(version)s, %(cause)s, %(evidence)s::jsonb, 'x', '', %(automatic)s, now(), %(by)s,
        %(approved_by)s)
"""

_SHARE: LiteralString = """
INSERT INTO adjustment_share (adjustment_id, position, party_kind, party_id, amount_minor)
VALUES (%s, %s, %s, %s, %s)
"""

_HOLDBACK: LiteralString = """
INSERT INTO holdback (holdback_id, state, earning_id, work_order_id, case_id, outlet_id, party_kind,
                      party_id, currency, amount_minor, rule_code, rule_version, held_at, release_at)
VALUES (%s, 'held', 'ea_1', '', '', '', 'technician', 'pe_zhang', 'CNY', 1400, 'heat', 1,
        '2026-03-01', '2026-06-01')
"""


def put_rule(connection: psycopg.Connection, **changed: Any) -> None:
    said = {"version": 1, "state": "approved", "decided_by": "pe_zhao"} | changed
    connection.execute(_RULE, said)


def propose(connection: psycopg.Connection, **changed: Any) -> str:
    """Insert one adjustment: a proposed subsidy of ten yuan, but for what is changed."""
    said: dict[str, Any] = {
        "id": "aj_1",
        "kind": "subsidy",
        "state": "proposed",
        "earning": "ea_1",
        "amount": 10_00,
        "rule": None,
        "version": None,
        "cause": "",
        "evidence": "[]",
        "automatic": False,
        "by": "pe_qian",
        "approved_by": "",
    } | changed
    connection.execute(_ADJUSTMENT, said)
    if said["kind"] != "claw_back":
        share(connection, said["id"], 1, said["amount"])
    return str(said["id"])


def share(
    connection: psycopg.Connection, adjustment: str, position: int, amount: int, kind: str = ""
) -> None:
    party = ("platform", "platform") if kind == "platform" else ("technician", "pe_zhang")
    connection.execute(_SHARE, (adjustment, position, *party, amount))


def check_now(connection: psycopg.Connection) -> None:
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")


def move(connection: psycopg.Connection, to: str, by: str = "", at: str = "") -> None:
    """Move the one adjustment on, past the service."""
    connection.execute(
        "UPDATE adjustment SET state = %(to)s, revision = revision + 1,"
        " approved_by_person_id = coalesce(nullif(%(by)s, ''), approved_by_person_id),"
        " posted_at = CASE WHEN %(to)s = 'posted' THEN now() ELSE posted_at END,"
        " reversed_by_person_id = %(at)s WHERE adjustment_id = 'aj_1'",
        {"to": to, "by": by, "at": at},
    )


@pytest.fixture
def books(connection: psycopg.Connection) -> psycopg.Connection:
    """An earning of which the technician has 140 and the platform 60 yuan, and a rule."""
    open_books(connection, "ea_1")
    put_rule(connection)
    return connection


def test_an_adjustment_goes_its_way_once(books: psycopg.Connection) -> None:
    propose(books)
    check_now(books)
    move(books, "approved", by="pe_zhao")
    move(books, "posted")
    with books.transaction(force_rollback=True):
        move(books, "reversed", at="pe_sun")
    for to in ("posted", "approved", "rejected", "proposed"):
        with pytest.raises(IntegrityError), books.transaction():
            move(books, to)


def test_nobody_approves_or_reverses_their_own(books: psycopg.Connection) -> None:
    propose(books)
    with pytest.raises(CheckViolation, match="adjustment_four_eyes"), books.transaction():
        move(books, "approved", by="pe_qian")
    with pytest.raises(CheckViolation, match="concerns themselves"), books.transaction():
        move(books, "approved", by="pe_zhang")
    move(books, "approved", by="pe_zhao")
    move(books, "posted")
    with pytest.raises(CheckViolation, match="adjustment_reversal_four_eyes"), books.transaction():
        move(books, "reversed", at="pe_qian")


@pytest.mark.parametrize(
    ("changed", "constraint"),
    [
        ({"by": "pe_qian"}, "adjustment_automatic_by_rule"),
        ({"rule": None, "version": None}, "adjustment_automatic_limit"),
        ({"amount": 10_01}, "adjustment_automatic_limit"),
        ({"version": 2}, "adjustment_automatic_limit"),
        ({"automatic": False}, "adjustment_automatic_limit"),
    ],
)
def test_only_an_approved_rule_lets_the_products_own_pass_and_within_its_limit(
    books: psycopg.Connection, changed: dict[str, Any], constraint: str
) -> None:
    put_rule(books, version=2, state="proposed", decided_by="")
    said: dict[str, Any] = {
        "state": "approved",
        "automatic": True,
        "by": "system",
        "approved_by": "rule",
        "rule": "heat",
        "version": 1,
    }
    with books.transaction(force_rollback=True):
        propose(books, **said)
    with pytest.raises(CheckViolation) as refused, books.transaction():
        propose(books, **(said | changed))
    assert refused.value.diag.constraint_name == constraint


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": -1},
        {"kind": "deduction", "amount": 1, "evidence": '[{"reference": "x"}]'},
        {"kind": "deduction", "amount": -1},
        {"kind": "claw_back", "amount": -1, "evidence": '[{"reference": "x"}]'},
        {"kind": "forfeiture", "amount": -1},
        {"state": "posted"},
        {"state": "approved", "approved_by": "pe_zhao"},
    ],
    ids=str,
)
def test_what_no_adjustment_may_say(books: psycopg.Connection, changed: dict[str, Any]) -> None:
    with pytest.raises(CheckViolation), books.transaction():
        propose(books, **changed)


def test_what_is_answered_is_answered_once_until_it_is_rejected(books: psycopg.Connection) -> None:
    propose(books, cause="heat-wave")
    with pytest.raises(UniqueViolation), books.transaction():
        propose(books, id="aj_2", cause="heat-wave")
    move(books, "rejected")
    propose(books, id="aj_2", cause="heat-wave")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE adjustment SET amount_minor = 1",
        "UPDATE adjustment SET reason = 'y', state = 'rejected'",
        "UPDATE adjustment SET earning_id = NULL, state = 'rejected'",
        "DELETE FROM adjustment_share",
        "UPDATE adjustment_share SET amount_minor = 1",
        "UPDATE adjustment_share SET party_id = 'pe_li'",
        "DELETE FROM adjustment",
        "TRUNCATE adjustment CASCADE",
        "UPDATE adjustment_rule_version SET automatic_limit_minor = 100000",
        "DELETE FROM adjustment_rule_version",
        "UPDATE holdback SET amount_minor = 1",
        "UPDATE holdback SET release_at = now()",
        "DELETE FROM holdback",
    ],
)
def test_what_was_said_is_never_changed(books: psycopg.Connection, statement: str) -> None:
    propose(books)
    books.execute(_HOLDBACK, ("hb_1",))
    check_now(books)
    with pytest.raises(RestrictViolation), books.transaction():
        books.execute(statement.encode())


def test_shares_sum_to_the_amount(books: psycopg.Connection) -> None:
    propose(books)
    share(books, "aj_1", 2, 1, "platform")
    with pytest.raises(CheckViolation, match="do not sum"):
        check_now(books)


def test_claw_backs_take_no_more_of_a_party_than_its_share(books: psycopg.Connection) -> None:
    said: dict[str, Any] = {"kind": "claw_back", "evidence": '[{"reference": "rf"}]'}
    propose(books, amount=-140_00, cause="rf_1", **said)
    share(books, "aj_1", 1, -140_00)
    check_now(books)
    books.execute("SET CONSTRAINTS ALL DEFERRED")
    propose(books, id="aj_2", amount=-1, cause="rf_2", **said)
    share(books, "aj_2", 1, -1)
    with pytest.raises(CheckViolation) as refused:
        check_now(books)
    assert refused.value.diag.constraint_name == "adjustment_within_share"


def test_a_rule_needs_two_people_and_is_decided_once(books: psycopg.Connection) -> None:
    put_rule(books, version=2, state="proposed", decided_by="")
    decide: LiteralString = (
        "UPDATE adjustment_rule_version SET state = %s, decided_at = now(),"
        " decided_by_person_id = %s WHERE version = 2"
    )
    with pytest.raises(CheckViolation, match="adjustment_rule_four_eyes"), books.transaction():
        books.execute(decide, ("approved", "pe_qian"))
    books.execute(decide, ("approved", "pe_zhao"))
    with pytest.raises(RestrictViolation), books.transaction():
        books.execute(decide, ("rejected", "pe_zhao"))


def test_a_hold_back_ends_once_by_its_date_or_by_what_somebody_approved(
    books: psycopg.Connection,
) -> None:
    books.execute(_HOLDBACK, ("hb_1",))
    with pytest.raises(UniqueViolation), books.transaction():
        books.execute(_HOLDBACK, ("hb_2",))
    end: LiteralString = (
        "UPDATE holdback SET state = %s, ended_at = %s, end_reason = 'x', adjustment_id = %s"
    )
    for state, at in (("released", "2026-05-31"), ("forfeited", "2026-06-02")):
        with pytest.raises(CheckViolation, match="holdback_ended_by_right"), books.transaction():
            books.execute(end, (state, at, ""))
    with books.transaction(force_rollback=True):
        books.execute(end, ("forfeited", "2026-04-01", "aj_1"))
    books.execute(end, ("released", "2026-06-01", ""))
    with pytest.raises(RestrictViolation), books.transaction():
        books.execute(end, ("forfeited", "2026-06-02", "aj_1"))
