"""What the step of a field work could not take, and what operations do about it.

Like a case, a field work goes on being usable: the event that raised is kept in the incident. Retried,
it is applied again, once the code can take it; skipped, it counts as refused where it was a call's
answer, and is dropped otherwise.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from kit.errors import FailedPrecondition, InvalidArgument, PermissionDenied, ServiceError
from workflows.language.values import timestamp_to_json
from workflows.runtime.commands import RecordAct
from workflows.runtime.events import (
    Act,
    Event,
    RpcFailed,
    RpcSucceeded,
    event_from_json,
    event_to_json,
)
from workflows.runtime.field_work.state import Begun, FieldWorkState, OrderChanged, Settled
from workflows.runtime.incidents import possible_verbs
from workflows.runtime.state import Incident, Trouble
from workflows.runtime.verbs import OPS_ROLES, Verb


def with_defect(
    state: FieldWorkState,
    where: str,
    defect: Exception,
    at: datetime,
    event: Event | Begun | OrderChanged | None = None,
) -> FieldWorkState:
    """A field work that has met what its step cannot take.

    Args:
        event: kept, to be applied again; None: whoever sent it has heard that it was not applied.
    """
    incident = Incident(
        incident_id=f"defect/{state.revision}",
        node=state.input.node,
        visit=state.input.visit,
        reason=defect.reason if isinstance(defect, ServiceError) else "CASE_DEFECT",
        message=f"{where}: {defect}",
        at=at,
        trouble=Trouble.DEFECT,
        event=event_to_json(event) if event is not None else None,
    )
    return replace(
        state,
        revision=state.revision + 1,
        incidents={**state.incidents, incident.incident_id: incident},
    )


def check_resolution(state: FieldWorkState, act: Act) -> Incident:
    """The incident that an act of operations resolves.

    Raises:
        ServiceError: the refusal, with the reasons of ``workflows.runtime.incidents``.
    """
    if set(act.roles).isdisjoint(OPS_ROLES):
        raise PermissionDenied("CASE_OPS_ONLY", f"incidents are for {' and '.join(OPS_ROLES)}")
    incident = state.incidents.get(act.incident_id)
    if incident is None:
        raise FailedPrecondition(
            "CASE_INCIDENT_CLOSED",
            f"incident {act.incident_id!r} is not open",
            field="incident_id",
        )
    possible = [verb for verb in possible_verbs(incident, None) if verb is not Verb.MOVE]
    if act.verb not in possible:
        raise FailedPrecondition(
            "CASE_VERB_ILLEGAL",
            f"{act.verb} is not possible; possible: {', '.join(possible)}",
            field="verb",
        )
    if act.verb == Verb.SKIP and not act.comment.strip():
        raise InvalidArgument("CASE_REASON_MISSING", "skip needs a reason", field="comment")
    return incident


def to_apply(
    state: FieldWorkState, incident: Incident, act: Act, at: datetime
) -> tuple[FieldWorkState, Any]:
    """The state without an incident, and the event that resolving it comes to; None: none."""
    left = {id: each for id, each in state.incidents.items() if id != incident.incident_id}
    state = replace(state, incidents=left, settled={**state.settled, act.act_key: Settled()})
    if incident.event is None:
        return state, None
    event = event_from_json(incident.event, at, Begun, OrderChanged)
    if act.verb == Verb.RETRY:
        return state, event
    if isinstance(event, RpcSucceeded | RpcFailed):
        return state, RpcFailed(at, event.call_id, incident.reason, incident.message)
    return state, None


def resolved(incident: Incident, act: Act, at: datetime) -> RecordAct:
    """What the audit keeps of it."""
    return RecordAct(
        at=at,
        act_key=act.act_key,
        task_id="",
        node=incident.node,
        verb=act.verb,
        person=act.person,
        origin=act.origin,
        comment=act.comment,
        before={
            "incident": incident.incident_id,
            "reason": incident.reason,
            "message": incident.message,
            "raised_at": incident.at.isoformat(),
        },
        after={"incident": incident.incident_id},
    )


def in_words(state: FieldWorkState) -> list[dict[str, Any]]:
    """The open ones, in the words of ``cases.v1.Incident``."""
    return [
        {
            "incident_id": incident.incident_id,
            "node": incident.node,
            "node_title": state.input.title,
            "trouble": str(incident.trouble),
            "reason": incident.reason,
            "message": incident.message,
            "verbs": [str(verb) for verb in possible_verbs(incident, None)],
            "raised_at": timestamp_to_json(incident.at),
        }
        for incident in state.incidents.values()
    ]
