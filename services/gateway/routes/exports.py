"""Lists as files: CSV, XLSX."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final, cast

from fastapi import APIRouter, Request
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from starlette.responses import Response, StreamingResponse

from kit.errors import NotFound
from kit.rpc.methods import find_method, request_class
from kit.spreadsheet.writing import write_xlsx
from services.gateway import sheets, transcoding
from services.gateway.auth import CallerOf
from services.gateway.edge import Edge, EdgeOf
from workflows.language.file_types import MEDIA_TYPES

exports = APIRouter(prefix="/exports", tags=["cases 个案"])

_SHEETS: Final = {
    "cases": sheets.CASES,
    "user-tasks": sheets.USER_TASKS,
    "acts": sheets.ACTS,
    "work-orders": sheets.WORK_ORDERS,
    "stock-levels": sheets.STOCK_LEVELS,
    "stock-movements": sheets.STOCK_MOVEMENTS,
    "tax-totals": sheets.TAX_TOTALS,
}


@exports.get(
    "/{what}.csv",
    summary="A list as CSV, with the list's own filters: cases, user-tasks, acts, work-orders, stock-levels, stock-movements or tax-totals",
    response_class=StreamingResponse,
)
async def export(what: str, request: Request, edge: EdgeOf, _caller: CallerOf) -> StreamingResponse:
    """Every row that fits, up to 100,000."""
    query = {name: request.query_params.getlist(name) for name in request.query_params}
    return await sheet_of(edge, what, query)


@exports.get(
    "/{what}.xlsx",
    summary="The same as a workbook",
    response_class=Response,
)
async def workbook(what: str, request: Request, edge: EdgeOf, _caller: CallerOf) -> Response:
    """Every row that fits, up to 100,000."""
    query = {name: request.query_params.getlist(name) for name in request.query_params}
    sheet, wanted = _asked(what, query)
    pages = sheets.pages(sheet, edge.caller, wanted, await edge.people.names())
    rows = [row async for page in pages for row in page]
    titles = [title for title, _ in sheet.columns]
    content = await asyncio.to_thread(write_xlsx, [(what, titles, rows)])
    headers = {"Content-Disposition": f'attachment; filename="{what}.xlsx"'}
    return Response(content, media_type=MEDIA_TYPES["xlsx"], headers=headers)


async def sheet_of(edge: Edge, what: str, query: dict[str, list[str]]) -> StreamingResponse:
    """A list as a file; a refusal comes before it begins."""
    sheet, wanted = _asked(what, query)
    rows = sheets.lines(sheet, edge.caller, wanted, await edge.people.names())
    first, second = await anext(rows), await anext(rows)

    async def whole() -> AsyncIterator[str]:
        yield first + second
        async for more in rows:
            yield more

    return StreamingResponse(
        whole(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{what}.csv"'},
    )


def _asked(what: str, query: dict[str, list[str]]) -> tuple[sheets.Sheet, Message]:
    """The sheet that is asked for, and the request of its list (``EXPORT_UNKNOWN``)."""
    if what not in _SHEETS:
        raise NotFound("EXPORT_UNKNOWN", f"there is no list {what!r}", field="what")
    sheet = _SHEETS[what]
    method = find_method(sheet.rpc)
    wanted = request_class(method)()
    plain = transcoding.from_query(cast(Descriptor, wanted.DESCRIPTOR), query, ())
    transcoding.parse(plain, wanted)
    return sheet, wanted


ROUTERS: Final = (exports,)
