"""WeCom's two kinds of limit: calls per API are refused, messages to a member vanish silently."""

from collections import deque
from dataclasses import dataclass, field

from simulators.wecom.errors import WecomError

_MINUTE, _HOUR = 60.0, 3600.0


@dataclass
class MemberLimit:
    """What one app may send to one member; more than that is accepted and never shown."""

    per_minute: int = 30
    per_hour: int = 1000
    _delivered: dict[tuple[int, str], deque[float]] = field(default_factory=dict)

    def admit(self, agentid: int, userid: str, now: float) -> bool:
        """Whether the member still gets this message; counts it when so."""
        times = self._delivered.setdefault((agentid, userid), deque())
        while times and times[0] <= now - _HOUR:
            times.popleft()
        last_minute = 0
        for at in reversed(times):
            if at <= now - _MINUTE:
                break
            last_minute += 1
        if last_minute >= self.per_minute or len(times) >= self.per_hour:
            return False
        times.append(now)
        return True

    def restore(self, agentid: int, userid: str, at: float) -> None:
        """Count a delivery read back from the journal."""
        self._delivered.setdefault((agentid, userid), deque()).append(at)


@dataclass
class ApiLimit:
    """Calls per API of the company: past the limit the API is blocked for the whole window."""

    per_minute: int = 10_000
    per_hour: int = 150_000
    _windows: dict[tuple[str, float], tuple[float, int]] = field(default_factory=dict)
    _blocked_until: dict[str, float] = field(default_factory=dict)

    def count(self, api: str, now: float) -> None:
        """Count one call, or refuse it with 45009."""
        if self._blocked_until.get(api, 0.0) > now:
            raise WecomError(45009)
        for window, limit in ((_MINUTE, self.per_minute), (_HOUR, self.per_hour)):
            start, calls = self._windows.get((api, window), (now, 0))
            if now - start >= window:
                start, calls = now, 0
            self._windows[api, window] = (start, calls + 1)
            if calls + 1 > limit:
                self._blocked_until[api] = now + window
                raise WecomError(45009)
