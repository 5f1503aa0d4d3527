"""What operations can do about an incident, and whether an act that does it is allowed.

``check_resolution`` reads only, like ``check_act``, of which it is a part. Beside the refusals that
stand there:

    CASE_INCIDENT_CLOSED   the incident is resolved, or the case has left its node
    CASE_OPS_ONLY          the person is none of operations
    CASE_RESULT_INVALID    the result does not fit the node
    CASE_RESULT_MISSING    a later node reads the result: give one
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from kit.errors import FailedPrecondition, InvalidArgument, PermissionDenied
from workflows.compiler.plan import (
    ApprovalNode,
    ConfirmNode,
    DecisionNode,
    FormNode,
    ParallelNode,
    Plan,
    PlanNode,
)
from workflows.runtime.events import Act
from workflows.runtime.marking import prospects
from workflows.runtime.places import Place, place_of
from workflows.runtime.results import is_read_later, result_of
from workflows.runtime.state import Awaited, CaseState, Incident, Phase, RunState, Token, Trouble
from workflows.runtime.verbs import OPS_ROLES, Verb

_AGAIN: Final = (Verb.RETRY, Verb.SKIP)
_AT_A_NODE: Final = (Verb.RETRY, Verb.SKIP, Verb.MOVE)

POSSIBLE: Final[Mapping[Trouble, tuple[Verb, ...]]] = {
    Trouble.BOUNDARY: _AT_A_NODE,
    Trouble.ENTRY: _AT_A_NODE,
    Trouble.PASSAGE: _AT_A_NODE,
    Trouble.EXIT: _AT_A_NODE,
    Trouble.ENDING: _AGAIN,
    Trouble.CALL: _AT_A_NODE,
    Trouble.REPLY: _AT_A_NODE,
    Trouble.PEOPLE: _AT_A_NODE,
    Trouble.EVENT: _AT_A_NODE,
    Trouble.CHILD: _AT_A_NODE,
    Trouble.ROUNDS: _AT_A_NODE,
    Trouble.ARRIVAL: _AT_A_NODE,
    Trouble.MESSAGE: _AGAIN,
    Trouble.ALARM: _AGAIN,
    Trouble.UNDO: _AGAIN,
    Trouble.EFFECT: _AGAIN,
    Trouble.DEFECT: _AGAIN,
}
#: Those that can be tried again with another request.
_WITH_REQUEST: Final = (Trouble.CALL, Trouble.UNDO, Trouble.EFFECT)
#: Those whose node, passed over, may be given a result.
_WITH_RESULT: Final = (
    Trouble.BOUNDARY, Trouble.ENTRY, Trouble.CALL, Trouble.REPLY, Trouble.PEOPLE, Trouble.EVENT,
    Trouble.CHILD, Trouble.ROUNDS, Trouble.ENDING,
)  # fmt: skip


def possible_verbs(incident: Incident, node: PlanNode | None) -> tuple[Verb, ...]:
    """What operations may do about an incident at a node; None: it is at none."""
    verbs = POSSIBLE[incident.trouble]
    if incident.trouble is Trouble.DEFECT and incident.event is None:
        return (Verb.SKIP,)  # there is nothing to be applied again
    if incident.trouble is not Trouble.ARRIVAL and isinstance(node, DecisionNode):
        # Which way it goes is for operations to say: they move the token along one.
        return tuple(verb for verb in verbs if verb is not Verb.SKIP)
    return verbs


def check_resolution(state: CaseState, act: Act, verb: Verb, plan: Plan) -> None:
    """See whether operations may do this about an incident.

    Raises:
        ServiceError: the refusal; nothing has changed.
    """
    if set(act.roles).isdisjoint(OPS_ROLES):
        raise PermissionDenied("CASE_OPS_ONLY", f"incidents are for {' and '.join(OPS_ROLES)}")
    if state.status.over:
        raise FailedPrecondition("CASE_OVER", f"the case is {state.status}")
    found = place_of(state, plan, "incidents", act.incident_id)
    if found is None:
        raise FailedPrecondition(
            "CASE_INCIDENT_CLOSED",
            f"incident {act.incident_id!r} is not open",
            field="incident_id",
        )
    place, own_id = found
    incident = place.run.incidents[own_id]
    node = place.graph.by_id.get(incident.node)
    possible = possible_verbs(incident, node)
    if verb not in possible:
        raise FailedPrecondition(
            "CASE_VERB_ILLEGAL",
            f"{verb} is not possible for {act.incident_id}; possible: {', '.join(possible)}",
            field="verb",
        )
    if (verb is not Verb.RETRY or act.form) and not act.comment.strip():
        raise InvalidArgument("CASE_REASON_MISSING", f"{verb} needs a reason", field="comment")
    match verb:
        case Verb.MOVE:
            _check_target(place, incident, act.to)
        case Verb.SKIP:
            _check_result(place, incident, node, act)
        case _:
            _check_retry(incident, act)


def _check_retry(incident: Incident, act: Act) -> None:
    if act.form and incident.trouble not in _WITH_REQUEST:
        raise InvalidArgument(
            "CASE_FORM_INVALID", "only a call can be made with another request", field="form"
        )
    if act.people and incident.trouble is not Trouble.PEOPLE:
        raise InvalidArgument(
            "CASE_TARGET_ILLEGAL", "this incident is not about people", field="people"
        )


def targets_of_move(state: CaseState, plan: Plan, incident_id: str) -> tuple[PlanNode, ...]:
    """The nodes to which operations may move the token of an incident; none when it is not open, or no
    move can resolve it."""
    found = place_of(state, plan, "incidents", incident_id)
    if found is None:
        return ()
    place, own_id = found
    incident = place.run.incidents[own_id]
    if Verb.MOVE not in possible_verbs(incident, place.graph.by_id.get(incident.node)):
        return ()
    return tuple(_targets(place, incident))


def _targets(place: Place, incident: Incident) -> Iterator[PlanNode]:
    for node in place.graph.nodes:
        if _holds(place, node) and prospects(_moved(place.run, incident, node), place.graph).sound:
            yield node


def _check_target(place: Place, incident: Incident, target: str) -> None:
    node = place.graph.by_id.get(target)
    if node is None or not _holds(place, node):
        raise InvalidArgument(
            "CASE_TARGET_ILLEGAL",
            f"{target!r} is no node of this graph that a token may be put on;"
            f" possible: {_possible(place, incident)}",
            field="to",
        )
    verdict = prospects(_moved(place.run, incident, node), place.graph)
    if verdict.sound is not True:
        why = ", ".join(problem.flaw.value for problem in verdict.problems)
        raise InvalidArgument(
            "CASE_TARGET_ILLEGAL",
            f"from {target} the case could not end properly any more ({why});"
            f" possible: {_possible(place, incident)}",
            field="to",
        )


def _possible(place: Place, incident: Incident) -> str:
    return ", ".join(node.id for node in _targets(place, incident)) or "nowhere; retry or skip"


def _holds(place: Place, node: PlanNode) -> bool:
    """Whether a token may be put on a node: it has none, and waits for no others."""
    joins = isinstance(node, DecisionNode) and len(node.upstream) > 1
    return not (isinstance(node, ParallelNode) or joins or node.id in place.run.tokens)


def _moved(run: RunState, incident: Incident, target: PlanNode) -> RunState:
    """A run as it stands once the token is on the target."""
    before = run.standings.get(target.id)
    visit = before.visit + 1 if before else 1
    tokens = dict(run.tokens)
    if incident.trouble is not Trouble.ARRIVAL:
        del tokens[incident.node]
    tokens[target.id] = Token(target.id, visit, incident.at, Phase.STUCK)
    armed = {
        f"{target.id}/{visit}/{way.id}": Awaited(target.id, visit, way.event, "", way.id)
        for way in target.boundary
        if way.alongside
    }
    return replace(run, tokens=tokens, awaited={**run.awaited, **armed})


def _check_result(place: Place, incident: Incident, node: PlanNode | None, act: Act) -> None:
    if incident.trouble not in _WITH_RESULT or node is None:
        if act.form:
            raise InvalidArgument("CASE_RESULT_INVALID", "there is no result to give", field="form")
        return
    if act.form or isinstance(node, FormNode | ApprovalNode | ConfirmNode):
        needed = is_read_later(place, node)
        if act.form or needed:
            result_of(place.data, node, act.form)
    elif incident.trouble is not Trouble.ENDING and is_read_later(place, node):
        raise InvalidArgument(
            "CASE_RESULT_MISSING",
            f"what {node.id} leaves behind is read later on: give a result",
            field="form",
        )
