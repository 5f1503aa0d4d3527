"""Dispatch by hand: a work order without a case gets one, somebody is named, it is dispatched anew."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from kit.errors import FailedPrecondition, NotFound
from protos.common.v1 import place_pb2
from protos.directory.v1 import directory_pb2, directory_pb2_grpc
from protos.pricing.v1 import pricing_pb2, pricing_pb2_grpc
from protos.workorder.v1 import dispatch_pb2, dispatch_pb2_grpc, workorder_pb2, workorder_pb2_grpc
from services.gateway.acting import Acted, act_of, perform
from services.gateway.auth import CallerOf
from services.gateway.edge import Edge, EdgeOf
from services.gateway.routes import cases
from services.gateway.rpc_routes import KEY_PARAMETER, idempotency_key
from workflows.client import Act, field_work_id

_DESK_ORDER: Final = "desk_order"
#: What no dispatcher overrules, because the technician's own record says so.
_STANDS: Final = frozenset({"INACTIVE", "CAPACITY_REACHED"})
_OVERRULE: Final = "Send despite_warnings to assign all the same"
_CHOOSE: Final = (
    "停止接单和当天单量已满不能越过：请另选师傅，或先修改其档案。 despite_warnings does not overrule who takes"
    " no work or has a full day: choose another, or change that first with PUT /technicians/{id}"
    " (active, daily_capacity)"
)

router = APIRouter(prefix="/work-orders/{work_order_id}", tags=["dispatch 派单"])


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=2000, description="Why; everybody may read it")
    release_code: str = Field(
        "other",
        max_length=40,
        description="Why whoever holds the work is released, as ReleaseWorkOrder names it",
    )


class DeskDispatch(BaseModel):
    """At which prices a work order without a quote is quoted."""

    model_config = ConfigDict(extra="forbid")

    price_book_code: str = Field("", max_length=64, description='Empty: the book "standard"')
    cooperation_mode: str = Field("direct", max_length=40)


class Assignment(_Body):
    """Who shall have the work."""

    technician_id: str = Field(min_length=1, max_length=64)
    despite_warnings: bool = Field(
        False,
        description="Also when a hard rule speaks against it, which the audit then shows; never for"
        " who takes no work or has a full day",
    )


class Redispatch(_Body):
    """Candidates are ranked anew."""


@router.post(
    "/dispatch",
    summary="Have a work order without a case done",
    status_code=201,
    openapi_extra=KEY_PARAMETER,
)
async def dispatch(
    work_order_id: str, body: DeskDispatch, request: Request, edge: EdgeOf, caller: CallerOf
) -> cases.StartedCase:
    """Starts the flow ``desk_order`` for it, once: at the quote that it has, or at the one that the price
    book gives for its lines."""
    key = idempotency_key(request, caller)
    order = await _work_order(edge, work_order_id)
    if order.case_id:
        raise FailedPrecondition(
            "WORK_ORDER_CASE_TAKEN",
            f"work order {work_order_id} is case {order.case_id}'s, which has it done",
            field="work_order_id",
        )
    inputs = {
        "work_order_id": work_order_id,
        "quote_id": order.quote_id or (await _quote(edge, order, body, key)).quote_id,
        "customer_id": order.customer_id,
        "region_adcode": order.place.adcode,
    }
    wanted = cases.NewCase(flow_code=_DESK_ORDER, title=order.title, inputs=inputs)
    # The same for everybody: of two dispatchers who start it at once, one case comes.
    return await cases.start_case(edge, caller, wanted, f"{_DESK_ORDER}/{work_order_id}")


@router.post("/assign", summary="Give the work to somebody", openapi_extra=KEY_PARAMETER)
async def assign(
    work_order_id: str, body: Assignment, request: Request, edge: EdgeOf, caller: CallerOf
) -> Acted:
    """Whoever held the work is released, who was asked is asked no more; the named technician has the
    work without being asked, and their earning is promised first. What speaks against it is said,
    and refuses unless it is confirmed."""
    warnings = await _warnings(edge, work_order_id, body.technician_id)
    if warnings.exclusions and not body.despite_warnings:
        raise FailedPrecondition(
            "DISPATCH_WARNINGS",
            f"this speaks against {body.technician_id}:"
            f" {warnings.explanation_zh} {warnings.explanation_en}"
            f" {_OVERRULE if _STANDS.isdisjoint(warnings.exclusions) else _CHOOSE}",
            field="technician_id",
            details={"exclusions": ", ".join(warnings.exclusions)},
        )
    form = {"release_code": body.release_code}
    if warnings.exclusions:
        form["despite"] = ", ".join(warnings.exclusions)
    act = act_of(
        caller,
        idempotency_key(request, caller),
        "assign",
        to=body.technician_id,
        form=form,
        comment=body.reason,
    )
    return await _decide(edge, work_order_id, act)


@router.post("/redispatch", summary="Dispatch anew", openapi_extra=KEY_PARAMETER)
async def redispatch(
    work_order_id: str, body: Redispatch, request: Request, edge: EdgeOf, caller: CallerOf
) -> Acted:
    """Whoever held the work is released, who was asked is asked no more, and the next are."""
    act = act_of(
        caller,
        idempotency_key(request, caller),
        "redispatch",
        form={"release_code": body.release_code},
        comment=body.reason,
    )
    return await _decide(edge, work_order_id, act)


async def _warnings(
    edge: Edge, work_order_id: str, technician_id: str
) -> dispatch_pb2.CheckAssignmentResponse:
    stub = dispatch_pb2_grpc.DispatchServiceStub(edge.caller.channel("workorder"))
    return await stub.CheckAssignment(
        dispatch_pb2.CheckAssignmentRequest(
            work_order_id=work_order_id, technician_id=technician_id
        )
    )


async def _work_order(edge: Edge, work_order_id: str) -> workorder_pb2.WorkOrder:
    stub = workorder_pb2_grpc.WorkOrderServiceStub(edge.caller.channel("workorder"))
    return await stub.GetWorkOrder(workorder_pb2.GetWorkOrderRequest(work_order_id=work_order_id))


async def _quote(
    edge: Edge, order: workorder_pb2.WorkOrder, prices: DeskDispatch, key: str
) -> pricing_pb2.QuoteResult:
    facts = pricing_pb2.QuoteFacts(
        lines=[
            pricing_pb2.QuoteLineRequest(item_code=line.item_code, quantity=line.quantity)
            for line in order.lines
        ],
        place=await _place(edge, order),
        cooperation_mode=prices.cooperation_mode,
        price_book_code=prices.price_book_code,
        customer_level=order.customer_level,
        floor=order.floor,
    )
    stub = pricing_pb2_grpc.PricingServiceStub(edge.caller.channel("pricing"))
    return await stub.Quote(pricing_pb2.QuoteRequest(idempotency_key=key, facts=facts))


async def _place(edge: Edge, order: workorder_pb2.WorkOrder) -> place_pb2.Place:
    """The place of work in full: an order from a scan knows little more than its district."""
    asked = directory_pb2.ResolvePlaceRequest(adcode=order.place.adcode)
    if order.HasField("location"):
        asked.location.CopyFrom(order.location)
    stub = directory_pb2_grpc.DirectoryServiceStub(edge.caller.channel("directory"))
    return await stub.ResolvePlace(asked)


async def _decide(edge: Edge, work_order_id: str, act: Act) -> Acted:
    order = await _work_order(edge, work_order_id)
    try:
        return await perform(edge, order.case_id, field_work_id(work_order_id), act)
    except NotFound as error:
        raise FailedPrecondition(
            "WORK_ORDER_NOT_DISPATCHED",
            f"no flow dispatches work order {work_order_id} now: its case has not come so far, is"
            " over, or there is none; a work order without a case is dispatched by"
            " POST /work-orders/{id}/dispatch",
            field="work_order_id",
        ) from error


ROUTERS = (router,)
