"""Flows: checked, published, listed, drawn; and the palette of nodes."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from protos.flow.v1 import flow_pb2, flow_pb2_grpc
from services.gateway.auth import CallerOf
from services.gateway.drawing import svg
from services.gateway.edge import EdgeOf
from services.gateway.mermaid import mermaid
from services.gateway.rpc_routes import expose
from workflows.compiler.plan import Plan

_SERVICE: Final = "flow.v1.FlowService"
_SOURCE: Final = {"source": "code: aircon_install\nname: 空调安装\n…"}
_REVISION: Final = {"revision": 3}
_MEDIA: Final = {"svg": "image/svg+xml", "mermaid": "text/plain; charset=utf-8"}

flows = APIRouter(prefix="/flows", tags=["flows 流程"])
expose(flows, "GET", "", f"{_SERVICE}/ListFlows", "The latest version of each flow")
expose(
    flows,
    "POST",
    "",
    f"{_SERVICE}/PublishFlow",
    "Check, compile and publish the next version",
    example=_SOURCE,
)
expose(
    flows,
    "POST",
    "/check",
    f"{_SERVICE}/CheckFlow",
    "Every diagnostic of a flow's source at once; nothing is kept",
    example=_SOURCE,
)
expose(
    flows,
    "GET",
    "/{flow_code}",
    f"{_SERVICE}/GetFlow",
    "One version with its source and plan; without ?version= the latest",
)
expose(
    flows,
    "GET",
    "/{flow_code}/versions",
    f"{_SERVICE}/ListFlowVersions",
    "Every version of a flow, newest first",
)
expose(
    flows,
    "GET",
    "/{flow_code}/differences",
    f"{_SERVICE}/CompareFlows",
    "What is not the same in two versions, or a version and the draft, in words",
)
expose(flows, "GET", "/{flow_code}/draft", f"{_SERVICE}/GetDraft", "The draft of a flow")
expose(
    flows,
    "PUT",
    "/{flow_code}/draft",
    f"{_SERVICE}/SaveDraft",
    "Keep a text as the next revision of the draft",
    example={**_SOURCE, "after_revision": 0},
)
expose(
    flows,
    "POST",
    "/{flow_code}/draft/check",
    f"{_SERVICE}/CheckDraft",
    "Check the draft; one without errors can be published",
    example=_REVISION,
)
expose(
    flows,
    "POST",
    "/{flow_code}/draft/publish",
    f"{_SERVICE}/PublishDraft",
    "Publish the checked draft as the next version",
    example=_REVISION,
)
expose(
    flows,
    "POST",
    "/{flow_code}/draft/discard",
    f"{_SERVICE}/DiscardDraft",
    "Throw the draft away",
    example=_REVISION,
)


@flows.get(
    "/{flow_code}/diagram",
    summary="A flow drawn, as SVG or as Mermaid text",
    response_class=Response,
    responses={200: {"content": {media: {} for media in _MEDIA.values()}}},
)
async def diagram(
    flow_code: str,
    edge: EdgeOf,
    _caller: CallerOf,
    version: Annotated[int, Query(ge=0)] = 0,
    form: Annotated[Literal["svg", "mermaid"], Query(alias="format")] = "svg",
    lang: Annotated[Literal["zh", "en"], Query()] = "zh",
) -> Response:
    """Laid out by itself, stages as bands."""
    stub = flow_pb2_grpc.FlowServiceStub(edge.caller.channel("flow"))
    found = await stub.GetFlow(flow_pb2.GetFlowRequest(flow_code=flow_code, version=version))
    plan = Plan.model_validate_json(found.plan_json)
    drawn = svg(plan, lang) if form == "svg" else mermaid(plan, lang)
    return Response(drawn, media_type=_MEDIA[form])


drafts = APIRouter(prefix="/flow-drafts", tags=["flows 流程"])
expose(drafts, "GET", "", f"{_SERVICE}/ListDrafts", "The draft of each flow that has one")

node_kinds = APIRouter(prefix="/node-kinds", tags=["flows 流程"])
expose(node_kinds, "GET", "", f"{_SERVICE}/ListNodeKinds", "The palette: every annotated RPC")

ROUTERS: Final = (flows, drafts, node_kinds)
