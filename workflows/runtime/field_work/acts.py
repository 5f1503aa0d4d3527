"""What a technician may do as the field work stands, and the forms of it.

``check_act`` reads only; its refusals bear the reasons of ``workflows.runtime.acts``, and
``CASE_ACT_PENDING`` while another act's call is still being made.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from kit.errors import Aborted, FailedPrecondition, InvalidArgument, PermissionDenied
from workflows.runtime.events import Act
from workflows.runtime.field_work.incidents import check_resolution
from workflows.runtime.field_work.state import FieldTask, FieldWorkState, Verb
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
}


def check_act(state: FieldWorkState, act: Act) -> Verb | None:
    """The verb to apply; None when this act key was settled before.

    Raises:
        ServiceError: the act is refused.
    """
    if act.act_key in state.settled:
        return None
    if state.pending is not None and state.pending.act.act_key == act.act_key:
        return None
    if act.incident_id:
        check_resolution(state, act)
        return None
    task = _open_task(state, act)
    if act.verb == CaseVerb.HAND_OVER:
        raise FailedPrecondition(
            "CASE_VERB_ILLEGAL", "field work is dispatched again, not handed over", field="verb"
        )
    if state.technician is None or act.person != state.technician.technician_id:
        raise PermissionDenied("CASE_TASK_NOT_YOURS", "this work is another technician's")
    if act.revision is not None and act.revision != task.revision:
        raise FailedPrecondition(
            "CASE_REVISION_STALE",
            "it has changed since you looked; look again",
            details={"revision": str(task.revision)},
        )
    if state.pending is not None:
        raise Aborted("CASE_ACT_PENDING", "your last act is still being carried out; wait for it")
    if act.verb not in task.verbs:
        raise FailedPrecondition(
            "CASE_VERB_ILLEGAL",
            f"{act.verb} is not possible now; possible: {', '.join(task.verbs)}",
            field="verb",
        )
    verb = Verb(act.verb)
    _check_form(verb, act.form)
    return verb


def _open_task(state: FieldWorkState, act: Act) -> FieldTask:
    if state.ending is not None:
        raise FailedPrecondition("CASE_OVER", "this field work is over")
    if state.task is None or state.task.task_id != act.task_id:
        raise FailedPrecondition("CASE_TASK_CLOSED", "this is no longer open", field="task_id")
    return state.task


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
