"""Price books before they are published: what is wrong with them, and what they would change."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any, Final, TypeVar, cast

from fastapi import APIRouter, Request
from google.protobuf.message import Message
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import JSONResponse, Response

from kit.rpc.methods import find_method
from protos.pricing.v1 import review_pb2, review_pb2_grpc
from protos.workorder.v1 import workorder_pb2
from services.gateway import openapi, transcoding
from services.gateway.auth import CallerOf
from services.gateway.edge import Edge, EdgeOf
from workflows.language.file_types import MEDIA_TYPES

_SERVICE: Final = "pricing.v1.PriceReviewService"
_CHECK: Final = f"{_SERVICE}/CheckPriceBook"
_PREVIEW: Final = f"{_SERVICE}/PreviewPriceChange"
_EXPORT: Final = f"{_SERVICE}/ExportPriceChange"
#: A large book, or many orders, take longer than any other call.
_SECONDS: Final = 120.0
#: Of the work orders that technicians are read from.
_PAGE: Final = 200
_MOST_PAGES: Final = 250

_BOOK: Final = {"source": {"price_book_code": "standard"}}
_CHANGE: Final = {
    "price_book": {"source": {"draft_id": "pd_…"}},
    "month": "2026-10",
    "group_by": "PRICE_CHANGE_GROUPING_CITY",
}

reviews = APIRouter(prefix="/price-reviews", tags=["price-books 价目"])


def _described(rpc: str, example: Any) -> dict[str, Any]:
    return openapi.operation(find_method(rpc), body="", path_names=(), keyed=False, example=example)


@reviews.post(
    "/check",
    summary="Gaps, contradictions, rules that never count, prices nobody can have meant",
    openapi_extra=_described(_CHECK, {"price_book": _BOOK}),
)
async def check(request: Request, edge: EdgeOf, _caller: CallerOf) -> JSONResponse:
    """Each finding with a quote that shows it; what refuses publishing first."""
    wanted = await _read(request, review_pb2.CheckPriceBookRequest())
    found = await edge.caller.call(_CHECK, wanted, deadline_seconds=_SECONDS)
    return JSONResponse(transcoding.to_json(found))


@reviews.post(
    "/change",
    summary="What a book would have made of a month's orders, or of made-up ones",
    openapi_extra=_described(_PREVIEW, _CHANGE),
)
async def change(request: Request, edge: EdgeOf, _caller: CallerOf) -> Response:
    """The result; with `Accept: text/event-stream` events `progress` on the way to it, and `end`."""
    wanted = await _orders_wanted(request, edge)
    stub = review_pb2_grpc.PriceReviewServiceStub(edge.caller.channel("pricing"))
    told = aiter(stub.PreviewPriceChange(wanted, timeout=_SECONDS))
    first = await anext(told)  # refused before the stream begins
    if "text/event-stream" in request.headers.get("Accept", ""):
        return EventSourceResponse(_events(first, told))
    last = first
    async for each in told:
        last = each
    return JSONResponse(transcoding.to_json(last.change))


@reviews.post(
    "/change.xlsx",
    summary="The same as a workbook with charts",
    response_class=Response,
    openapi_extra=_described(_PREVIEW, _CHANGE),
)
async def export(request: Request, edge: EdgeOf, _caller: CallerOf) -> Response:
    """XLSX."""
    wanted = review_pb2.ExportPriceChangeRequest(change=await _orders_wanted(request, edge))
    told = await edge.caller.call(_EXPORT, wanted, deadline_seconds=_SECONDS)
    headers = {"Content-Disposition": 'attachment; filename="price-change.xlsx"'}
    content = cast(review_pb2.PriceChangeExported, told).content
    return Response(content, media_type=MEDIA_TYPES["xlsx"], headers=headers)


async def _events(
    first: review_pb2.PriceChangeProgress,
    others: AsyncIterator[review_pb2.PriceChangeProgress],
) -> AsyncIterator[ServerSentEvent]:
    last = first
    yield _event("progress", last)
    async for last in others:
        if not last.HasField("change"):
            yield _event("progress", last)
    yield _event("end", last)


def _event(name: str, message: Message) -> ServerSentEvent:
    return ServerSentEvent(json.dumps(transcoding.to_json(message), ensure_ascii=False), event=name)


async def _orders_wanted(request: Request, edge: Edge) -> review_pb2.PreviewPriceChangeRequest:
    """The request, with who did each case's work where orders are grouped by that."""
    wanted = await _read(request, review_pb2.PreviewPriceChangeRequest())
    by_technician = wanted.group_by == review_pb2.PRICE_CHANGE_GROUPING_TECHNICIAN
    if by_technician and wanted.month and not wanted.technicians:
        async for case_id, technician_id in _technicians(edge):
            wanted.technicians.add(case_id=case_id, technician_id=technician_id)
    return wanted


async def _technicians(edge: Edge) -> AsyncIterator[tuple[str, str]]:
    """By case, whoever is on its newest work orders."""
    page = workorder_pb2.ListWorkOrdersRequest()
    page.page.page_size = _PAGE
    seen: set[str] = set()
    for _ in range(_MOST_PAGES):
        told = await edge.caller.call("workorder.v1.WorkOrderService/ListWorkOrders", page)
        listed = cast(workorder_pb2.ListWorkOrdersResponse, told)
        for each in listed.work_orders:
            if each.technician_id and each.case_id not in seen:
                seen.add(each.case_id)
                yield each.case_id, each.technician_id
        page.page.page_token = listed.page.next_page_token
        if not page.page.page_token:
            return


M = TypeVar("M", bound=Message)


async def _read(request: Request, message: M) -> M:
    transcoding.parse(transcoding.read_json(await request.body()), message)
    return message


ROUTERS: Final = (reviews,)
