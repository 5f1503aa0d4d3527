"""Lists as CSV files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final, cast

from fastapi import APIRouter, Request
from google.protobuf.descriptor import Descriptor
from starlette.responses import StreamingResponse

from kit.errors import NotFound
from kit.rpc.methods import find_method, request_class
from services.gateway import sheets, transcoding
from services.gateway.auth import CallerOf
from services.gateway.edge import Edge, EdgeOf

exports = APIRouter(prefix="/exports", tags=["cases 个案"])

_SHEETS: Final = {"cases": sheets.CASES, "user-tasks": sheets.USER_TASKS, "acts": sheets.ACTS}


@exports.get(
    "/{what}.csv",
    summary="A list as CSV, with the list's own filters: cases, user-tasks or acts",
    response_class=StreamingResponse,
)
async def export(what: str, request: Request, edge: EdgeOf, _caller: CallerOf) -> StreamingResponse:
    """Every row that fits, up to 100,000."""
    query = {name: request.query_params.getlist(name) for name in request.query_params}
    return await sheet_of(edge, what, query)


async def sheet_of(edge: Edge, what: str, query: dict[str, list[str]]) -> StreamingResponse:
    """A list as a file; a refusal comes before it begins."""
    if what not in _SHEETS:
        raise NotFound("EXPORT_UNKNOWN", f"there is no list {what!r}", field="what")
    sheet = _SHEETS[what]
    method = find_method(sheet.rpc)
    wanted = request_class(method)()
    plain = transcoding.from_query(cast(Descriptor, wanted.DESCRIPTOR), query, ())
    transcoding.parse(plain, wanted)
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


ROUTERS: Final = (exports,)
