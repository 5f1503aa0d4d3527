"""How often somebody may ask for something: a burst at once, then so many a second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from kit.errors import ResourceExhausted

#: So many people are remembered; a full memory is forgotten, which lets people in, never out.
_MOST: Final = 10_000


class Pace:
    """A full bucket a person, that fills up again at an even pace."""

    def __init__(self, burst: int, per_second: float, seconds: Callable[[], float]) -> None:
        self._burst = burst
        self._per_second = per_second
        self._seconds = seconds
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, person_id: str) -> None:
        """Take one.

        Raises:
            ResourceExhausted: ``TOO_MANY_REQUESTS``.
        """
        now = self._seconds()
        left, at = self._left.get(person_id, (float(self._burst), now))
        left = min(self._burst, left + (now - at) * self._per_second)
        if left < 1:
            raise ResourceExhausted(
                "TOO_MANY_REQUESTS", f"at most {self._per_second:g} a second; wait a moment"
            )
        if len(self._left) >= _MOST:
            self._left.clear()
        self._left[person_id] = (left - 1, now)
