"""Around every HTTP request: an id that names it everywhere, one line in the log, safe headers."""

from __future__ import annotations

import re
import time
from typing import Final

import structlog
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kit.clock import Clock
from kit.errors import InvalidArgument
from kit.ids import new_id
from kit.spreadsheet.table import Limits
from kit.telemetry import logger
from services.gateway.cross_origin import CODEC_PATH

HEADER: Final = "X-Request-Id"
#: Larger bodies are refused as soon as they are seen to be.
MAX_BODY_BYTES: Final = 1024 * 1024
MAX_FILE_BYTES: Final = 20 * 1024 * 1024
#: Payloads come from Temporal many at a time.
MAX_PAYLOADS_BYTES: Final = 8 * 1024 * 1024
FILES_PATH: Final = "/api/v1/files"
#: Spreadsheets.
IMPORTS_PATH: Final = "/api/v1/item-imports"

#: What a browser may do with anything of ours: load from here alone, in no other site's frame.
_GUARDS: Final = (
    (
        b"content-security-policy",
        b"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
        b" frame-ancestors 'none'; form-action 'self'; base-uri 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
)
_ACCEPTED: Final = re.compile(r"[A-Za-z0-9_.:-]{8,64}")
_log = logger("http")


class RequestIds:
    """Gives each request an id (the caller's, if it is a sane one) and logs how it ended."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = self._choose(HTTPConnection(scope).headers.get(HEADER, ""))
        scope.setdefault("state", {})["request_id"] = request_id
        status = 500
        began = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                message["headers"] = [
                    *message["headers"],
                    (HEADER.lower().encode(), request_id.encode()),
                    *_GUARDS,
                ]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, _limited(receive, _most(scope["path"])), send_with_id)
            finally:
                _log.info(
                    "request",
                    method=scope["method"],
                    path=scope["path"],
                    status=status,
                    ms=round((time.perf_counter() - began) * 1000, 1),
                )

    def _choose(self, offered: str) -> str:
        return offered if _ACCEPTED.fullmatch(offered) else new_id("rq", self._clock.now())


def request_id_of(connection: HTTPConnection) -> str:
    """The id of the request being served."""
    return str(getattr(connection.state, "request_id", ""))


def _most(path: str) -> int:
    if path == FILES_PATH:
        return MAX_FILE_BYTES
    if path.startswith(IMPORTS_PATH):
        return Limits().bytes
    return MAX_PAYLOADS_BYTES if path.startswith(f"{CODEC_PATH}/") else MAX_BODY_BYTES


def _limited(receive: Receive, most: int) -> Receive:
    """The same body, but never more of it than the limit."""
    taken = 0

    async def receive_limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise InvalidArgument(
                "BODY_TOO_LARGE", f"a body has at most {most} bytes", field="body"
            )
        return message

    return receive_limited
