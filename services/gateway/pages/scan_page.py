"""Where a scanned code leads: to the form of the flow that it starts, with what is known filled in."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from protos.flow.v1 import flow_pb2, flow_pb2_grpc
from protos.workorder.v1 import asset_pb2, asset_pb2_grpc
from services.gateway.pages.base import Visit, VisitOf, back_to

router = APIRouter(include_in_schema=False)


@router.get("/s/{scan_code}")
async def scanned(visit: VisitOf, scan_code: str) -> Response:
    """Go on to the form."""
    stub = asset_pb2_grpc.AssetServiceStub(visit.channel("workorder"))
    target = await stub.ResolveScanCode(asset_pb2.ResolveScanCodeRequest(scan_code=scan_code))
    known = await _known(visit, target)
    query = f"?{urlencode(known)}" if known else ""
    return back_to(f"/start/{target.flow_code}{query}")


async def _known(visit: Visit, target: asset_pb2.ScanTarget) -> dict[str, str]:
    """What the code says of the flow's inputs, as far as the visitor may know it."""
    stub = flow_pb2_grpc.FlowServiceStub(visit.channel("flow"))
    flow = await stub.GetFlow(flow_pb2.GetFlowRequest(flow_code=target.flow_code))
    inputs = json.loads(flow.inputs_schema_json).get("properties", {})
    said = {
        "scan_code": target.scan_code,
        "asset_id": target.asset_id,
        "customer_id": target.customer_id,
        "address_id": target.address_id,
        "item_code": target.item_code,
        "brand": target.brand,
        "model": target.model,
    }
    return {name: text for name, text in said.items() if text and name in inputs}
