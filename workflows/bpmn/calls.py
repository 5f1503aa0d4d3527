"""What a call is given, and what comes of it: a service's, or another flow's."""

from __future__ import annotations

from typing import Any

from workflows.bpmn.juel import Unreadable, Variable, is_expression, read_expression
from workflows.bpmn.model import FlowNode
from workflows.bpmn.naming import slug
from workflows.bpmn.notes import Notes
from workflows.bpmn.sources import Place
from workflows.bpmn.variables import Variables
from workflows.bpmn.xml import VENDORS, ZEEBE, Element


def call_input(node: FlowNode, place: Place, variables: Variables, notes: Notes) -> dict[str, Any]:
    """A request from input parameters; a point in a name goes into a message."""
    written: dict[str, Any] = {}
    for extensions in node.element.all("extensionElements"):
        for mapping in extensions.all("inputOutput", *VENDORS):
            for parameter in mapping.all("inputParameter", *VENDORS):
                value = _value(parameter, node, place, variables, notes)
                _put(written, parameter.take("name"), value, node, notes)
        for mapping in extensions.all("ioMapping", ZEEBE):
            for parameter in mapping.all("input", ZEEBE):
                value = _text(parameter.take("source"), node, place, variables, notes)
                _put(written, parameter.take("target"), value, node, notes)
        for field in extensions.all("field", *VENDORS):
            _put(
                written,
                field.take("name"),
                _field(field, node, place, variables, notes),
                node,
                notes,
            )
    return written


def flow_input(node: FlowNode, place: Place, variables: Variables, notes: Notes) -> dict[str, Any]:
    """What a called flow starts with."""
    written: dict[str, Any] = {}
    for extensions in node.element.all("extensionElements"):
        for given in extensions.all("in", *VENDORS):
            source = given.take("source")
            text = f"${{{source}}}" if source else given.take("sourceExpression")
            if target := slug(given.take("target")):
                written[target] = _text(text, node, place, variables, notes)
        for mapping in extensions.all("ioMapping", ZEEBE):
            for parameter in mapping.all("input", ZEEBE):
                if target := slug(parameter.take("target")):
                    source = parameter.take("source")
                    written[target] = _text(source, node, place, variables, notes)
    return {name: value for name, value in written.items() if value is not None}


def _put(written: dict[str, Any], name: str, value: Any, node: FlowNode, notes: Notes) -> None:
    *outer, last = name.split(".")
    inside = written
    for part in outer:
        deeper = inside.setdefault(part, {})
        if not isinstance(deeper, dict):
            break
        inside = deeper
    else:
        if value is not None and last not in inside:
            inside[last] = value
            return
    notes.warning(
        "BPMN_PARAMETER",
        f"the parameter {name!r} is not carried over",
        node.element,
        "write it into the node's input",
    )


def _value(
    parameter: Element, node: FlowNode, place: Place, variables: Variables, notes: Notes
) -> Any:
    for listed in parameter.all("list", *VENDORS):
        texts = [each.say() for each in listed.all("value", *VENDORS)]
        return [_text(text, node, place, variables, notes) for text in texts]
    for mapped in parameter.all("map", *VENDORS):
        return {
            entry.take("key"): _text(entry.say(), node, place, variables, notes)
            for entry in mapped.all("entry", *VENDORS)
        }
    if any(child.local == "script" for child in parameter.children):
        return None
    return _text(parameter.say(), node, place, variables, notes)


def _field(field: Element, node: FlowNode, place: Place, variables: Variables, notes: Notes) -> Any:
    text = field.take("stringValue") or field.take("expression")
    for tag in ("string", "expression"):
        for inner in field.all(tag, *VENDORS):
            text = text or inner.say()
    return _text(text, node, place, variables, notes)


def _text(text: str, node: FlowNode, place: Place, variables: Variables, notes: Notes) -> Any:
    """A value as a flow writes it; None when it cannot be said."""
    if not is_expression(text):
        return text if not text.startswith("=") else None
    try:
        return "=" + variables.text(read_expression(text), place)
    except Unreadable as error:
        notes.warning(
            "BPMN_PARAMETER",
            f"the value {text[:200]!r} cannot be carried over: {error}",
            node.element,
            "write it into the node's input",
        )
        return None


def replies(element: Element) -> list[tuple[str, tuple[str, ...]]]:
    """The variables that a call's reply fills, each with the part of the reply that it is."""
    names = [element.take(name, *VENDORS) for name in ("resultVariable", "resultVariableName")]
    found: list[tuple[str, tuple[str, ...]]] = [(name, ()) for name in names if name]
    for extensions in element.all("extensionElements"):
        for mapping in extensions.all("inputOutput", *VENDORS):
            for output in mapping.all("outputParameter", *VENDORS):
                found += _reply(output.take("name"), output.say())
        for mapping in extensions.all("ioMapping", ZEEBE):
            for output in mapping.all("output", ZEEBE):
                found += _reply(output.take("target"), output.take("source"))
    return found


def _reply(name: str, text: str) -> list[tuple[str, tuple[str, ...]]]:
    try:
        expression = read_expression(text)
    except Unreadable:
        return []
    return [(name, expression.path)] if isinstance(expression, Variable) and name else []


def flow_outputs(element: Element) -> list[tuple[str, str]]:
    """The variables that a called process fills, each with the output that it is."""
    found = []
    for extensions in element.all("extensionElements"):
        for given in extensions.all("out", *VENDORS):
            found.append((given.take("target"), slug(given.take("source"))))
        for mapping in extensions.all("ioMapping", ZEEBE):
            for name, path in (
                reply
                for output in mapping.all("output", ZEEBE)
                for reply in _reply(output.take("target"), output.take("source"))
            ):
                found.append((name, slug("_".join(path))))
    return [(name, output) for name, output in found if name and output]
