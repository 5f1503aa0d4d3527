"""Resolving incidents in the name of whoever asks: one, or all of one reason."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final

from kit.errors import NotFound, ServiceError
from protos.cases.v1 import incidents_pb2, incidents_pb2_grpc
from protos.common.v1 import page_pb2
from services.gateway.acting import Acted, act_of, perform
from services.gateway.auth import Caller
from services.gateway.edge import Edge
from workflows.client import OPS_ROLES, MoveTarget, Verb

_PAGE: Final = 200
#: Retried by one request, and at one time.
_MOST: Final = 500
_AT_ONCE: Final = 16


@dataclass(frozen=True, slots=True)
class RetriedAll:
    """What became of retrying all open incidents of one reason.

    Attributes:
        incidents: those that were looked at.
        refused: why some could not be retried, by case and incident.
        more: there are more of them.
    """

    incidents: list[incidents_pb2.Incident]
    refused: dict[tuple[str, str], ServiceError] = field(default_factory=dict)
    more: bool = False


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
    return await perform(edge, incident.workflow_id, act)


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


async def of_reason(edge: Edge, flow_code: str, reason: str) -> RetriedAll:
    """The open incidents of one reason in one flow that can be retried, as far as one request goes."""
    found: list[incidents_pb2.Incident] = []
    token = ""
    while len(found) <= _MOST:
        page = page_pb2.PageRequest(page_size=_PAGE, page_token=token)
        wanted = incidents_pb2.ListIncidentsRequest(flow_code=flow_code, reason=reason, page=page)
        reply = await _stub(edge).ListIncidents(wanted)
        found += [each for each in reply.incidents if Verb.RETRY in each.verbs]
        token = reply.page.next_page_token
        if not token:
            break
    return RetriedAll(found[:_MOST], more=len(found) > _MOST or bool(token))


async def retry_all(
    edge: Edge, caller: Caller, key: str, flow_code: str, reason: str, comment: str
) -> RetriedAll:
    """Retry all open incidents of one reason in one flow, each once for the key.

    Raises:
        PermissionDenied: ``ROLE_MISSING``.
    """
    caller.actor.require_role(*OPS_ROLES)
    all_of_it = await of_reason(edge, flow_code, reason)
    turn = asyncio.Semaphore(_AT_ONCE)

    async def retry(incident: incidents_pb2.Incident) -> None:
        name = f"{incident.workflow_id}/{incident.incident_id}"
        act = act_of(
            caller,
            f"{key}/{name}"[:200],
            Verb.RETRY,
            incident_id=incident.incident_id,
            comment=comment,
        )
        async with turn:
            try:
                await perform(edge, incident.workflow_id, act)
            except ServiceError as error:
                all_of_it.refused[(incident.case_id, incident.incident_id)] = error

    await asyncio.gather(*(retry(incident) for incident in all_of_it.incidents))
    return all_of_it


def _stub(edge: Edge) -> Any:
    return incidents_pb2_grpc.IncidentServiceStub(edge.caller.channel("cases"))
