"""Quotes."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from protos.pricing.v1 import pricing_pb2  # noqa: F401 - its descriptors are what is exposed
from services.gateway.rpc_routes import expose

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

ROUTERS: Final = (quotes,)
