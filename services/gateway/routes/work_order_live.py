"""The board of work orders as it changes: server-sent events that go on after a gap."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final, cast

from fastapi import APIRouter, Request
from sse_starlette import EventSourceResponse, ServerSentEvent

from kit.errors import Unavailable
from protos.workorder.v1 import orders_pb2
from services.gateway import transcoding
from services.gateway.auth import CallerOf
from services.gateway.edge import Edge, EdgeOf

_RPC: Final = "workorder.v1.WorkOrderDeskService/GetBoard"
_LIFETIME: Final = timedelta(minutes=10)
#: A board is counted less often than a case is read: as many periods of a case's stream apart.
_PERIODS: Final = 4

live = APIRouter(tags=["work-orders 工单"])


@live.get(
    "/work-order-board/events",
    summary="The board whenever it changes, with the board's own filters",
    response_class=EventSourceResponse,
)
async def stream(request: Request, edge: EdgeOf, _caller: CallerOf) -> EventSourceResponse:
    """Events `board`; a client that comes back with `Last-Event-ID` hears only what is new.

    A stream ends after a while by itself: the client comes back, and shows again who it is.
    """
    wanted = orders_pb2.GetBoardRequest()
    query = {name: request.query_params.getlist(name) for name in request.query_params}
    plain = transcoding.from_query(wanted.DESCRIPTOR, query, ())
    transcoding.parse(plain, wanted)
    first = await _read(edge, wanted)  # refused before the stream begins
    return EventSourceResponse(
        _boards(edge, wanted, first, request.headers.get("Last-Event-ID", ""))
    )


async def _boards(
    edge: Edge, wanted: orders_pb2.GetBoardRequest, board: orders_pb2.Board, seen: str
) -> AsyncIterator[ServerSentEvent]:
    ends = edge.clock.now() + _LIFETIME
    while edge.clock.now() < ends:
        if (now := standing(board)) != seen:
            seen = now
            told = json.dumps(transcoding.to_json(board), ensure_ascii=False)
            yield ServerSentEvent(told, event="board", id=seen)
        await asyncio.sleep(edge.settings.stream_period_seconds * _PERIODS)
        with contextlib.suppress(Unavailable):  # asked again the next time
            board = await _read(edge, wanted)


async def _read(edge: Edge, wanted: orders_pb2.GetBoardRequest) -> orders_pb2.Board:
    return cast(orders_pb2.Board, await edge.caller.call(_RPC, wanted))


def standing(board: orders_pb2.Board) -> str:
    """What tells one board from another: its counts and what is stuck, not when it was counted."""
    told = orders_pb2.Board(counts=board.counts)
    stuck = [f"{one.work_order.work_order_id}/{one.work_order.revision}" for one in board.stuck]
    content = told.SerializeToString(deterministic=True) + ",".join(stuck).encode()
    return hashlib.sha256(content).hexdigest()[:24]


ROUTERS: Final = (live,)
