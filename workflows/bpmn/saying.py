"""What BPMN has words for, taken out of a node's or an edge's settings: what is said there is said
nowhere else."""

from __future__ import annotations

import json
from typing import Any, TypeAlias

from workflows.bpmn.markup import Markup, legal
from workflows.bpmn.own import EXPRESSION_LANGUAGE
from workflows.bpmn.timers import flow_duration, iso_duration
from workflows.compiler.check_ids import RESERVED

#: What is left to say of a node or an edge.
Settings: TypeAlias = dict[str, Any]


def owner(node: Settings) -> list[Markup]:
    """A role that does a task, where nothing else is said of who does it."""
    assignee = node.get("assignee", {})
    if set(assignee) != {"role"} or assignee["role"] in RESERVED:
        return []
    role = node.pop("assignee")["role"]
    said = Markup("formalExpression", f"group({role})")
    return [Markup("potentialOwner").add(Markup("resourceAssignmentExpression").add(said))]


def repetition(node: Settings) -> Markup:
    """How often a body is lived through: as many times as its list is long."""
    many = Markup("multiInstanceLoopCharacteristics")
    if node.pop("mode", "") == "one_by_one":
        many.set("isSequential", "true")
    items = node.get("items")
    if isinstance(items, str) and items.startswith("=") and survives(items[1:]):
        del node["items"]
        many.add(expression("loopCardinality", f"size({items[1:]})"))
    if survives(node.get("enough", " ")):
        many.add(expression("completionCondition", node.pop("enough")))
    return many


def expression(tag: str, text: str) -> Markup:
    """A time or a condition; all but durations are in our own language."""
    attributes = {"xsi:type": "tFormalExpression"}
    if tag != "timeDuration":
        attributes["language"] = EXPRESSION_LANGUAGE
    return Markup(tag, text, **attributes)


def description(settings: Settings) -> list[Markup]:
    """Documentation, and in an extension what is said nowhere else."""
    found: list[Markup] = []
    text = settings.get("description", "")
    if text and survives(text):
        found.append(Markup("documentation", settings.pop("description")))
    if settings:
        written = json.dumps(settings, ensure_ascii=False)
        written = written if legal(written) else json.dumps(settings)
        found.append(Markup("extensionElements").add(Markup("gongdan:settings", written)))
    return found


def attribute(settings: Settings, key: str) -> str:
    """A text as an attribute; it stays among the settings where it would not come back as it is."""
    text = str(settings.get(key, ""))
    if text == " ".join(text.split()) and legal(text):
        settings.pop(key, None)
    return text


def survives(text: str) -> bool:
    """True when a text comes back as it is from inside an element."""
    return text == text.strip() and "\r" not in text and legal(text)


def survives_iso(duration: str) -> bool:
    """True when a duration comes back as it is from ISO 8601."""
    return bool(duration) and flow_duration(iso_duration(duration)) == duration
