"""What technicians and dispatchers may do as the field work stands, and the forms of it.

``check_act`` reads only; its refusals bear the reasons of ``workflows.runtime.acts``, and
``CASE_ACT_PENDING`` while another act of the same person is still being carried out. Acts of others
wait for their turn: whoever is first has the work.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from kit.errors import Aborted, FailedPrecondition, InvalidArgument, PermissionDenied
from workflows.runtime.events import Act
from workflows.runtime.field_work.incidents import check_resolution
from workflows.runtime.field_work.state import (
    DISPATCHERS,
    DISPATCHERS_VERBS,
    FieldTask,
    FieldWorkState,
    Verb,
)
from workflows.runtime.verbs import Verb as CaseVerb

_TIMESTAMP: Final = {"type": "string", "format": "date-time"}

#: JSON Schemas of what each verb asks for.
FORMS: Final[dict[Verb, dict[str, Any]]] = {
    Verb.ACCEPT: {"type": "object", "title": "接单", "properties": {}},
    Verb.DECLINE: {"type": "object", "title": "拒单", "properties": {}},
    Verb.SCHEDULE: {
        "type": "object",
        "title": "预约上门",
        "required": ["window_start", "window_end"],
        "properties": {
            "window_start": {**_TIMESTAMP, "title": "最早上门"},
            "window_end": {**_TIMESTAMP, "title": "最晚上门"},
        },
    },
    Verb.CHECK_IN: {
        "type": "object",
        "title": "到场签到",
        "properties": {
            "location": {
                "type": "object",
                "title": "位置",
                "required": ["longitude", "latitude"],
                "properties": {
                    "longitude": {"type": "number"},
                    "latitude": {"type": "number"},
                    "coordinate_system": {"type": "string"},
                },
            }
        },
    },
    Verb.COMPLETE: {
        "type": "object",
        "title": "完工",
        "required": ["completion_code"],
        "properties": {
            "completion_code": {"type": "string", "title": "完工码", "pattern": "^[0-9]{6}$"},
            "summary": {"type": "string", "title": "完工说明"},
        },
    },
    Verb.ASSIGN: {
        "type": "object",
        "title": "指派",
        "properties": {"release_code": {"type": "string", "title": "改派原因代码"}},
    },
    Verb.REDISPATCH: {
        "type": "object",
        "title": "改派",
        "properties": {"release_code": {"type": "string", "title": "改派原因代码"}},
    },
    Verb.GIVE_UP: {"type": "object", "title": "放弃派单", "properties": {}},
}


def check_act(state: FieldWorkState, act: Act) -> Verb | None:
    """The verb to apply; None when this act key was settled before, or is being carried out.

    Raises:
        ServiceError: the act is refused.
    """
    if act.act_key in state.settled:
        return None
    under_way = (*((state.pending,) if state.pending else ()), *state.waiting)
    if any(each.act.act_key == act.act_key for each in under_way):
        return None
    if act.incident_id:
        check_resolution(state, act)
        return None
    if act.verb in DISPATCHERS_VERBS:
        verb = _dispatchers_verb(state, act)
    else:
        verb = _technicians_verb(state, act)
    if any(each.act.person == act.person for each in under_way):
        raise Aborted("CASE_ACT_PENDING", "your last act is still being carried out; wait for it")
    _check_form(verb, act.form)
    return verb


def _technicians_verb(state: FieldWorkState, act: Act) -> Verb:
    task = _open_task(state, act)
    if act.verb == CaseVerb.HAND_OVER:
        raise FailedPrecondition(
            "CASE_VERB_ILLEGAL", "field work is dispatched again, not handed over", field="verb"
        )
    if not task.offer_number or act.person != state.offer(task.offer_number).technician_id:
        raise PermissionDenied("CASE_TASK_NOT_YOURS", "this work is another technician's")
    _check_fits(task, act)
    return Verb(act.verb)


def _dispatchers_verb(state: FieldWorkState, act: Act) -> Verb:
    """Dispatchers decide when they are asked, and also when they are not."""
    if set(act.roles).isdisjoint(DISPATCHERS):
        raise PermissionDenied(
            "CASE_DISPATCHERS_ONLY", f"this is for {', '.join(DISPATCHERS)} to decide"
        )
    if act.task_id:
        _check_fits(_open_task(state, act), act)
    elif state.ending is not None:
        raise FailedPrecondition("CASE_OVER", "this field work is over")
    elif act.verb == Verb.GIVE_UP:
        raise FailedPrecondition(
            "CASE_VERB_ILLEGAL", "there are candidates left to be asked", field="verb"
        )
    elif state.settlement_lines is None:
        raise Aborted("CASE_ACT_PENDING", "it is only just beginning; try again")
    winner = state.winner
    if not act.comment.strip():
        raise InvalidArgument("CASE_REASON_MISSING", f"{act.verb} needs a reason", field="comment")
    if act.verb == Verb.ASSIGN and not act.to:
        raise InvalidArgument("CASE_TARGET_ILLEGAL", "say whom the work is for", field="to")
    if act.verb == Verb.ASSIGN and winner and winner.technician_id == act.to:
        raise InvalidArgument("CASE_TARGET_ILLEGAL", f"{act.to} has the work already", field="to")
    return Verb(act.verb)


def _open_task(state: FieldWorkState, act: Act) -> FieldTask:
    if state.ending is not None:
        raise FailedPrecondition("CASE_OVER", "this field work is over")
    for task in state.tasks:
        if task.task_id == act.task_id:
            return task
    raise FailedPrecondition("CASE_TASK_CLOSED", "this is no longer open", field="task_id")


def _check_fits(task: FieldTask, act: Act) -> None:
    if act.revision is not None and act.revision != task.revision:
        raise FailedPrecondition(
            "CASE_REVISION_STALE",
            "it has changed since you looked; look again",
            details={"revision": str(task.revision)},
        )
    if act.verb not in task.verbs:
        raise FailedPrecondition(
            "CASE_VERB_ILLEGAL",
            f"{act.verb} is not possible now; possible: {', '.join(task.verbs)}",
            field="verb",
        )


def _check_form(verb: Verb, form: dict[str, Any]) -> None:
    for name in FORMS[verb].get("required", ()):
        if not isinstance(form.get(name), str) or not form[name]:
            raise _invalid(name, "is missing")
    if verb is Verb.SCHEDULE:
        for name in ("window_start", "window_end"):
            _check_instant(name, form[name])


def _check_instant(name: str, text: str) -> None:
    try:
        aware = datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        aware = False
    if not aware:
        raise _invalid(name, "must be an instant with its zone, such as 2026-11-22T09:00:00+08:00")


def _invalid(name: str, what: str) -> InvalidArgument:
    return InvalidArgument(
        "CASE_FORM_INVALID", f"{name} {what}", field=f"form.{name}", details={name: what}
    )
