"""What our own files say in their extensions: all that BPMN has no words for, and nothing else.

An element that we wrote carries ``gongdan:kind`` and, as JSON, the settings that are said nowhere
else in it.
"""

from __future__ import annotations

import json
from typing import Any

from workflows.bpmn.notes import Notes
from workflows.bpmn.xml import GONGDAN, Element

#: The language of a condition that needs no translation.
EXPRESSION_LANGUAGE = "urn:gongdan:expression"
#: Who wrote a file of ours.
EXPORTER = "Gongdan"


def kind_of(element: Element) -> str:
    """The kind of node that an element of ours is; empty for everybody else's."""
    return element.take("kind", GONGDAN)


def settings_of(element: Element, notes: Notes) -> dict[str, Any]:
    """The settings that an element of ours carries besides what BPMN says."""
    found: dict[str, Any] = {}
    for extensions in element.all("extensionElements"):
        for settings in extensions.all("settings", GONGDAN):
            found |= _read(settings, element, notes)
    return found


def _read(settings: Element, element: Element, notes: Notes) -> dict[str, Any]:
    try:
        # Numbers with a point stay text, digit by digit.
        found = json.loads(settings.say(), parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return {key: value for key, value in found.items() if key not in ("id", "kind")}
    notes.error(
        "BPMN_SETTINGS",
        "the settings are no JSON object",
        element,
        "take the file as it was exported, or remove the settings",
    )
    return {}


def own_text(expression: Element) -> str | None:
    """An expression in the flow's own language, which needs no translation; None of any other."""
    if expression.take("language") != EXPRESSION_LANGUAGE:
        return None
    return expression.expression()
