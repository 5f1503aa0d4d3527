"""The forms that a file declares: Camunda's form fields and Flowable's form properties."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from workflows.bpmn.juel import is_expression
from workflows.bpmn.naming import Ids, option_values
from workflows.bpmn.notes import Notes
from workflows.bpmn.translate import Kind
from workflows.bpmn.xml import VENDORS, ZEEBE, Element

#: What a file calls a field's type, ours, and the type of its value.
_TYPES: Final[dict[str, tuple[str, Kind]]] = {
    "": ("text", "string"),
    "string": ("text", "string"),
    "text": ("long_text", "string"),
    "long": ("integer", "int"),
    "int": ("integer", "int"),
    "integer": ("integer", "int"),
    "double": ("number", "decimal"),
    "decimal": ("number", "decimal"),
    "number": ("number", "decimal"),
    "boolean": ("boolean", "bool"),
    "date": ("date", "date"),
    "datetime": ("datetime", "timestamp"),
    "enum": ("choice", "choice"),
}
#: A field's kind for a value of a type.
KIND_OF: Final[dict[Kind, str]] = {
    "bool": "boolean",
    "int": "integer",
    "decimal": "number",
    "date": "date",
    "timestamp": "datetime",
    "list": "people",
}
_BOUNDS: Final = {"min": "minimum", "max": "maximum", "maxlength": "max_length"}
_LONGEST_BOUND: Final = 9
#: What a form sets by itself.
TAKEN: Final = ("handled_by", "handled_at")


@dataclass(slots=True)
class Asked:
    """A field of a form.

    Attributes:
        name: the process variable that it fills.
        settings: the field as a flow writes it.
        values: of a choice: our values by the file's.
        default: computed, where the file computes it.
        writable: it is asked for, not only shown.
    """

    name: str
    settings: dict[str, Any]
    kind: Kind
    element: Element
    values: dict[str, str] = field(default_factory=dict)
    default: str = ""
    writable: bool = True

    @property
    def id(self) -> str:
        """Its id in the form."""
        return str(self.settings["id"])


def read_form(element: Element, notes: Notes) -> list[Asked]:
    """The fields that a start event or a user task asks for; a form kept elsewhere has none here."""
    ids = Ids(*TAKEN)
    fields = [_read_field(found, ids, notes, n) for n, found in enumerate(_declared(element))]
    for reference in _elsewhere(element):
        notes.warning(
            "BPMN_FORM_ELSEWHERE",
            f"the form {reference!r} is not part of the file",
            element,
            "list its fields in the flow",
        )
    return fields


def _declared(element: Element) -> Iterator[Element]:
    extensions = element.child("extensionElements")
    if extensions is None:
        return
    for data in extensions.all("formData", *VENDORS):
        yield from data.all("formField", *VENDORS)
    yield from extensions.all("formProperty", *VENDORS)


def _elsewhere(element: Element) -> Iterator[str]:
    for attribute in ("formKey", "formRef"):
        if reference := element.take(attribute, *VENDORS):
            yield reference
    extensions = element.child("extensionElements")
    for form in extensions.all("formDefinition", ZEEBE) if extensions else ():
        for attribute in ("formId", "formKey"):
            if reference := form.take(attribute):
                yield reference


def _read_field(element: Element, ids: Ids, notes: Notes, number: int) -> Asked:
    name = element.take("variable") or element.id
    written = element.take("type")
    kind, value = _TYPES.get(written.lower(), ("", "string"))
    if not kind:
        kind = "text"
        notes.warning(
            "BPMN_FIELD_TYPE", f"the field {name!r} of type {written!r} becomes a text", element
        )
    if value == "date" and "H" in element.take("datePattern"):
        kind, value = "datetime", "timestamp"
    label = element.take("label") or element.take("name")
    asked = Asked(
        name=name,
        settings={
            "id": ids.of(f"{name}/{number}", name),
            "kind": kind,
            "name": notes.title(label, name or "字段", element),
        },
        kind=value,
        element=element,
    )
    _read_options(asked, notes)
    _read_rules(asked, notes)
    _read_default(asked, notes)
    return asked


def _read_options(asked: Asked, notes: Notes) -> None:
    values = list({value.id: value for value in asked.element.all("value", *VENDORS)}.values())
    asked.values = option_values(value.id for value in values)
    options = [
        {
            "value": asked.values[value.id],
            "name": notes.title(value.take("name"), value.id or "选项", value),
        }
        for value in values
    ]
    if asked.kind == "choice" and not options:
        notes.warning(
            "BPMN_FIELD_TYPE",
            f"the choice {asked.name!r} lists no values here and becomes a text",
            asked.element,
        )
        asked.settings["kind"], asked.kind = "text", "string"
    elif options:
        asked.settings["options"] = options


def _read_rules(asked: Asked, notes: Notes) -> None:
    element = asked.element
    rules = {"required": element.take("required"), "readonly": ""}
    if element.take("writable") == "false":
        rules["readonly"] = "true"
    for validation in element.all("validation", *VENDORS):
        for rule in validation.all("constraint", *VENDORS):
            rules[rule.take("name")] = rule.take("config") or "true"
    if rules.pop("required") == "true":
        asked.settings["required"] = True
    asked.writable = rules.pop("readonly") != "true"
    for name, bound in rules.items():
        if name in _BOUNDS and _is_bound(asked, name, bound):
            number = int(bound) if name == "maxlength" else bound
            asked.settings[_BOUNDS[name]] = number
        else:
            notes.warning(
                "BPMN_FIELD_RULE",
                f"the rule {name!r} of the field {asked.name!r} is not carried over",
                element,
                "write it into the flow as visible_when, required_when or pattern",
            )


def _is_bound(asked: Asked, name: str, bound: str) -> bool:
    """True of a bound that means something for a field's type."""
    digits = bound.removeprefix("-").replace(".", "", 1)
    number = digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_BOUND
    if name == "maxlength":
        return asked.kind == "string" and number and bound == digits
    return asked.kind in ("int", "decimal") and number


def _read_default(asked: Asked, notes: Notes) -> None:
    default = asked.element.take("defaultValue") or asked.element.take("default")
    default = default or asked.element.take("expression")
    if is_expression(default):
        asked.default = default
    elif default and (value := _constant(asked, default)) is not None:
        asked.settings["default"] = value
    elif default:
        notes.warning(
            "BPMN_FIELD_RULE",
            f"the default {default!r} of the field {asked.name!r} does not fit its type",
            asked.element,
        )


def _constant(asked: Asked, written: str) -> Any:
    """A default as a flow writes it; None when it does not fit."""
    match asked.kind:
        case "bool":
            return {"true": True, "false": False}.get(written)
        case "int":
            digits = written.removeprefix("-")
            return (
                int(written) if digits.isascii() and digits.isdigit() and len(digits) < 18 else None
            )
        case "choice":
            return asked.values.get(written)
        case "date" | "timestamp":
            return None
        case "decimal":
            return written if written.replace(".", "", 1).isdigit() and len(written) < 18 else None
        case _:
            return written if not written.startswith("=") else None
