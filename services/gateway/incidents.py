"""Resolving an incident in the name of whoever asks."""

from __future__ import annotations

from typing import Any, Final

from kit.errors import NotFound
from protos.cases.v1 import incidents_pb2, incidents_pb2_grpc
from protos.common.v1 import page_pb2
from services.gateway.acting import Acted, act_of, perform
from services.gateway.auth import Caller
from services.gateway.edge import Edge
from workflows.client import MoveTarget, Verb

_PAGE: Final = 200


async def resolve(
    edge: Edge, caller: Caller, key: str, verb: str, case_id: str, incident_id: str, **more: Any
) -> Acted:
    """Do something about an open incident, once for the key.

    Raises:
        NotFound: ``INCIDENT_UNKNOWN``.
        ServiceError: the case refuses.
    """
    incident = await find(edge, case_id, incident_id)
    act = act_of(caller, key, verb, incident_id=incident_id, **more)
    return await perform(edge, case_id, incident.workflow_id, act)


async def find(edge: Edge, case_id: str, incident_id: str) -> incidents_pb2.Incident:
    """The newest incident of that name.

    Raises:
        NotFound: ``INCIDENT_UNKNOWN``.
    """
    for resolved in (False, True):
        wanted = incidents_pb2.ListIncidentsRequest(
            case_id=case_id, resolved=resolved, page=page_pb2.PageRequest(page_size=_PAGE)
        )
        for incident in (await _stub(edge).ListIncidents(wanted)).incidents:
            if incident.incident_id == incident_id:
                found: incidents_pb2.Incident = incident
                return found
    raise NotFound(
        "INCIDENT_UNKNOWN", f"case {case_id} has no incident {incident_id!r}", field="incident_id"
    )


async def targets_of_move(edge: Edge, incident: incidents_pb2.Incident) -> list[MoveTarget]:
    """Where its token may go, as the case stands now; nothing where no move resolves it.

    Raises:
        Unavailable: the case does not answer.
    """
    if Verb.MOVE not in incident.verbs:
        return []
    return await edge.cases.targets_of_move(incident.workflow_id, incident.incident_id)


def _stub(edge: Edge) -> Any:
    return incidents_pb2_grpc.IncidentServiceStub(edge.caller.channel("cases"))
