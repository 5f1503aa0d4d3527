"""The platform's clock: lifetimes and signatures are counted on it; a test moves or skews it."""

import time


class Clock:
    """Real time plus an offset that only grows, and a skew between it and everybody else's."""

    def __init__(self) -> None:
        self.offset = 0.0
        self.skew = 0.0

    def now(self) -> float:
        """Unix time in seconds."""
        return time.time() + self.offset

    def stamp(self) -> float:
        """The time that goes into signatures, which are compared with everybody else's clocks."""
        return time.time() + self.skew

    def advance(self, seconds: float) -> None:
        """Move on: transfers age, while signatures stay comparable with real clocks."""
        if seconds < 0:
            raise ValueError("seconds: the clock cannot go backwards")
        self.offset += seconds
