"""An earning as it changes: server-sent events that go on after a gap."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final, cast

from fastapi import APIRouter, Request
from sse_starlette import EventSourceResponse, ServerSentEvent

from kit.errors import Unavailable
from protos.settlement.v1 import settlement_pb2
from services.gateway import transcoding
from services.gateway.auth import CallerOf
from services.gateway.edge import Edge, EdgeOf

_RPC: Final = "settlement.v1.SettlementService/GetEarning"
_LIFETIME: Final = timedelta(minutes=10)
#: Nothing happens to an earning after these.
_OVER: Final = (
    settlement_pb2.EARNING_STATE_PAID,
    settlement_pb2.EARNING_STATE_CANCELLED,
    settlement_pb2.EARNING_STATE_REVERSED,
)

live = APIRouter(tags=["earnings 收益"])


@live.get(
    "/earnings/{earning_id}/events",
    summary="An earning whenever it changes, as far as the caller may see it",
    response_class=EventSourceResponse,
)
async def stream(
    earning_id: str, request: Request, edge: EdgeOf, _caller: CallerOf
) -> EventSourceResponse:
    """Events `earning`, then `end` once nothing happens any more; a client that comes back with
    `Last-Event-ID` hears only what is new."""
    first = await _read(edge, earning_id)  # refused before the stream begins
    return EventSourceResponse(_changes(edge, first, request.headers.get("Last-Event-ID", "")))


async def _changes(
    edge: Edge, earning: settlement_pb2.Earning, seen: str
) -> AsyncIterator[ServerSentEvent]:
    ends = edge.clock.now() + _LIFETIME
    while edge.clock.now() < ends:
        if (now := str(earning.revision)) != seen:
            seen = now
            told = json.dumps(transcoding.to_json(earning), ensure_ascii=False)
            yield ServerSentEvent(told, event="earning", id=seen)
        if earning.state in _OVER:
            yield ServerSentEvent("{}", event="end", id=seen)
            return
        await asyncio.sleep(edge.settings.stream_period_seconds)
        with contextlib.suppress(Unavailable):  # asked again the next time
            earning = await _read(edge, earning.earning_id)


async def _read(edge: Edge, earning_id: str) -> settlement_pb2.Earning:
    request = settlement_pb2.GetEarningRequest(earning_id=earning_id)
    return cast(settlement_pb2.Earning, await edge.caller.call(_RPC, request))


ROUTERS: Final = (live,)
