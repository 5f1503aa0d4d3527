import asyncio
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db.migrate import migrate
from kit.db.session import Database
from services.directory.store import places
from services.directory.store.rows import add
from services.directory.tables.places import CityTierRow, MacroRegionsRow, ZoneRow
from tests.conftest import NewDatabase
from tests.store.directory.conftest import NOW

TRIANGLE = [[[[116.3, 39.8], [116.4, 39.8], [116.4, 40.0], [116.3, 39.8]]]]


def zone(zone_code: str, revision: int, version: int = 1, *, ended: bool = False) -> ZoneRow:
    return ZoneRow(
        zone_code=zone_code,
        version=version,
        effective_from=NOW + timedelta(days=version),
        name="商圈",
        coordinate_system="GCJ-02",
        parts=None if ended else TRIANGLE,
        revision=revision,
        put_at=NOW,
        put_by_person_id="pe_1",
    )


async def test_what_was_edited_since_a_revision_is_read_in_the_order_of_the_edits(
    session: AsyncSession,
) -> None:
    seen = await places.revision(session)
    for zone_code, version in (("B", 1), ("A", 1), ("B", 2)):
        revision = await places.next_revision(session)
        await add(session, zone(zone_code, revision, version, ended=version == 2))
    newest = await places.revision(session)
    assert newest == seen + 3
    found = await places.edited_since(session, ZoneRow, seen, newest)
    assert [(row.zone_code, row.version, row.parts is None) for row in found] == [
        ("B", 1, False), ("A", 1, False), ("B", 2, True),
    ]  # fmt: skip
    assert list(await places.edited_since(session, ZoneRow, newest, newest)) == []
    assert len(await places.edited_since(session, ZoneRow, seen + 1, seen + 2)) == 1
    last = await places.newest_zone(session, "B")
    assert last is not None
    assert last.version == 2
    assert (await places.zone_version(session, "B", 1)).parts == TRIANGLE
    assert await places.newest_zone(session, "C") is None


async def test_a_version_is_written_once_and_stays(session: AsyncSession) -> None:
    await add(session, zone("A", 2))
    with pytest.raises(IntegrityError, match="append-only"):
        await session.execute(text("UPDATE zone_version SET name = 'x'"))


@pytest.mark.parametrize(
    "change", [{"version": 0}, {"name": ""}, {"coordinate_system": "BD-10"}, {"parts": []}]
)
async def test_a_zone_that_is_none_is_not_kept(
    session: AsyncSession, change: dict[str, object]
) -> None:
    row = zone("A", 2)
    for column, value in change.items():
        setattr(row, column, value)
    with pytest.raises(IntegrityError):
        await add(session, row)


async def test_the_company_begins_with_the_usual_macro_regions(session: AsyncSession) -> None:
    (first,) = await places.edited_since(session, MacroRegionsRow, 0, 1)
    assert await places.newest_macro_regions_version(session) == first.version == 1
    provinces = [code for region in first.regions for code in region["provinces"]]
    assert len(provinces) == len(set(provinces)) == 34


async def test_edits_of_a_tier_are_counted(session: AsyncSession) -> None:
    assert await places.newest_tier_version(session, "110100") == 0
    for version in (1, 2):
        await add(
            session,
            CityTierRow(
                adcode="110100",
                version=version,
                effective_from=NOW,
                city_tier="tier1",
                revision=version,
                put_at=NOW,
                put_by_person_id="pe_1",
            ),
        )
    assert await places.newest_tier_version(session, "110100") == 2


async def test_an_edit_waits_for_the_one_before_so_that_no_reader_misses_it(
    database: Database,
) -> None:
    async with AsyncSession(database.engine) as first, first.begin():
        earlier = await places.next_revision(first)
        async with AsyncSession(database.engine) as second, second.begin():
            waiting = asyncio.ensure_future(places.next_revision(second))
            done, _ = await asyncio.wait([waiting], timeout=0.2)
            assert not done
            await first.rollback()
            # The one before was taken back, so its number is the next one's.
            assert await waiting == earlier
            await second.rollback()


async def test_zones_and_tiers_of_before_they_had_versions_are_kept(
    new_database: NewDatabase,
) -> None:
    url = new_database("places_before")
    migrate(url, "directory", "0003")
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(
            "INSERT INTO directory.zone VALUES"
            " ('BJ-RING5', '五环内', 'GCJ-02', '{{116.3,39.8},{116.4,39.8},{116.4,40},{116.3,39.8}}')"
        )
        server.execute("INSERT INTO directory.city_tier VALUES ('110100', 'tier1')")
    migrate(url, "directory")
    database = Database.connect(url, "directory")
    async with AsyncSession(database.engine, expire_on_commit=False) as session:
        (kept,) = await places.edited_since(session, ZoneRow, 0, 1)
        (tier,) = await places.edited_since(session, CityTierRow, 0, 1)
    await database.close()
    assert (kept.zone_code, kept.name, kept.version) == ("BJ-RING5", "五环内", 1)
    assert kept.parts == TRIANGLE
    assert (tier.adcode, tier.city_tier) == ("110100", "tier1")
    assert max(kept.effective_from, tier.effective_from) < NOW
