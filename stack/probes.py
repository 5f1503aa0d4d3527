"""Ask a process whether it is ready, in its own tongue; an answer, or an error that says why."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import urlsplit

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from stack import postgres
from stack.layout import Layout
from stack.processes import Process, Ready

ANSWER_SECONDS = 3


class NotReady(Exception):
    """The process does not answer, or answers that it is not ready."""


def of(
    process: Process, layout: Layout, cluster: postgres.Cluster | None
) -> Callable[[], Awaitable[None]]:
    """Give the question for one process; it raises NotReady until the answer is yes."""
    address = f"127.0.0.1:{layout.port(process)}"
    if process.name in layout.external:
        address = layout.environment[layout.external[process.name]]
    if process.ready is Ready.SQL:
        return lambda: answers_sql(cluster, address)
    if process.ready is Ready.HTTP:
        return lambda: answers_http(f"http://{address}/healthz")
    return lambda: serves_grpc(address, process.health_service)


async def serves_grpc(address: str, service: str = "") -> None:
    """Ask grpc.health.v1, once somebody listens: a channel costs more than a look."""
    await _listens(address)
    async with grpc.aio.insecure_channel(address) as channel:
        try:
            reply = await health_pb2_grpc.HealthStub(channel).Check(
                health_pb2.HealthCheckRequest(service=service), timeout=ANSWER_SECONDS
            )
        except grpc.aio.AioRpcError as problem:
            unreachable = problem.code() is grpc.StatusCode.UNAVAILABLE
            says = (
                "nothing answers" if unreachable else f"{problem.code().name} {problem.details()}"
            )
            raise NotReady(f"gRPC at {address}: {says}") from problem
    if reply.status != health_pb2.HealthCheckResponse.SERVING:
        name = health_pb2.HealthCheckResponse.ServingStatus.Name(reply.status)
        raise NotReady(f"gRPC at {address} says {name}")


async def answers_http(url: str) -> None:
    """Ask for a page, which must answer 200."""
    await _listens(urlsplit(url).netloc)

    def ask() -> None:
        try:
            with urllib.request.urlopen(url, timeout=ANSWER_SECONDS):
                return
        except urllib.error.HTTPError as problem:
            raise NotReady(f"{url} answers {problem.code} {problem.reason}") from problem
        except OSError as problem:
            raise NotReady(f"{url}: {getattr(problem, 'reason', problem)}") from problem

    await asyncio.to_thread(ask)


async def answers_sql(cluster: postgres.Cluster | None, url: str) -> None:
    """Ask our own cluster, or else the server at the address."""
    try:
        await asyncio.to_thread(cluster.answer if cluster else partial(postgres.answers, url))
    except postgres.PostgresError as problem:
        raise NotReady(str(problem)) from problem


async def _listens(address: str) -> None:
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            _, writer = await asyncio.open_connection(host, int(port))
    except (OSError, TimeoutError) as problem:
        raise NotReady(f"nothing answers at {address}") from problem
    writer.close()
