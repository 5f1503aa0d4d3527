"""The processes of the measurements through gRPC: pricing as it is deployed, and the bare server."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import grpc

from kit.authn import TOKEN_METADATA_KEY, Actor, TokenMinter
from kit.clock import SystemClock
from stack.keys import make_missing
from stack.ports import free_port

_READY_SECONDS: Final = 60
_LIFETIME: Final = timedelta(hours=1)
#: Sees every part of a quote.
_ACTOR: Final = Actor("pe_bench", frozenset({"hq"}))

Metadata = tuple[tuple[str, str], ...]


@contextlib.asynccontextmanager
async def pricing(database_url: str) -> AsyncIterator[tuple[grpc.aio.Channel, Metadata]]:
    """Pricing as a process of its own: a channel to it, and what calls must carry."""
    with tempfile.TemporaryDirectory(prefix="gongdan-bench-") as name:
        folder = Path(name)
        make_missing(folder)
        port = free_port()
        environment = {
            "DATABASE_URL": database_url,
            "GONGDAN_PRICING_ADDRESS": f"127.0.0.1:{port}",
            "GONGDAN_ISSUERS_FILE": str(folder / "issuers.json"),
            "GONGDAN_LOG_LEVEL": "WARNING",
        }
        minter = TokenMinter.from_file(folder / "gateway.key", "gateway", SystemClock())
        metadata = ((TOKEN_METADATA_KEY, f"Bearer {minter.mint(_ACTOR, _LIFETIME)}"),)
        with _process(environment, "-m", "services.pricing.main"):
            async with _channel(port) as channel:
                yield channel, metadata


@contextlib.asynccontextmanager
async def bare(reply: bytes) -> AsyncIterator[grpc.aio.Channel]:
    """A server that gives this reply to everything: a channel to it."""
    with tempfile.NamedTemporaryFile(prefix="gongdan-bench-") as file:
        file.write(reply)
        file.flush()
        port = free_port()
        with _process({}, "-m", "bench.pricing.bare", str(port), file.name):
            async with _channel(port) as channel:
                yield channel


@contextlib.contextmanager
def _process(environment: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, *arguments], env=os.environ | environment)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


@contextlib.asynccontextmanager
async def _channel(port: int) -> AsyncIterator[grpc.aio.Channel]:
    options: list[tuple[str, Any]] = [("grpc.initial_reconnect_backoff_ms", 100)]
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
        await asyncio.wait_for(channel.channel_ready(), _READY_SECONDS)
        yield channel
