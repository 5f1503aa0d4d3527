"""Cases that wait for a person: what each holds of the workers' memory, and how soon all are woken.

Beside a workflow written by hand that waits for the same act.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from bench.flows.acts import ByHand, Ours, People
from bench.flows.machine import Handle, Machine, running
from bench.flows.plans import one_task
from bench.harness import Figure, Result, Round, alternate

CASES: Final = 1_000
_IN_FLIGHT: Final = 20
_NOTES: Final = {
    "waiting": f"private memory of the workers, grown by {CASES:,} cases",
    "woken": f"{CASES:,} acts, each case lived to its end",
}


async def run(rounds: int) -> list[Result]:
    """Let cases of either side wait and wake them, in turns."""
    plan = one_task()
    async with running([plan]) as machine:
        ours = idle(machine, Ours(machine, {0: plan}), lambda: machine.start_ours(plan))
        by_hand = idle(
            machine, ByHand(machine), lambda: machine.start_by_hand("hand_written_task", 0)
        )
        return await alternate(ours, by_hand, rounds, _NOTES)


def idle(machine: Machine, people: People, start: Callable[[], Awaitable[Handle]]) -> Round:
    """Let a thousand cases wait on fresh workers, then wake them all."""

    async def run() -> list[Figure]:
        machine.end_workers(people.side)
        machine.begin_workers(people.side)
        gate = asyncio.Semaphore(_IN_FLIGHT)

        async def wait() -> Handle:
            async with gate:
                handle = await start()
                await _at_rest(handle)
                return handle

        async def wake(handle: Handle) -> None:
            async with gate:
                assert await people.act(handle, "complete")
                await handle.result()

        for _ in range(_IN_FLIGHT):  # lived through, so that the workers have loaded all they need
            await wake(await wait())
        before = _megabytes(machine, people)
        waiting = await asyncio.gather(*(wait() for _ in range(CASES)))
        grown = _megabytes(machine, people) - before
        began = time.perf_counter()
        await asyncio.gather(*(wake(handle) for handle in waiting))
        seconds = time.perf_counter() - began
        return [
            Figure("waiting", 1_000 * grown / CASES, "MB/1,000 cases", "lower"),
            Figure("woken", seconds, "s", "lower"),
        ]

    return run


async def _at_rest(handle: Handle) -> None:
    """Return once the case waits for nothing but the act."""
    while True:
        raw = (await handle.describe()).raw_description
        told = raw.workflow_execution_info.history_length > 5
        if told and not raw.pending_activities and not raw.HasField("pending_workflow_task"):
            return
        await asyncio.sleep(0.02)


def _megabytes(machine: Machine, people: People) -> float:
    """The memory that a side's workers share with nobody."""
    kilobytes = 0
    for worker in machine.workers[people.side]:
        for line in Path(f"/proc/{worker.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Private_"):
                kilobytes += int(line.split()[1])
    return kilobytes / 1_000
