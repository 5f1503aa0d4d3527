"""What is to happen when, on one virtual clock for many cases."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta


class Agenda:
    """Lets things happen at their instants, in order.

    Attributes:
        now: the clock.
    """

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._due: list[tuple[datetime, int, Callable[[], None]]] = []
        self._count = 0

    def at(self, instant: datetime, do: Callable[[], None]) -> None:
        """Do something at an instant, or now if it has passed."""
        self._count += 1
        heapq.heappush(self._due, (max(instant, self.now), self._count, do))

    def turn(self) -> bool:
        """Let the next thing happen; False when there is none."""
        if not self._due:
            return False
        self.now, _, do = heapq.heappop(self._due)
        do()
        return True


class Level:
    """A number that changes now and then: how many wait.

    Attributes:
        most: the highest that it was.
    """

    def __init__(self, agenda: Agenda, since: datetime, until: datetime) -> None:
        self.most = 0
        self._agenda = agenda
        self._since, self._until = since, until
        self._level = 0
        self._changed_at = agenda.now
        self._total = timedelta(0)

    def change(self, by: int) -> None:
        """It is more or less from now on."""
        self._add()
        self._level += by
        self.most = max(self.most, self._level)

    def mean(self) -> float:
        """Its mean over the time that counts."""
        self._add()
        lasted = self._until - self._since
        return self._total / lasted if lasted else 0.0

    def _add(self) -> None:
        now = self._agenda.now
        lasted = min(now, self._until) - max(self._changed_at, self._since)
        if lasted > timedelta(0):
            self._total += lasted * self._level
        self._changed_at = now
