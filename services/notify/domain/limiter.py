"""What a channel lets one member receive; above it WeCom drops messages without a word.

A message counts from the latest instant at which it can have arrived, so that neither slow
answers nor unclear ones let more through than the channel shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class MemberLimit:
    """At most ``count`` messages to one member in any ``window``."""

    count: int
    window: timedelta


WECOM_MEMBER_LIMITS = (
    MemberLimit(30, timedelta(minutes=1)),
    MemberLimit(1000, timedelta(hours=1)),
)

#: How far back arrivals matter.
LONGEST_WINDOW = max(limit.window for limit in WECOM_MEMBER_LIMITS)


def next_free_instant(arrivals: Sequence[datetime], now: datetime) -> datetime:
    """When one more message may go to the member whose earlier ones arrived then.

    Args:
        arrivals: ascending; at least those within the longest window.
        now: the present; the answer is never before it.
    """
    free_at = now
    for limit in WECOM_MEMBER_LIMITS:
        if len(arrivals) >= limit.count:
            free_at = max(free_at, arrivals[-limit.count] + limit.window)
    return free_at
