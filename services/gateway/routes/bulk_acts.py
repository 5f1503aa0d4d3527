"""Bulk acts: one verb on many cases or user tasks, looked at first."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from kit.errors import FailedPrecondition
from protos.cases.v1 import bulk_acts_pb2, bulk_acts_pb2_grpc
from services.gateway.acting import act_of, check_act
from services.gateway.auth import Caller, CallerOf
from services.gateway.edge import Edge, EdgeOf
from services.gateway.rpc_routes import KEY_PARAMETER, expose, idempotency_key
from services.gateway.transcoding import Json, parse
from workflows.client import Target

_SERVICE: Final = "cases.v1.BulkActService"
_WHICH: Final[dict[str, Any]] = {"cases": {"flow_code": "aircon_install", "node": "measure"}}

bulk_acts = APIRouter(prefix="/bulk-acts", tags=["cases 个案"])
expose(
    bulk_acts,
    "POST",
    "/preview",
    f"{_SERVICE}/PreviewBulkAct",
    "What a verb would be done to, and what would be refused; nothing is changed",
    example={**_WHICH, "verb": "transfer", "to": "pe_li"},
)
expose(
    bulk_acts,
    "GET",
    "/{bulk_act_id}",
    f"{_SERVICE}/GetBulkAct",
    "How far a bulk act is, and what could not be done",
)


class NewBulkAct(BaseModel):
    """What to do, to what, and how many were seen in the preview."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"which": _WHICH, "verb": "transfer", "to": "pe_li", "target_count": 12}]
        },
    )

    which: dict[str, object] = Field(
        description="As in the preview: cases, user_tasks or incidents, each by its list's filters,"
        " or case_ids"
    )
    verb: str = Field(min_length=1, max_length=32)
    to: str = Field("", max_length=200)
    comment: str = Field("", max_length=2000)
    target_count: int = Field(ge=1, description="How many targets the preview had")


class OrderedBulkAct(BaseModel):
    """A bulk act that runs, or has run."""

    bulk_act_id: str


@bulk_acts.post("", summary="Do one verb to many", status_code=202, openapi_extra=KEY_PARAMETER)
async def order(
    body: NewBulkAct, request: Request, edge: EdgeOf, caller: CallerOf
) -> OrderedBulkAct:
    """One act at a time, each audited in the caller's name; once for each key."""
    return await order_bulk_act(edge, caller, body, idempotency_key(request, caller))


async def order_bulk_act(edge: Edge, caller: Caller, body: NewBulkAct, key: str) -> OrderedBulkAct:
    """Choose what it is done to, and have it done.

    Raises:
        FailedPrecondition: ``BULK_TARGETS_CHANGED`` when the preview would not say the same now.
    """
    act = act_of(caller, key, body.verb, to=body.to, comment=body.comment)
    await check_act(edge, act)
    preview = await preview_of(edge, {**body.which, "verb": body.verb, "to": body.to})
    if len(preview.targets) != body.target_count:
        raise FailedPrecondition(
            "BULK_TARGETS_CHANGED",
            f"there were {body.target_count}, and are {len(preview.targets)} now: look again",
            field="target_count",
        )
    targets = [
        Target(each.case_id, each.workflow_id, each.user_task_id, each.title, each.incident_id)
        for each in preview.targets
    ]
    return OrderedBulkAct(bulk_act_id=await edge.cases.bulk_act(act, targets))


async def preview_of(edge: Edge, plain: Json) -> bulk_acts_pb2.BulkActPreview:
    """What a verb would be done to, for whoever asks."""
    wanted = bulk_acts_pb2.PreviewBulkActRequest()
    parse(plain, wanted)
    stub = bulk_acts_pb2_grpc.BulkActServiceStub(edge.caller.channel("cases"))
    preview: bulk_acts_pb2.BulkActPreview = await stub.PreviewBulkAct(wanted)
    return preview


ROUTERS: Final = (bulk_acts,)
