"""Lists and sums of earnings, filtered and sorted, within a viewer's sight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from services.settlement.domain.earnings.listing import Grouping, Sort, Sum, Wanted
from services.settlement.domain.earnings.view import Viewer
from services.settlement.domain.splits.rule import stem
from services.settlement.tables.earnings import EarningLineRow, EarningRow

#: A summary of more than so many is one for nobody.
MOST_SUMS: Final = 500


_CITY: Final = func.rpad(func.left(EarningRow.region_adcode, 4), 6, "0")
_NAMES: Final[dict[Grouping, ColumnElement[Any]]] = {
    Grouping.STATE: EarningRow.state.expression,
    Grouping.TECHNICIAN: EarningRow.technician_id.expression,
    Grouping.OUTLET: EarningRow.outlet_id.expression,
    Grouping.PROVINCE: func.rpad(func.left(EarningRow.region_adcode, 2), 6, "0"),
    Grouping.CITY: _CITY,
    Grouping.DAY: func.to_char(
        func.timezone("Asia/Shanghai", EarningRow.promised_at), "YYYY-MM-DD"
    ),
}


def sort_key(row: EarningRow, sort: Sort) -> tuple[str, str]:
    """After what the next page begins."""
    by_amount = sort in (Sort.HIGHEST, Sort.LOWEST)
    return (str(row.total_minor) if by_amount else "", row.earning_id)


async def page(
    session: AsyncSession,
    wanted: Wanted,
    viewer: Viewer,
    sort: Sort,
    after: tuple[str, str] | None,
    size: int,
) -> Sequence[EarningRow]:
    """A page of earnings in the viewer's sight: one row more than asked for when there is another."""
    query = _filtered(select(EarningRow), wanted, viewer).limit(size + 1)
    falling = sort in (Sort.NEWEST, Sort.HIGHEST)
    columns: list[Any] = [EarningRow.earning_id]
    values: list[Any] = list(after[1:]) if after else []
    if sort in (Sort.HIGHEST, Sort.LOWEST):
        columns.insert(0, EarningRow.total_minor)
        values = [int(after[0]), *values] if after else []
    if after:
        here, there = tuple_(*columns), tuple_(*(literal(value) for value in values))
        query = query.where(here < there if falling else here > there)
    order = [column.desc() if falling else column.asc() for column in columns]
    return (await session.scalars(query.order_by(*order))).all()


async def sums(
    session: AsyncSession, wanted: Wanted, viewer: Viewer, by: Grouping
) -> Sequence[Sum]:
    """What earnings in the viewer's sight come to, the greatest total first."""
    if by is Grouping.RULE_AND_CITY:
        return await _line_sums(session, wanted, viewer)
    name = _NAMES[by].label("name")
    total = func.sum(EarningRow.total_minor)
    query = (
        select(
            name,
            EarningRow.currency,
            func.count(),
            total,
            func.sum(EarningRow.settlement_total_minor),
        )
        .group_by(name, EarningRow.currency)
        .order_by(total.desc(), name)
        .limit(MOST_SUMS)
    )
    found = await session.execute(_filtered(query, wanted, viewer))
    return [Sum(*(_plain(value) for value in row)) for row in found]


async def _line_sums(session: AsyncSession, wanted: Wanted, viewer: Viewer) -> Sequence[Sum]:
    """The same rule's lines in each city: where the same work settles at how much."""
    name = func.concat_ws(" ", EarningLineRow.rule_id, EarningLineRow.label, _CITY).label("name")
    query = (
        select(
            name,
            EarningRow.currency,
            func.count(),
            func.sum(EarningLineRow.amount_minor),
            func.sum(EarningLineRow.settlement_amount_minor),
        )
        .join(EarningRow, EarningRow.earning_id == EarningLineRow.earning_id)
        .group_by(name, EarningRow.currency)
        .order_by(name)
        .limit(MOST_SUMS)
    )
    found = await session.execute(_filtered(query, wanted, viewer))
    return [Sum(*(_plain(value) for value in row)) for row in found]


def _plain(value: Any) -> Any:
    return value if isinstance(value, str) else int(value)


def _filtered(query: Select[Any], wanted: Wanted, viewer: Viewer) -> Select[Any]:
    row = EarningRow
    for column, value in (
        (row.technician_id, wanted.technician_id),
        (row.case_id, wanted.case_id),
        (row.state, wanted.state),
        (row.outlet_id, wanted.outlet_id),
        (row.work_order_id, wanted.work_order_id),
        (row.currency, wanted.currency),
    ):
        if value:
            query = query.where(column == value)
    if wanted.region_adcode:
        query = query.where(
            row.region_adcode.startswith(stem(wanted.region_adcode), autoescape=True)
        )
    if wanted.promised_from is not None:
        query = query.where(row.promised_at >= wanted.promised_from)
    if wanted.promised_before is not None:
        query = query.where(row.promised_at < wanted.promised_before)
    if wanted.least_minor is not None:
        query = query.where(row.total_minor >= wanted.least_minor)
    if wanted.most_minor is not None:
        query = query.where(row.total_minor <= wanted.most_minor)
    return query if viewer.sees_all else query.where(_in_sight(viewer))


def _in_sight(viewer: Viewer) -> ColumnElement[bool]:
    own = [
        column == value
        for column, value in (
            (EarningRow.technician_id, viewer.technician_id),
            (EarningRow.outlet_id, viewer.outlet_id),
        )
        if value
    ]
    return or_(False, *own)
