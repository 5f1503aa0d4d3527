"""Assets, their warranties, the codes printed on them, and guides to installing them."""

from __future__ import annotations

from typing import Final, cast

from fastapi import APIRouter, Request
from google.protobuf.message import Message
from starlette.responses import Response

from protos.workorder.v1 import asset_pb2, asset_pb2_grpc
from services.gateway.auth import CallerOf
from services.gateway.edge import Edge, EdgeOf
from services.gateway.files import require_files
from services.gateway.rpc_routes import expose
from services.gateway.scan_codes import MEDIA_TYPES, PictureFormat, link_of, picture
from workflows.language.file_types import is_reference

_SERVICE: Final = "workorder.v1.AssetService"

_ASSET: Final = {
    "customer_id": "cu_inside",
    "item_code": "AC-INSTALL-STD",
    "brand": "美的",
    "model": "KFR-35GW",
    "serial": "SN20260318001",
    "name": "客厅空调",
    "installed_on": "2026-03-18",
}


async def _check_file(edge: Edge, request: Message) -> None:
    """See that the file of a guide was uploaded; the workorder service knows no files."""
    reference = cast(asset_pb2.AddGuideRequest, request).reference
    if is_reference(reference):
        await require_files(edge, {"reference": reference}, holder="body")


assets = APIRouter(prefix="/assets", tags=["assets 设备"])
expose(
    assets,
    "GET",
    "",
    f"{_SERVICE}/ListAssets",
    "Assets: by customer, address, model, serial, words, or when their warranty is over",
)
expose(assets, "POST", "", f"{_SERVICE}/RegisterAsset", "Register an asset", example=_ASSET)
expose(assets, "GET", "/{asset_id}", f"{_SERVICE}/GetAsset", "One asset with its warranties")
expose(
    assets,
    "PUT",
    "/{asset_id}",
    f"{_SERVICE}/ChangeAsset",
    "Change what an asset is; with its revision, only as it was seen",
    example={name: value for name, value in _ASSET.items() if name != "customer_id"}
    | {"revision": 1},
)
expose(
    assets,
    "POST",
    "/{asset_id}/move",
    f"{_SERVICE}/MoveAsset",
    "Move an asset, with its parts, to another customer or address",
    example={"customer_id": "cu_outside", "reason": "搬家"},
)
expose(
    assets,
    "POST",
    "/{asset_id}/retire",
    f"{_SERVICE}/RetireAsset",
    "Retire an asset; its code ends, its history stays",
    example={"reason": "报废"},
)
expose(assets, "GET", "/{asset_id}/moves", f"{_SERVICE}/ListAssetMoves", "Where an asset has been")
expose(
    assets,
    "GET",
    "/{asset_id}/warranty",
    f"{_SERVICE}/CheckWarranty",
    "Whether an asset is in warranty, now or at an instant, for what, and until when",
)
expose(
    assets,
    "POST",
    "/{asset_id}/warranties",
    f"{_SERVICE}/AddWarranty",
    "Give an asset a warranty: standard, extended or out of goodwill",
    example={"kind": "WARRANTY_KIND_EXTENDED", "terms_code": "AC-EXT-2Y", "months": 24},
)

warranties = APIRouter(prefix="/warranties", tags=["assets 设备"])
expose(
    warranties,
    "POST",
    "/{warranty_id}/void",
    f"{_SERVICE}/VoidWarranty",
    "Void a warranty; it stays in the history",
    example={"reason": "登记错误"},
)

scan_codes = APIRouter(prefix="/scan-codes", tags=["assets 设备"])
expose(scan_codes, "GET", "", f"{_SERVICE}/ListScanCodes", "Codes, of an asset or a customer")
expose(
    scan_codes,
    "POST",
    "",
    f"{_SERVICE}/IssueScanCode",
    "A code to be printed for an asset or a customer's place; the one before ends",
    example={"asset_id": "as_aircon", "flow_code": "aircon_repair"},
)
expose(
    scan_codes,
    "POST",
    "/{scan_code}/end",
    f"{_SERVICE}/EndScanCode",
    "End a code",
    example={"reason": "标签遗失"},
)
scan = APIRouter(prefix="/scan", tags=["assets 设备"])
expose(
    scan,
    "GET",
    "/{scan_code}",
    f"{_SERVICE}/ResolveScanCode",
    "What a scanned code stands for, and which flow it starts",
)

guides = APIRouter(prefix="/guides", tags=["assets 设备"])
expose(
    guides,
    "GET",
    "",
    f"{_SERVICE}/ListGuides",
    "Guides, of an asset's model or another one, by kind and language",
)
expose(
    guides,
    "POST",
    "",
    f"{_SERVICE}/AddGuide",
    "Add a version of a guide: an uploaded file or an https link",
    example={
        "brand": "美的",
        "model": "KFR-35GW",
        "kind": "GUIDE_KIND_MODEL_3D",
        "language": "zh",
        "version": "1.0",
        "title": "挂机 3D 安装示意图",
        "reference": "https://example.com/3d/kfr-35gw",
    },
    check=_check_file,
)
expose(guides, "POST", "/{guide_id}/retire", f"{_SERVICE}/RetireGuide", "Take a guide out of use")


@scan_codes.get(
    "/{scan_code}/picture",
    summary="A code as a QR picture to be printed",
    response_class=Response,
)
async def scan_code_picture(
    scan_code: str, request: Request, edge: EdgeOf, _caller: CallerOf, kind: PictureFormat = "svg"
) -> Response:
    """SVG, or PNG with `kind=png`; it leads to this very address."""
    stub = asset_pb2_grpc.AssetServiceStub(edge.caller.channel("workorder"))
    target = await stub.ResolveScanCode(asset_pb2.ResolveScanCodeRequest(scan_code=scan_code))
    link = link_of(str(request.base_url), target.scan_code)
    return Response(picture(link, kind), media_type=MEDIA_TYPES[kind])


ROUTERS: Final = (assets, warranties, scan_codes, scan, guides)
