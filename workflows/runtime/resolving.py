"""What operations do about incidents: try again, pass over, move the token elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from kit.errors import InvalidArgument
from workflows.compiler.plan import (
    ApprovalNode,
    ConfirmNode,
    DecisionNode,
    EndNode,
    ForEachNode,
    FormNode,
    ParallelNode,
    PlanNode,
    ServiceNode,
)
from workflows.compiler.plan import UserTaskNode as PlanUserTask
from workflows.language.failure import EvaluationError
from workflows.runtime import (
    bodies,
    compensation,
    effects,
    endings,
    moves,
    opening,
    sla,
    tasks,
    undoing,
)
from workflows.runtime.commands import RecordAct
from workflows.runtime.events import Act, Event, event_from_json
from workflows.runtime.incidents import check_resolution
from workflows.runtime.places import Place, place_of
from workflows.runtime.results import is_read_later, result_of
from workflows.runtime.run import CaseRun, Run
from workflows.runtime.state import Incident, Phase, Trouble
from workflows.runtime.verbs import Verb

_USER_TASK: Final = FormNode | ApprovalNode | ConfirmNode


def resolve(case: CaseRun, act: Act, apply: Callable[[CaseRun, Event], None]) -> None:
    """Do what operations say about an incident.

    Args:
        apply: applies the event of a defect again.

    Raises:
        ServiceError: the refusal.
    """
    verb = Verb(act.verb)
    check_resolution(case.before, act, verb, case.plan)
    found = case.find("incidents", act.incident_id)
    seen = place_of(case.before, case.plan, "incidents", act.incident_id)
    assert found is not None  # it was checked
    assert seen is not None
    (run, own_id), place = found, seen[0]
    incident = run.incidents[own_id]
    match verb:
        case Verb.RETRY if incident.event is not None:
            del run.incidents[own_id]
            apply(case, event_from_json(incident.event, case.at))
        case Verb.RETRY:
            _retry(run, incident, act)
        case Verb.SKIP:
            _skip(run, place, incident, act)
        case _:
            _move(run, incident, act)
    _record(case, run, incident, act)


def _record(case: CaseRun, run: Run, incident: Incident, act: Act) -> None:
    given = "request" if act.verb == Verb.RETRY else "result"
    facts: dict[str, Any] = {given: act.form, "to": act.to, "people": list(act.people)}
    case.emit(
        RecordAct(
            at=case.at,
            act_key=act.act_key,
            task_id="",
            node=f"{run.path}{incident.node}" if incident.node else "",
            verb=act.verb,
            person=act.person,
            origin=act.origin,
            comment=act.comment,
            before={
                "incident": act.incident_id,
                "reason": incident.reason,
                "message": incident.message,
                "raised_at": incident.at.isoformat(),
            },
            after={"incident": act.incident_id} | {k: v for k, v in facts.items() if v},
            people=act.people,
        )
    )


# -- again


def _retry(run: Run, incident: Incident, act: Act) -> None:
    if incident.trouble is Trouble.UNDO:
        undoing.undo_again(run, incident, act.form)
        return
    if incident.trouble is Trouble.EFFECT:
        undoing.find_out_again(run, incident, act.form)
        return
    del run.incidents[incident.incident_id]
    if incident.trouble is Trouble.ARRIVAL:
        run.agenda.append((incident.edge, incident.node))
    elif incident.trouble is Trouble.MESSAGE:
        assert incident.call is not None
        run.make(incident.call)
    else:
        _retry_node(run, run.graph.by_id[incident.node], incident, act)


def _retry_node(run: Run, node: PlanNode, incident: Incident, act: Act) -> None:
    match incident.trouble:
        case Trouble.CALL | Trouble.REPLY:
            assert incident.call is not None
            run.set_phase(node.id, Phase.CALL)
            undoing.call_again(run, incident.call, act.form)
        case Trouble.PASSAGE:
            assert isinstance(node, DecisionNode | ParallelNode)
            moves.go_through(run, node)
        case Trouble.EXIT:
            moves.leave(run, node)
        case Trouble.ENDING:
            del run.tokens[node.id]
        case Trouble.ROUNDS:
            assert isinstance(node, ForEachNode)
            _look_again(run, node)
        case Trouble.ALARM:
            assert isinstance(node, _USER_TASK)
            _ring_again(run, node, incident)
        case _:
            _begin_again(run, node, incident, act)


def _begin_again(run: Run, node: PlanNode, incident: Incident, act: Act) -> None:
    if incident.trouble is Trouble.PEOPLE and act.people:
        assert isinstance(node, _USER_TASK)
        if opening.begin_for(run, node, incident.visit, act.people):
            moves.leave(run, node)
    elif incident.trouble in (Trouble.CHILD, Trouble.EVENT):
        # What failed has ended, and what was waited for has come: nothing of it may be found again.
        moves.begin(run, node, run.renew_visit(node), armed=True)
    else:
        moves.begin(run, node, incident.visit, armed=incident.trouble is not Trouble.BOUNDARY)


def _look_again(run: Run, node: ForEachNode) -> None:
    try:
        if bodies.look_again(run, node):
            moves.leave(run, node)
    except EvaluationError as error:
        visit = run.standings[node.id].visit
        run.raise_incident(Trouble.ROUNDS, node.id, visit, error.reason, error.message)


def _ring_again(run: Run, node: PlanUserTask, incident: Incident) -> None:
    try:
        sla.look_again(run, node, incident.visit, incident.detail)
    except EvaluationError as error:
        run.raise_incident(
            Trouble.ALARM,
            node.id,
            incident.visit,
            error.reason,
            error.message,
            detail=incident.detail,
        )


# -- as if it were done


def _skip(run: Run, place: Place, incident: Incident, act: Act) -> None:
    match incident.trouble:
        case Trouble.UNDO:
            undoing.give_up(run, incident)
        case Trouble.EFFECT:
            del run.incidents[incident.incident_id]
            undoing.go_on(run)
        case Trouble.ARRIVAL | Trouble.MESSAGE | Trouble.ALARM | Trouble.DEFECT:
            del run.incidents[incident.incident_id]
        case Trouble.ENDING:
            endings.conclude_with(run, incident.node, act.form)
        case _:
            _pass_over(run, place, incident, act)


def _pass_over(run: Run, place: Place, incident: Incident, act: Act) -> None:
    node = run.graph.by_id[incident.node]
    if incident.trouble is not Trouble.EXIT:
        _keep_result(run, place, incident, act)
    compensation.leave_early(run, node.id, act.comment)
    if isinstance(node, EndNode):
        moves.come_to_end(run, node)
        return
    if incident.trouble is not Trouble.EXIT:
        try:
            moves.assign(run, node)
        except EvaluationError as error:
            message = f"{node.id} could not set its variables: {error.message}"
            raise InvalidArgument("CASE_RESULT_INVALID", message, field="form") from error
    run.follow(node.id, *node.next)


def _keep_result(run: Run, place: Place, incident: Incident, act: Act) -> None:
    """The result that is given, with what undoing it would take; or none."""
    node = run.graph.by_id[incident.node]
    if isinstance(node, FormNode | ApprovalNode | ConfirmNode):
        if act.form or is_read_later(place, node):
            form: Any = result_of(run.data, node, act.form)
            run.handlers[node.id] = act.person
            tasks.keep(run, node, act.person, form, approved=True)
        else:
            tasks.pass_over(run, node)
        return
    run.forget_result(node.id)
    if act.form:
        result = result_of(run.data, node, act.form)
        if isinstance(node, ServiceNode) and incident.call is not None:
            effects.keep_effect(run, node, incident.call, result)
        if incident.trouble is Trouble.REPLY:
            del run.incidents[incident.incident_id]  # what it has done is known now
        run.set_result(node.id, result)


# -- elsewhere


def _move(run: Run, incident: Incident, act: Act) -> None:
    if incident.trouble is Trouble.ARRIVAL:
        del run.incidents[incident.incident_id]
    else:
        compensation.leave_early(run, incident.node, act.comment)
        run.forget_result(incident.node)
    run.agenda.append(("", act.to))
