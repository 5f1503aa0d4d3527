"""Extras: priced here, proposed by the technician, answered by the customer's tap.

Services do not know each other: the gateway has pricing quote what is asked for, by the facts of the
work order's own quote, and hands the quote's lines to the work order. Nobody types a price.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from protos.pricing.v1 import library_pb2, pricing_pb2, pricing_pb2_grpc
from protos.workorder.v1 import extra_pb2, extra_pb2_grpc, workorder_pb2, workorder_pb2_grpc
from services.gateway.auth import CallerOf
from services.gateway.edge import Edge, EdgeOf
from services.gateway.files import require_files
from services.gateway.people import ask_as_system
from services.gateway.rpc_routes import KEY_PARAMETER, expose, idempotency_key
from services.gateway.transcoding import to_json

_SERVICE: Final = "workorder.v1.ExtraService"
#: Who may have an extra priced; whose work order it is, the service knows.
_PROPOSE: Final = ("admin", "dispatcher", "outlet_manager", "supervisor", "technician")
_CATALOGUES: Final = {
    library_pb2.CATALOGUE_PROJECT_LIBRARY: "project_library",
    library_pb2.CATALOGUE_SPARE_PART_LIBRARY: "spare_part_library",
}


class ExtraItem(BaseModel):
    """So many of an item of one of the libraries."""

    model_config = ConfigDict(extra="forbid")

    item_code: str
    quantity: int = Field(1, ge=1, le=10_000)
    modifier_codes: list[str] = []
    serial_numbers: list[str] = Field([], description="Of a part: on its label")
    photo_file_ids: list[str] = Field([], description="Of a part: uploaded before")


class NewExtra(BaseModel):
    """What turned out to be needed, and why."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "items": [{"item_code": "COPPER-PIPE", "quantity": 2}],
                    "note": "外机位置较远,需加长铜管 2 米",
                }
            ]
        },
    )

    items: list[ExtraItem] = Field(min_length=1, max_length=50)
    note: str = Field(min_length=1, max_length=2000)


extras_of_work_order = APIRouter(prefix="/work-orders", tags=["extras 现场加项"])
expose(
    extras_of_work_order,
    "GET",
    "/{work_order_id}/on-site/extras",
    f"{_SERVICE}/ListExtras",
    "The extras of a work order, and what was approved of them",
)


@extras_of_work_order.post(
    "/{work_order_id}/on-site/extras",
    summary="Price and propose an extra; the customer answers it",
    openapi_extra=KEY_PARAMETER,
)
async def propose(
    work_order_id: str, body: NewExtra, request: Request, edge: EdgeOf, caller: CallerOf
) -> dict[str, Any]:
    """Quoted by the facts of the work order's own quote; the amounts are the quote's."""
    key = idempotency_key(request, caller)
    caller.actor.require_role(*_PROPOSE)
    await require_files(edge, body.model_dump(include={"items"}), holder="body")
    orders = workorder_pb2_grpc.WorkOrderServiceStub(edge.caller.channel("workorder"))
    order = await orders.GetWorkOrder(
        workorder_pb2.GetWorkOrderRequest(work_order_id=work_order_id)
    )
    quote = await ask_as_system(partial(_quoted, edge, order, body, key))
    extras = extra_pb2_grpc.ExtraServiceStub(edge.caller.channel("workorder"))
    proposed = await extras.ProposeExtra(
        extra_pb2.ProposeExtraRequest(
            idempotency_key=key,
            work_order_id=work_order_id,
            quote_id=quote.quote_id,
            lines=[_line(line, body) for line in quote.lines],
            total=quote.total,
            note=body.note,
        )
    )
    return to_json(proposed)


async def _quoted(
    edge: Edge, order: workorder_pb2.WorkOrder, body: NewExtra, key: str
) -> pricing_pb2.QuoteResult:
    """A stored quote of the items alone, for the same place and customer as the work order's."""
    pricing = pricing_pb2_grpc.PricingServiceStub(edge.caller.channel("pricing"))
    facts = pricing_pb2.QuoteFacts(place=order.place)
    if order.quote_id:
        quote = await pricing.GetQuote(pricing_pb2.GetQuoteRequest(quote_id=order.quote_id))
        facts.CopyFrom(quote.facts)
    for of_that_quote_alone in ("lines", "priced_at", "known_at", "coupon_codes"):
        facts.ClearField(of_that_quote_alone)
    facts.lines.extend(
        pricing_pb2.QuoteLineRequest(
            item_code=item.item_code, quantity=item.quantity, modifier_codes=item.modifier_codes
        )
        for item in body.items
    )
    return await pricing.Quote(
        pricing_pb2.QuoteRequest(idempotency_key=f"{key}/quote", case_id=order.case_id, facts=facts)
    )


def _line(line: pricing_pb2.QuoteLine, body: NewExtra) -> extra_pb2.ExtraLine:
    """A line of the quote with what the technician shows of it."""
    item = body.items[line.line_number - 1]
    return extra_pb2.ExtraLine(
        item_code=line.item_code,
        item_name=line.item_name,
        catalogue=_CATALOGUES[line.catalogue],
        quantity=line.quantity,
        amount=line.amount,
        serial_numbers=item.serial_numbers,
        photo_file_ids=item.photo_file_ids,
    )


extras = APIRouter(prefix="/extras", tags=["extras 现场加项"])
expose(
    extras,
    "POST",
    "/{extra_id}/answer",
    f"{_SERVICE}/AnswerExtra",
    "The customer's tap: yes or no",
    example={"approved": True},
)
expose(
    extras,
    "POST",
    "/{extra_id}/withdraw",
    f"{_SERVICE}/WithdrawExtra",
    "It is not needed after all",
    example={"reason": "现场有余料"},
)

ROUTERS: Final = (extras_of_work_order, extras)
