"""What must never be stands in the database: it refuses, whoever asks."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from tests.store.workorder.conftest import (
    MORNING,
    add_offered,
    add_work_order,
    offer_row,
    put_technician,
)


async def refuses(session: AsyncSession, statement: str, match: str, **values: object) -> None:
    with pytest.raises(DBAPIError, match=match):
        await session.execute(text(statement), {"now": MORNING, **values})


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("state = 'lost'", "violates check constraint"),
        ("stage = 'insale'", "work_order_stage_check"),
        ("priority = 0", "work_order_priority_check"),
        ("rating = 6", "work_order_rating_check"),
        ("completion_code = '12345'", "work_order_completion_code_check"),
        ("wrong_code_count = 6", "work_order_wrong_code_count_check"),
        ("adcode = 'CN'", "work_order_adcode_check"),
        ("longitude = 116", "work_order_location_is_whole"),
        ("window_start = :now", "work_order_window_is_whole"),
        ("window_start = :now, window_end = :now", "work_order_window_ends_after_start"),
        ("state = 'scheduled'", "work_order_scheduled_has_window"),
        (
            "state = 'in_progress', window_start = :now, window_end = :now + interval '1h'",
            "work_order_in_progress_was_checked_in",
        ),
        (
            "state = 'completed', checked_in_at = :now,"
            " window_start = :now, window_end = :now + interval '1h'",
            "work_order_completed_has_time",
        ),
        ("state = 'accepted_by_customer'", "work_order_acceptance_has_time"),
        ("acceptance_recorded_at = :now", "work_order_acceptance_has_time"),
        ("state = 'cancelled'", "work_order_cancelled_has_reason"),
        ("cancel_reason = '客户退单'", "work_order_cancelled_has_reason"),
    ],
)
async def test_a_work_order_that_makes_no_sense_is_refused(
    session: AsyncSession, change: str, constraint: str
) -> None:
    await add_work_order(session)
    await refuses(session, f"UPDATE work_order SET revision = 2, {change}", constraint)  # noqa: S608 - ours


@pytest.mark.parametrize("revision", [0, 1, 3])
async def test_a_revision_goes_to_the_next_and_nowhere_else(
    session: AsyncSession, revision: int
) -> None:
    await add_work_order(session)
    statement = "UPDATE work_order SET revision = :revision"
    await refuses(session, statement, "must go from revision 1", revision=revision)


async def test_a_technician_is_asked_once_at_a_time(session: AsyncSession) -> None:
    await put_technician(session)
    await add_offered(session, "wo_1")
    session.add(offer_row(offer_id="of_second"))
    with pytest.raises(IntegrityError, match="offer_one_open_each"):
        await session.flush()


ACCEPT_ALL = "UPDATE offer SET outcome = 'accepted', outcome_at = :now, outcome_by_person_id = 'x'"


async def test_of_several_who_are_asked_one_gets_it(session: AsyncSession) -> None:
    await put_technician(session, "zhang")
    await put_technician(session, "wang")
    await add_offered(session, "wo_1")
    session.add(offer_row(technician_id="wang", offer_id="of_second"))
    await session.flush()
    with pytest.raises(IntegrityError, match="offer_one_accepted"):
        await session.execute(text(ACCEPT_ALL), {"now": MORNING})


async def test_nobody_is_asked_for_work_that_is_taken(session: AsyncSession) -> None:
    await put_technician(session)
    await add_offered(session, "wo_1")
    await session.execute(text(ACCEPT_ALL), {"now": MORNING})
    session.add(offer_row(offer_id="of_second"))
    await session.flush()
    with pytest.raises(IntegrityError, match="taken and still offered"):
        await session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


async def test_an_offer_gets_its_outcome_once(session: AsyncSession) -> None:
    await put_technician(session)
    await add_offered(session, "wo_1")
    settle = (
        "UPDATE offer SET outcome = 'declined', outcome_at = :now, outcome_by_person_id = 'zhang'"
    )
    await session.execute(text(settle), {"now": MORNING})
    await refuses(session, settle, "gets its outcome once")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE offer SET earning_minor = 1",
        "UPDATE offer SET expires_at = expires_at + interval '1h'",
        "UPDATE offer SET earning_minor = 1, outcome = 'accepted', outcome_at = :now,"
        " outcome_by_person_id = 'zhang'",
        "DELETE FROM offer",
        "TRUNCATE offer",
    ],
)
async def test_what_was_offered_is_never_changed_or_taken_away(
    session: AsyncSession, statement: str
) -> None:
    await put_technician(session)
    await add_offered(session, "wo_1")
    await session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))  # as if it had committed
    await refuses(session, statement, "gets its outcome once")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE work_order_change SET reason = 'x'",
        "DELETE FROM work_order_change",
        "UPDATE work_order_line SET quantity = 9",
        "DELETE FROM work_order_line",
        "UPDATE dispatch_policy SET note = 'x'",
        "DELETE FROM dispatch_policy",
    ],
)
async def test_history_lines_and_policies_are_never_rewritten(
    session: AsyncSession, statement: str
) -> None:
    await add_work_order(session)
    await refuses(session, statement, "is append-only")


async def test_the_weights_of_a_policy_are_the_whole(session: AsyncSession) -> None:
    await refuses(
        session,
        "INSERT INTO dispatch_policy (policy_version, effective_from, weights, parameters, put_at)"
        " VALUES ('bad', :now, '{\"load\": 5000, \"rating\": 5001}', '{}', :now)",
        "dispatch_policy_weights_are_whole",
    )


async def test_an_offer_expires_after_it_is_made(session: AsyncSession) -> None:
    await put_technician(session)
    await add_work_order(session)
    late = offer_row()
    late.expires_at = MORNING - timedelta(seconds=1)
    session.add(late)
    with pytest.raises(IntegrityError, match="offer_expires_after_offered"):
        await session.flush()
