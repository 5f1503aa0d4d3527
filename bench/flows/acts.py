"""How soon an act is answered: by a case that is warm, cold, or whose services are all down; and what
it costs that the workflow task ends before what follows from the act begins."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

from bench.flows.hand_written import STEPS
from bench.flows.machine import Handle, Machine, Side
from bench.flows.plans import PERSON
from bench.harness import Figure, Round
from workflows.activities.acts import CaseActs
from workflows.client import Act
from workflows.compiler.plan import Plan

WARM: Final = 150
COLD: Final = 30
#: As long as the history of a case is that people have worked on for a while.
EVENTS: Final = 100
#: Quick calls that follow a task.
FOLLOWED: Final = 10

_keys = itertools.count(1)


class People(Protocol):
    """A side's way to begin a task and to act on it."""

    side: Side

    async def begin(self, steps: int) -> Handle:
        """A task, with quick calls after it."""
        ...

    async def act(self, handle: Handle, verb: str) -> bool:
        """Act on it; whether it was applied."""
        ...


class Ours:
    """On the interpreter."""

    side: Side = "ours"

    def __init__(self, machine: Machine, plans: dict[int, Plan]) -> None:
        self._machine, self._plans = machine, plans
        self._acts = CaseActs(machine.client)

    async def begin(self, steps: int) -> Handle:
        handle = await self._machine.start_ours(self._plans[steps])
        while not await _is_open(handle):
            pass
        return handle

    async def act(self, handle: Handle, verb: str) -> bool:
        act = Act(f"act-{next(_keys)}", verb, PERSON, "task/1", comment="好")
        return (await self._acts.apply(handle.id, act)).applied


class ByHand:
    """On the workflow written by hand."""

    side: Side = "hand"

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    async def begin(self, steps: int) -> Handle:
        return await self._machine.start_by_hand("hand_written_task", steps)

    async def act(self, handle: Handle, verb: str) -> bool:
        key = f"act-{next(_keys)}"
        act = {"act_key": key, "verb": verb, "person": PERSON, "comment": "好", "form": {}}
        reply: dict[str, Any] = await handle.execute_update(
            "act", act, id=key, result_type=dict[str, Any]
        )
        return bool(reply["applied"])


async def _is_open(handle: Handle) -> bool:
    standing: dict[str, Any] = await handle.query("standing", result_type=dict[str, Any])
    return bool(standing["user_tasks"])


async def _is_busy(handle: Handle) -> bool:
    """Whether something is under way, which a worker that goes would take along for a while."""
    raw = (await handle.describe()).raw_description
    return raw.HasField("pending_workflow_task") or bool(raw.pending_activities)


def warm(people: People) -> Round:
    """Acts one after another on one case."""

    async def run() -> list[Figure]:
        handle = await people.begin(0)
        seconds = [await _seconds(people.act(handle, "comment")) for _ in range(WARM)]
        await people.act(handle, "complete")
        return _figures("act, warm", seconds)

    return run


def without_services(machine: Machine, people: People) -> Round:
    """The same while no service answers."""

    async def run() -> list[Figure]:
        handle = await people.begin(0)
        await people.act(handle, "comment")
        machine.end_services()
        try:
            seconds = [await _seconds(people.act(handle, "comment")) for _ in range(WARM)]
        finally:
            machine.begin_services()
        await people.act(handle, "complete")
        await handle.result()
        return _figures("act, services down", seconds)

    return run


def cold(machine: Machine, people: People) -> Round:
    """The first act on each of some cases after their workers were replaced."""

    async def run() -> list[Figure]:
        handles = [await people.begin(0) for _ in range(COLD)]
        for handle in handles:
            while (await handle.describe()).history_length < EVENTS:
                await people.act(handle, "comment")
        for handle in handles:
            while await _is_busy(handle):
                pass
        machine.end_workers(people.side)
        machine.begin_workers(people.side)
        # The new workers have connected once a case of their own is over.
        fresh = await people.begin(0)
        await people.act(fresh, "complete")
        await fresh.result()
        seconds = [await _seconds(people.act(handle, "comment")) for handle in handles]
        for handle in handles:
            await people.act(handle, "complete")
        p95 = statistics.quantiles(seconds, n=20)[-1]
        return [Figure("act, cold, p95", 1000 * p95, "ms", "lower")]

    return run


def followed(people: People) -> Round:
    """An act that ten quick calls follow: how soon it is answered, and how soon all is done."""

    async def run() -> list[Figure]:
        answered, done, events = [], [], []
        for _ in range(FOLLOWED):
            handle = await people.begin(STEPS)
            before = (await handle.describe()).history_length
            began = time.perf_counter()
            assert await people.act(handle, "complete")
            answered.append(time.perf_counter() - began)
            await handle.result()
            done.append(time.perf_counter() - began)
            events.append((await handle.describe()).history_length - before)
        return [
            Figure(
                "act before a chain, answered", 1000 * statistics.median(answered), "ms", "lower"
            ),
            Figure("act before a chain, all done", 1000 * statistics.median(done), "ms", "lower"),
            Figure("act before a chain, events", statistics.median(events), "events", "lower"),
        ]

    return run


async def _seconds(acting: Awaitable[bool]) -> float:
    began = time.perf_counter()
    assert await acting
    return time.perf_counter() - began


def _figures(label: str, seconds: list[float]) -> list[Figure]:
    p50, p99 = statistics.median(seconds), statistics.quantiles(seconds, n=100)[-1]
    return [
        Figure(f"{label}, p50", 1000 * p50, "ms", "lower"),
        Figure(f"{label}, p99", 1000 * p99, "ms", "lower"),
    ]


ROUNDS: Final[dict[str, Callable[[Machine, People], Round]]] = {
    "warm": lambda _, people: warm(people),
    "services down": without_services,
    "cold": cold,
    "followed": lambda _, people: followed(people),
}
