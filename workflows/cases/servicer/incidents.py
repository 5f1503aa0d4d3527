"""What stands still in cases, as operations ask for it."""

from __future__ import annotations

from typing import Any

from grpc.aio import ServicerContext

from kit.authn import current_actor
from kit.db.session import current_session
from kit.rpc.convert import instant_to_proto, page_size
from protos.cases.v1 import incidents_pb2, incidents_pb2_grpc
from workflows.cases import convert, listing
from workflows.cases.sight import INCIDENT_ROLES
from workflows.cases.store import incidents


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
