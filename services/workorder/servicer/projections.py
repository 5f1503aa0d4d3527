"""What other services tell, and is kept here: absences of people, merges of customers."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from protos.events.v1 import events_pb2
from protos.events.v1.events_pb2_grpc import ProjectionServiceServicer
from services.workorder.convert.customers import merge_of
from services.workorder.convert.registry.absences import absence_of
from services.workorder.servicer.base import Context
from services.workorder.store import same_customers
from services.workorder.store.registry import absences


class Projections(ProjectionServiceServicer):
    """Keeps what the directory's events tell."""

    async def ApplyEvents(
        self, request: events_pb2.ApplyEventsRequest, context: Context
    ) -> events_pb2.ApplyEventsResponse:
        current_actor().require_role("ops")
        session, applied = current_session(), 0
        for event in request.events:
            if (absence := absence_of(event)) is not None:
                applied += await absences.apply(session, absence)
            elif (merge := merge_of(event)) is not None:
                applied += await same_customers.apply(session, merge)
        return events_pb2.ApplyEventsResponse(applied_count=applied)
