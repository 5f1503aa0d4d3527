"""The simulator's clock: every lifetime and window is counted on it, and a test may move it."""

import time
from collections.abc import Callable


class Clock:
    """Real time plus an offset that only ever grows."""

    def __init__(self, base: Callable[[], float] = time.time, offset: float = 0.0) -> None:
        self._base = base
        self.offset = offset

    def now(self) -> float:
        """Unix time in seconds."""
        return self._base() + self.offset

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        if seconds < 0:
            raise ValueError("seconds: the clock cannot go backwards")
        self.offset += seconds
