"""A user task as a page offers it: which forms to fill in, which verbs to press."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from protos.cases.v1 import cases_pb2
from services.gateway.forms import Schema, typed_from
from services.gateway.pages.fields import Field, Filled, fields_of, is_live, kinds_of
from services.gateway.pages.verbs import Asking, Choice
from services.gateway.transcoding import to_json

#: Verbs that move the work on; the others stand aside.
_DOING: Final = ("complete", "approve", "oppose", "accept", "schedule", "check_in")
#: Verbs that take the form of the user task itself.
_WITH_FORM: Final = ("complete", "approve", "oppose")


@dataclass(frozen=True, slots=True)
class Deed:
    """One verb with the fields it asks for."""

    verb: str
    fields: tuple[Field, ...]
    #: What is asked for changes while it is filled in.
    live: bool = False


@dataclass(frozen=True, slots=True)
class TaskView:
    """A user task with what the visitor can do to it.

    Attributes:
        doing: the verbs that move the work on, each with its form.
        aside: the others.
    """

    task: cases_pb2.UserTask
    context: dict[str, Any]
    doing: tuple[Deed, ...]
    aside: tuple[Choice, ...]

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of all fields that are asked for."""
        return frozenset().union(
            *(kinds_of(schema_of(self.task, deed.verb)) for deed in self.doing)
        )


def view(
    task: cases_pb2.UserTask,
    language: str,
    names: Mapping[str, str],
    filled: Filled | None = None,
) -> TaskView:
    """What the visitor can do to a task, with what stands in its form: what they filled in before a
    refusal, else what it opens with."""
    context = to_json(task.context)
    aside = [verb for verb in task.my_verbs if verb not in _DOING]
    return TaskView(
        task=task,
        context=context,
        doing=tuple(
            _deed(task, context, verb, language, names, filled)
            for verb in task.my_verbs
            if verb in _DOING
        ),
        aside=Asking(language, names).of_task(aside, task, context),
    )


def schema_of(task: cases_pb2.UserTask, verb: str) -> Schema:
    """The JSON Schema of what a verb asks for; field work has one for each verb."""
    forms = to_json(task.context).get("forms", {})
    if verb in forms:
        found: Schema = forms[verb]
        return found
    if verb in _WITH_FORM and task.form_schema_json:
        return dict(json.loads(task.form_schema_json))
    return {}


def _deed(
    task: cases_pb2.UserTask,
    context: dict[str, Any],
    verb: str,
    language: str,
    names: Mapping[str, str],
    filled: Filled | None,
) -> Deed:
    schema = schema_of(task, verb)
    fields = fields_of(schema, filled or opening(schema, context), language, names)
    return Deed(verb, fields, is_live(schema))


def opening(schema: Schema, context: Mapping[str, Any]) -> Filled:
    """What stands in a form when it opens, as the case says beside it."""
    start = context.get("defaults", {})
    return Filled(
        typed=typed_from(schema, start),
        seen=start,
        hidden=frozenset(context.get("hidden", ())),
        needed=frozenset(context.get("needed", ())),
    )
