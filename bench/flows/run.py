"""Cases a second and CPU a case through the interpreter, beside a workflow written by hand.

``like-for-like`` makes the same ten ordinary activities on both sides. ``compiled`` leaves the choice
to the compiler on our side, which chains quick idempotent calls as local activities; the baseline
stays the hand-written one with ordinary activities.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Final

from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError

from bench.flows.hand_written import RPC, STEPS
from bench.flows.worker import HAND_WRITTEN_QUEUE
from bench.harness import Figure, Result, Round, alternate
from kit.config import Settings
from stack import temporal
from stack.ports import free_port
from workflows.catalog import load_catalog
from workflows.client import TASK_QUEUE, connect_temporal
from workflows.compiler.compile import compile_or_raise
from workflows.compiler.plan import Plan
from workflows.runtime.payloads import CaseInput
from workflows.runtime.shell.plan_ref import PlanRef

CASES: Final = 60
IN_FLIGHT: Final = 30
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_numbers = itertools.count(1)

Start = Callable[[int], Awaitable[WorkflowHandle[object, str]]]


def ten_nodes(quick: bool) -> Plan:
    """A flow of ten calls in a row; quick ones may be chained, others are ordinary activities."""
    catalog = load_catalog()
    rpcs = {
        name: dataclasses.replace(spec, quick=quick) if name == RPC else spec
        for name, spec in catalog.rpcs.items()
    }
    nodes = "\n".join(
        f"  - {{id: step_{n}, kind: service, stage: presale, name: 步骤 {n}, rpc: {RPC},"
        f" input: {{role: designer_{n}}}}}"
        for n in range(STEPS)
    )
    ids = [*(f"step_{n}" for n in range(STEPS)), "done"]
    edges = "\n".join(f"  - {{from: {a}, to: {b}}}" for a, b in itertools.pairwise(ids))
    source = f"""
language: "1.0"
code: bench_ten
name: 十个节点
stages: [{{id: presale, name: 售前}}]
start: step_0
nodes:
{nodes}
  - {{id: done, kind: end, stage: presale, name: 结束}}
edges:
{edges}
"""
    return compile_or_raise(source, dataclasses.replace(catalog, rpcs=rpcs))


def cpu_seconds(process_ids: list[int]) -> float:
    """User and system time that processes have used so far."""
    total = 0
    for process_id in process_ids:
        fields = Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def one_round(label: str, start: Start, server: int, worker: int) -> Round:
    """Run a batch of cases to their ends and count."""

    async def run() -> list[Figure]:
        gate = asyncio.Semaphore(IN_FLIGHT)

        async def one() -> None:
            async with gate:
                handle = await start(next(_numbers))
                assert await handle.result() == "completed"

        before = cpu_seconds([server]), cpu_seconds([worker])
        began = time.perf_counter()
        await asyncio.gather(*(one() for _ in range(CASES)))
        seconds = time.perf_counter() - began
        of_server, of_worker = cpu_seconds([server]) - before[0], cpu_seconds([worker]) - before[1]
        return [
            Figure(f"{label} cases", CASES / seconds, "cases/s", "higher"),
            Figure(f"{label} CPU", 1000 * (of_server + of_worker) / CASES, "ms/case", "lower"),
            Figure(f"{label} worker CPU", 1000 * of_worker / CASES, "ms/case", "lower"),
        ]

    return run


def ours(client: Client, plan: Plan) -> Start:
    async def start(number: int) -> WorkflowHandle[object, str]:
        case_id = f"ca_bench_{number}"
        source = CaseInput(case_id, 1, {}, "pe_bench", "bench")
        return await client.start_workflow(
            plan.flow,
            args=[PlanRef(plan.hash), source],
            id=f"case:{case_id}",
            task_queue=TASK_QUEUE,
            result_type=str,
        )

    return start


def by_hand(client: Client) -> Start:
    async def start(number: int) -> WorkflowHandle[object, str]:
        return await client.start_workflow(
            "hand_written",
            f"ca_hand_{number}",
            id=f"hand:{number}",
            task_queue=HAND_WRITTEN_QUEUE,
            result_type=str,
        )

    return start


async def run(rounds: int) -> list[Result]:
    """Both cases, each against the hand-written workflow, in turns."""
    plans = {"like-for-like": ten_nodes(quick=False), "compiled": ten_nodes(quick=True)}
    notes = {
        "like-for-like": f"{STEPS} ordinary activities on both sides, {IN_FLIGHT} in flight",
        "compiled": "ours: quick nodes chained as local activities",
    }
    results: list[Result] = []
    async with processes(plans) as (client, server, of_ours, of_hand):
        await warm(client, plans)
        for label, plan in plans.items():
            found = await alternate(
                one_round(label, ours(client, plan), server, of_ours),
                one_round(label, by_hand(client), server, of_hand),
                rounds,
                {f"{label} {what}": notes[label] for what in ("cases", "CPU", "worker CPU")},
            )
            results += found
    return results


async def warm(client: Client, plans: dict[str, Plan]) -> None:
    for start in [*(ours(client, plan) for plan in plans.values()), by_hand(client)]:
        for _ in range(3):
            await (await start(next(_numbers))).result()


@contextlib.asynccontextmanager
async def processes(plans: dict[str, Plan]) -> AsyncIterator[tuple[Client, int, int, int]]:
    """Temporal, the services and a worker a side; gives a client and the ids to be counted."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gongdan-bench-")))
        for plan in plans.values():
            (folder / plan.hash).write_bytes(plan.to_bytes())
        ports = {name: free_port() for name in ("temporal", "ui", "services")}
        services = f"127.0.0.1:{ports['services']}"
        environment = os.environ | {
            "TEMPORAL_ADDRESS": f"127.0.0.1:{ports['temporal']}",
            "GONGDAN_DIRECTORY_ADDRESS": services,
            "GONGDAN_CASES_ADDRESS": services,
        }

        def spawn(*command: str) -> int:
            child = subprocess.Popen(command, env=environment)
            stack.callback(child.wait)
            stack.callback(child.terminate)
            return child.pid

        server = spawn(*temporal.argv(folder, ports["temporal"], ports["ui"]))
        python = sys.executable
        spawn(python, "-m", "bench.flows.services", str(ports["services"]))
        client = await connected(Settings(TEMPORAL_ADDRESS=environment["TEMPORAL_ADDRESS"]))
        of_ours = spawn(python, "-m", "bench.flows.worker", "ours", str(folder))
        of_hand = spawn(python, "-m", "bench.flows.worker", "hand", str(folder))
        yield client, server, of_ours, of_hand


async def connected(settings: Settings) -> Client:
    deadline = time.monotonic() + 60
    while True:
        try:
            return await connect_temporal(settings)
        except (RPCError, RuntimeError):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.2)
