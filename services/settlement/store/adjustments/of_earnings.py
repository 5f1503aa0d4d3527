"""What adjustments and hold-backs make of earnings, for those who show and pay them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.settlement.tables.adjustments import AdjustmentRow

_NET: Final = text(
    """
    SELECT earning_id, sum(adjusted)::bigint AS adjusted_minor, sum(held)::bigint AS held_minor
      FROM (SELECT a.earning_id, s.amount_minor + s.debt_minor AS adjusted, 0 AS held
              FROM adjustment a JOIN adjustment_share s USING (adjustment_id)
             WHERE a.earning_id = ANY (:earning_ids) AND a.state = 'posted'
               AND a.holdback_id IS NULL
               AND (s.party_kind, s.party_id) = (:party_kind, :party_id)
            UNION ALL
            SELECT h.earning_id, 0, h.amount_minor
              FROM holdback h
             WHERE h.earning_id = ANY (:earning_ids) AND h.state IN ('held', 'forfeited')
               AND (h.party_kind, h.party_id) = (:party_kind, :party_id)) part
     GROUP BY earning_id
    """
)


@dataclass(frozen=True, slots=True)
class Net:
    """What is to be paid beside the promised amount of an earning, to one party.

    Args:
        adjusted_minor: what posted adjustments added, less what they took from the balance.
        held_minor: what is kept of it, and not released yet.
    """

    adjusted_minor: int = 0
    held_minor: int = 0

    @property
    def change_minor(self) -> int:
        """What to add to the promised amount; below zero: to pay less."""
        return self.adjusted_minor - self.held_minor


async def of(
    session: AsyncSession, earning_ids: Collection[str]
) -> dict[str, Sequence[AdjustmentRow]]:
    """The adjustments of each earning, the oldest first."""
    query = (
        select(AdjustmentRow)
        .where(AdjustmentRow.earning_id.in_(earning_ids))
        .order_by(AdjustmentRow.adjustment_id)
    )
    found: dict[str, list[AdjustmentRow]] = {earning_id: [] for earning_id in earning_ids}
    for row in await session.scalars(query):
        found[row.earning_id or ""].append(row)
    return dict(found)


async def net_of(
    session: AsyncSession, earning_ids: Collection[str], party: tuple[str, str]
) -> dict[str, Net]:
    """What posted adjustments and hold-backs make of a party's part of each earning; earnings that
    nothing concerns are not named."""
    values = {"earning_ids": list(earning_ids), "party_kind": party[0], "party_id": party[1]}
    return {
        row.earning_id: Net(row.adjusted_minor, row.held_minor)
        for row in await session.execute(_NET, values)
    }
