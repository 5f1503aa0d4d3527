"""What somebody may do to a user task, as chance has it: mostly what moves the case on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from protos.cases.v1 import cases_pb2
from workflows.client import Act

SUPERVISOR: Final = "pe_chen"
_COLLEAGUES: Final = ("pe_li", "pe_zhao", "pe_wang")
_FORWARD: Final = ("complete", "approve", "accept", "decline", "schedule", "check_in")
_ANYBODYS: Final = ("urge", "comment")


def random_act(task: cases_pb2.UserTask, chance: Random, key: str, completion_code: str) -> Act:
    """An act on a user task by one of those whose move it is, or by the supervisor."""
    own = [task.assignee_person_id] if task.assignee_person_id else list(task.candidate_person_ids)
    person = chance.choice(own) if own and chance.random() < 0.9 else SUPERVISOR
    forward = [verb for verb in task.verbs if verb in _FORWARD]
    every = [*task.verbs, *_ANYBODYS]
    verb = chance.choice(forward if forward and chance.random() < 0.75 else every)
    colleague = chance.choice(_COLLEAGUES)
    return Act(
        act_key=key,
        verb=verb,
        person=person,
        task_id=task.user_task_id,
        roles=("supervisor",) if person == SUPERVISOR else (),
        revision=task.revision if chance.random() < 0.8 else None,
        form=_form(task, verb, chance, completion_code),
        to=colleague if verb in ("transfer", "delegate") else "",
        people=(colleague,) if "signer" in verb or verb == "copy_to" else (),
        comment="?" if verb == "comment" else "",
        origin="console",
    )


def _form(
    task: cases_pb2.UserTask, verb: str, chance: Random, completion_code: str
) -> dict[str, Any]:
    if task.user_task_kind == "visit":
        return _visit(verb, chance, completion_code)
    if verb not in ("complete", "approve") or not task.form_schema_json:
        return {}
    schema = json.loads(task.form_schema_json)
    fields = schema.get("properties", {})
    return {name: _value(fields[name], chance) for name in schema.get("required", ())}


def _visit(verb: str, chance: Random, completion_code: str) -> dict[str, Any]:
    if verb == "schedule":
        start = datetime.now(UTC) + timedelta(
            days=chance.randint(1, 20), hours=chance.randint(0, 9)
        )
        end = start + timedelta(hours=1)
        return {"window_start": start.isoformat(), "window_end": end.isoformat()}
    return {"completion_code": completion_code} if verb == "complete" else {}


def _value(schema: dict[str, Any], chance: Random) -> Any:
    """Something sensible in a field that must be filled in."""
    if "oneOf" in schema:
        return chance.choice(schema["oneOf"])["const"]
    if "enum" in schema:
        return chance.choice(schema["enum"])
    match schema.get("type"):
        case "integer":
            return 2
        case "boolean":
            return True
        case _:
            return "好"
