"""Payloads for those who look after cases in Temporal's own pages and command line.

Temporal keeps payloads encrypted and has no key; its pages ask here, in the name of whoever is logged
in here, and its command line with an API token. Whatever is decrypted is written down first.
"""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.gateway import store
from services.gateway.auth import Caller, caller_on
from services.gateway.cross_origin import CODEC_PATH, origin_of
from services.gateway.edge import Edge, EdgeOf
from services.gateway.pace import Pace
from services.gateway.requests import request_id_of
from services.gateway.tables import PayloadRevealRow
from workflows.client import Decoded

#: Who may see what cases carry, whole and unmasked.
PAYLOAD_ROLES: Final = ("admin", "ops")

#: A page of Temporal's asks for each event by itself.
_BURST: Final = 300
_PER_SECOND: Final = 30

router = APIRouter(prefix=CODEC_PATH, include_in_schema=False)
_pace: Final = Pace(_BURST, _PER_SECOND, time.monotonic)


async def payload_caller(request: Request, edge: EdgeOf) -> Caller:
    """Who asks, if they may.

    Raises:
        Unauthenticated, PermissionDenied: they may not.
        ResourceExhausted: not so fast.
    """
    caller = await caller_on(origin_of(edge.settings.temporal_ui_url), request, edge)
    caller.actor.require_role(*PAYLOAD_ROLES)
    _pace.take(caller.actor.person_id)
    return caller


PayloadCaller = Annotated[Caller, Depends(payload_caller)]


@router.post("/decode")
async def decode(request: Request, edge: EdgeOf, caller: PayloadCaller) -> Response:
    """Decrypt payloads, and write down for whom."""
    decoded = await asyncio.to_thread(edge.payloads.decode, await request.body())
    if decoded.keys:
        await _write_down(request, edge, caller, decoded)
    return _json(decoded.content)


@router.post("/encode")
async def encode(request: Request, edge: EdgeOf, _caller: PayloadCaller) -> Response:
    """Encrypt payloads: what is sent to a workflow from Temporal's own pages."""
    return _json(await asyncio.to_thread(edge.payloads.encode, await request.body()))


async def _write_down(request: Request, edge: Edge, caller: Caller, decoded: Decoded) -> None:
    row = PayloadRevealRow(
        person_id=caller.actor.person_id,
        played=caller.plays,
        request_id=request_id_of(request),
        temporal_namespace=request.headers.get("X-Namespace", ""),
        payload_count=decoded.keys.total(),
        key_ids=sorted(decoded.keys),
        case_ids=list(decoded.case_ids),
        revealed_at=edge.clock.now(),
    )
    async with edge.database.transaction() as session:
        await store.add_reveal(session, row)


def _json(content: str) -> Response:
    return Response(content, media_type="application/json", headers={"Cache-Control": "no-store"})
