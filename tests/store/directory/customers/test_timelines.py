"""Timelines: each thing once, the newest revision of it, and one query by the index."""

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import permutations
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db.migrate import migrate
from kit.db.session import Database
from services.directory.store import interactions
from services.directory.store.interactions import Wanted
from services.directory.store.merges import move
from services.directory.store.rows import add
from tests.conftest import NewDatabase
from tests.store.directory.conftest import NOW
from tests.store.directory.customers.making import customer, interaction

SINCE = NOW - timedelta(days=3 * 365)
#: Of so many customers a hundred interactions each: a table of a million rows.
CUSTOMERS = 10_000
LARGE_CUSTOMER = "cu_7"


async def titles(session: AsyncSession, **wanted: object) -> list[str]:
    asked = Wanted(**{"customer_id": "cu_1", "since": SINCE, **wanted})  # type: ignore[arg-type]
    return [row.title for row in await interactions.timeline(session, asked, 200)]


async def test_a_page_has_132_interactions_of_three_years_and_none_older(
    session: AsyncSession,
) -> None:
    await add(session, customer("cu_1"))
    shown = [interaction("cu_1", n, NOW - timedelta(days=8 * n)) for n in range(132)]
    older = [interaction("cu_1", n, SINCE - timedelta(days=n - 131)) for n in range(132, 160)]
    others = [interaction("cu_2", n) for n in range(5)]
    await interactions.keep(session, [*older, *others, *shown])
    assert await titles(session) == [f"来电 {n}" for n in range(132)]


async def test_late_and_doubled_events_converge_in_whatever_order_they_come(
    session: AsyncSession,
) -> None:
    await add(session, customer("cu_1"))
    for number, order in enumerate(permutations((1, 2, 3))):
        for revision in (*order, order[0]):
            row = interaction(
                "cu_1", number, source_revision=revision, progress=f"revision {revision}"
            )
            await interactions.keep(session, [row])
    found = await interactions.timeline(session, Wanted("cu_1", SINCE), 200)
    assert [row.progress for row in found] == ["revision 3"] * 6


async def test_a_page_of_events_may_tell_of_one_thing_twice(session: AsyncSession) -> None:
    await add(session, customer("cu_1"))
    told = [interaction("cu_1", 1, source_revision=n, title=f"第 {n} 次") for n in (2, 3, 1)]
    assert await interactions.keep(session, told) == 1
    assert await interactions.keep(session, told) == 0
    assert await titles(session) == ["第 3 次"]


async def test_the_timelines_of_merged_customers_read_as_one(session: AsyncSession) -> None:
    await add(session, customer("cu_1"), customer("cu_2"), customer("cu_3"))
    rows = [
        interaction(f"cu_{n % 3 + 1}", n, NOW - timedelta(hours=n), title=str(n)) for n in range(9)
    ]
    await interactions.keep(session, rows)
    await move(session, "cu_3", "cu_2")
    await move(session, "cu_2", "cu_1")
    assert await titles(session) == [str(n) for n in range(9)]


async def test_pages_follow_each_other_without_gap_or_repeat(session: AsyncSession) -> None:
    await add(session, customer("cu_1"))
    # Several at one instant: the id decides.
    rows = [interaction("cu_1", n, NOW - timedelta(hours=n // 4)) for n in range(30)]
    await interactions.keep(session, rows)
    seen, before = [], None
    while True:
        page = await interactions.timeline(session, Wanted("cu_1", SINCE, before=before), 7)
        if not page:
            break
        seen += [row.interaction_id for row in page]
        before = (page[-1].occurred_at, page[-1].interaction_id)
    whole = await interactions.timeline(session, Wanted("cu_1", SINCE), 200)
    assert seen == [row.interaction_id for row in whole]
    assert len(set(seen)) == 30


async def test_a_timeline_is_narrowed_down(session: AsyncSession) -> None:
    await add(session, customer("cu_1"))
    await interactions.keep(
        session,
        [
            interaction("cu_1", 1, title="购买空调", interaction_kind="purchase", subject="KFR-35"),
            interaction(
                "cu_1", 2, title="投诉噪音", interaction_kind="complaint", office_only=True
            ),
            interaction("cu_1", 3, title="100% 满意", interaction_kind="rating", rating=5),
        ],
    )
    assert await titles(session, kinds=["purchase"]) == ["购买空调"]
    assert await titles(session, text="kfr") == ["购买空调"]
    assert await titles(session, text="0%") == ["100% 满意"]
    assert sorted(await titles(session, with_office_only=False)) == ["100% 满意", "购买空调"]


@pytest.mark.parametrize(
    "changes", [{"interaction_kind": "gossip"}, {"rating": 6}, {"currency": "CNY"}, {"title": ""}]
)
async def test_the_database_refuses_what_is_no_interaction(
    session: AsyncSession, changes: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError, match="check"):
        await add(session, interaction("cu_1", 1, **changes))


@pytest.fixture(scope="module")
async def large(new_database: NewDatabase) -> AsyncIterator[Database]:
    """A million interactions of ten thousand customers over six years."""
    url = new_database("timelines")
    migrate(url, "directory")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET search_path = directory")
        connection.execute(
            "INSERT INTO customer (customer_id, customer_type, customer_level, registered_at,"
            " registered_by_person_id)"
            " SELECT 'cu_' || n, 'person', 'standard', now(), 'pe_1'"
            " FROM generate_series(1, %s) n",
            [CUSTOMERS],
        )
        connection.execute(
            "INSERT INTO interaction (interaction_id, customer_id, interaction_kind, occurred_at,"
            " source, source_id, source_revision, title, title_en, subject, progress, is_open,"
            " office_only, case_id, work_order_id, recorded_at, recorded_by_person_id)"
            " SELECT 'it_' || n, 'cu_' || (n %% %(customers)s::int + 1), 'work_order',"
            "  %(now)s - make_interval(hours => (n / %(customers)s::int * 521)::int), 'workorder',"
            "  'wo_' || n, 1, '空调安装', '', '', '', false, false, '', 'wo_' || n, now(), 'system'"
            " FROM generate_series(0, %(customers)s::int * 100 - 1) n",
            {"customers": CUSTOMERS, "now": NOW},
        )
        connection.execute("ANALYZE")
    database = Database.connect(url, "directory")
    yield database
    await database.close()


async def test_among_a_million_rows_a_page_is_read_by_the_index(large: Database) -> None:
    query = interactions.timeline_query(Wanted(LARGE_CUSTOMER, SINCE), 201)
    async with large.transaction(read_only=True) as session:
        written = query.compile(large.engine, compile_kwargs={"literal_binds": True})
        plan = await session.scalars(text(f"EXPLAIN {written}"))
        steps = "\n".join(plan)
        rows = await interactions.timeline(session, Wanted(LARGE_CUSTOMER, SINCE), 201)
    assert "ix_interaction_timeline" in steps
    assert "ix_customer_survivor" in steps
    assert "Seq Scan" not in steps
    assert len(rows) == 51
