"""Claims on brands for warranty work."""

from __future__ import annotations

from typing import Final, cast

from fastapi import APIRouter, Request
from starlette.responses import Response

from protos.settlement.v1 import claim_pb2 as pb
from services.gateway.auth import CallerOf
from services.gateway.edge import EdgeOf
from services.gateway.file_bodies import ask, in_query, spreadsheet
from services.gateway.rpc_routes import expose

_SERVICE: Final = "settlement.v1.ClaimService"
_EXPORT: Final = f"{_SERVICE}/ExportBrandClaim"

claims = APIRouter(prefix="/brand-claims", tags=["claims 品牌索赔"])
expose(claims, "GET", "", f"{_SERVICE}/ListBrandClaims", "Claims, the newest first")
expose(
    claims,
    "POST",
    "",
    f"{_SERVICE}/DrawBrandClaim",
    "All that a brand owes of some days and no claim holds yet",
    example={"brand_id": "br_gree", "first_day": "2026-10-01", "last_day": "2026-10-31"},
)
expose(claims, "GET", "/{brand_claim_id}", f"{_SERVICE}/GetBrandClaim", "One claim, line by line")
expose(
    claims,
    "POST",
    "/{brand_claim_id}/withdraw",
    f"{_SERVICE}/WithdrawBrandClaim",
    "A draft is given up",
)
expose(
    claims,
    "POST",
    "/{brand_claim_id}/send",
    f"{_SERVICE}/SendBrandClaim",
    "It was handed to the brand, and is as it is from now on",
)
expose(
    claims,
    "POST",
    "/{brand_claim_id}/answer",
    f"{_SERVICE}/AnswerBrandClaim",
    "What the brand says of its lines; a rejected one is owed no more",
    example={
        "answers": [{"receivable_id": "rv_1", "answer": "rejected", "reason": "已过保修期"}],
        "accept_others": True,
    },
)


@claims.get(
    "/{brand_claim_id}/file",
    summary="A claim as a workbook for the brand",
    openapi_extra=in_query(_EXPORT, but=("brand_claim_id",)),
)
async def export(
    edge: EdgeOf, _caller: CallerOf, _request: Request, brand_claim_id: str
) -> Response:
    """Line by line, with the digest it was sent under."""
    request = pb.ExportBrandClaimRequest(brand_claim_id=brand_claim_id)
    reply = cast(pb.BrandClaimFile, await ask(edge, _EXPORT, request))
    return spreadsheet(reply.content, f"品牌索赔-{brand_claim_id}", is_csv=False)


ROUTERS: Final = (claims,)
