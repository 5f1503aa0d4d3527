"""Items of both libraries, the company's own fields of them, and files to carry them in and out."""

from __future__ import annotations

from typing import Final, cast

from fastapi import APIRouter, Request
from google.protobuf.message import Message
from starlette.responses import JSONResponse, Response

from protos.pricing.v1 import library_pb2
from services.gateway import transcoding
from services.gateway.auth import CallerOf
from services.gateway.edge import Edge, EdgeOf
from services.gateway.file_bodies import (
    FILE,
    ask,
    described,
    fill,
    in_query,
    spreadsheet,
    with_file,
)
from services.gateway.files import require_files
from services.gateway.rpc_routes import expose, idempotency_key
from services.gateway.words import enum_term, word

_LIBRARY: Final = "pricing.v1.LibraryService"
_PREVIEW: Final = f"{_LIBRARY}/PreviewItemImport"
_IMPORT: Final = f"{_LIBRARY}/ImportItems"
_EXPORT: Final = f"{_LIBRARY}/ExportItems"

_ITEM: Final = {
    "catalogue": "CATALOGUE_SPARE_PART_LIBRARY",
    "name": "铜管 1.5P",
    "unit": "米",
    "parent_item_code": "PIPES",
    "variant_of_item_code": "COPPER-PIPE",
    "variant_options": {"匹数": "1.5P"},
    "fields": {"diameter_mm": "9.5"},
    "brand": "美的",
    "revision": 0,
}
_FIELD: Final = {
    "label": "管径(mm)",
    "kind": "ITEM_FIELD_KIND_NUMBER",
    "required": False,
    "revision": 0,
}


async def _check_pictures(edge: Edge, request: Message) -> None:
    """See that the pictures of an item were uploaded; pricing itself knows no files."""
    item = cast(library_pb2.PutItemRequest, request).item
    await require_files(edge, {"pictures": list(item.pictures)}, holder="item")


items = APIRouter(prefix="/items", tags=["items 项目库与备件库"])
expose(
    items,
    "GET",
    "",
    f"{_LIBRARY}/ListItems",
    "Items of both libraries: by library, parent, words, a field's value, retired or not",
)
expose(items, "GET", "/{item_code}", f"{_LIBRARY}/GetItem", "One item")
expose(
    items,
    "PUT",
    "/{item_code}",
    f"{_LIBRARY}/PutItem",
    "Create an item, or put this in its place; with its revision, only as it was seen",
    body="item",
    example=_ITEM,
    check=_check_pictures,
)
expose(
    items,
    "POST",
    "/{item_code}/retire",
    f"{_LIBRARY}/RetireItem",
    "Keep an item out of new price books",
    example={"revision": 3},
)
expose(
    items,
    "POST",
    "/{item_code}/restore",
    f"{_LIBRARY}/RestoreItem",
    "Let a retired item be used again",
    example={"revision": 4},
)

fields = APIRouter(prefix="/item-fields", tags=["items 项目库与备件库"])
expose(fields, "GET", "", f"{_LIBRARY}/ListItemFields", "The company's own fields of its items")
expose(
    fields,
    "PUT",
    "/{catalogue}/{field_code}",
    f"{_LIBRARY}/PutItemField",
    "Define a field, or change its label, choices and duty",
    body="field",
    example=_FIELD,
)

imports = APIRouter(prefix="/item-imports", tags=["items 项目库与备件库"])
exports = APIRouter(prefix="/item-exports", tags=["items 项目库与备件库"])


@imports.post(
    "/preview",
    summary="What a file (XLSX or CSV, as the body) would change, row by row",
    openapi_extra=described(_PREVIEW),
)
async def preview(request: Request, edge: EdgeOf, _caller: CallerOf) -> JSONResponse:
    """Nothing is changed. Hand `file_sha256` and `library_sha256` on to do what was previewed."""
    reply = await ask(edge, _PREVIEW, await with_file(_PREVIEW, request))
    await _check_named_pictures(edge, cast(library_pb2.ItemImportPreview, reply))
    return JSONResponse(transcoding.to_json(reply))


@imports.post(
    "",
    summary="Import a file as it was previewed: all of it or nothing",
    openapi_extra=described(_IMPORT, keyed=True),
)
async def import_items(request: Request, edge: EdgeOf, caller: CallerOf) -> JSONResponse:
    """Refused when it is another file, or when an item in it changed since the preview."""
    message = await with_file(_IMPORT, request)
    setattr(message, transcoding.KEY_FIELD, idempotency_key(request, caller))
    return JSONResponse(transcoding.to_json(await ask(edge, _IMPORT, message)))


@exports.get(
    "",
    summary="Items as a file that imports again without a change",
    response_class=Response,
    openapi_extra=in_query(_EXPORT),
)
async def export(request: Request, edge: EdgeOf, _caller: CallerOf) -> Response:
    """XLSX, or CSV with `format=SHEET_FORMAT_CSV`."""
    wanted = library_pb2.ExportItemsRequest()
    fill(wanted, request)
    reply = cast(library_pb2.ItemsExported, await ask(edge, _EXPORT, wanted))
    is_csv = wanted.format == library_pb2.SHEET_FORMAT_CSV
    return spreadsheet(reply.content, word(enum_term(wanted, "catalogue")), is_csv=is_csv)


async def _check_named_pictures(edge: Edge, preview: library_pb2.ItemImportPreview) -> None:
    """See that the pictures that a file names were uploaded: without a preview nothing is imported."""
    named = {f"{row.row_number} 图片": list(row.pictures) for row in preview.rows if row.pictures}
    await require_files(edge, named, holder=FILE)


ROUTERS: Final = (items, fields, imports, exports)
