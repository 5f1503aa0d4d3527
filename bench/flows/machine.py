"""The processes of a measurement: Temporal, the services, and each side's workers."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError

from bench.flows.worker import HAND_WRITTEN_QUEUE
from kit.config import Settings
from stack import temporal
from stack.ports import free_port
from workflows.client import TASK_QUEUE, connect_temporal
from workflows.compiler.plan import Plan
from workflows.runtime.payloads import CaseInput
from workflows.runtime.shell.payload_keys import add_key
from workflows.runtime.shell.plan_ref import PlanRef

Side: TypeAlias = Literal["ours", "hand"]
Handle: TypeAlias = WorkflowHandle[Any, str]

#: Worker processes of each side: one for each core.
WORKERS: Final = 2
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_numbers = itertools.count(1)


@dataclass
class Machine:
    """What runs, and how cases of either side are started."""

    client: Client
    folder: Path
    environment: dict[str, str]
    server: subprocess.Popen[bytes]
    services: subprocess.Popen[bytes] | None = None
    workers: dict[Side, list[subprocess.Popen[bytes]]] = field(default_factory=dict)

    async def start_ours(self, plan: Plan) -> Handle:
        """A case of a flow, on the interpreter."""
        case_id = f"ca_bench_{next(_numbers)}"
        return await self.client.start_workflow(
            plan.flow,
            args=[PlanRef(plan.hash), CaseInput(case_id, 1, {}, "pe_bench", "bench")],
            id=f"case:{case_id}",
            task_queue=TASK_QUEUE,
            result_type=str,
        )

    async def start_by_hand(self, workflow: str, steps: int) -> Handle:
        """A run of a workflow written by hand."""
        case_id = f"ca_hand_{next(_numbers)}"
        return await self.client.start_workflow(
            workflow,
            args=[case_id, steps],
            id=f"hand:{case_id}",
            task_queue=HAND_WRITTEN_QUEUE,
            result_type=str,
        )

    def cpu_of_workers(self, side: Side) -> float:
        """User and system seconds that a side's workers have used so far."""
        return sum(_cpu_seconds(worker.pid) for worker in self.workers[side])

    def cpu_of_server(self) -> float:
        """The same of Temporal."""
        return _cpu_seconds(self.server.pid)

    def begin_services(self) -> None:
        """Let the services answer."""
        self.services = self._spawn("bench.flows.services", self.environment["BENCH_SERVICES"])

    def end_services(self) -> None:
        """Let no service answer any more."""
        _end([self.services] if self.services else [])
        self.services = None

    def begin_workers(self, side: Side) -> None:
        """Start a side's workers."""
        self.workers[side] = [
            self._spawn("bench.flows.worker", side, str(self.folder)) for _ in range(WORKERS)
        ]

    def end_workers(self, side: Side) -> None:
        """Stop them as a deployment does; the next ones know no case."""
        _end(self.workers.pop(side))

    def _spawn(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        return _spawn(self.environment, sys.executable, "-m", module, *arguments)


@contextlib.asynccontextmanager
async def running(plans: Iterable[Plan]) -> AsyncIterator[Machine]:
    """Everything that a measurement of these plans needs, until it is over."""
    with tempfile.TemporaryDirectory(prefix="gongdan-bench-") as name:
        folder = Path(name)
        for plan in plans:
            (folder / plan.hash).write_bytes(plan.to_bytes())
        keys = folder / "payload_keys.json"
        add_key(keys)
        port, services = free_port(), free_port()
        environment = os.environ | {
            "TEMPORAL_ADDRESS": f"127.0.0.1:{port}",
            "BENCH_SERVICES": str(services),
            "GONGDAN_DIRECTORY_ADDRESS": f"127.0.0.1:{services}",
            "GONGDAN_CASES_ADDRESS": f"127.0.0.1:{services}",
            "GONGDAN_PAYLOAD_KEYS_FILE": str(keys),
        }
        server = _spawn(environment, *temporal.argv(folder, port, free_port()))
        machine = None
        try:
            settings = Settings(
                TEMPORAL_ADDRESS=environment["TEMPORAL_ADDRESS"], payload_keys_file=keys
            )
            machine = Machine(await _connected(settings), folder, environment, server)
            machine.begin_services()
            for side in ("ours", "hand"):
                machine.begin_workers(side)
            yield machine
        finally:
            if machine is not None:
                machine.end_services()
                for side in list(machine.workers):
                    machine.end_workers(side)
            _end([server])


def _spawn(environment: dict[str, str], *command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, env=environment)


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.send_signal(signal.SIGTERM)
    for process in processes:
        process.wait()


def _cpu_seconds(process_id: int) -> float:
    fields = Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


async def _connected(settings: Settings) -> Client:
    deadline = time.monotonic() + 60
    while True:
        try:
            return await connect_temporal(settings)
        except (RPCError, RuntimeError):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.2)
