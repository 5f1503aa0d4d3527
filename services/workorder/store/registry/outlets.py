"""Outlets' profiles."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.workorder.tables.registry import OutletProfileRow


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which profiles are asked for; what is empty does not matter.

    Attributes:
        text: in the id or the name.
        over_by: whose contract is over by then.
        open_at: those that may be sent at this instant.
    """

    text: str = ""
    agent_id: str = ""
    cooperation_mode: str = ""
    brand_code: str = ""
    territory_code: str = ""
    over_by: datetime | None = None
    open_at: datetime | None = None


async def find(
    session: AsyncSession, outlet_id: str, *, lock: bool = False
) -> OutletProfileRow | None:
    """One profile, if there is one; locked, nobody else changes it meanwhile."""
    return await session.get(OutletProfileRow, outlet_id, with_for_update=lock or None)


async def read(session: AsyncSession, outlet_id: str) -> OutletProfileRow:
    """One profile (``OUTLET_PROFILE_UNKNOWN``)."""
    row = await find(session, outlet_id)
    if row is None:
        raise NotFound(
            "OUTLET_PROFILE_UNKNOWN",
            f"there is no profile of outlet {outlet_id!r}; put one",
            field="outlet_id",
        )
    return row


async def by_id(
    session: AsyncSession, outlet_ids: Collection[str], *, lock: bool = False
) -> dict[str, OutletProfileRow]:
    """Those of the profiles that exist; locked, nobody else changes them meanwhile."""
    query = select(OutletProfileRow).where(OutletProfileRow.outlet_id.in_(outlet_ids))
    if lock:
        query = query.order_by(OutletProfileRow.outlet_id).with_for_update()
    return {row.outlet_id: row for row in await session.scalars(query)}


async def put(session: AsyncSession, row: OutletProfileRow) -> OutletProfileRow:
    """Create a profile, or replace the one of its outlet."""
    kept = await session.merge(row)
    await session.flush()
    return kept


async def put_all(session: AsyncSession, rows: Sequence[OutletProfileRow]) -> None:
    """Create profiles, or replace those of their outlets; many at once."""
    names = OutletProfileRow.__table__.columns.keys()
    statement = insert(OutletProfileRow.__table__)  # type: ignore[arg-type]  # it is a table
    others = {name: statement.excluded[name] for name in names if name != "outlet_id"}
    upsert = statement.on_conflict_do_update(index_elements=["outlet_id"], set_=others)
    if rows:
        await session.execute(
            upsert, [{name: getattr(row, name) for name in names} for row in rows]
        )


async def page(
    session: AsyncSession, wanted: Wanted, after: str, limit: int
) -> Sequence[OutletProfileRow]:
    """Profiles in the order of their outlets' ids, after one of them."""
    query = select(OutletProfileRow).where(OutletProfileRow.outlet_id > after, *_conditions(wanted))
    return (await session.scalars(query.order_by(OutletProfileRow.outlet_id).limit(limit))).all()


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    row, conditions = OutletProfileRow, list[ColumnElement[bool]]()
    if wanted.text:
        in_id = row.outlet_id.icontains(wanted.text, autoescape=True)
        conditions.append(or_(in_id, row.name.icontains(wanted.text, autoescape=True)))
    if wanted.agent_id:
        conditions.append(row.agent_id == wanted.agent_id)
    if wanted.cooperation_mode:
        conditions.append(row.cooperation_modes.contains([wanted.cooperation_mode]))
    if wanted.brand_code:
        every_brand = row.brand_codes == []
        conditions.append(or_(every_brand, row.brand_codes.contains([wanted.brand_code])))
    if wanted.territory_code:
        conditions.append(row.territory_codes.contains([wanted.territory_code]))
    if wanted.over_by is not None:
        conditions.append(row.contract_valid_until <= wanted.over_by)
    if wanted.open_at is not None:
        begun = or_(row.contract_valid_from.is_(None), row.contract_valid_from <= wanted.open_at)
        lasts = or_(row.contract_valid_until.is_(None), row.contract_valid_until > wanted.open_at)
        conditions += [begun, lasts, row.suspended.is_(False)]
    return conditions
