"""How bills are read, and by which format a file with some headings was read last."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.settlement.domain.reconciliation.bill_format import BillField, BillFormat, Way
from services.settlement.tables.reconciliation import BillFormatRow


async def newest(session: AsyncSession) -> list[tuple[BillFormat, int]]:
    """The newest version of every format, with its number."""
    rows = await session.scalars(
        select(BillFormatRow)
        .distinct(BillFormatRow.bill_format_code)
        .order_by(BillFormatRow.bill_format_code, BillFormatRow.version.desc())
    )
    return [(_format(row), row.version) for row in rows]


async def read(session: AsyncSession, code: str) -> tuple[BillFormat, int]:
    """The newest version of a format.

    Raises:
        NotFound: ``SETTLEMENT_BILL_FORMAT_NOT_FOUND``.
    """
    row = await session.scalar(
        select(BillFormatRow)
        .where(BillFormatRow.bill_format_code == code)
        .order_by(BillFormatRow.version.desc())
        .limit(1)
    )
    if row is None:
        raise NotFound(
            "SETTLEMENT_BILL_FORMAT_NOT_FOUND",
            f"there is no bill format {code!r}; put one, or list them",
            field="bill_format_code",
        )
    return _format(row), row.version


async def put(session: AsyncSession, how: BillFormat, at: datetime, person_id: str) -> int:
    """Store a format's next version; the same again is the one there is. Returns its number."""
    await session.execute(text("LOCK TABLE bill_format IN SHARE ROW EXCLUSIVE MODE"))
    known = {each.code: (each, version) for each, version in await newest(session)}
    before, version = known.get(how.code, (None, 0))
    if before == how:
        return version
    session.add(
        BillFormatRow(
            bill_format_code=how.code,
            version=version + 1,
            channel_code=how.channel_code,
            how=_how(how),
            put_at=at,
            put_by_person_id=person_id,
        )
    )
    await session.flush()
    return version + 1


async def remembered(session: AsyncSession, headings_sha256: str) -> str:
    """The format by which a file with these headings was read last; empty: none."""
    found = await session.scalar(
        text("SELECT bill_format_code FROM bill_headings WHERE headings_sha256 = :sha256"),
        {"sha256": headings_sha256},
    )
    return str(found or "")


async def remember(session: AsyncSession, headings_sha256: str, code: str) -> None:
    """Remember by which format a file with these headings was read."""
    await session.execute(
        text(
            "INSERT INTO bill_headings VALUES (:sha256, :code) ON CONFLICT (headings_sha256)"
            " DO UPDATE SET bill_format_code = excluded.bill_format_code"
        ),
        {"sha256": headings_sha256, "code": code},
    )


def _how(how: BillFormat) -> dict[str, Any]:
    return {
        "columns": {str(field): heading for field, heading in how.columns.items()},
        "ways": {value: str(way) for value, way in how.ways.items()},
        "in_minor_units": how.in_minor_units,
        "times": list(how.times),
        "currency": how.currency,
        "ends_at": list(how.ends_at),
    }


def _format(row: BillFormatRow) -> BillFormat:
    how = row.how
    return BillFormat(
        code=row.bill_format_code,
        channel_code=row.channel_code,
        columns={BillField(field): heading for field, heading in how["columns"].items()},
        ways={value: Way(way) for value, way in how["ways"].items()},
        in_minor_units=how["in_minor_units"],
        times=tuple(how["times"]),
        currency=how["currency"],
        ends_at=tuple(how["ends_at"]),
    )
