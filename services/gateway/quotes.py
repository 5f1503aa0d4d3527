"""The quote of a case, in the view of whoever asks.

Pricing knows nobody's customer, so the customer's right to their own quote is decided here: who may
see the case as its customer sees its newest quote, without the internal settlement price.
"""

from __future__ import annotations

from functools import partial

from kit.errors import NotFound
from protos.cases.v1 import cases_pb2, cases_pb2_grpc
from protos.common.v1 import page_pb2
from protos.pricing.v1 import pricing_pb2, pricing_pb2_grpc
from services.gateway.auth import Caller
from services.gateway.edge import Edge
from services.gateway.people import ask_as_system


async def quote_of_case(edge: Edge, caller: Caller, case_id: str) -> pricing_pb2.QuoteResult:
    """The newest quote of a case that the caller may see.

    Raises:
        NotFound: ``QUOTE_NOT_MADE`` before there is one, ``CASE_UNKNOWN`` for others' cases.
    """
    cases = cases_pb2_grpc.CaseServiceStub(edge.caller.channel("cases"))
    case = await cases.GetCase(cases_pb2.GetCaseRequest(case_id=case_id))
    if case.customer_id != caller.actor.person_id:
        return await _newest(edge, case_id)
    return await ask_as_system(partial(_newest, edge, case_id, pricing_pb2.QUOTE_VIEW_CUSTOMER))


async def _newest(
    edge: Edge,
    case_id: str,
    view: pricing_pb2.QuoteView.ValueType = pricing_pb2.QUOTE_VIEW_UNSPECIFIED,
) -> pricing_pb2.QuoteResult:
    pricing = pricing_pb2_grpc.PricingServiceStub(edge.caller.channel("pricing"))
    listed = await pricing.ListQuotes(
        pricing_pb2.ListQuotesRequest(case_id=case_id, page=page_pb2.PageRequest(page_size=1))
    )
    if not listed.quotes:
        raise NotFound("QUOTE_NOT_MADE", f"{case_id} has no quote yet", field="case_id")
    newest = listed.quotes[0].quote_id
    return await pricing.GetQuote(pricing_pb2.GetQuoteRequest(quote_id=newest, view=view))
