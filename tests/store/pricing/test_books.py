import asyncio
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db.session import Database
from kit.errors import FailedPrecondition, NotFound
from services.pricing.store import books, items, publications
from services.pricing.tables import (
    BookRows,
    PriceBookVersionRow,
    PricedItemRow,
    PriceDraftRow,
    PriceRuleRow,
    RateRow,
)
from tests.store.pricing.conftest import item_row

NOW = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)


def version(
    number: int, effective_from: datetime = NOW, correction_reason: str = ""
) -> PriceBookVersionRow:
    return PriceBookVersionRow(
        price_book_code="standard",
        version=number,
        content_hash="0" * 64,
        currency="CNY",
        effective_from=effective_from,
        resolution_order=["place", "city_tier", "cooperation_mode", "customer_level"],
        phases=["premium"],
        rounding="half_up",
        correction_reason=correction_reason,
        published_at=NOW,
        published_by_person_id="pe_zhao",
    )


def rate(rate_id: str, number: int = 1, **changes: Any) -> RateRow:
    said: dict[str, Any] = {
        "price_book_code": "standard",
        "first_version": number,
        "last_version": None,
        "rate_id": rate_id,
        "item_code": "X",
        "place_code": "",
        "city_tier": "",
        "cooperation_mode": "",
        "customer_level": "",
        "first_day": None,
        "last_day": None,
        "conditions": {},
        "charge": {},
        "list_price_minor": 100,
        "settlement_price_minor": 60,
    }
    return RateRow(**said | changes)


def rule(code: str, kind: str = "modifier", position: int = 0, number: int = 1) -> PriceRuleRow:
    return PriceRuleRow(
        price_book_code="standard",
        version=number,
        rule_kind=kind,
        rule_code=code,
        rule_number=position,
        definition={"label": code},
    )


async def publish(
    session: AsyncSession, *rules: RateRow | PriceRuleRow, number: int = 1, name: str = "项目"
) -> None:
    await items.put(session, item_row("X", name=name))
    item = PricedItemRow(
        price_book_code="standard", item_code="X", first_version=number, last_version=None,
        name=name, catalogue="project_library", unit="次",
    )  # fmt: skip
    rows = BookRows(
        version(number),
        [item],
        [rule for rule in rules if isinstance(rule, RateRow)],
        [rule for rule in rules if isinstance(rule, PriceRuleRow)],
    )
    if number == 1:
        await publications.publish(session, rows)
        return
    base = await books.version(session, "standard", number - 1)
    standing = {row.rate_id: row for row in (await books.contents(session, base)).rates}
    same = {row.rate_id for row in rows.rates if _same(standing.get(row.rate_id), row)}
    ended = [row.rate_number for rate_id, row in standing.items() if rate_id not in same]
    added = [row for row in rows.rates if row.rate_id not in same]
    await approve(session, number)
    rows.version.draft_id = f"pd_{number}"
    await publications.publish_on(session, rows.version, base, ended, added, rows.rules)


def _same(standing: RateRow | None, row: RateRow) -> bool:
    return standing is not None and all(
        getattr(standing, column.name) == getattr(row, column.name)
        for column in RateRow.__table__.columns
        if column.name not in ("rate_number", "first_version", "last_version")
    )


async def approve(session: AsyncSession, number: int) -> None:
    """A draft of a version, approved as the version will be."""
    session.add(
        PriceDraftRow(
            draft_id=f"pd_{number}",
            price_book_code="standard",
            title="",
            base_price_book_code=None,
            base_version=None,
            draft_state="approved",
            revision=1,
            created_at=NOW,
            created_by_person_id="pe_zhao",
            submitted_at=NOW,
            submitted_by_person_id="pe_zhao",
            submitted_hash="0" * 64,
            reviewed_at=NOW,
            reviewed_by_person_id="pe_qian",
            review_comment="",
            approved_hash="0" * 64,
        )
    )
    await session.flush()


async def approved(session: AsyncSession, row: PriceBookVersionRow) -> None:
    """Insert a version; a later one as approved."""
    if row.version > 1:
        await approve(session, row.version)
        row.draft_id = f"pd_{row.version}"
    session.add(row)
    await session.flush()


async def listed(session: AsyncSession, number: int) -> list[tuple[str, int]]:
    kept = await books.contents(session, await books.version(session, "standard", number))
    return [(row.rate_id, row.list_price_minor) for row in kept.rates]


async def test_a_book_comes_back_as_it_was_listed(session: AsyncSession) -> None:
    await publish(
        session,
        rate("second"),
        rate("first", place_code="110105"),
        rule("Z", position=0),
        rule("A", position=1),
        rule("T", "tax"),
    )
    session.expire_all()
    kept = await books.contents(session, await books.version(session, "standard", 1))
    assert [row.rate_id for row in kept.rates] == ["second", "first"]
    assert [row.rule_code for row in kept.rules] == ["Z", "A", "T"]
    assert [row.item_code for row in kept.items] == ["X"]


async def test_a_version_stores_only_what_it_changes_and_every_one_comes_back_whole(
    session: AsyncSession,
) -> None:
    await publish(session, rate("a"), rate("b", place_code="110105"))
    changed = rate("b", 2, place_code="110105", list_price_minor=90)
    await publish(session, rate("a", 2), changed, number=2)
    await publish(session, rate("a", 3), number=3, name="改名")
    assert [await listed(session, number) for number in (1, 2, 3)] == [
        [("a", 100), ("b", 100)],
        [("a", 100), ("b", 90)],
        [("a", 100)],
    ]
    assert await session.scalar(select(func.count()).select_from(RateRow)) == 3
    third = await books.version(session, "standard", 3)
    assert [row.name for row in await books.priced_items(session, third)] == ["改名"]


async def test_rates_are_read_in_chunks_those_of_an_item_at_a_place_together(
    session: AsyncSession,
) -> None:
    places = ["110105", "", "110105", "BJ", ""]
    rates = [rate(f"r{n}", place_code=place, city_tier=f"t{n}") for n, place in enumerate(places)]
    await publish(session, *rates)
    first = await books.version(session, "standard", 1)
    chunks = [chunk async for chunk in books.rates(session, first, at_once=2)]
    assert [len(chunk) for chunk in chunks] == [2, 2, 1]
    read = [row.place_code for chunk in chunks for row in chunk]
    assert sorted(read) == sorted(places)
    assert len([place for place, _ in groupby(read)]) == len(set(places))


async def test_two_rates_of_a_version_never_have_the_same_conditions(
    session: AsyncSession,
) -> None:
    with pytest.raises(IntegrityError, match="ix_rate_standing"):
        await publish(session, rate("a"), rate("b", list_price_minor=1))


async def test_a_rate_id_names_one_rate_of_a_version(session: AsyncSession) -> None:
    with pytest.raises(IntegrityError, match="ix_rate_standing_rate_id"):
        await publish(session, rate("a"), rate("a", place_code="110105"))


@pytest.mark.parametrize("column", ["list_price_minor", "settlement_price_minor"])
async def test_a_negative_price_is_refused(session: AsyncSession, column: str) -> None:
    with pytest.raises(IntegrityError, match=column):
        await publish(session, rate("a", **{column: -1}))


async def test_only_kinds_of_rules_that_there_are_are_kept(session: AsyncSession) -> None:
    with pytest.raises(IntegrityError, match="rule_kind"):
        await publish(session, rule("M", "magic"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE pricing.rate SET list_price_minor = 1",
        "UPDATE pricing.rate SET last_version = 1, list_price_minor = 1",
        "UPDATE pricing.rate SET first_version = 1, last_version = 1, rate_id = 'other'",
        "DELETE FROM pricing.rate",
        "TRUNCATE pricing.rate",
        "UPDATE pricing.priced_item SET name = 'other'",
        "DELETE FROM pricing.price_rule",
    ],
)
async def test_what_a_version_says_is_never_changed(session: AsyncSession, statement: str) -> None:
    await publish(session, rate("a"), rule("M"))
    connection = await session.connection()
    with pytest.raises(DBAPIError, match=r"never changes|append-only"):
        await connection.exec_driver_sql(statement)


async def test_a_span_that_ended_stays_ended(session: AsyncSession) -> None:
    await publish(session, rate("a"))
    await publish(session, number=2)
    connection = await session.connection()
    with pytest.raises(DBAPIError, match="never changes"):
        await connection.exec_driver_sql("UPDATE pricing.rate SET last_version = NULL")


async def test_a_version_stands_on_the_one_before_it(session: AsyncSession) -> None:
    with pytest.raises(IntegrityError, match="version_before"):
        await approved(session, version(2))


async def test_a_version_after_the_first_is_what_was_approved(session: AsyncSession) -> None:
    await approved(session, version(1))
    session.add(version(2))
    with pytest.raises(DBAPIError, match="was not approved"):
        await session.flush()


async def test_a_later_version_never_begins_before_it_was_published(
    session: AsyncSession,
) -> None:
    await approved(session, version(1, NOW - 60 * DAY))
    with pytest.raises(IntegrityError, match="check"):
        await approved(session, version(2, NOW - DAY))


async def test_a_correction_may_begin_before_it_was_published(session: AsyncSession) -> None:
    await approved(session, version(1, NOW - 60 * DAY))
    await approved(session, version(2, NOW - DAY, "录入错误"))


async def test_what_was_published_later_was_not_known(session: AsyncSession) -> None:
    await approved(session, version(1, NOW - 60 * DAY))

    async def known(at: datetime) -> int:
        return (await books.version_in_force(session, "standard", NOW, at, "f")).version

    correction = version(2, NOW - DAY, "录入错误")
    correction.published_at = NOW + DAY
    await approved(session, correction)
    assert await known(NOW) == 1
    assert await known(NOW + DAY) == 2


async def test_the_version_in_force_began_last_and_of_several_was_published_last(
    session: AsyncSession,
) -> None:
    begins = [NOW - 10 * DAY, NOW + 10 * DAY, NOW + 5 * DAY, NOW + 5 * DAY]
    for number, begin in enumerate(begins, start=1):
        await approved(session, version(number, begin))

    async def in_force(at: datetime) -> int:
        return (await books.version_in_force(session, "standard", at, NOW, "f")).version

    assert await in_force(NOW) == 1
    assert await in_force(NOW + 5 * DAY) == 4
    assert await in_force(NOW + 10 * DAY) == 2
    with pytest.raises(FailedPrecondition, match="PRICING_BOOK_NOT_IN_FORCE"):
        await in_force(NOW - 11 * DAY)
    with pytest.raises(NotFound, match="PRICING_BOOK_UNKNOWN"):
        await books.version_in_force(session, "other", NOW, NOW, "f")


async def test_whoever_publishes_the_same_book_meanwhile_waits(database: Database) -> None:
    async with AsyncSession(database.engine) as first, first.begin():
        assert await books.next_version(first, "contested") == 1
        async with AsyncSession(database.engine) as second, second.begin():
            waiting = asyncio.create_task(books.next_version(second, "contested"))
            done, _ = await asyncio.wait([waiting], timeout=0.2)
            assert not done
            await first.rollback()
            assert await waiting == 1


async def test_a_published_version_is_never_changed(session: AsyncSession) -> None:
    await publish(session, rate("a"))
    connection = await session.connection()
    with pytest.raises(DBAPIError, match="append-only"):
        await connection.exec_driver_sql("UPDATE pricing.price_book_version SET phases = '{}'")
