"""How a case begins."""

from __future__ import annotations

from kit.errors import FailedPrecondition, InvalidArgument, ServiceError
from workflows.compiler.plan import INTERPRETER_VERSION
from workflows.language.failure import EvaluationError
from workflows.language.values import Json, timestamp_to_json
from workflows.runtime import endings
from workflows.runtime.events import Started
from workflows.runtime.forms import read_form
from workflows.runtime.priorities import first_priority
from workflows.runtime.run import CaseRun


def start(case: CaseRun, event: Started) -> None:
    """Set what a case starts with, and send a token to its first node.

    Raises:
        ServiceError: it has started already, or cannot; a child case then has failed instead.
    """
    plan = case.plan
    if case.case_id:
        raise FailedPrecondition("CASE_STARTED", f"case {case.case_id} has started already")
    if plan.interpreter > INTERPRETER_VERSION:
        raise FailedPrecondition(
            "CASE_INTERPRETER_OLD",
            f"the plan needs interpreter {plan.interpreter}, this is {INTERPRETER_VERSION}",
        )
    case.case_id, case.workflow_id = event.case_id, event.workflow_id
    case.flow_version, case.plan_hash = event.flow_version, plan.hash
    case.started_at, case.started_by = case.at, event.started_by
    case.calendar = event.calendar
    case.changed = True
    try:
        if plan.calendar and event.calendar is None:
            raise InvalidArgument(
                "CASE_CALENDAR_MISSING", f"there is no calendar {plan.calendar!r}", field="calendar"
            )
        case.own_data = _first_data(case, event)
        _set_defaults(case)
        case.priority = first_priority(case, event.priority)
    except ServiceError as refusal:
        if not event.is_child:
            raise
        endings.refuse(case, refusal)
    else:
        case.agenda.append(("", plan.start))


def _first_data(case: CaseRun, event: Started) -> dict[str, Json]:
    return {
        "inputs": read_form(case.plan.inputs, event.inputs, {}),
        "case": {
            "id": event.case_id,
            "workflow_id": event.workflow_id,
            "flow": case.plan.flow,
            "started_at": timestamp_to_json(case.at),
            "started_by": event.started_by,
        },
        "data": {},
    }


def _set_defaults(case: CaseRun) -> None:
    try:
        case.set_variables({name: code.run(case.data) for name, code in case.plan.defaults})
    except EvaluationError as error:
        message = f"a default has no value: {error.message}"
        raise FailedPrecondition(error.reason, message) from error
