"""Clocks: what a due instant is computed from, so that it can be computed again when the calendar or
the limit has changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kit.calendar import BusinessCalendar, Deadline


@dataclass(frozen=True, slots=True)
class Clock:
    """Since when time is counted, and when it was not.

    Attributes:
        armed_at: when it began to run.
        stops: from when to when it stood, in order.
        stopped_at: since when it stands; None: it runs.
    """

    armed_at: datetime
    stops: tuple[tuple[datetime, datetime], ...] = ()
    stopped_at: datetime | None = None

    @property
    def runs(self) -> bool:
        """Whether time is counted now."""
        return self.stopped_at is None

    def stop(self, at: datetime) -> Clock:
        """It stands from now on, unless it does already."""
        return replace(self, stopped_at=at) if self.runs else self

    def go_on(self, at: datetime) -> Clock:
        """It runs from now on, unless it does already."""
        if self.stopped_at is None:
            return self
        return replace(self, stops=(*self.stops, (self.stopped_at, at)), stopped_at=None)

    def due(self, calendar: BusinessCalendar, seconds: int) -> Deadline:
        """When so many seconds of the calendar's time have been counted, as long as it runs."""
        left, since = timedelta(seconds=seconds), self.armed_at
        for stopped, went_on in self.stops:
            counted = calendar.between(since, stopped)
            if left <= counted:
                break
            left, since = left - counted, went_on
        return calendar.add(since, left)
