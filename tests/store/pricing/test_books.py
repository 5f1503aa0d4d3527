import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db.session import Database
from kit.errors import FailedPrecondition, NotFound
from services.pricing.store import books, items
from services.pricing.tables import (
    BookRows,
    ModifierRow,
    PriceBookVersionRow,
    PricedItemRow,
    RateRow,
)
from tests.store.pricing.conftest import item_row

NOW = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)


def version(number: int, effective_from: datetime = NOW) -> PriceBookVersionRow:
    return PriceBookVersionRow(
        price_book_code="standard",
        version=number,
        content_hash="0" * 64,
        currency="CNY",
        effective_from=effective_from,
        resolution_order=["place", "city_tier", "cooperation_mode", "customer_level"],
        phases=["premium"],
        published_at=NOW,
        published_by_person_id="pe_zhao",
    )


def rate(rate_id: str, **changes: object) -> RateRow:
    return RateRow(
        **{
            "price_book_code": "standard",
            "version": 1,
            "rate_id": rate_id,
            "rate_number": 0,
            "item_code": "X",
            "place_code": "",
            "city_tier": "",
            "cooperation_mode": "",
            "customer_level": "",
            "list_price_minor": 100,
            "settlement_price_minor": 60,
            **changes,
        }
    )


def modifier(code: str, **changes: object) -> ModifierRow:
    return ModifierRow(
        **{
            "price_book_code": "standard",
            "version": 1,
            "modifier_code": code,
            "modifier_number": 0,
            "label": code,
            "phase": "premium",
            "combine_mode": "multiply",
            "ratio": "1.2",
            "amount_minor": None,
            "item_codes": [],
            "place_code": "",
            "automatic": True,
            **changes,
        }
    )


async def publish(session: AsyncSession, *rules: RateRow | ModifierRow, number: int = 1) -> None:
    await items.put(session, item_row("X"))
    item = PricedItemRow(
        price_book_code="standard", version=number, item_code="X", name="项目",
        catalogue="project_library", unit="次",
    )  # fmt: skip
    rows = BookRows(
        version(number),
        [item],
        [rule for rule in rules if isinstance(rule, RateRow)],
        [rule for rule in rules if isinstance(rule, ModifierRow)],
    )
    await books.publish(session, rows)


async def test_a_book_comes_back_as_it_was_listed(session: AsyncSession) -> None:
    await publish(
        session,
        rate("second", rate_number=0),
        rate("first", rate_number=1, place_code="110105"),
        modifier("Z", modifier_number=0),
        modifier("A", modifier_number=1),
    )
    session.expire_all()
    kept = await books.contents(session, await books.version(session, "standard", 1))
    assert [row.rate_id for row in kept.rates] == ["second", "first"]
    assert [row.modifier_code for row in kept.modifiers] == ["Z", "A"]
    assert [row.item_code for row in kept.items] == ["X"]


async def test_two_rates_of_a_version_never_have_the_same_conditions(
    session: AsyncSession,
) -> None:
    with pytest.raises(IntegrityError, match="rate_price_book_code_version_item_code"):
        await publish(session, rate("a"), rate("b", list_price_minor=1))


@pytest.mark.parametrize("column", ["list_price_minor", "settlement_price_minor"])
async def test_a_negative_price_is_refused(session: AsyncSession, column: str) -> None:
    with pytest.raises(IntegrityError, match=column):
        await publish(session, rate("a", **{column: -1}))


@pytest.mark.parametrize(
    "changes",
    [
        {"amount_minor": 5},
        {"combine_mode": "add_amount", "ratio": ""},
        {"combine_mode": "add_amount", "amount_minor": 5},
        {"combine_mode": "divide"},
    ],
)
async def test_a_modifier_has_a_ratio_or_an_amount(
    session: AsyncSession, changes: dict[str, object]
) -> None:
    with pytest.raises(IntegrityError):
        await publish(session, modifier("M", **changes))


async def test_a_version_stands_on_the_one_before_it(session: AsyncSession) -> None:
    with pytest.raises(IntegrityError, match="version_before"):
        await publish(session, number=2)


async def test_a_later_version_never_begins_before_it_was_published(
    session: AsyncSession,
) -> None:
    session.add(version(1, NOW - 60 * DAY))
    await session.flush()
    session.add(version(2, NOW - DAY))
    with pytest.raises(IntegrityError, match="check"):
        await session.flush()


async def test_the_version_in_force_began_last_and_of_several_was_published_last(
    session: AsyncSession,
) -> None:
    begins = [NOW - 10 * DAY, NOW + 10 * DAY, NOW + 5 * DAY, NOW + 5 * DAY]
    for number, begin in enumerate(begins, start=1):
        session.add(version(number, begin))
        await session.flush()

    async def in_force(at: datetime) -> int:
        return (await books.version_in_force(session, "standard", at, "f")).version

    assert await in_force(NOW) == 1
    assert await in_force(NOW + 5 * DAY) == 4
    assert await in_force(NOW + 10 * DAY) == 2
    with pytest.raises(FailedPrecondition, match="PRICING_BOOK_NOT_IN_FORCE"):
        await in_force(NOW - 11 * DAY)
    with pytest.raises(NotFound, match="PRICING_BOOK_UNKNOWN"):
        await books.version_in_force(session, "other", NOW, "f")


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
