"""How many cases a second, at which cost in CPU and events, and how soon one case is over."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from bench.flows.hand_written import STEPS
from bench.flows.machine import Handle, Machine, Side
from bench.harness import Figure, Round

CASES: Final = 200
IN_FLIGHT: Final = 30
#: How many are started one after another, to see how soon one is over.
ALONE: Final = 15

Start: TypeAlias = Callable[[], Awaitable[Handle]]


def many(label: str, machine: Machine, side: Side, start: Start) -> Round:
    """A batch of cases, as many at once as a busy company has."""

    async def run() -> list[Figure]:
        gate = asyncio.Semaphore(IN_FLIGHT)

        async def one() -> None:
            async with gate:
                assert await (await start()).result() == "completed"

        server, worker = machine.cpu_of_server(), machine.cpu_of_workers(side)
        began = time.perf_counter()
        await asyncio.gather(*(one() for _ in range(CASES)))
        seconds = time.perf_counter() - began
        server, worker = machine.cpu_of_server() - server, machine.cpu_of_workers(side) - worker
        return [
            Figure(f"{label} cases", CASES / seconds, "cases/s", "higher"),
            Figure(f"{label} CPU", 1000 * (server + worker) / CASES, "ms/case", "lower"),
            Figure(f"{label} worker CPU", 1000 * worker / CASES, "ms/case", "lower"),
        ]

    return run


def alone(label: str, start: Start, start_empty: Start) -> Round:
    """Cases one after another; what a node adds to the history is what it has more than a case
    without nodes."""

    async def run() -> list[Figure]:
        seconds = [await _seconds(start) for _ in range(ALONE)]
        handle, empty = await start(), await start_empty()
        await asyncio.gather(handle.result(), empty.result())
        events = (await _events(handle) - await _events(empty)) / STEPS
        return [
            Figure(f"{label} one case", 1000 * statistics.median(seconds), "ms", "lower"),
            Figure(f"{label} events", events, "events/node", "lower"),
        ]

    return run


async def _seconds(start: Start) -> float:
    began = time.perf_counter()
    await (await start()).result()
    return time.perf_counter() - began


async def _events(handle: Handle) -> int:
    return (await handle.describe()).history_length
