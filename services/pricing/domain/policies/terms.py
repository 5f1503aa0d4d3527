"""What holds from an instant until an instant, and may be ended before its time.

Nothing has to happen for it to begin or to end: whether it holds is asked of the instant. What was
not recorded yet, or not ended yet, by the instant as known at counts as it was known then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kit.errors import InvalidArgument


@dataclass(frozen=True, slots=True)
class Term:
    """From ``begins_at`` until before ``ends_at``.

    Attributes:
        ends_at: None: until something else does.
        ended_at: since when it is over before its time; None: it is not.
    """

    recorded_at: datetime
    begins_at: datetime
    ends_at: datetime | None = None
    ended_at: datetime | None = None

    def holds(self, at: datetime, known_at: datetime) -> bool:
        """Whether it holds at an instant, by what was known at another."""
        if self.recorded_at > known_at or at < self.begins_at:
            return False
        if self.ends_at is not None and at >= self.ends_at:
            return False
        return self.ended_at is None or self.ended_at > known_at or at < self.ended_at

    def is_over(self, at: datetime) -> bool:
        """Whether it never holds from an instant on."""
        return self.ended_at is not None or (self.ends_at is not None and at >= self.ends_at)


def check_reason(reason: str, field: str = "reason") -> str:
    """The reason, without blanks around it.

    Raises:
        InvalidArgument: ``PRICING_REASON_MISSING``.
    """
    if not reason.strip():
        raise InvalidArgument(
            "PRICING_REASON_MISSING", "say why; it stands in the audit", field=field
        )
    return reason.strip()
