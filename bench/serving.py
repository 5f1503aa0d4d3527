"""Processes that a benchmark asks through gRPC: a service as it is deployed, or whatever is given."""

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

_READY_SECONDS: Final = 120
_LIFETIME: Final = timedelta(hours=1)

Metadata = tuple[tuple[str, str], ...]


@contextlib.asynccontextmanager
async def service(
    name: str, database_url: str, actor: Actor
) -> AsyncIterator[tuple[grpc.aio.Channel, Metadata]]:
    """A service as a process of its own: a channel to it, and what calls must carry."""
    with tempfile.TemporaryDirectory(prefix="gongdan-bench-") as folder_name:
        folder = Path(folder_name)
        make_missing(folder)
        port = free_port()
        environment = {
            "DATABASE_URL": database_url,
            f"GONGDAN_{name.upper()}_ADDRESS": f"127.0.0.1:{port}",
            "GONGDAN_ISSUERS_FILE": str(folder / "issuers.json"),
            "GONGDAN_LOG_LEVEL": "WARNING",
        }
        minter = TokenMinter.from_file(folder / "gateway.key", "gateway", SystemClock())
        metadata = ((TOKEN_METADATA_KEY, f"Bearer {minter.mint(actor, _LIFETIME)}"),)
        with process(environment, "-m", f"services.{name}.main"):
            async with channel(port) as opened:
                yield opened, metadata


@contextlib.contextmanager
def process(environment: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process, stopped at the end."""
    started = subprocess.Popen([sys.executable, *arguments], env=os.environ | environment)
    try:
        yield started
    finally:
        started.send_signal(signal.SIGTERM)
        started.wait(timeout=30)


@contextlib.asynccontextmanager
async def channel(port: int) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to a port of this machine, ready."""
    options: list[tuple[str, Any]] = [("grpc.initial_reconnect_backoff_ms", 100)]
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=options) as opened:
        await asyncio.wait_for(opened.channel_ready(), _READY_SECONDS)
        yield opened
