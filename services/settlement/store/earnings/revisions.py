"""Listed changes of earnings: appended; the database moves totals and shares by them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import AlreadyExists
from services.settlement.tables.earnings import (
    EarningLineRow,
    EarningRevisionRow,
    EarningRow,
    EarningShareRevisionRow,
)


async def add(
    session: AsyncSession,
    row: EarningRow,
    made: EarningRevisionRow,
    lines: Sequence[EarningLineRow],
    shares: Sequence[EarningShareRevisionRow],
) -> None:
    """Record a change of an earning that this transaction holds; its row is read again afterwards.

    Raises:
        AlreadyExists: ``SETTLEMENT_CHANGE_EXISTS`` when the same event has changed it already.
    """
    known = await session.scalar(
        select(EarningRevisionRow.revision_number).where(
            EarningRevisionRow.earning_id == row.earning_id,
            EarningRevisionRow.change_kind == made.change_kind,
            EarningRevisionRow.evidence_reference == made.evidence_reference,
        )
    )
    if known is not None:
        raise AlreadyExists(
            "SETTLEMENT_CHANGE_EXISTS",
            f"{made.evidence_reference} has changed this earning already, as revision {known}",
            field="evidence_reference",
        )
    await session.flush()
    session.add(made)
    await session.flush()
    # One statement: totals move once, by the sum of all lines.
    await session.execute(insert(EarningLineRow).values([_values(line) for line in lines]))
    session.add_all(shares)
    await session.flush()
    await session.refresh(row)
    for share_row in row.shares:
        await session.refresh(share_row)


def _values(line: EarningLineRow) -> dict[str, object]:
    return {column.key: getattr(line, column.key) for column in EarningLineRow.__table__.columns}
