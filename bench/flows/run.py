"""Cases through the interpreter, beside workflows written by hand.

``like-for-like`` makes the same ten ordinary activities on both sides. ``compiled`` leaves the choice
to the compiler on our side, which chains quick idempotent calls as local activities; the baseline
stays the hand-written one with ordinary activities. ``act`` is what a person waits for.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from bench.flows.acts import ROUNDS, ByHand, Ours
from bench.flows.hand_written import STEPS
from bench.flows.machine import WORKERS, Machine, running
from bench.flows.plans import calls, one_task
from bench.flows.throughput import IN_FLIGHT, alone, many
from bench.harness import Result, alternate
from workflows.compiler.plan import Plan

_QUICK: Final = {"like-for-like": False, "compiled": True}
_NOTES: Final = {
    "like-for-like": f"{STEPS} ordinary activities on both sides",
    "compiled": "ours: quick nodes chained as local activities",
}
_OF_MANY: Final = f"{IN_FLIGHT} in flight, {WORKERS} worker processes a side"


async def run(rounds: int) -> list[Result]:
    """Every case, each against the hand-written workflow, in turns."""
    full = {label: calls(quick=quick) for label, quick in _QUICK.items()}
    empty = calls(0, quick=True)
    tasks = {steps: one_task(steps) for steps in (0, STEPS)}
    results: list[Result] = []
    async with running([*full.values(), empty, *tasks.values()]) as machine:
        await _warm_up(machine, [*full.values(), empty])
        for label, plan in full.items():
            results += await _calls(machine, label, plan, empty, rounds)
        ours, by_hand = Ours(machine, tasks), ByHand(machine)
        for measure in ROUNDS.values():
            results += await alternate(measure(machine, ours), measure(machine, by_hand), rounds)
    return results


async def _calls(
    machine: Machine, label: str, plan: Plan, empty: Plan, rounds: int
) -> list[Result]:
    start, start_empty = (partial(machine.start_ours, each) for each in (plan, empty))
    by_hand, by_hand_empty = (
        partial(machine.start_by_hand, "hand_written", steps) for steps in (STEPS, 0)
    )
    crowd = {f"{label} {what}": f"{_NOTES[label]}, {_OF_MANY}" for what in ("cases", "CPU")}
    single = {f"{label} {what}": _NOTES[label] for what in ("one case", "events")}
    return [
        *await alternate(
            many(label, machine, "ours", start),
            many(label, machine, "hand", by_hand),
            rounds,
            crowd,
        ),
        *await alternate(
            alone(label, start, start_empty), alone(label, by_hand, by_hand_empty), rounds, single
        ),
    ]


async def _warm_up(machine: Machine, plans: list[Plan]) -> None:
    for _ in range(5):
        for plan in plans:
            await (await machine.start_ours(plan)).result()
        await (await machine.start_by_hand("hand_written", STEPS)).result()
