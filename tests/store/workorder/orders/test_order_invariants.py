"""What must never be of crews, links, hand-overs and sources: the database refuses it."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from tests.store.workorder.conftest import (
    MORNING,
    add_offered,
    add_work_order,
    offer_row,
    put_technician,
)


async def refuses(session: AsyncSession, statement: str, match: str) -> None:
    with pytest.raises(DBAPIError, match=match):
        await session.execute(text(statement), {"now": MORNING})


def member(technician_id: str, share: int) -> str:
    return f'{{"technician_id"\\:"{technician_id}","share_basis_points"\\:{share}}}'


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("source = 'fax'", "work_order_source_check"),
        ("link_kind = 'rework', link_reason = 'x'", "work_order_link_is_whole"),
        ("parent_work_order_id = 'wo_1', link_kind = 'part_of', link_reason = 'x'",
         "work_order_follows_another"),
        ("parent_work_order_id = 'wo_0', link_kind = 'rework', link_reason = 'x'",
         "work_order_rework_has_blamed"),
        ("blamed_party = 'weather'", "work_order_blamed_party_check"),
        ("template_code = 'x'", "work_order_template_is_whole"),
        ("priority_rule = 'x', priority_by_person_id = 'pe_x'", "work_order_priority_of_one"),
        ("crew = '{}'", "work_order_crew_is_whole"),
        (f"crew = '[{member('a', 10_000)}]'", "work_order_crew_is_whole"),
        (f"crew = '[{member('a', 6_000)},{member('b', 3_999)}]'", "work_order_crew_is_whole"),
        (f"crew = '[{member('a', 5_000)},{member('a', 5_000)}]'", "work_order_crew_is_whole"),
        (f"crew = '[{member('a', 11_000)},{member('b', -1_000)}]'", "work_order_crew_is_whole"),
        (f"crew = '[{member('a', 6_000)},{member('b', 4_000)}]'", "work_order_crew_of_taken"),
    ],
)  # fmt: skip
async def test_a_work_order_that_makes_no_sense_is_refused(
    session: AsyncSession, change: str, constraint: str
) -> None:
    await add_work_order(session, "wo_0")
    await add_work_order(session)
    update = f"UPDATE work_order SET revision = 2, {change} WHERE work_order_id = 'wo_1'"  # noqa: S608 - ours
    await refuses(session, update, constraint)


async def test_one_source_makes_one_work_order_whoever_writes(session: AsyncSession) -> None:
    for work_order_id in ("wo_0", "wo_1"):
        await add_work_order(session, work_order_id)
    update = "UPDATE work_order SET revision = 2, source_ref = 'SO-1' WHERE work_order_id = "
    await session.execute(text(f"{update}'wo_0'"))
    await refuses(session, f"{update}'wo_1'", "work_order_source_once")


HAND_OVER = (
    "INSERT INTO team_hand_over (hand_over_id, work_order_id, from_team_id, to_team_id, reason,"
    " asked_at, asked_by_person_id) VALUES ('{}', 'wo_1', 'tm_a', '{}', 'x', :now, 'pe_x')"
)


async def test_a_work_order_is_on_its_way_to_one_team_and_back_once(session: AsyncSession) -> None:
    await add_work_order(session)
    await refuses(session, HAND_OVER.format("ho_0", "tm_a"), "team_hand_over_to_another")


async def test_one_hand_over_is_open_at_a_time(session: AsyncSession) -> None:
    await add_work_order(session)
    await session.execute(text(HAND_OVER.format("ho_1", "tm_b")), {"now": MORNING})
    await refuses(session, HAND_OVER.format("ho_2", "tm_c"), "team_hand_over_one_open")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE team_hand_over SET to_team_id = 'tm_z'",
        "UPDATE team_hand_over SET answer = 'accepted', answered_at = :now,"
        " answered_by_person_id = 'x', reason = 'y'",
        "DELETE FROM team_hand_over",
    ],
)
async def test_a_hand_over_is_answered_and_never_changed_otherwise(
    session: AsyncSession, change: str
) -> None:
    await add_work_order(session)
    await session.execute(text(HAND_OVER.format("ho_1", "tm_b")), {"now": MORNING})
    await refuses(session, change, "answered once")


async def test_an_accepted_offer_may_be_released_and_then_another_made(
    session: AsyncSession,
) -> None:
    await put_technician(session)
    await add_offered(session, "wo_1")
    ending = (
        "UPDATE offer SET outcome = '{}', outcome_at = :now, outcome_by_person_id = 'x'"
        " WHERE offer_id = 'of_wo_1'"
    )
    now = {"now": MORNING}
    await session.execute(text(ending.format("accepted")), now)
    await session.execute(text(ending.format("released")), now)
    session.add(offer_row("wo_1", "zhang", "of_2"))
    await session.flush()
    await refuses(session, ending.format("accepted"), "gets its outcome once")


@pytest.mark.parametrize("table", ["work_order_template", "intake_rules"])
async def test_versions_are_never_taken_away(session: AsyncSession, table: str) -> None:
    await refuses(session, f"TRUNCATE {table} CASCADE", "append-only")
