"""``python -m workflows.main``: the worker of cases, their read model and flows, and the relay.

``--roles worker,cases,relay`` chooses; all three in one process by default. ``--promote`` lets new
runs of cases begin on this build, once its workers are there, and ends.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Coroutine
from typing import Any, Final, Literal, TypeVar

import uvloop
from pydantic import Field
from temporalio.client import Client
from temporalio.common import VersioningBehavior

from kit import telemetry
from kit.authn import SYSTEM, TokenMinter, TokenVerifier
from kit.clock import SystemClock
from kit.config import Settings
from kit.db.session import Database
from kit.rpc.client import RpcCaller
from kit.rpc.server import RpcServer, until_told_to_stop
from kit.telemetry import logger
from workflows.activities.deployment import Deployment, insist
from workflows.build import build_id
from workflows.client import TASK_QUEUE, connect_temporal
from workflows.client.schedules import keep_schedules
from workflows.relay.relay import Relay
from workflows.runtime.shell.plan_ref import FetchPlan
from workflows.serving import SCHEMA, mounts
from workflows.system.replan import PER_SECOND
from workflows.worker import make_worker, plans_of, spare_the_collector

ROLES: Final = ("worker", "cases", "relay")
_RETRY_SECONDS: Final = 1.0
_PROMOTE_WITHIN_SECONDS: Final = 600
Done = TypeVar("Done")
_log = logger("workflows")


class WorkflowSettings(Settings):
    """How workers of one build give way to those of the next, and what waiting cases may cost."""

    #: "replace": a new build takes the place of the old one and all its cases, at its start.
    #: "side_by_side": a case stays on its build until it takes a new run on the promoted one.
    worker_builds: Literal["replace", "side_by_side"] = "replace"
    #: Where a process that serves nothing else says whether it is ready.
    health_port: int = 50057
    #: Memory for cases that wait; those beyond it are replayed when something happens to them.
    case_memory_megabytes: int = 160
    #: How many cases a second are told of an edit of their calendar, at most: people's acts go before.
    replanned_per_second: float = Field(default=PER_SECOND, gt=0)

    @property
    def behaviour(self) -> VersioningBehavior:
        """What Temporal does with the cases of a build when another one is promoted."""
        beside = self.worker_builds == "side_by_side"
        return VersioningBehavior.PINNED if beside else VersioningBehavior.AUTO_UPGRADE


async def serve(settings: WorkflowSettings, roles: frozenset[str]) -> None:
    """Serve these roles until told to stop."""
    stopping = asyncio.create_task(until_told_to_stop())
    async with contextlib.AsyncExitStack() as stack:
        running = [stopping]
        working = asyncio.Event()
        await stack.enter_async_context(_serving(settings, roles, working))
        if roles & {"worker", "relay"}:
            caller = await stack.enter_async_context(_calling(settings))
            database = Database.connect(settings.database_url, SCHEMA, settings.database_pool_size)
            stack.push_async_callback(database.close)
            temporal = await _unless(stopping, _connect(settings, plans_of(database)))
            if temporal is None:
                return
            if "worker" in roles:
                spare_the_collector()
                worker = make_worker(
                    temporal,
                    caller,
                    build_id(),
                    behaviour=settings.behaviour,
                    case_memory_megabytes=settings.case_memory_megabytes,
                )
                running.append(await stack.enter_async_context(_in_background(worker.run())))
                stack.push_async_callback(worker.shutdown)
                await _unless(stopping, _begin_work(settings, temporal))
            if "relay" in roles:
                relay = Relay(
                    database,
                    caller,
                    temporal,
                    SystemClock(),
                    TASK_QUEUE,
                    settings.replanned_per_second,
                )
                running.append(await stack.enter_async_context(_in_background(relay.run())))
        working.set()
        _log.info("running", roles=sorted(roles), build_id=build_id())
        done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for ended in done:
            ended.result()


async def _begin_work(settings: WorkflowSettings, temporal: Client) -> None:
    """Wait until the worker gets work."""
    deployment = Deployment(temporal)
    if settings.worker_builds == "replace":
        await insist(lambda: deployment.promote(build_id()))
    else:
        await insist(deployment.check_present)
    await insist(lambda: keep_schedules(temporal))


async def _promote(settings: WorkflowSettings) -> None:
    deployment = Deployment(await _connect(settings, None))
    try:
        async with asyncio.timeout(_PROMOTE_WITHIN_SECONDS):
            await insist(lambda: deployment.promote(build_id()))
    except TimeoutError:
        raise SystemExit(f"no worker of build {build_id()} is there") from None
    _log.info("promoted", build_id=build_id())


async def _unless(stopping: asyncio.Task[None], work: Coroutine[Any, Any, Done]) -> Done | None:
    """Do the work; None: the process is to stop before it is done."""
    working = asyncio.create_task(work)
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if stopping.done():
        working.cancel()
        return None
    return working.result()


@contextlib.asynccontextmanager
async def _serving(
    settings: WorkflowSettings, roles: frozenset[str], working: asyncio.Event
) -> AsyncIterator[None]:
    """Serve, be it nothing but one's health; ready once the worker gets work."""
    clock = SystemClock()
    if settings.issuers_file is None:
        raise SystemExit("GONGDAN_ISSUERS_FILE must name the file of trusted issuers")
    verifier = TokenVerifier.from_file(settings.issuers_file)
    database = Database.connect(settings.database_url, SCHEMA, settings.database_pool_size)
    serves = "cases" in roles
    served = mounts(clock) if serves else []
    server = RpcServer(served, database, verifier, clock, ready=working.is_set)
    port = settings.port_of("cases") if serves else settings.health_port
    await server.start(settings.bind_host, port)
    try:
        yield
    finally:
        await server.stop()


@contextlib.asynccontextmanager
async def _calling(settings: WorkflowSettings) -> AsyncIterator[RpcCaller]:
    if settings.signing_key_file is None:
        raise SystemExit("GONGDAN_SIGNING_KEY_FILE must name this process's signing key")
    minter = TokenMinter.from_file(
        settings.signing_key_file, settings.signing_issuer, SystemClock()
    )
    caller = RpcCaller.connect(settings.service_addresses(), minter, SYSTEM)
    try:
        yield caller
    finally:
        await caller.close()


async def _connect(settings: WorkflowSettings, fetch: FetchPlan | None) -> Client:
    """A client, however long Temporal takes to come up."""
    told = False
    while True:
        try:
            return await connect_temporal(settings, fetch)
        except RuntimeError as error:
            if not told:
                _log.warning(
                    "waiting_for_temporal", address=settings.temporal_address, error=str(error)
                )
            told = True
        await asyncio.sleep(_RETRY_SECONDS)


@contextlib.asynccontextmanager
async def _in_background(work: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    """Run beside the rest; cancelled at the end, unless it has ended by then."""
    running = asyncio.create_task(work)
    try:
        yield running
    finally:
        running.cancel()
        await asyncio.wait([running])


def _roles(text: str) -> frozenset[str]:
    chosen = frozenset(text.split(","))
    unknown = chosen.difference(ROLES)
    if unknown:
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}; of {', '.join(ROLES)}")
    return chosen


def main() -> None:
    """Run the process; its environment is its settings."""
    parser = argparse.ArgumentParser(description="Run cases.")
    parser.add_argument("--roles", type=_roles, default=frozenset(ROLES), metavar=",".join(ROLES))
    parser.add_argument("--promote", action="store_true", help="promote this build, and end")
    arguments = parser.parse_args()
    settings = WorkflowSettings()
    telemetry.setup(settings, "workflows")
    uvloop.run(_promote(settings) if arguments.promote else serve(settings, arguments.roles))
    # The SDK's threads may crash the interpreter while it winds down; all is done by now.
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
