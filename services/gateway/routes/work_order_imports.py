"""Open work orders of another system, from files. Where their work is done, the directory says."""

from __future__ import annotations

import asyncio
from typing import Final, cast

from fastapi import APIRouter, Request
from google.protobuf.message import Message
from starlette.responses import JSONResponse

from kit.errors import InvalidArgument, NotFound
from protos.directory.v1 import directory_pb2, directory_pb2_grpc
from protos.workorder.v1 import work_order_import_pb2 as pb
from services.gateway import transcoding
from services.gateway.auth import CallerOf
from services.gateway.edge import Edge, EdgeOf
from services.gateway.file_bodies import ask, described, with_file
from services.gateway.rpc_routes import idempotency_key

_SERVICE: Final = "workorder.v1.WorkOrderImportService"
_PREVIEW: Final = f"{_SERVICE}/PreviewWorkOrderImport"
_IMPORT: Final = f"{_SERVICE}/ImportWorkOrders"
#: Places that the directory is asked for at once.
_AT_ONCE: Final = 8

imports = APIRouter(prefix="/work-order-imports", tags=["imports 导入"])


@imports.post(
    "/preview",
    summary="What a file (XLSX or CSV, as the body) of open work orders would create",
    openapi_extra=described(_PREVIEW, but=("places",)),
)
async def preview(request: Request, edge: EdgeOf, _caller: CallerOf) -> JSONResponse:
    """Nothing is changed. Hand `file_sha256` and `registry_sha256` on to do what was previewed."""
    reply = await _previewed(edge, await request.body())
    return JSONResponse(transcoding.to_json(reply))


@imports.post(
    "",
    summary="Import a file as it was previewed: all of it or nothing",
    openapi_extra=described(_IMPORT, but=("places",), keyed=True),
)
async def import_work_orders(request: Request, edge: EdgeOf, caller: CallerOf) -> JSONResponse:
    """Rows that were imported before are passed over."""
    message = cast(pb.ImportWorkOrdersRequest, await with_file(_IMPORT, request))
    message.idempotency_key = idempotency_key(request, caller)
    message.places.extend(await _places(edge, message.content))
    return JSONResponse(transcoding.to_json(await ask(edge, _IMPORT, message)))


async def _previewed(edge: Edge, content: bytes) -> Message:
    places = await _places(edge, content)
    return await ask(
        edge, _PREVIEW, pb.PreviewWorkOrderImportRequest(content=content, places=places)
    )


async def _places(edge: Edge, content: bytes) -> list[pb.ResolvedPlace]:
    """What the directory says of the places that a file names."""
    blind = await ask(edge, _PREVIEW, pb.PreviewWorkOrderImportRequest(content=content))
    unresolved = cast(pb.WorkOrderImportPreview, blind).unresolved
    at_once = asyncio.Semaphore(_AT_ONCE)
    return await asyncio.gather(*(_resolved(edge, each, at_once) for each in unresolved))


async def _resolved(
    edge: Edge, named: pb.ResolvedPlace, at_once: asyncio.Semaphore
) -> pb.ResolvedPlace:
    stub = directory_pb2_grpc.DirectoryServiceStub(edge.caller.channel("directory"))
    wanted = directory_pb2.ResolvePlaceRequest(address_id=named.address_id, adcode=named.adcode)
    found = pb.ResolvedPlace(address_id=named.address_id, adcode=named.adcode)
    async with at_once:
        try:
            found.place.CopyFrom(await stub.ResolvePlace(wanted))
        except (InvalidArgument, NotFound) as refused:
            found.reason, found.message = refused.reason, refused.message
    return found


ROUTERS: Final = (imports,)
