"""What happened on site, for people: the office sees it all, the customer what is theirs, and taps."""

from __future__ import annotations

import base64
from urllib.parse import quote as quoted

from fastapi import APIRouter
from starlette.responses import Response

from protos.workorder.v1 import (
    extra_pb2,
    extra_pb2_grpc,
    on_site_pb2,
    on_site_pb2_grpc,
    part_pb2,
    part_pb2_grpc,
    workorder_pb2,
    workorder_pb2_grpc,
)
from services.gateway.pages.base import VisitOf, back_to
from services.gateway.passwords import new_token
from services.gateway.scan_codes import picture

router = APIRouter(include_in_schema=False)


@router.get("/work-orders/{work_order_id}/on-site")
async def on_site(visit: VisitOf, work_order_id: str) -> Response:
    """The record, with the extras that wait for the customer's tap and the code to be scanned."""
    orders = workorder_pb2_grpc.WorkOrderServiceStub(visit.channel("workorder"))
    order = await orders.GetWorkOrder(
        workorder_pb2.GetWorkOrderRequest(work_order_id=work_order_id)
    )
    sites = on_site_pb2_grpc.OnSiteServiceStub(visit.channel("workorder"))
    record = await sites.GetOnSiteRecord(
        on_site_pb2.GetOnSiteRecordRequest(work_order_id=work_order_id)
    )
    parts = part_pb2_grpc.PartServiceStub(visit.channel("workorder"))
    used = await parts.ListPartUses(part_pb2.ListPartUsesRequest(work_order_id=work_order_id))
    return await visit.page(
        "on_site.html",
        work_order=order,
        record=record,
        parts=[
            line
            for use in used.part_uses
            if not use.HasField("reversed_at")
            for line in use.part_use_lines
        ],
        is_customer=order.customer_id == visit.caller.actor.person_id,
        proposed=extra_pb2.EXTRA_STATE_PROPOSED,
        completion_qr=_scannable(order),
        act_key=new_token("act"),
    )


@router.post("/extras/{extra_id}/answer")
async def answer(visit: VisitOf, extra_id: str) -> Response:
    """The customer's tap."""
    form = await visit.form()
    extras = extra_pb2_grpc.ExtraServiceStub(visit.channel("workorder"))
    approved = form["answer"] == "approve"
    extra = await extras.AnswerExtra(
        extra_pb2.AnswerExtraRequest(
            idempotency_key=form["act_key"], extra_id=extra_id, approved=approved
        )
    )
    said = visit.say("已同意", "approved") if approved else visit.say("已拒绝", "declined")
    return back_to(f"/work-orders/{quoted(extra.work_order_id)}/on-site?said={quoted(said)}")


def _scannable(order: workorder_pb2.WorkOrder) -> str:
    """The completion code for the technician to scan from the customer's screen, while it is of use;
    empty for whoever does not know it."""
    if not order.completion_code or order.state != workorder_pb2.WORK_ORDER_STATE_IN_PROGRESS:
        return ""
    return base64.b64encode(picture(order.completion_code, "svg")).decode()
