"""What many need at once and one of them asks."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class AskedOnce(Generic[K, V]):
    """Answers by their keys: whoever comes while one is asked for gets what the first has found; when
    the first fails, the next one asks."""

    def __init__(self) -> None:
        self._known: dict[K, V] = {}
        self._asking: defaultdict[K, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def get(self, key: K, ask: Callable[[], Awaitable[V]]) -> V:
        """The answer; what ``ask`` raises is raised."""
        if key in self._known:
            return self._known[key]
        async with self._asking[key]:
            if key not in self._known:
                self._known[key] = await ask()
            return self._known[key]
