"""Timers and messages: what a node waits for, and what may end its waiting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from workflows.bpmn.doing import event_of
from workflows.bpmn.juel import Unreadable, is_expression, read_expression, unwrapped
from workflows.bpmn.model import FlowNode
from workflows.bpmn.notes import Notes
from workflows.bpmn.own import settings_of
from workflows.bpmn.sources import Place
from workflows.bpmn.timers import flow_duration, flow_instant, read_cycle
from workflows.bpmn.variables import Variables
from workflows.bpmn.xml import GONGDAN, ZEEBE, Element
from workflows.compiler.catalog import NodeCatalog

_ON: Final = {"message": "event", "timer": "timer", "error": "error"}


@dataclass(frozen=True, slots=True)
class Waiting:
    """Reads what events wait for, as settings of a wait or of an edge."""

    variables: Variables
    catalog: NodeCatalog
    shared: dict[str, Element]
    notes: Notes

    def time(self, node: FlowNode, place: Place) -> dict[str, Any]:
        """``duration`` or ``until`` of a timer event."""
        kind, text = _timer(node)
        if kind == "timeDate":
            if instant := flow_instant(text):
                return {"until": f'=timestamp("{instant}")'}
            if is_expression(text):
                return self._computed_instant(text, node, place)
        elif duration := self._duration(kind, text, node):
            return {"duration": duration}
        self._unreadable(node, text)
        return {"duration": "1h"}

    def own(self, node: FlowNode) -> dict[str, Any]:
        """What a wait of ours waits for, as far as BPMN says it."""
        if node.trigger.kind == "message":
            return {"event": node.trigger.name}
        kind, text = _timer(node)
        if kind == "timeDate":
            return {"until": text}
        return {"duration": flow_duration(text)} if kind else {}

    def own_boundary(self, node: FlowNode) -> dict[str, Any]:
        """The same of a boundary event of ours."""
        said: dict[str, Any] = {}
        if node.trigger.kind == "message":
            said = {"event": node.trigger.name}
        if node.trigger.kind == "timer":
            said = {"after": flow_duration(_timer(node)[1]) or ""}
        elif node.trigger.kind == "error" and node.trigger.name:
            said["reasons"] = [node.trigger.name]
        return {
            "on": _ON.get(node.trigger.kind, node.trigger.kind),
            **said,
            **settings_of(node.element, self.notes),
        }

    def after(self, node: FlowNode) -> dict[str, Any]:
        """``after`` of a boundary timer."""
        kind, text = _timer(node)
        duration = self._duration(kind, text, node) if kind != "timeDate" else None
        if duration is None:
            self._unreadable(node, text)
        found: dict[str, Any] = {"on": "timer", "after": duration or "1h"}
        if calendar := node.element.take("calendar", GONGDAN):
            found["calendar"] = calendar
        return found

    def _duration(self, kind: str, text: str, node: FlowNode) -> str | None:
        plain = unwrapped(text).strip("'\"") if is_expression(text) else text
        if kind != "timeCycle":
            return flow_duration(plain)
        cycle = read_cycle(plain)
        if cycle is None:
            return None
        if cycle.times != 1:
            self.notes.warning(
                "BPMN_TIMER_REPEATS",
                f"the timer repeats ({text}); here it fires once, after {cycle.every}",
                node.element,
                "a reminder or an escalation of the task's sla can follow",
            )
        return flow_duration(cycle.every)

    def _computed_instant(self, text: str, node: FlowNode, place: Place) -> dict[str, Any]:
        try:
            return {"until": "=" + self.variables.text(read_expression(text), place, "timestamp")}
        except Unreadable:
            self._unreadable(node, text)
            return {"duration": "1h"}

    def _unreadable(self, node: FlowNode, text: str) -> None:
        self.notes.error(
            "BPMN_TIMER",
            f"{text or 'nothing'!r} is no time that can be waited for here",
            node.element,
            "write a duration such as PT4H, or for an intermediate event a date with its time",
        )

    def event(self, node: FlowNode, place: Place) -> dict[str, Any]:
        """``event`` and ``key`` of a message."""
        event = event_of(node, self.catalog)
        if not event:
            event = node.trigger.name or node.name or node.id
            self.notes.warning(
                "BPMN_EVENT_UNKNOWN",
                f"the message {event!r} is no event of the catalogue; the flow waits for it in vain",
                node.element,
                "name one with gongdan:event, or in the flow, before it is published",
            )
        return {"event": event, "key": self._key(node, place)}

    def _key(self, node: FlowNode, place: Place) -> str:
        text = node.element.take("key", GONGDAN)
        for owner in (node.element, *self._message(node)):
            for extensions in owner.all("extensionElements"):
                for subscription in extensions.all("subscription", ZEEBE):
                    text = text or subscription.take("correlationKey")
        if not text:
            return "=case.id"
        try:
            return "=" + self.variables.text(read_expression(text), place, "string")
        except Unreadable as error:
            self.notes.warning(
                "BPMN_EVENT_KEY",
                f"the key {text!r} cannot be computed: {error}; it is the case's own",
                node.element,
                "write the key into the flow",
            )
            return "=case.id"

    def _message(self, node: FlowNode) -> list[Element]:
        holder = node.trigger.element or node.element
        written = holder.take("messageRef").rpartition(":")[2]
        return [self.shared[written]] if written in self.shared else []


def _timer(node: FlowNode) -> tuple[str, str]:
    """Which of the three ways a timer says its time, and the text."""
    definition = node.trigger.element
    if definition is None:
        return "", ""
    for kind in ("timeDuration", "timeDate", "timeCycle"):
        if (element := definition.child(kind)) is not None:
            return kind, element.expression()
    return "", ""
