"""The search for a plan, in a process of its own: it computes for seconds, and others wait for the
event loop."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from kit.errors import Unavailable
from services.workorder.domain.planning.proposing import Proposal, Question, propose


class Searching:
    """One process that searches for one plan at a time, begun when the first one is asked for."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    async def proposal(self, question: Question, seconds: float) -> Proposal:
        """What the search finds within some seconds.

        Raises:
            Unavailable: ``DAY_PLAN_SEARCH_LOST`` when its process died; ask again.
        """
        pool = self._pool
        if pool is None:
            context = multiprocessing.get_context("spawn")
            pool = self._pool = ProcessPoolExecutor(max_workers=1, mp_context=context)
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(pool, search, question, seconds)
        except BrokenProcessPool as error:
            self._pool = None
            raise Unavailable(
                "DAY_PLAN_SEARCH_LOST", "the process that plans was lost; ask again"
            ) from error

    def close(self) -> None:
        """End the process."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)


def search(question: Question, seconds: float) -> Proposal:
    """Plan a day within some seconds of this process's own clock."""
    until = time.monotonic() + seconds
    return propose(question, lambda: time.monotonic() >= until)
