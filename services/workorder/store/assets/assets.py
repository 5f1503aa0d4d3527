"""Assets and where they have been."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import AlreadyExists, NotFound
from services.workorder.domain.orders.work_order import Outcome
from services.workorder.store.same_customers import is_customer
from services.workorder.tables.assets import AssetMoveRow, AssetRow, AssetWarrantyRow
from services.workorder.tables.work_orders import OfferRow, WorkOrderRow


class Plate(NamedTuple):
    """What stands on a machine's rating plate."""

    brand: str
    model: str
    serial: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which assets are asked for; what is empty does not matter.

    Attributes:
        text: in the name, the model or the serial.
        over_between: whose last day of warranty lies between these days, both included.
        technician_id: only of customers for whom this technician has work.
    """

    customer_id: str = ""
    address_id: str = ""
    item_code: str = ""
    brand: str = ""
    model: str = ""
    serial: str = ""
    parent_asset_id: str = ""
    text: str = ""
    include_retired: bool = False
    over_between: tuple[date, date] | None = None
    technician_id: str = ""


def unknown(asset_id: str) -> NotFound:
    """There is no such asset, or the actor may not know of it."""
    return NotFound("ASSET_UNKNOWN", f"there is no asset {asset_id!r}", field="asset_id")


async def find(session: AsyncSession, asset_id: str, *, lock: bool = False) -> AssetRow | None:
    """One asset, if there is one; locked, nobody else changes it meanwhile."""
    return await session.get(AssetRow, asset_id, with_for_update=lock or None)


async def read(session: AsyncSession, asset_id: str, *, lock: bool = False) -> AssetRow:
    """One asset (``ASSET_UNKNOWN``)."""
    row = await find(session, asset_id, lock=lock)
    if row is None:
        raise unknown(asset_id)
    return row


async def by_id(
    session: AsyncSession, asset_ids: Collection[str], *, lock: bool = False
) -> dict[str, AssetRow]:
    """Those of the assets that exist; locked, nobody else changes them meanwhile."""
    query = select(AssetRow).where(AssetRow.asset_id.in_(asset_ids)).order_by(AssetRow.asset_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return {row.asset_id: row for row in await session.scalars(query)}


async def by_plate(session: AsyncSession, plates: Collection[Plate]) -> dict[Plate, AssetRow]:
    """Those of the machines that are known."""
    if not plates:
        return {}
    columns = tuple_(AssetRow.brand, AssetRow.model, AssetRow.serial)
    query = select(AssetRow).where(columns.in_([tuple(plate) for plate in plates]))
    return {plate_of(row): row for row in await session.scalars(query)}


def plate_of(row: AssetRow) -> Plate:
    """What stands on its rating plate."""
    return Plate(row.brand, row.model, row.serial)


async def require_new_plate(session: AsyncSession, plate: Plate, asset_id: str) -> None:
    """Refuse a serial that another machine of the brand and model has.

    Raises:
        AlreadyExists: ``ASSET_SERIAL_TAKEN``; ``details`` names that one.
    """
    if not plate.serial:
        return
    other = (await by_plate(session, [plate])).get(plate)
    if other is not None and other.asset_id != asset_id:
        raise AlreadyExists(
            "ASSET_SERIAL_TAKEN",
            f"{plate.brand} {plate.model} {plate.serial} is asset {other.asset_id}",
            field="serial",
            details={"asset_id": other.asset_id},
        )


async def lock_parts(session: AsyncSession) -> None:
    """Let nobody else say what is a part of what until the transaction ends; the database takes the
    same lock when it looks for loops."""
    lock = func.pg_advisory_xact_lock(func.hashtextextended("asset parts", 0))
    await session.execute(select(lock))


async def parents_of(session: AsyncSession, asset_id: str) -> set[str]:
    """An asset and all that it is a part of."""
    line = select(AssetRow.asset_id, AssetRow.parent_asset_id)
    above = line.where(AssetRow.asset_id == asset_id).cte(recursive=True)
    above = above.union(line.where(AssetRow.asset_id == above.c.parent_asset_id))
    return set(await session.scalars(select(above.c.asset_id)))


async def lines_above(session: AsyncSession, asset_ids: Collection[str]) -> dict[str, str]:
    """What these assets, and all that they are parts of, are parts of; empty: of nothing."""
    line = select(AssetRow.asset_id, AssetRow.parent_asset_id)
    above = line.where(AssetRow.asset_id.in_(asset_ids)).cte(recursive=True)
    above = above.union(line.where(AssetRow.asset_id == above.c.parent_asset_id))
    found = await session.execute(select(above.c.asset_id, above.c.parent_asset_id))
    return {row.asset_id: row.parent_asset_id or "" for row in found}


async def locked_with_parts(session: AsyncSession, asset_id: str) -> Sequence[AssetRow]:
    """An asset's parts, and theirs, that are in use, locked, in the order of their ids."""
    line = select(AssetRow.asset_id)
    below = line.where(AssetRow.parent_asset_id == asset_id).cte(recursive=True)
    below = below.union(line.where(AssetRow.parent_asset_id == below.c.asset_id))
    query = select(AssetRow).where(
        AssetRow.asset_id.in_(select(below.c.asset_id)), AssetRow.retired_at.is_(None)
    )
    return (await session.scalars(query.order_by(AssetRow.asset_id).with_for_update())).all()


async def add(session: AsyncSession, row: AssetRow) -> AssetRow:
    """Keep a new asset, and that it came to where it is."""
    session.add(row)
    await session.flush()
    await moved(session, [row], "")
    return row


async def moved(session: AsyncSession, rows: Sequence[AssetRow], reason: str) -> None:
    """Keep of many assets that each came to where it is now."""
    ids = [row.asset_id for row in rows]
    number = func.max(AssetMoveRow.move_number)
    query = select(AssetMoveRow.asset_id, number.label("last"))
    query = query.where(AssetMoveRow.asset_id.in_(ids)).group_by(AssetMoveRow.asset_id)
    last = {found.asset_id: found.last for found in await session.execute(query)}
    session.add_all([_move(row, last.get(row.asset_id, 0) + 1, reason) for row in rows])
    await session.flush()


def _move(row: AssetRow, number: int, reason: str) -> AssetMoveRow:
    return AssetMoveRow(
        asset_id=row.asset_id,
        move_number=number,
        moved_at=row.put_at,
        customer_id=row.customer_id,
        address_id=row.address_id,
        reason=reason,
        moved_by_person_id=row.put_by_person_id,
    )


async def moves(session: AsyncSession, asset_id: str) -> Sequence[AssetMoveRow]:
    """Where an asset has been, its registration first."""
    query = select(AssetMoveRow).where(AssetMoveRow.asset_id == asset_id)
    return (await session.scalars(query.order_by(AssetMoveRow.move_number))).all()


async def has_work_for(session: AsyncSession, technician_id: str, customer_id: str) -> bool:
    """Whether a technician is offered, or holds, work for a customer."""
    return bool(await session.scalar(select(_works_for(technician_id, customer_id))))


def _works_for(technician_id: str, customer_id: str | ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a work order of the customer is offered to the technician, or was accepted by them."""
    return exists().where(
        WorkOrderRow.work_order_id == OfferRow.work_order_id,
        is_customer(WorkOrderRow.customer_id, customer_id),
        OfferRow.technician_id == technician_id,
        or_(OfferRow.outcome.is_(None), OfferRow.outcome == Outcome.ACCEPTED),
    )


async def page(
    session: AsyncSession, wanted: Wanted, before: str, limit: int
) -> Sequence[AssetRow]:
    """Assets, the newest first, before one of them."""
    query = select(AssetRow).where(*_conditions(wanted))
    if before:
        query = query.where(AssetRow.asset_id < before)
    return (await session.scalars(query.order_by(AssetRow.asset_id.desc()).limit(limit))).all()


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    named = (
        "address_id",
        "item_code",
        "brand",
        "model",
        "serial",
        "parent_asset_id",
    )
    conditions: list[ColumnElement[bool]] = [
        getattr(AssetRow, name) == getattr(wanted, name) for name in named if getattr(wanted, name)
    ]
    if wanted.customer_id:
        conditions.append(is_customer(AssetRow.customer_id, wanted.customer_id))
    if wanted.text:
        columns = (AssetRow.name, AssetRow.model, AssetRow.serial)
        conditions.append(
            or_(*(column.icontains(wanted.text, autoescape=True) for column in columns))
        )
    if not wanted.include_retired:
        conditions.append(AssetRow.retired_at.is_(None))
    if wanted.over_between is not None:
        conditions.append(_last_day_between(*wanted.over_between))
    if wanted.technician_id:
        # The columns are those of the asset that is looked at.
        conditions.append(_works_for(wanted.technician_id, AssetRow.customer_id.expression))
    return conditions


def _last_day_between(first: date, last: date) -> ColumnElement[bool]:
    """Whether the last day of all warranties of an asset lies between two days."""
    last_day = (
        select(func.max(AssetWarrantyRow.last_day))
        .where(
            and_(
                AssetWarrantyRow.asset_id == AssetRow.asset_id,
                AssetWarrantyRow.voided_at.is_(None),
            )
        )
        .scalar_subquery()
    )
    return last_day.between(first, last)
