"""What stood still on site is charged to whoever blocked: the record's pauses, with who is to pay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from kit.errors import FailedPrecondition
from protos.settlement.v1 import adjustment_pb2, adjustment_pb2_grpc
from protos.workorder.v1 import on_site_pb2, on_site_pb2_grpc, workorder_pb2, workorder_pb2_grpc
from services.gateway import transcoding
from services.gateway.auth import CallerOf
from services.gateway.edge import EdgeOf
from services.gateway.rpc_routes import KEY_PARAMETER, idempotency_key
from services.gateway.words import enum_term, word

#: Whose doing can be charged; a break, the building's management or the company is nobody's bill.
_CHARGED: Final = {
    on_site_pb2.BLAMED_PARTY_CUSTOMER: "customer",
    on_site_pb2.BLAMED_PARTY_WAREHOUSE: "warehouse",
    on_site_pb2.BLAMED_PARTY_DESIGNER: "designer",
    on_site_pb2.BLAMED_PARTY_TECHNICIAN: "technician",
}

router = APIRouter(prefix="/work-orders/{work_order_id}", tags=["adjustments 调整"])


class Penalties(BaseModel):
    """Who pays for what the work order itself does not name."""

    model_config = ConfigDict(extra="forbid")

    warehouse_id: str = Field("", max_length=64, description="Whose parts were waited for")
    designer_id: str = Field("", max_length=64, description="Whose answer was waited for")
    rule_code: str = Field("", max_length=64, description="Empty: the penalty rule there is")


@router.post(
    "/penalties",
    summary="Charge the pauses of the work to whoever blocked",
    openapi_extra=KEY_PARAMETER,
)
async def propose_penalties(
    work_order_id: str, body: Penalties, request: Request, edge: EdgeOf, caller: CallerOf
) -> JSONResponse:
    """Takes the pauses that have ended from the record of what happened on site, each with the party it
    blames, and proposes an adjustment for each party; those who waited are charged nothing."""
    key = idempotency_key(request, caller)
    channel = edge.caller.channel("workorder")
    order = await workorder_pb2_grpc.WorkOrderServiceStub(channel).GetWorkOrder(
        workorder_pb2.GetWorkOrderRequest(work_order_id=work_order_id)
    )
    record = await on_site_pb2_grpc.OnSiteServiceStub(channel).GetOnSiteRecord(
        on_site_pb2.GetOnSiteRecordRequest(work_order_id=work_order_id)
    )
    payers = {
        "customer": order.customer_id,
        "technician": order.technician_id,
        "warehouse": body.warehouse_id,
        "designer": body.designer_id,
    }
    asked = adjustment_pb2.ProposePenaltiesRequest(
        idempotency_key=key,
        work_order_id=work_order_id,
        case_id=order.case_id,
        intervals=_intervals(record, payers),
        rule_code=body.rule_code,
    )
    stub = adjustment_pb2_grpc.AdjustmentServiceStub(edge.caller.channel("settlement"))
    return JSONResponse(transcoding.to_json(await stub.ProposePenalties(asked)))


def _intervals(
    record: on_site_pb2.OnSiteRecord, payers: Mapping[str, str]
) -> Iterator[adjustment_pb2.BlockedInterval]:
    """Pauses that have ended and that somebody is to pay for.

    Raises:
        FailedPrecondition: ``PENALTY_PAYER_UNKNOWN`` when nobody says who that is.
    """
    for number, span in enumerate(record.work_time.spans, 1):
        party = _CHARGED.get(span.party)
        if party is None or not span.pause_reason or not span.HasField("ends_at"):
            continue
        if not payers[party]:
            raise FailedPrecondition(
                "PENALTY_PAYER_UNKNOWN",
                f"work waited for the {party}, and nobody says which: give {party}_id",
                field=f"{party}_id",
            )
        yield adjustment_pb2.BlockedInterval(
            party_kind=party,
            party_id=payers[party],
            blocked_from=span.starts_at,
            blocked_to=span.ends_at,
            reason=word(enum_term(span, "pause_reason")),
            reference=f"{record.work_order_id}/on-site#{number}",
        )


ROUTERS: Final = (router,)
