"""Publishing versions: whole ones, and by their difference from the version before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import and_, exists, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.store.rates import SPAN, of_version
from services.pricing.tables import (
    BookRows,
    ItemRow,
    PriceBookVersionRow,
    PricedItemRow,
    PriceRuleRow,
    RateRow,
)

#: Told when a version was published: "code version".
PUBLISHED: Final = "price_book_published"


async def publish(session: AsyncSession, book: BookRows) -> None:
    """Insert a book's first version, whole."""
    await _begin(session, book.version)
    session.add_all([*book.items, *book.rates, *book.rules])
    await session.flush()


async def publish_on(
    session: AsyncSession,
    version: PriceBookVersionRow,
    base: PriceBookVersionRow | None,
    ended: Sequence[int],
    added: Sequence[RateRow],
    rules: Sequence[PriceRuleRow],
) -> None:
    """Insert a version by its difference: rates that it leaves out end with the version before it,
    those that it adds begin. On a version of another book it is a copy of that.

    Args:
        base: None: it stands on none.
        ended: the numbers of the rates that it leaves out.
        rules: all of them; they are few.
    """
    await _begin(session, version)
    if base is not None and base.price_book_code != version.price_book_code:
        await _copy_rates(session, base, version, ended)
    elif ended:
        await session.execute(
            update(RateRow)
            .where(RateRow.rate_number.in_(ended))
            .values(last_version=version.version - 1)
        )
    session.add_all([*added, *rules])
    await session.flush()
    await _name_items(session, version, rules)


async def _begin(session: AsyncSession, version: PriceBookVersionRow) -> None:
    session.add(version)
    await session.flush()
    told = f"{version.price_book_code} {version.version}"
    await session.execute(select(func.pg_notify(PUBLISHED, told)))


async def _copy_rates(
    session: AsyncSession,
    base: PriceBookVersionRow,
    version: PriceBookVersionRow,
    left_out: Sequence[int],
) -> None:
    said = [column for column in RateRow.__table__.columns if column.name not in SPAN]
    kept = of_version(select(*said), RateRow, base).where(RateRow.rate_number.not_in(left_out))
    span = (
        literal(version.price_book_code).label("price_book_code"),
        literal(version.version).label("first_version"),
    )
    names = [*(column.name for column in said), "price_book_code", "first_version"]
    await session.execute(insert(RateRow).from_select(names, kept.add_columns(*span)))


async def _name_items(
    session: AsyncSession, version: PriceBookVersionRow, rules: Sequence[PriceRuleRow]
) -> None:
    """Name the items that a version speaks of as the libraries do now; those whose name is the same
    go on standing."""
    code, number = version.price_book_code, version.version
    in_rules = {item for rule in rules for item in _items_named(rule.definition)}
    named = or_(
        ItemRow.item_code.in_(in_rules),
        exists().where(
            RateRow.price_book_code == code,
            RateRow.item_code == ItemRow.item_code,
            RateRow.last_version.is_(None),
        ),
    )
    alike = and_(
        ItemRow.item_code == PricedItemRow.item_code,
        ItemRow.name == PricedItemRow.name,
        ItemRow.catalogue == PricedItemRow.catalogue,
        ItemRow.unit == PricedItemRow.unit,
    )
    standing = and_(PricedItemRow.price_book_code == code, PricedItemRow.last_version.is_(None))
    await session.execute(
        update(PricedItemRow)
        .where(standing, ~exists().where(alike, named))
        .values(last_version=number - 1)
        .execution_options(synchronize_session=False)
    )
    wanted = select(
        literal(code), ItemRow.item_code, literal(number), ItemRow.name, ItemRow.catalogue,
        ItemRow.unit,
    ).where(named, ~exists().where(standing, PricedItemRow.item_code == ItemRow.item_code))  # fmt: skip
    names = ["price_book_code", "item_code", "first_version", "name", "catalogue", "unit"]
    await session.execute(insert(PricedItemRow).from_select(names, wanted))


def _items_named(plain: Any) -> Iterator[str]:
    """The items that a rule names, wherever in it they stand."""
    match plain:
        case dict():
            for name, value in plain.items():
                if name == "item_code":
                    yield value
                elif name == "item_codes":
                    yield from value
                else:
                    yield from _items_named(value)
        case list():
            for each in plain:
                yield from _items_named(each)
        case _:
            pass
