import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import LiteralString

import psycopg
import pytest
from psycopg.errors import CheckViolation, UniqueViolation

from kit.db.migrate import migrate
from kit.db.session import Database
from services.notify import convert, store
from services.notify.domain.builtin import BUILTIN_TEMPLATES
from services.notify.domain.delivery import DeliveryState, Outcome
from services.notify.domain.template import MessageForm, Template
from services.notify.tables import DeliveryAttemptRow

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
WORDING = Template("urge", MessageForm.TEXT, "催办", "请尽快处理")


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Database]:
    migrate(database_url, "notify")
    database = Database.connect(database_url, "notify")
    yield database
    await database.close()


@pytest.fixture(autouse=True)
def empty_tables(database: Database, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "TRUNCATE notify.template, notify.recipient, notify.message, notify.delivery,"
            " notify.delivery_attempt"
        )


async def queue(database: Database, *people: str, urgent: bool = False) -> list[str]:
    async with database.transaction():
        await store.add_missing_templates([WORDING], NOW)
        template = await store.newest_template("urge")
        assert template is not None
        message = convert.message_row(template, WORDING.fill({}), "ca_1", NOW)
        deliveries = [convert.delivery_row(message, person, urgent) for person in people]
        store.queue(message, deliveries)
    return [delivery.delivery_id for delivery in deliveries]


async def claimed(database: Database, at: datetime = NOW, limit: int = 10) -> list[str]:
    async with database.transaction():
        return [row.delivery_id for row in await store.claim_due(at, limit)]


def attempt(number: int, outcome: Outcome, arrived_by: datetime) -> DeliveryAttemptRow:
    return DeliveryAttemptRow(
        attempt_number=number,
        wecom_userid="zhangshifu",
        attempted_at=arrived_by,
        arrived_by=arrived_by,
        outcome=outcome,
        error_code=0,
        error_message="",
    )


async def test_urgent_deliveries_are_claimed_first(database: Database) -> None:
    await queue(database, "pe_1", "pe_2")
    [urgent] = await queue(database, "pe_3", urgent=True)
    assert await claimed(database, limit=1) == [urgent]


async def test_a_delivery_is_claimed_only_once_its_time_has_come(database: Database) -> None:
    [delivery] = await queue(database, "pe_1")
    assert await claimed(database, NOW - timedelta(seconds=1)) == []
    assert await claimed(database, NOW) == [delivery]


async def test_a_delivery_that_somebody_is_writing_is_passed_over(database: Database) -> None:
    locked, free = await queue(database, "pe_1", "pe_2")
    held, done = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with database.transaction():
            await store.lock_delivery(locked)
            held.set()
            await done.wait()

    holding = asyncio.create_task(hold())
    await held.wait()
    assert await claimed(database) == [free]
    done.set()
    await holding


async def test_a_delivery_that_was_sent_is_never_claimed_again(database: Database) -> None:
    [delivery] = await queue(database, "pe_1")
    async with database.transaction():
        row = await store.lock_delivery(delivery)
        row.state, row.sent_at, row.next_attempt_at = DeliveryState.SENT, NOW, None
    assert await claimed(database, NOW + timedelta(days=1)) == []


async def test_arrivals_count_what_came_or_may_have_come_within_the_hour(
    database: Database,
) -> None:
    [delivery] = await queue(database, "pe_1")
    minute = timedelta(minutes=1)
    async with database.transaction():
        row = await store.lock_delivery(delivery)
        row.attempts += [
            attempt(1, Outcome.SENT, NOW - 61 * minute),
            attempt(2, Outcome.UNCLEAR, NOW - 59 * minute),
            attempt(3, Outcome.REFUSED, NOW - 2 * minute),
            attempt(4, Outcome.LIMITED, NOW - 2 * minute),
            attempt(5, Outcome.SENT, NOW - minute),
        ]
    async with database.transaction(read_only=True):
        found = await store.arrivals({"zhangshifu", "lisheji"}, NOW)
    assert found == {"zhangshifu": [NOW - 59 * minute, NOW - minute]}


async def test_two_people_wording_a_template_at_once_get_two_versions(database: Database) -> None:
    async def put() -> int:
        async with database.transaction():
            return (await store.add_template(WORDING, NOW)).version

    assert sorted(await asyncio.gather(put(), put(), put())) == [1, 2, 3]


async def test_the_templates_of_the_product_never_replace_a_companys_own(
    database: Database,
) -> None:
    own = Template("sla_alert", MessageForm.TEXT, "自己的标题", "自己的话")
    async with database.transaction():
        await store.add_template(own, NOW)
    for _ in range(2):
        async with database.transaction():
            await store.add_missing_templates(BUILTIN_TEMPLATES, NOW)
    async with database.transaction(read_only=True):
        rows = await store.list_newest_templates("", 50)
    assert {row.template_code: (row.version, row.title) for row in rows}["sla_alert"] == (
        1,
        "自己的标题",
    )
    assert len(rows) == len(BUILTIN_TEMPLATES)


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ("UPDATE notify.delivery SET next_attempt_at = NULL", CheckViolation),
        ("UPDATE notify.delivery SET state = 'sent', next_attempt_at = NULL", CheckViolation),
        ("UPDATE notify.delivery SET state = 'lost'", CheckViolation),
        (
            "INSERT INTO notify.delivery SELECT 'de_2', message_id, recipient_person_id, channel,"
            " state, urgent, queued_at, sent_at, next_attempt_at FROM notify.delivery",
            UniqueViolation,
        ),
    ],
)
async def test_the_schema_refuses_a_delivery_that_makes_no_sense(
    database: Database, database_url: str, wrong: LiteralString, refusal: type[psycopg.Error]
) -> None:
    await queue(database, "pe_1")
    with psycopg.connect(database_url) as connection, pytest.raises(refusal):
        connection.execute(wrong)
