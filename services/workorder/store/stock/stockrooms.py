"""Stockrooms and the items that the stock knows."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import FailedPrecondition
from services.workorder.domain.stock.stock_intake import Item
from services.workorder.domain.stock.stockroom import Stockroom, StockroomKind, StockScope, unknown
from services.workorder.tables.stock import StockItemRow, StockLevelRow, StockroomRow


def room_of(row: StockroomRow) -> Stockroom:
    """A stockroom as decisions need it."""
    return Stockroom(
        stockroom_id=row.stockroom_id,
        kind=StockroomKind(row.stockroom_kind),
        currency=row.currency,
        outlet_id=row.outlet_id,
        technician_id=row.technician_id,
        place_codes=tuple(row.place_codes),
        active=row.active,
        four_eyes_above_minor=row.four_eyes_above_minor,
    )


def within(scope: StockScope) -> ColumnElement[bool]:
    """``StockScope.covers``, asked of rows."""
    if scope.technician_id:
        outlets = and_(
            StockroomRow.stockroom_kind == StockroomKind.OUTLET,
            StockroomRow.outlet_id == scope.outlet_id,
        )
        own = StockroomRow.technician_id == scope.technician_id
        return or_(own, outlets if scope.outlet_id else false())
    if scope.outlet_id:
        return StockroomRow.outlet_id == scope.outlet_id
    if scope.region_codes:
        overlapping: ColumnElement[bool] = StockroomRow.place_codes.overlap(
            list(scope.region_codes)
        )
        return overlapping
    return true()


async def put(session: AsyncSession, row: StockroomRow) -> None:
    """Create the stockroom with its transit, or change what may change of it.

    Raises:
        FailedPrecondition: ``STOCKROOM_VEHICLE_TAKEN`` when the technician has another vehicle.
    """
    other = await session.scalar(
        select(StockroomRow.stockroom_id).where(
            StockroomRow.active,
            StockroomRow.technician_id == row.technician_id,
            StockroomRow.stockroom_kind == StockroomKind.VEHICLE,
            StockroomRow.stockroom_id != row.stockroom_id,
        )
    )
    if other and row.active and row.stockroom_kind == StockroomKind.VEHICLE:
        raise FailedPrecondition(
            "STOCKROOM_VEHICLE_TAKEN",
            f"{row.technician_id} has {other}; put that one as not active first",
            field="stockroom.technician_id",
        )
    room = room_of(row)
    columns = _columns(row)
    await _upsert(session, columns)
    transit = columns | {
        "stockroom_id": room.transit_id,
        "stockroom_kind": StockroomKind.TRANSIT,
        "name": f"{row.name} 在途",
        "technician_id": "",
        "destination_id": row.stockroom_id,
    }
    await _upsert(session, transit)


async def _upsert(session: AsyncSession, columns: dict[str, object]) -> None:
    put = insert(StockroomRow).values(columns)
    await session.execute(put.on_conflict_do_update(index_elements=["stockroom_id"], set_=columns))


def _columns(row: StockroomRow | StockItemRow) -> dict[str, object]:
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}


async def find(session: AsyncSession, stockroom_id: str) -> StockroomRow | None:
    """The stockroom, if there is one."""
    return await session.get(StockroomRow, stockroom_id)


async def read(
    session: AsyncSession, stockroom_id: str, scope: StockScope, field: str = "stockroom_id"
) -> Stockroom:
    """The stockroom, if it lies within a scope (``STOCKROOM_UNKNOWN``)."""
    row = await find(session, stockroom_id)
    if row is None or not scope.covers(room_of(row)):
        raise unknown(stockroom_id, field)
    return room_of(row)


async def vehicle_of(session: AsyncSession, technician_id: str) -> str:
    """The id of a technician's vehicle.

    Raises:
        NotFound: ``STOCKROOM_UNKNOWN``.
    """
    found = await session.scalar(
        select(StockroomRow.stockroom_id).where(
            StockroomRow.active,
            StockroomRow.technician_id == technician_id,
            StockroomRow.stockroom_kind == StockroomKind.VEHICLE,
        )
    )
    if found is None:
        raise unknown(f"the vehicle of {technician_id}", "technician_id")
    return found


async def page(
    session: AsyncSession,
    scope: StockScope,
    after: str,
    size: int,
    *,
    kind: str = "",
    outlet_id: str = "",
    technician_id: str = "",
) -> Sequence[StockroomRow]:
    """Stockrooms in the order of their ids, transits only when they are asked for."""
    query = select(StockroomRow).where(within(scope), StockroomRow.stockroom_id > after)
    query = query.where(
        StockroomRow.stockroom_kind == kind
        if kind
        else StockroomRow.stockroom_kind != StockroomKind.TRANSIT
    )
    if outlet_id:
        query = query.where(StockroomRow.outlet_id == outlet_id)
    if technician_id:
        query = query.where(StockroomRow.technician_id == technician_id)
    return (await session.scalars(query.order_by(StockroomRow.stockroom_id).limit(size))).all()


async def put_item(session: AsyncSession, row: StockItemRow) -> None:
    """Create the item, or replace what the stock knows of it.

    Raises:
        FailedPrecondition: ``STOCK_ITEM_IN_STOCK`` when it would begin or cease to be followed by
            serial numbers while there is some.
    """
    before = await session.get(StockItemRow, row.item_code, with_for_update=True)
    if before is not None and before.serial_tracked != row.serial_tracked:
        some = await session.scalar(
            select(func.count())
            .select_from(StockLevelRow)
            .where(StockLevelRow.item_code == row.item_code, StockLevelRow.on_hand > 0)
        )
        if some:
            raise FailedPrecondition(
                "STOCK_ITEM_IN_STOCK",
                f"there is stock of {row.item_code}; take it out, or put another item",
                field="stock_item.serial_tracked",
            )
    columns = _columns(row)
    put = insert(StockItemRow).values(columns)
    await session.execute(put.on_conflict_do_update(index_elements=["item_code"], set_=columns))


async def add_items(session: AsyncSession, rows: Sequence[StockItemRow]) -> None:
    """Take on items that nobody has put meanwhile."""
    if rows:
        await session.execute(
            insert(StockItemRow).on_conflict_do_nothing(), [_columns(row) for row in rows]
        )


async def items(session: AsyncSession, item_codes: Collection[str]) -> dict[str, Item]:
    """What the stock knows of these items, by code, held still; unknown ones are left out.

    They begin or cease to be followed by serial numbers only while nobody moves them.
    """
    query = (
        select(StockItemRow)
        .where(StockItemRow.item_code.in_(item_codes))
        .with_for_update(read=True, key_share=True)
    )
    rows = await session.scalars(query)
    return {row.item_code: item_of(row) for row in rows}


def item_of(row: StockItemRow) -> Item:
    """An item as decisions need it."""
    return Item(
        row.item_code, row.name, row.serial_tracked, row.needs_approval, row.core_return_days
    )


async def page_of_items(
    session: AsyncSession, search: str, after: str, size: int
) -> Sequence[StockItemRow]:
    """Items in the order of their codes, those whose code or name has a text in it."""
    query = select(StockItemRow).where(StockItemRow.item_code > after, matching(search))
    return (await session.scalars(query.order_by(StockItemRow.item_code).limit(size))).all()


def matching(search: str) -> ColumnElement[bool]:
    """Whether an item's code or name has a text in it; an empty text is in all of them."""
    if not search.strip():
        return true()
    return or_(
        StockItemRow.item_code.icontains(search.strip(), autoescape=True),
        StockItemRow.name.icontains(search.strip(), autoescape=True),
    )
