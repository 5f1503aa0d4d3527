"""Breaking connections on purpose: a server protocol that can find the socket of a request."""

import asyncio
from typing import cast

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
