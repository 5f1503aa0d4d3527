"""What stands still in cases, as operations ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grpc.aio import ServicerContext

from kit.authn import current_actor
from kit.db.session import current_session
from kit.rpc.convert import encode_page_token, instant_to_proto, page_size
from protos.cases.v1 import incidents_pb2, incidents_pb2_grpc
from protos.common.v1 import page_pb2
from workflows.cases import convert, listing
from workflows.cases.sight import INCIDENT_ROLES
from workflows.cases.store import incidents, retries


class IncidentServicer(incidents_pb2_grpc.IncidentServiceServicer):
    """Serves ``cases.v1.IncidentService`` over the schema ``flows``."""

    async def ListIncidents(
        self, request: incidents_pb2.ListIncidentsRequest, context: ServicerContext[Any, Any]
    ) -> incidents_pb2.ListIncidentsResponse:
        current_actor().require_role(*INCIDENT_ROLES)
        session, size = current_session(), page_size(request.page)
        wanted = listing.incident_filter(request)
        after = listing.page_start(request.page, incidents.NEWEST)
        rows = await incidents.list_incidents(session, wanted, after, size + 1)
        return incidents_pb2.ListIncidentsResponse(
            incidents=[convert.incident_message(row) for row in rows[:size]],
            page=listing.page_after(rows, size, incidents.NEWEST),
            counts=[
                incidents_pb2.IncidentCount(
                    flow_code=row.flow_code,
                    reason=row.reason,
                    count=row.incident_count,
                    oldest_raised_at=instant_to_proto(row.oldest_raised_at),
                )
                for row in await incidents.count_open(session)
            ],
        )

    async def ListRetriedCalls(
        self, request: incidents_pb2.ListRetriedCallsRequest, context: ServicerContext[Any, Any]
    ) -> incidents_pb2.ListRetriedCallsResponse:
        current_actor().require_role(*INCIDENT_ROLES)
        session, size = current_session(), page_size(request.page)
        wanted = listing.retry_filter(request)
        rows = await retries.list_calls(
            session, wanted, listing.retries_after(request.page), size + 1
        )
        return incidents_pb2.ListRetriedCallsResponse(
            retried_calls=[convert.retried_message(row) for row in rows[:size]],
            page=_page_after(rows, size),
            counts=[
                incidents_pb2.RetriedCallCount(
                    rpc=row.rpc,
                    reason=row.reason,
                    count=row.count,
                    since=instant_to_proto(row.since),
                )
                for row in await retries.count_calls(session, wanted)
            ],
        )


def _page_after(rows: Sequence[retries.RetriedCall], size: int) -> page_pb2.PageInfo:
    if len(rows) <= size:
        return page_pb2.PageInfo()
    last = rows[size - 1]
    token = encode_page_token(last.since.isoformat(), last.workflow_id, last.call_id)
    return page_pb2.PageInfo(next_page_token=token)
