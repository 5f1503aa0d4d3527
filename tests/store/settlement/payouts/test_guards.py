"""What the database refuses of payouts, whoever asks and by whatever path."""

from typing import LiteralString

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import CheckViolation, IntegrityError, RestrictViolation, UniqueViolation

from tests.store.settlement.books import open_books

_ACCOUNT: LiteralString = """
INSERT INTO payout_account VALUES
    ('technician', %(payee)s, 1, 'wechat', 'o-' || %(payee)s, now(), 'pe_sun')
ON CONFLICT DO NOTHING
"""
_BATCH: LiteralString = """
INSERT INTO payout_batch (payout_batch_id, revision, state, currency, gross_minor, payout_count,
                          note, limits_version, left_out, drawn_at, drawn_by_person_id)
VALUES (%(batch)s, 1, 'drawn', 'CNY', %(gross)s, 1, '', 1, '[]', now(), 'pe_qian')
"""
_PAYOUT: LiteralString = """
INSERT INTO payout (payout_id, payout_batch_id, revision, state, party_kind, payee_id,
                    account_version, channel_code, channel_payee, invoice_reference, currency,
                    gross_minor, drawn_at, retries_payout_id)
VALUES (%(payout)s, %(batch)s, 1, 'drawn', 'technician', %(payee)s, 1, 'wechat', 'o', '', 'CNY',
        %(gross)s, now(), %(retries)s)
"""
_ITEM: LiteralString = """
INSERT INTO payout_item (payout_id, item_number, item_kind, earning_id, amount_minor)
VALUES (%(payout)s, 1, %(kind)s, %(earning)s, %(amount)s)
"""
GROSS = 140_00


def po(number: int) -> str:
    return f"po_{number:026}"


def draw(
    connection: psycopg.Connection,
    number: int = 1,
    payee: str = "pe_zhang",
    amount: int = GROSS,
    earning: str | None = None,
    retries: str | None = None,
) -> str:
    values = {
        "batch": f"pb_{number}",
        "payout": po(number),
        "payee": payee,
        "gross": GROSS,
        "amount": amount,
        "earning": earning,
        "kind": "earning" if earning else "balance",
        "retries": retries,
    }
    for statement in (_ACCOUNT, _BATCH, _PAYOUT, _ITEM):
        connection.execute(statement, values)
    return po(number)


def approve(connection: psycopg.Connection, batch: str, *people: str) -> None:
    for person in people:
        connection.execute("INSERT INTO payout_approval VALUES (%s, %s, now())", (batch, person))
    connection.execute(
        "UPDATE payout_batch SET state = 'approved' WHERE payout_batch_id = %s", (batch,)
    )
    connection.execute("UPDATE payout SET state = 'approved' WHERE payout_batch_id = %s", (batch,))


def to(connection: psycopg.Connection, payout: str, state: str) -> None:
    connection.execute(
        "UPDATE payout SET state = %(state)s, channel_bill_number = '13300', fail_reason = 'x',"
        " submitted_at = CASE WHEN %(state)s IN ('drawn', 'approved', 'cancelled') THEN submitted_at"
        "                     ELSE coalesce(submitted_at, now()) END,"
        " tax_minor = CASE WHEN %(state)s IN ('drawn', 'approved', 'cancelled') THEN tax_minor"
        "                  ELSE 0 END,"
        " net_minor = CASE WHEN %(state)s IN ('drawn', 'approved', 'cancelled') THEN net_minor"
        "                  ELSE gross_minor END,"
        " ended_at = CASE WHEN %(state)s IN ('paid', 'returned', 'failed', 'cancelled') THEN now()"
        "            END WHERE payout_id = %(payout)s",
        {"state": state, "payout": payout},
    )


@pytest.mark.parametrize("people", [(), ("pe_zheng",)])
def test_a_batch_needs_two_approvals(
    connection: psycopg.Connection, people: tuple[str, ...]
) -> None:
    draw(connection)
    with pytest.raises(CheckViolation, match="two people"):
        approve(connection, "pb_1", *people)


@pytest.mark.parametrize("person", ["pe_qian", "pe_sun"])
def test_neither_who_drew_nor_who_put_an_account_approves(
    connection: psycopg.Connection, person: str
) -> None:
    draw(connection)
    with pytest.raises(CheckViolation) as refused:
        approve(connection, "pb_1", "pe_zheng", person)
    assert refused.value.diag.constraint_name == "payout_four_eyes"


def test_nobody_approves_twice(connection: psycopg.Connection) -> None:
    draw(connection)
    with pytest.raises(UniqueViolation):
        approve(connection, "pb_1", "pe_zheng", "pe_zheng")


def test_nothing_goes_without_its_batch_s_approval(connection: psycopg.Connection) -> None:
    draw(connection)
    with pytest.raises(CheckViolation):
        to(connection, po(1), "approved")


@pytest.mark.parametrize(
    "change",
    [
        "channel_number = 'another'",
        "payout_id = 'po_00000000000000000000000009'",
        "gross_minor = 1",
        "payee_id = 'pe_liu'",
        "channel_payee = 'o-thief'",
        "net_minor = 1, tax_minor = 13999",
    ],
)
def test_the_number_the_payee_and_the_amount_never_change(
    connection: psycopg.Connection, change: LiteralString
) -> None:
    draw(connection)
    approve(connection, "pb_1", "pe_zheng", "pe_zhao")
    to(connection, po(1), "submitting")
    with pytest.raises(psycopg.Error) as refused:
        connection.execute(sql.SQL("UPDATE payout SET {}").format(sql.SQL(change)))
    assert isinstance(refused.value, (IntegrityError, psycopg.errors.GeneratedAlways))


@pytest.mark.parametrize("end", ["paid", "returned", "failed"])
@pytest.mark.parametrize("later", ["submitting", "paid", "returned", "failed", "doubtful"])
def test_an_end_is_for_ever(connection: psycopg.Connection, end: str, later: str) -> None:
    draw(connection)
    approve(connection, "pb_1", "pe_zheng", "pe_zhao")
    to(connection, po(1), "submitting")
    to(connection, po(1), "doubtful")
    to(connection, po(1), end)
    with pytest.raises(RestrictViolation):
        to(connection, po(1), later)


@pytest.mark.parametrize("state", ["submitting", "paid", "returned"])
def test_a_payout_is_not_handed_over_before_it_is_approved(
    connection: psycopg.Connection, state: str
) -> None:
    draw(connection)
    with pytest.raises(RestrictViolation):
        to(connection, po(1), state)


def test_a_payee_s_balance_is_drawn_once_at_a_time(connection: psycopg.Connection) -> None:
    draw(connection)
    with pytest.raises(UniqueViolation):
        draw(connection, 2)


def test_an_earning_is_paid_by_one_living_payout(connection: psycopg.Connection) -> None:
    open_books(connection, "ea_1")
    draw(connection, 1, earning="ea_1")
    approve(connection, "pb_1", "pe_zheng", "pe_zhao")
    to(connection, po(1), "submitting")
    with pytest.raises(UniqueViolation), connection.transaction():
        draw(connection, 2, earning="ea_1")
    to(connection, po(1), "returned")
    draw(connection, 3, earning="ea_1", retries=po(1))


@pytest.mark.parametrize("state", ["submitting", "doubtful", "paid"])
def test_only_what_definitely_did_not_arrive_is_paid_again(
    connection: psycopg.Connection, state: str
) -> None:
    draw(connection)
    approve(connection, "pb_1", "pe_zheng", "pe_zhao")
    to(connection, po(1), "submitting")
    if state != "submitting":
        to(connection, po(1), state)
    with pytest.raises(CheckViolation, match="definitely did not arrive"):
        draw(connection, 2, retries=po(1))


def test_items_sum_to_their_payout(connection: psycopg.Connection) -> None:
    draw(connection, amount=GROSS - 1)
    with pytest.raises(CheckViolation, match="does not sum"):
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_nobody_lets_an_item_go_by_hand(connection: psycopg.Connection) -> None:
    draw(connection)
    with pytest.raises(RestrictViolation):
        connection.execute("UPDATE payout_item SET living = false")


def test_a_batch_is_not_closed_while_something_of_it_is_open(
    connection: psycopg.Connection,
) -> None:
    draw(connection)
    approve(connection, "pb_1", "pe_zheng", "pe_zhao")
    with pytest.raises(CheckViolation, match="under way"):
        connection.execute("UPDATE payout_batch SET state = 'closed'")


@pytest.mark.parametrize(
    "table",
    ["payout_account", "payout_limits", "payout_approval", "payout_batch", "payout", "payout_item"],
)
def test_nothing_of_payouts_is_ever_deleted(
    connection: psycopg.Connection, table: LiteralString
) -> None:
    draw(connection)
    connection.execute("INSERT INTO payout_approval VALUES ('pb_1', 'pe_zheng', now())")
    with pytest.raises(RestrictViolation), connection.transaction():
        connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
    with pytest.raises(psycopg.Error), connection.transaction():
        connection.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier(table)))


def test_a_notification_is_kept_once(connection: psycopg.Connection) -> None:
    keep: LiteralString = "INSERT INTO payout_notice VALUES ('wechat', 'n1', 'po1', 'paid', now())"
    connection.execute(keep)
    with pytest.raises(UniqueViolation):
        connection.execute(keep)
