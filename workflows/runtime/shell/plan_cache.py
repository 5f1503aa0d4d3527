"""The plans that this process has at hand: one object each, for all of its cases, within a budget.

What a case holds stays findable for as long as it is held, and costs the budget nothing more. What
nobody holds is kept by how lately it was wanted. A plan that was just decoded is held by nobody until
its workflow begins; so nothing is dropped that was wanted within the last minute, which is longer
than Temporal waits for a workflow task.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from weakref import WeakValueDictionary

from workflows.compiler.plan import Plan

#: Of canonical bytes; a plan in memory takes about eight times as many.
_MOST_BYTES: Final = 8 * 1024 * 1024
_SURELY_USED_SECONDS: Final = 60.0


@dataclass(slots=True)
class _Kept:
    plan: Plan
    size: int
    wanted_at: float


class PlanCache:
    """Plans by their hash. Workflows and the loop that decodes their payloads share it."""

    def __init__(
        self, most_bytes: int = _MOST_BYTES, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._most_bytes = most_bytes
        self._seconds = seconds
        self._held: WeakValueDictionary[str, Plan] = WeakValueDictionary()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def find(self, plan_hash: str) -> Plan | None:
        """The plan, if it is at hand; it is not dropped for a minute."""
        with self._lock:
            kept = self._kept.get(plan_hash)
            if kept is None:
                return self._held.get(plan_hash)
            kept.wanted_at = self._seconds()
            self._kept.move_to_end(plan_hash)
            return kept.plan

    def add(self, plan_hash: str, plan: Plan, size: int) -> None:
        """Keep a plan of so many canonical bytes, and drop what was not wanted for long."""
        with self._lock:
            if plan_hash in self._kept:
                return
            self._held[plan_hash] = plan
            self._kept[plan_hash] = _Kept(plan, size, self._seconds())
            self._bytes += size
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        while self._bytes > self._most_bytes:
            plan_hash, oldest = next(iter(self._kept.items()))
            if self._seconds() - oldest.wanted_at < _SURELY_USED_SECONDS:
                return
            del self._kept[plan_hash]
            self._bytes -= oldest.size
