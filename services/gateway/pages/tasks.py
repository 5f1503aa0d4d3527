"""A user task as a page offers it: which forms to fill in, which verbs to press."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from kit.money import Money
from protos.cases.v1 import cases_pb2
from services.gateway.forms import Schema, is_money
from services.gateway.transcoding import to_json

#: Kinds of fields that name something we know of.
SUGGESTED: Final = frozenset({"customer", "address", "region", "item", "person"})

#: Verbs that move the work on; the others stand aside.
_DOING: Final = ("complete", "approve", "accept", "schedule", "check_in")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form, ready to be drawn."""

    name: str
    title: str
    hint: str
    widget: str
    required: bool
    text: str
    #: What it names, where something can be suggested: "customer", "item" …
    kind: str = ""
    options: tuple[tuple[str, str], ...] = ()
    minimum: str = ""
    maximum: str = ""
    max_length: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Deed:
    """One verb with the fields it asks for."""

    verb: str
    fields: tuple[Field, ...]
    #: The nodes to send back to, for the verb that wants one.
    targets: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TaskView:
    """A user task with its deeds."""

    task: cases_pb2.UserTask
    context: dict[str, Any]
    doing: tuple[Deed, ...]
    aside: tuple[Deed, ...]
    mine: bool

    @property
    def fields(self) -> tuple[Field, ...]:
        """Every field that is asked for."""
        return tuple(field for deed in self.doing for field in deed.fields)


def view(task: cases_pb2.UserTask, person_id: str, typed: dict[str, str]) -> TaskView:
    """What a person can do to a task; what they typed before a refusal is kept."""
    context = to_json(task.context)
    deeds = [_deed(task, context, verb, typed) for verb in task.verbs]
    holders = task.assignee_person_id or list(task.candidate_person_ids)
    return TaskView(
        task=task,
        context=context,
        doing=tuple(deed for deed in deeds if deed.verb in _DOING),
        aside=tuple(deed for deed in deeds if deed.verb not in _DOING),
        mine=person_id in holders,
    )


def fields_of(schema: Schema, typed: dict[str, str], defaults: dict[str, Any]) -> tuple[Field, ...]:
    """The fields of a form; what was typed wins over a default."""
    required = schema.get("required", ())
    return tuple(
        _field(name, told, name in required, typed.get(name, _text(told, defaults.get(name))))
        for name, told in schema.get("properties", {}).items()
        if _is_drawn(told)
    )


def schema_of(task: cases_pb2.UserTask, verb: str) -> Schema:
    """The JSON Schema of what a verb asks for; field work has one for each verb."""
    forms = to_json(task.context).get("forms", {})
    if verb in forms:
        found: Schema = forms[verb]
        return found
    if verb in ("complete", "approve") and task.form_schema_json:
        return dict(json.loads(task.form_schema_json))
    return {}


def _deed(
    task: cases_pb2.UserTask, context: dict[str, Any], verb: str, typed: dict[str, str]
) -> Deed:
    fields = fields_of(schema_of(task, verb), typed, context.get("defaults", {}))
    targets: tuple[tuple[str, str], ...] = ()
    if verb == "reject":
        targets = tuple((each["node"], each["name"]) for each in context.get("send_back_to", ()))
    return Deed(verb, fields, targets)


def _is_drawn(told: Schema) -> bool:
    """Photos and positions come from a phone, not from this page."""
    return told.get("x-kind") != "photo" and (told.get("type") != "object" or is_money(told))


def _field(name: str, told: Schema, required: bool, text: str) -> Field:
    choices = told.get("oneOf") or told.get("items", {}).get("oneOf") or ()
    return Field(
        name=name,
        title=told.get("title", name),
        hint=told.get("description", ""),
        widget=_widget(told),
        required=required,
        text=text,
        kind=told.get("x-kind", "") if told.get("x-kind") in SUGGESTED else "",
        options=tuple((each["const"], each.get("title", each["const"])) for each in choices),
        minimum=str(told.get("minimum", told.get("x-minimum", ""))),
        maximum=str(told.get("maximum", told.get("x-maximum", ""))),
        max_length=str(told.get("maxLength", "")),
        currency=told["properties"]["currency"]["const"] if is_money(told) else "",
    )


def _widget(told: Schema) -> str:
    by_kind = {"long_text": "long", "rating": "rating", "number": "number"}
    if kind := by_kind.get(told.get("x-kind", "")):
        return kind
    if is_money(told):
        return "money"
    if "oneOf" in told:
        return "choice"
    by_format = {"date": "date", "date-time": "instant"}
    by_type = {"boolean": "yes_no", "integer": "integer"}
    return by_format.get(told.get("format", "")) or by_type.get(told.get("type", ""), "text")


def _text(told: Schema, value: Any) -> str:
    """A default as it is typed."""
    if value is None:
        return ""
    if is_money(told):
        return f"{Money(value['currency'], int(value['amount_minor'])).to_decimal():f}"
    return str(value).lower() if isinstance(value, bool) else str(value)
