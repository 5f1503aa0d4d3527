"""Which periods are to be closed next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.settlement.domain.statements.cycle import (
    Cycle,
    Period,
    cycle_of,
    period_around,
    period_at,
)


def next_period(
    cycles: Sequence[Cycle],
    outlet_id: str,
    region_adcode: str,
    last_end: datetime | None,
    first_at: datetime | None,
) -> Period | None:
    """The period that follows a party's last one, or its first; None without a cycle or an item."""
    versions = cycle_of(cycles, outlet_id, region_adcode)
    if not versions:
        return None
    if last_end is not None:
        return period_at(versions, last_end)
    return period_around(versions, first_at) if first_at is not None else None
