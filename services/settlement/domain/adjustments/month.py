"""The month that an adjustment of a party counts for, by the clocks of Shanghai."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from kit.clock import SHANGHAI
from services.settlement.domain.adjustments.adjustment import adjustment_invalid

_MONTH: Final = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
_LEAST: Final = timedelta(microseconds=1)


def check_month(month: str, now: datetime) -> None:
    """Refuse what is no month, or one to come (``SETTLEMENT_ADJUSTMENT_INVALID``)."""
    if not _MONTH.fullmatch(month):
        raise adjustment_invalid(f"{month!r} is no month; write 2026-10", "month")
    if month > now.astimezone(SHANGHAI).strftime("%Y-%m"):
        raise adjustment_invalid("an adjustment counts for no month to come", "month")


def counts_at(month: str, now: datetime, closed_before: datetime | None) -> datetime:
    """The business instant that an adjustment counts for: the end of its month when that is past and
    no statement has closed it, otherwise now. Late items belong to the next statement."""
    found = _MONTH.fullmatch(month)
    if found is None:
        return now
    year, number = int(found[1]), int(found[2])
    after = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=SHANGHAI)
    last = after - _LEAST
    if last >= now or (closed_before is not None and last < closed_before):
        return now
    return last
