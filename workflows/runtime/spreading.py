"""When a timer rings that many cases may share: a moment after it is due, each case at its own.

What opened while the office was closed is due at the same instant everywhere, and so is what falls on
an opening or closing hour; thirty thousand cases would wake in one second. The moment is a case's own
and always the same. Deadlines are shown as they are, and whoever acts after one finds that it rang:
due timers are heard before an act.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Final

from kit.calendar import BusinessCalendar
from workflows.runtime.state import Timer

#: Timers that may be shared are spread over so long.
SPREAD: Final = timedelta(seconds=60)


def ringing_at(timer: Timer, case_id: str, calendar: BusinessCalendar | None) -> datetime:
    """When a timer of a case rings: at its due instant, or up to a minute later."""
    if calendar is None or not _is_shared(timer, calendar):
        return timer.due
    digest = hashlib.sha256(f"{case_id}/{timer.timer_id}".encode()).digest()
    return timer.due + SPREAD * int.from_bytes(digest[:4]) / 2**32


def _is_shared(timer: Timer, calendar: BusinessCalendar) -> bool:
    clock = timer.clock if timer.calendar == "business" else None
    opened_closed = clock is not None and not calendar.is_open(clock.armed_at)
    return opened_closed or calendar.is_edge(timer.due)
