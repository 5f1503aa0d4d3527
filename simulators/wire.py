"""The simulators' server, which can break a connection on purpose."""

import asyncio
from typing import cast

import uvicorn
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from uvicorn.protocols.http.h11_impl import H11Protocol

_transports: dict[tuple[str, int], asyncio.Transport] = {}


class BreakableProtocol(H11Protocol):
    """Uvicorn's HTTP protocol, remembering the open connection of each client address."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn narrows it the same way
        """Remember the connection."""
        super().connection_made(transport)
        _transports[_peer(transport)] = transport
        self._peer = _peer(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        _transports.pop(self._peer, None)
        super().connection_lost(exc)


def server(app: FastAPI, host: str, port: int) -> uvicorn.Server:
    """A simulator as a server; it writes no access log, since URLs carry tokens."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=BreakableProtocol,
        ws="none",
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)


async def break_connection(request: Request) -> Response:
    """Reset the caller's connection; the response returned goes nowhere."""
    client = request.client
    transport = _transports.get((client.host, client.port)) if client else None
    if transport is None:
        raise RuntimeError("faults reset and reply_lost need the simulator's own server")
    transport.abort()
    await asyncio.sleep(0)  # let the server notice, so that it does not write to the dead socket
    return Response(status_code=503)


def _peer(transport: asyncio.Transport) -> tuple[str, int]:
    host, port, *_ = transport.get_extra_info("peername")
    return cast(str, host), cast(int, port)
