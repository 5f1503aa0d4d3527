"""Price books, quotes."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from protos.pricing.v1 import (  # noqa: F401 - their descriptors are what is exposed
    book_pb2,
    pricing_pb2,
)
from services.gateway.rpc_routes import expose

_BOOKS: Final = "pricing.v1.PriceBookService"
_QUOTES: Final = "pricing.v1.PricingService"

_FACTS: Final = {
    "lines": [{"item_code": "AC-INSTALL-STD", "quantity": 1, "modifier_codes": ["WORK-AT-HEIGHT"]}],
    "place": {
        "adcode": "110105",
        "adcode_path": ["110105", "110100", "110000", "CN-NORTH", "CN"],
        "zone_codes": ["BJ-RING5"],
        "city_tier": "tier1",
    },
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

price_books = APIRouter(prefix="/price-books", tags=["price-books 价目"])
expose(
    price_books,
    "POST",
    "",
    f"{_BOOKS}/PublishPriceBook",
    "Check and publish the next version of a price book",
    body="price_book",
    example=_BOOK,
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
    "/{price_book_code}",
    f"{_BOOKS}/GetPriceBookVersion",
    "One version of a price book; without ?version= the one in force",
)

quotes = APIRouter(prefix="/quotes", tags=["quotes 报价"])
expose(quotes, "GET", "", f"{_QUOTES}/ListQuotes", "Quotes, such as those of a case")
expose(
    quotes,
    "POST",
    "",
    f"{_QUOTES}/Quote",
    "Compute, explain and keep a quote",
    example={"facts": _FACTS},
)
expose(
    quotes,
    "POST",
    "/preview",
    f"{_QUOTES}/PreviewQuote",
    "The same computation, not kept",
    example={"facts": _FACTS},
)
expose(
    quotes,
    "POST",
    "/explain",
    f"{_QUOTES}/ExplainQuote",
    "Why a quote, stored or not, costs what it costs",
    example={"quote_id": "qt_0c2f"},
)
expose(quotes, "GET", "/{quote_id}", f"{_QUOTES}/GetQuote", "One quote with every step")

ROUTERS: Final = (price_books, quotes)
