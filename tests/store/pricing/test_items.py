"""What the database itself keeps of items, whoever writes."""

import asyncio
from collections.abc import Mapping

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db.session import Database
from services.pricing.store import item_fields, items
from services.pricing.tables import ItemFieldRow
from tests.store.pricing.conftest import item_row


async def check_now(session: AsyncSession) -> None:
    """What is otherwise checked when the transaction ends."""
    connection = await session.connection()
    await connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")


async def keep(session: AsyncSession, *rows: tuple[str, Mapping[str, object]]) -> None:
    for code, changes in rows:
        await items.put(session, item_row(code, **changes))
    await session.flush()
    await check_now(session)


async def test_an_item_may_be_named_before_the_row_that_makes_it(session: AsyncSession) -> None:
    await keep(session, ("CHILD", {"parent_item_code": "TOP"}), ("TOP", {}))
    assert set(await items.with_all_above(session, ["CHILD"])) == {"CHILD", "TOP"}


@pytest.mark.parametrize(
    "rows",
    [
        [("A", {"parent_item_code": "A"})],
        [("A", {"parent_item_code": "B"}), ("B", {"parent_item_code": "A"})],
        [
            ("A", {"parent_item_code": "C"}),
            ("B", {"parent_item_code": "A"}),
            ("C", {"parent_item_code": "B"}),
        ],
    ],
)
async def test_nothing_stands_below_itself(
    session: AsyncSession, rows: list[tuple[str, Mapping[str, object]]]
) -> None:
    with pytest.raises(IntegrityError, match="below itself"):
        await keep(session, *rows)


async def test_two_moves_at_once_make_no_loop(database: Database) -> None:
    async with AsyncSession(database.engine) as session, session.begin():
        await keep(session, ("RACE-A", {}), ("RACE-B", {}))

    async def move(code: str, parent: str) -> None:
        async with AsyncSession(database.engine) as session, session.begin():
            await keep(session, (code, {"parent_item_code": parent}))

    moves = (move("RACE-A", "RACE-B"), move("RACE-B", "RACE-A"))
    ended = await asyncio.gather(*moves, return_exceptions=True)
    [failed] = [one for one in ended if one is not None]
    assert isinstance(failed, IntegrityError)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"parent_item_code": "NOWHERE"}, "item_parent_in_catalogue"),
        ({"parent_item_code": "PART"}, "item_parent_in_catalogue"),
        ({"variant_of_item_code": "PART", "variant_options": {"a": "1"}}, "item_variant_of_base"),
        (
            {"variant_of_item_code": "VARIANT", "variant_options": {"a": "1"}},
            "item_variant_of_base",
        ),
        (
            {"variant_of_item_code": "BASE", "variant_options": {"a": "1"}},
            "item_variant_options_unique",
        ),
        ({"variant_of_item_code": "BASE"}, "check"),
        ({"variant_options": {"a": "2"}}, "check"),
        ({"catalogue": "elsewhere"}, "catalogue"),
        ({"revision": 0}, "revision"),
    ],
)
async def test_what_no_item_may_say(
    session: AsyncSession, changes: dict[str, object], constraint: str
) -> None:
    one = {"variant_of_item_code": "BASE", "variant_options": {"a": "1"}}
    part = {"catalogue": "spare_part_library"}
    await keep(session, ("BASE", {}), ("VARIANT", one), ("PART", part))
    with pytest.raises(IntegrityError, match=constraint):
        await keep(session, ("NEW", changes))


async def test_a_base_item_with_variants_becomes_no_variant(session: AsyncSession) -> None:
    one = {"variant_of_item_code": "BASE", "variant_options": {"a": "1"}}
    await keep(session, ("BASE", {}), ("OTHER", {}), ("VARIANT", one))
    nested = {"variant_of_item_code": "OTHER", "variant_options": {"b": "2"}}
    with pytest.raises(IntegrityError, match="item_variant_of_base"):
        await keep(session, ("BASE", nested))


async def test_an_item_is_never_deleted(session: AsyncSession) -> None:
    await keep(session, ("KEPT", {}))
    connection = await session.connection()
    with pytest.raises(DBAPIError, match="never deleted"):
        await connection.exec_driver_sql("DELETE FROM pricing.item WHERE item_code = 'KEPT'")


async def test_an_import_writes_over_what_was_there(session: AsyncSession) -> None:
    await keep(session, ("OVER", {}))
    rows = [item_row("OVER", name="新", revision=2), item_row("NEW")]
    names = [column.key for column in rows[0].__table__.columns]
    await items.put_all(session, [{name: getattr(row, name) for name in names} for row in rows])
    session.expire_all()
    found = await items.by_code(session, ["OVER", "NEW"])
    assert {code: (row.name, row.revision) for code, row in found.items()} == {
        "OVER": ("新", 2),
        "NEW": ("项目", 1),
    }


async def test_only_the_used_values_of_a_field_are_known(session: AsyncSession) -> None:
    field = ItemFieldRow(
        catalogue="project_library", field_code="colour", label="颜色", kind="choice",
        choices=["红", "蓝"], required=False, revision=1,
    )  # fmt: skip
    await item_fields.put(session, field)
    await keep(session, ("A", {"fields": {"colour": "红"}}), ("B", {"fields": {"other": "绿"}}))
    assert await item_fields.used_values(session, "project_library", "colour") == {"红"}
    assert await item_fields.used_values(session, "spare_part_library", "colour") == set()
    wanted = items.Wanted(fields={"colour": "红"})
    assert [row.item_code for row in await items.page(session, wanted, "", 9)] == ["A"]
    assert await items.count(session, wanted) == 1
