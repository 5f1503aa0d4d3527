"""A form between being filled in and being accepted: how it stands, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from kit.errors import ServiceError
from protos.cases.v1 import cases_pb2
from services.gateway.forms import Schema, Typed, find, values_of
from services.gateway.pages.base import Visit
from services.gateway.pages.fields import Filled
from services.gateway.pages.shown import shown
from services.gateway.pages.tasks import opening, schema_of
from services.gateway.transcoding import to_json

#: Refusals whose details say what is wrong with which field.
_OF_FIELDS: Final = ("CASE_FORM_INVALID", "FILE_NOT_UPLOADED")

#: How a form stands, in the words of ``workflows.runtime.forms.FormLook``.
LookInWords = Mapping[str, Any]


async def look_at_task(
    visit: Visit, task: cases_pb2.UserTask, verb: str, typed: Mapping[str, Typed]
) -> LookInWords | None:
    """How a user task's form stands with what was typed; None when nobody can say."""
    values = values_of(schema_of(task, verb), typed)
    try:
        return await visit.edge.cases.look_at_form(task.workflow_id, task.user_task_id, values)
    except ServiceError:
        return None  # the form is drawn as it was, and the case decides in the end


def filled_in(
    visit: Visit,
    typed: Mapping[str, Typed],
    before: Filled,
    look: LookInWords | None,
    refused: ServiceError,
) -> Filled:
    """What stands in a form that was refused; nothing that was typed is lost.

    Args:
        visit: whose language it is.
        typed: what was typed.
        before: what stood in it when it was opened.
        look: how it stands now.
        refused: why it was.
    """
    wrong = refused.details if refused.reason in _OF_FIELDS else {}
    if look is None:
        return Filled(typed, before.seen, before.hidden, before.needed, wrong)
    said = {path: text[visit.language] for path, text in look["wrong"].items()}
    return Filled(
        typed=typed,
        seen={**before.seen, **look["seen"]},
        hidden=frozenset(look["hidden"]),
        needed=frozenset(look["needed"]),
        wrong=(wrong | said) if wrong else {},
    )


async def live_look(visit: Visit, schema: Schema, look: LookInWords | None) -> Response:
    """What a page changes while its form is being filled in."""
    if look is None:
        return JSONResponse(None)
    names = await visit.edge.people.names()
    seen = {
        path: str(shown(find(schema, path), value, visit.language, names))
        for path, value in look["seen"].items()
    }
    return JSONResponse({"hidden": look["hidden"], "needed": look["needed"], "seen": seen})


def opened(task: cases_pb2.UserTask, verb: str) -> Filled:
    """What stands in a user task's form when it opens."""
    return opening(schema_of(task, verb), to_json(task.context))
