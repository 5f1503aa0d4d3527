"""One Temporal timer over all due instants of a workflow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow


class Alarm:
    """Rings once, at the instant it is set to; setting it to the same instant changes nothing."""

    def __init__(self, ring: Callable[[datetime], None]) -> None:
        self._ring = ring
        self._due: datetime | None = None
        self._sleeping: asyncio.Task[None] | None = None

    def set(self, due: datetime | None, summary: str) -> None:
        """Ring at this instant instead of the one before; None: do not ring."""
        if due == self._due:
            return
        if self._sleeping is not None:
            self._sleeping.cancel()
            self._sleeping = None
        self._due = due
        if due is not None:
            self._sleeping = asyncio.create_task(self._sleep(due, summary))

    async def _sleep(self, due: datetime, summary: str) -> None:
        await workflow.sleep(max(due - workflow.now(), timedelta(0)), summary=summary)
        self._due = self._sleeping = None
        # A timer may fire a moment early by another machine's clock; it is due all the same.
        self._ring(max(due, workflow.now()))
