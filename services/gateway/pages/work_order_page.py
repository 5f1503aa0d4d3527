"""Work orders and payouts: what the technician lives by and what finance does with it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote as quoted

from fastapi import APIRouter
from starlette.responses import Response

from kit.errors import NotFound, ServiceError
from protos.settlement.v1 import settlement_pb2, settlement_pb2_grpc
from protos.workorder.v1 import asset_pb2, asset_pb2_grpc, workorder_pb2, workorder_pb2_grpc
from services.gateway.pages.base import Visit, VisitOf, back_to, if_allowed, own_path
from services.gateway.passwords import new_token

router = APIRouter(include_in_schema=False)


@router.get("/work-orders")
async def work_orders(visit: VisitOf) -> Response:
    """A technician's own; for the office all of them."""
    actor = visit.caller.actor
    mine = actor.person_id if actor.has_role("technician") else ""
    stub = workorder_pb2_grpc.WorkOrderServiceStub(visit.channel("workorder"))
    earnings = settlement_pb2_grpc.SettlementServiceStub(visit.channel("settlement"))
    refused: ServiceError | None = None
    listed, earned = workorder_pb2.ListWorkOrdersResponse(), settlement_pb2.ListEarningsResponse()
    try:
        listed = await stub.ListWorkOrders(workorder_pb2.ListWorkOrdersRequest(technician_id=mine))
        earned = await earnings.ListEarnings(settlement_pb2.ListEarningsRequest(technician_id=mine))
    except ServiceError as error:
        refused = error
    return await visit.page(
        "work_orders.html",
        mine=bool(mine),
        work_orders=listed.work_orders,
        earnings=earned.earnings,
        problem=refused,
        act_key=new_token("act"),
        here="/work-orders",
    )


@router.get("/work-orders/{work_order_id}")
async def work_order(visit: VisitOf, work_order_id: str) -> Response:
    """One work order; its case is one step away."""
    stub = workorder_pb2_grpc.WorkOrderServiceStub(visit.channel("workorder"))
    wanted = workorder_pb2.GetWorkOrderRequest(work_order_id=work_order_id)
    found = await stub.GetWorkOrder(wanted)
    asset, guides = await _asset(visit, found.asset_id)
    return await visit.page(
        "work_order.html", work_order=found, earning=None, asset=asset, guides=guides
    )


async def _asset(
    visit: Visit, asset_id: str
) -> tuple[asset_pb2.Asset | None, Sequence[asset_pb2.Guide]]:
    """What is worked on and how it is installed, as far as the visitor may know it."""
    if not asset_id:
        return None, ()
    stub = asset_pb2_grpc.AssetServiceStub(visit.channel("workorder"))
    try:
        asset = await stub.GetAsset(asset_pb2.GetAssetRequest(asset_id=asset_id))
    except NotFound:
        return None, ()
    listed = await if_allowed(stub.ListGuides(asset_pb2.ListGuidesRequest(asset_id=asset_id)))
    return asset, listed.guides if listed else ()


@router.post("/earnings/{earning_id}/pay")
async def pay(visit: VisitOf, earning_id: str) -> Response:
    """Finance hands an earning to the payout channel."""
    form = await visit.form()
    stub = settlement_pb2_grpc.SettlementServiceStub(visit.channel("settlement"))
    await stub.StartPayout(
        settlement_pb2.StartPayoutRequest(idempotency_key=form["act_key"], earning_id=earning_id)
    )
    return _said(form["here"], visit.say("已提交打款", "handed to the payout channel"))


@router.post("/earnings/{earning_id}/confirm")
async def confirm(visit: VisitOf, earning_id: str) -> Response:
    """The money arrived."""
    form = await visit.form()
    stub = settlement_pb2_grpc.SettlementServiceStub(visit.channel("settlement"))
    await stub.ConfirmPayout(
        settlement_pb2.ConfirmPayoutRequest(
            idempotency_key=form["act_key"],
            earning_id=earning_id,
            payout_reference=form.get("payout_reference", ""),
        )
    )
    return _said(form["here"], visit.say("已确认到账", "the money has arrived"))


def _said(here: str, said: str) -> Response:
    return back_to(f"{own_path(here)}?said={quoted(said)}")
