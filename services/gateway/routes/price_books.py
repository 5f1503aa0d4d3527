"""Price books: versions, drafts, comparisons, files, and who may price locally."""

from __future__ import annotations

from typing import Final, cast

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from protos.pricing.v1 import (
    book_pb2,
    draft_pb2,  # noqa: F401 - its descriptors are exposed
    library_pb2,
)
from services.gateway import transcoding
from services.gateway.auth import CallerOf
from services.gateway.edge import EdgeOf
from services.gateway.file_bodies import ask, described, fill, spreadsheet, with_file
from services.gateway.rpc_routes import expose, idempotency_key

_BOOKS: Final = "pricing.v1.PriceBookService"
_DRAFTS: Final = "pricing.v1.PriceDraftService"
_PREVIEW: Final = f"{_DRAFTS}/PreviewPriceBookImport"
_IMPORT: Final = f"{_DRAFTS}/ImportPriceBook"
_EXPORT: Final = f"{_BOOKS}/ExportPriceBook"
_EXPORT_COMPARISON: Final = f"{_BOOKS}/ExportPriceBookComparison"
_FORMAT: Final = {
    "parameters": [
        {"name": name, "in": "query", "schema": {"type": kind}}
        for name, kind in (("version", "integer"), ("format", "string"))
    ]
}

_BOOK: Final = {
    "price_book_code": "standard",
    "currency": "CNY",
    "effective_from": "2026-01-01T00:00:00+08:00",
    "resolution_order": ["customer_level", "cooperation_mode", "city_tier", "place"],
    "phases": ["premium", "coefficient", "surcharge"],
    "rates": [
        {
            "rate_id": "ac-install-std",
            "item_code": "AC-INSTALL-STD",
            "list_price": {"currency": "CNY", "amount_minor": 20000},
            "settlement_price": {"currency": "CNY", "amount_minor": 14000},
        }
    ],
    "modifiers": [
        {
            "modifier_code": "WORK-AT-HEIGHT",
            "label": "高空作业",
            "phase": "coefficient",
            "combine_mode": "COMBINE_MODE_MULTIPLY",
            "ratio": "1.2",
        }
    ],
}
_RATE: Final = {
    "item_code": "AC-INSTALL-STD",
    "place_code": "310000",
    "list_price": {"currency": "CNY", "amount_minor": 21000},
    "settlement_price": {"currency": "CNY", "amount_minor": 14000},
}
_EDITS: Final = {
    "revision": 3,
    "edits": [
        {"put": {"rate": _RATE}},
        {"remove": {"kind": "PRICE_RULE_KIND_MODIFIER", "code": "WORK-AT-HEIGHT"}},
    ],
}
_COMPARED: Final = {
    "before": {"price_book_code": "standard", "version": 1},
    "after": {"draft_id": "pd_0c2f"},
}
_DELEGATION: Final = {
    "role": "outlet_manager",
    "places": [{"place_code": "110000", "places_above": ["CN-NORTH", "CN"]}],
    "least_ratio": "-0.1",
    "most_ratio": "0.15",
    "list_only": True,
}

price_books = APIRouter(prefix="/price-books", tags=["price-books 价目"])
expose(
    price_books,
    "POST",
    "",
    f"{_BOOKS}/PublishPriceBook",
    "Found a price book: check and publish its first version",
    body="price_book",
    example=_BOOK,
)
expose(price_books, "GET", "", f"{_BOOKS}/ListPriceBooks", "Every book with its newest version")
expose(
    price_books,
    "POST",
    "/compare",
    f"{_BOOKS}/ComparePriceBooks",
    "What differs between two versions or drafts",
    example=_COMPARED,
)
expose(
    price_books,
    "GET",
    "/{price_book_code}/versions",
    f"{_BOOKS}/ListPriceBookVersions",
    "Versions of a price book",
)
expose(
    price_books,
    "GET",
    "/{price_book_code}/rates",
    f"{_BOOKS}/ListRates",
    "Rates of a version, by item, place and other conditions; without ?version= of the newest",
)
expose(
    price_books,
    "GET",
    "/{price_book_code}",
    f"{_BOOKS}/GetPriceBookVersion",
    "One version of a price book; without ?version= the one in force",
)


@price_books.get(
    "/{price_book_code}/export",
    summary="A version as a file that imports again without a change",
    response_class=Response,
    openapi_extra=_FORMAT,
)
async def export(price_book_code: str, request: Request, edge: EdgeOf, _by: CallerOf) -> Response:
    """XLSX, or the rates as CSV with `format=SHEET_FORMAT_CSV`; without `version` the newest."""
    source = book_pb2.PriceBookSource()
    fill(source, request, but=("format",))
    return await _exported(edge, request, source, price_book_code)


@price_books.post(
    "/compare/export",
    summary="What differs, as a workbook",
    response_class=Response,
    openapi_extra={"requestBody": {"content": {"application/json": {"example": _COMPARED}}}},
)
async def export_comparison(request: Request, edge: EdgeOf, _by: CallerOf) -> Response:
    """A row for each field, before and after."""
    wanted = book_pb2.ExportPriceBookComparisonRequest()
    transcoding.parse(transcoding.read_json(await request.body()), wanted)
    reply = cast(book_pb2.PriceBookFile, await ask(edge, _EXPORT_COMPARISON, wanted))
    return spreadsheet(reply.content, "价目对比", is_csv=False)


drafts = APIRouter(prefix="/price-drafts", tags=["price-drafts 价目草稿"])
expose(drafts, "GET", "", f"{_DRAFTS}/ListPriceDrafts", "Drafts, the newest first")
expose(
    drafts,
    "POST",
    "",
    f"{_DRAFTS}/CreatePriceDraft",
    "Open a draft: on a book, as a copy of one, or as a roll-back",
    example={"price_book_code": "standard", "title": "夏季调价"},
)
expose(
    drafts,
    "GET",
    "/{draft_id}",
    f"{_DRAFTS}/GetPriceDraft",
    "A draft with its rules, each as it is and as it was",
)
expose(
    drafts,
    "POST",
    "/{draft_id}/edit",
    f"{_DRAFTS}/EditPriceDraft",
    "Several edits at once, all of them or none",
    example=_EDITS,
)
for _name, _rpc, _summary, _example in (
    ("undo", "UndoPriceDraftEdit", "Take back the last edit", {"revision": 3}),
    ("redo", "RedoPriceDraftEdit", "Do again what was taken back", {"revision": 4}),
    ("rebase", "RebasePriceDraft", "Stand on the newest version again", {"dry_run": True}),
    ("submit", "SubmitPriceDraft", "Hand a draft in for review", {"revision": 5}),
    (
        "review",
        "ReviewPriceDraft",
        "Approve a draft, or return it with a comment",
        {"decision": "PRICE_REVIEW_DECISION_RETURN", "comment": "价格太高"},
    ),
    (
        "publish",
        "PublishPriceDraft",
        "Publish what was approved",
        {"effective_from": "2026-07-01T00:00:00+08:00"},
    ),
    ("discard", "DiscardPriceDraft", "Give a draft up", {"revision": 6}),
):
    expose(
        drafts, "POST", f"/{{draft_id}}/{_name}", f"{_DRAFTS}/{_rpc}", _summary, example=_example
    )


@drafts.post(
    "/{draft_id}/import/preview",
    summary="What a file (XLSX or CSV, as the body) would change in a draft",
    openapi_extra=described(_PREVIEW, but=("draft_id",)),
)
async def preview(draft_id: str, request: Request, edge: EdgeOf, _by: CallerOf) -> JSONResponse:
    """Nothing is changed. Hand `file_sha256` and `draft_revision` on to do what was previewed."""
    reply = await ask(edge, _PREVIEW, await with_file(_PREVIEW, request))
    return JSONResponse(transcoding.to_json(reply))


@drafts.post(
    "/{draft_id}/import",
    summary="Import a file into a draft as it was previewed, as one edit",
    openapi_extra=described(_IMPORT, but=("draft_id",), keyed=True),
)
async def import_book(draft_id: str, request: Request, edge: EdgeOf, by: CallerOf) -> JSONResponse:
    """Refused when it is another file, or when the draft changed since the preview."""
    message = await with_file(_IMPORT, request)
    setattr(message, transcoding.KEY_FIELD, idempotency_key(request, by))
    return JSONResponse(transcoding.to_json(await ask(edge, _IMPORT, message)))


@drafts.get(
    "/{draft_id}/export",
    summary="A draft as a file that imports again without a change",
    response_class=Response,
    openapi_extra={"parameters": _FORMAT["parameters"][1:]},
)
async def export_draft(draft_id: str, request: Request, edge: EdgeOf, _by: CallerOf) -> Response:
    """XLSX, or the rates as CSV with `format=SHEET_FORMAT_CSV`."""
    source = book_pb2.PriceBookSource()
    fill(source, request, but=("format",))
    return await _exported(edge, request, source, draft_id)


async def _exported(
    edge: EdgeOf, request: Request, source: book_pb2.PriceBookSource, name: str
) -> Response:
    wanted = book_pb2.ExportPriceBookRequest()
    if given := request.query_params.get("format"):
        transcoding.parse({"format": given}, wanted)
    wanted.source.CopyFrom(source)
    reply = cast(book_pb2.PriceBookFile, await ask(edge, _EXPORT, wanted))
    is_csv = wanted.format == library_pb2.SHEET_FORMAT_CSV
    return spreadsheet(reply.content, name, is_csv=is_csv)


delegations = APIRouter(prefix="/price-delegations", tags=["price-delegations 定价授权"])
expose(delegations, "GET", "", f"{_DRAFTS}/ListPriceDelegations", "Who may price locally")
expose(
    delegations,
    "POST",
    "",
    f"{_DRAFTS}/PutPriceDelegation",
    "Let somebody price locally within a band, or change or end that",
    body="delegation",
    example=_DELEGATION,
)

ROUTERS: Final = (price_books, drafts, delegations)
