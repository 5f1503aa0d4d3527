"""The processes of the measurements through gRPC: pricing as it is deployed, and the bare server."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator
from typing import Final

import grpc

from bench.serving import Metadata, channel, process, service
from kit.authn import Actor
from stack.ports import free_port

#: Sees every part of a quote.
_ACTOR: Final = Actor("pe_bench", frozenset({"hq"}))


@contextlib.asynccontextmanager
async def pricing(database_url: str) -> AsyncIterator[tuple[grpc.aio.Channel, Metadata]]:
    """Pricing as a process of its own: a channel to it, and what calls must carry."""
    async with service("pricing", database_url, _ACTOR) as served:
        yield served


@contextlib.asynccontextmanager
async def bare(reply: bytes) -> AsyncIterator[grpc.aio.Channel]:
    """A server that gives this reply to everything: a channel to it."""
    with tempfile.NamedTemporaryFile(prefix="gongdan-bench-") as file:
        file.write(reply)
        file.flush()
        port = free_port()
        with process({}, "-m", "bench.pricing.bare", str(port), file.name):
            async with channel(port) as opened:
                yield opened
