"""The one place where a page that is not ours may ask us something: Temporal's own pages, payloads."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

#: Where Temporal's pages and command line have payloads encrypted and decrypted.
CODEC_PATH: Final = "/temporal/codec"


def origin_of(url: str) -> str:
    """The origin of a page, as a browser names it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class CodecCors(CORSMiddleware):
    """Lets pages of exactly one origin ask for payloads, with their user's session."""

    def __init__(self, app: ASGIApp, origin: str) -> None:
        super().__init__(
            app,
            allow_origins=[origin],
            allow_methods=["POST"],
            allow_headers=["Content-Type", "X-Namespace", "Authorization"],
            allow_credentials=True,
            max_age=600,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; those for anything else never see it."""
        if scope["type"] == "http" and scope["path"].startswith(f"{CODEC_PATH}/"):
            await super().__call__(scope, receive, send)
        else:
            await self.app(scope, receive, send)
