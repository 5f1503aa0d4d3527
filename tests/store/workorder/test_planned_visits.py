"""What a day plan must never do is refused by the database, whoever asks."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from tests.store.workorder.conftest import MORNING, add_work_order, put_technician

_PLAN = """
INSERT INTO day_plan VALUES ('dp_1', '2026-03-02', '', '', '', false, 1, 0, 2, 1,
    '{}', '{}', :now, 'pe_dispatcher')
"""
_ROW = """
INSERT INTO day_plan_row VALUES ('dp_1', :work_order_id, :change, 'zhang', :now,
    :now + interval '1h', 1, 60, '', '', NULL, NULL)
"""
_VISIT = """
INSERT INTO planned_visit VALUES (:work_order_id, 'zhang', :now + :hour * interval '1h',
    :now + (:hour + 1) * interval '1h', 'dp_1', :now, 'pe_dispatcher')
"""
_PIN = "UPDATE planned_visit SET pinned_at = :now, pinned_by_person_id = 'pe_dispatcher'"
_ACCEPT = "UPDATE day_plan_row SET accepted_at = :now, accepted_by_person_id = 'pe_dispatcher'"


async def run(session: AsyncSession, statement: str, **values: object) -> None:
    await session.execute(text(statement), {"now": MORNING, **values})


async def refuses(session: AsyncSession, statement: str, match: str, **values: object) -> None:
    with pytest.raises(DBAPIError, match=match):
        async with session.begin_nested():
            await run(session, statement, **values)


@pytest.fixture
async def planned(session: AsyncSession) -> AsyncSession:
    """Two work orders, one of them planned for Zhang at nine."""
    await put_technician(session)
    for work_order_id in ("wo_1", "wo_2"):
        await add_work_order(session, work_order_id)
    await session.flush()
    await run(session, _PLAN)
    await run(session, _VISIT, work_order_id="wo_1", hour=0)
    return session


async def test_a_work_order_is_planned_once(planned: AsyncSession) -> None:
    await refuses(planned, _VISIT, "planned_visit_pkey", work_order_id="wo_1", hour=5)


async def test_nobody_is_planned_in_two_places_at_one_time(planned: AsyncSession) -> None:
    await refuses(planned, _VISIT, "planned_visit_one_place", work_order_id="wo_2", hour=0)
    await run(planned, _VISIT, work_order_id="wo_2", hour=1)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE planned_visit SET begins_at = begins_at - interval '1h'",
        "UPDATE planned_visit SET technician_id = 'li'",
        "DELETE FROM planned_visit",
    ],
)
async def test_a_pinned_visit_is_neither_moved_nor_taken_away(
    planned: AsyncSession, change: str
) -> None:
    await put_technician(planned, "li")
    await planned.flush()
    await run(planned, _PIN)
    await refuses(planned, change, "is pinned")
    await run(planned, "UPDATE planned_visit SET pinned_at = NULL, pinned_by_person_id = ''")
    await run(planned, change)


async def test_a_row_is_accepted_once_and_never_rewritten(planned: AsyncSession) -> None:
    await run(planned, _ROW, work_order_id="wo_2", change="ASSIGN")
    await refuses(planned, "UPDATE day_plan_row SET technician_id = 'li'", "as it was made")
    await refuses(planned, "DELETE FROM day_plan_row", "as it was made")
    await run(planned, _ACCEPT)
    await refuses(planned, _ACCEPT, "accepted once")


async def test_a_row_that_changes_nothing_is_not_accepted(planned: AsyncSession) -> None:
    await run(planned, _ROW, work_order_id="wo_2", change="UNCHANGED")
    await refuses(planned, _ACCEPT, "violates check constraint")


async def test_who_planned_and_pinned_is_never_rewritten(planned: AsyncSession) -> None:
    await run(
        planned,
        "INSERT INTO planned_visit_change (work_order_id, change, technician_id, begins_at, reason,"
        " changed_at, changed_by_person_id)"
        " VALUES ('wo_1', 'pinned', 'zhang', :now, '客户点名', :now, 'pe_dispatcher')",
    )
    await refuses(planned, "DELETE FROM planned_visit_change", "append-only")
