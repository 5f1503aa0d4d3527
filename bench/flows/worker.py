"""One worker process of one side, apart so that its CPU can be counted."""

from __future__ import annotations

import argparse
import asyncio
import os
from datetime import timedelta
from pathlib import Path

import uvloop
from temporalio.worker import PollerBehaviorAutoscaling, UnsandboxedWorkflowRunner, Worker

from bench.flows.hand_written import HandWritten, HandWrittenTask
from kit.config import Settings
from kit.rpc.client import RpcCaller
from kit.rpc.server import until_told_to_stop
from workflows.activities.rpc import RpcActivity
from workflows.client import connect_temporal
from workflows.worker import make_worker, spare_the_collector

HAND_WRITTEN_QUEUE = "hand-written"


async def serve(side: str, plans: Path) -> None:
    settings = Settings()

    async def fetch(plan_hash: str) -> bytes:
        return (plans / plan_hash).read_bytes()

    temporal = await connect_temporal(settings, fetch)
    caller = RpcCaller.connect(settings.service_addresses(), None)
    if side == "ours":
        worker = make_worker(temporal, caller, "bench")
    else:
        worker = Worker(
            temporal,
            task_queue=HAND_WRITTEN_QUEUE,
            workflows=[HandWritten, HandWrittenTask],
            activities=[RpcActivity(caller).call],
            workflow_runner=UnsandboxedWorkflowRunner(),
            max_cached_workflows=2_000,
            workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
            activity_task_poller_behavior=PollerBehaviorAutoscaling(),
            sticky_queue_schedule_to_start_timeout=timedelta(seconds=3),
            graceful_shutdown_timeout=timedelta(seconds=10),
        )
    spare_the_collector()
    running = asyncio.create_task(worker.run())
    await until_told_to_stop()
    await worker.shutdown()
    await running


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("side", choices=["ours", "hand"])
    parser.add_argument("plans", type=Path)
    arguments = parser.parse_args()
    uvloop.run(serve(arguments.side, arguments.plans))
    os._exit(0)
