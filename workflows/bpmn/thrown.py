"""The reasons by which errors and escalations go in a flow."""

from __future__ import annotations

import re
from typing import Final

from workflows.bpmn.model import FlowNode
from workflows.bpmn.skeleton import Step, Thrown

_OTHER: Final = re.compile(r"[^A-Z0-9]+")
_REASON: Final = re.compile(r"[A-Z][A-Z0-9_]{0,79}")
_LONGEST: Final = 70
_PREFIX: Final = {"error": "ERROR", "escalation": "ESCALATION"}


class Reasons:
    """Gives each code of a file its reason, and no two the same."""

    def __init__(self) -> None:
        self._given: dict[Thrown, str] = {}

    def of(self, thrown: Thrown) -> str:
        """The reason for an error's or an escalation's code."""
        if thrown not in self._given:
            wish = self._wish(*thrown)
            found, number = wish, 1
            while found in self._given.values():
                number += 1
                found = f"{wish}_{number}"
            self._given[thrown] = found
        return self._given[thrown]

    def _wish(self, kind: str, code: str) -> str:
        if kind == "error" and _REASON.fullmatch(code):
            return code
        plain = _OTHER.sub("_", code.upper()).strip("_")[:_LONGEST]
        if kind == "error" and plain[:1].isalpha():
            return plain
        return f"{_PREFIX[kind]}_{plain}" if plain else _PREFIX[kind]

    def caught(self, event: FlowNode, step: Step) -> list[str]:
        """The reasons that a boundary event is for; none: all that no other is for."""
        kind, code = event.trigger.kind, event.trigger.name
        if code:
            return [self.of((kind, code))]
        if kind == "error":
            return []
        inside = step.body.steps.values() if step.body is not None else ()
        escalated = [one.fails for one in inside if one.fails and one.fails[0] == kind]
        return [self.of(thrown) for thrown in dict.fromkeys(escalated)] or [self.of((kind, ""))]
