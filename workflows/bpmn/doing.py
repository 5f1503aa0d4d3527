"""How each activity and event is done in a flow: by a call, by waiting, by computing or by hand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from workflows.bpmn.juel import Constant, Expression, Unreadable, is_expression, read_expression
from workflows.bpmn.model import FlowNode
from workflows.bpmn.own import kind_of
from workflows.bpmn.xml import CAMUNDA, GONGDAN, VENDORS, ZEEBE
from workflows.compiler.catalog import NodeCatalog, RpcSpec

_MACHINES: Final = ("serviceTask", "sendTask", "businessRuleTask", "scriptTask")
_SENDERS: Final = ("intermediateThrowEvent", "endEvent")
_SET: Final = re.compile(r"execution\.setVariable\(\s*(['\"])(\w+)\1\s*,(.*)\)", re.DOTALL)
_ASSIGN: Final = re.compile(r"(?:var\s+|def\s+|let\s+)?([^\W\d]\w*)\s*=(?!=)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ByPerson:
    """Somebody does it; ``instead`` of a machine that the catalogue does not know."""

    instead: bool = False


@dataclass(frozen=True, slots=True)
class ByCall:
    """One call of an RPC of the catalogue."""

    rpc: RpcSpec


@dataclass(frozen=True, slots=True)
class ByComputing:
    """Variables get values."""

    assigned: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class ByWaiting:
    """For time to pass, or for an event of the catalogue."""

    event: str = ""


@dataclass(frozen=True, slots=True)
class ByFlow:
    """Another flow, or the part that a sub-process is."""

    flow: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing in a flow does it."""

    why: str


@dataclass(frozen=True, slots=True)
class Own:
    """A node of ours as it was exported."""

    kind: str


Doing: TypeAlias = Own | ByPerson | ByCall | ByComputing | ByWaiting | ByFlow | Refused


def doing_of(node: FlowNode, catalog: NodeCatalog) -> Doing:
    """How a task, a sub-process or an event is done."""
    if kind := kind_of(node.element):
        return Own(kind)
    match node.kind:
        case "subProcess" | "transaction":
            return ByFlow()
        case "callActivity":
            called = node.element.take("calledElement")
            for extensions in node.element.all("extensionElements"):
                for element in extensions.all("calledElement", ZEEBE):
                    called = called or element.take("processId")
            return (
                ByFlow(called)
                if called and not is_expression(called)
                else Refused("no called process is named")
            )
        case "receiveTask":
            return _awaited(node, catalog)
        case "intermediateCatchEvent":
            return _caught(node, catalog)
        case kind if kind in (*_MACHINES, *_SENDERS):
            return _machine(node, catalog)
        case _:
            return ByPerson()


def _caught(node: FlowNode, catalog: NodeCatalog) -> Doing:
    match node.trigger.kind:
        case "timer":
            return ByWaiting()
        case "message":
            return _awaited(node, catalog)
        case kind:
            return Refused(f"a flow waits for no {kind}")


def _awaited(node: FlowNode, catalog: NodeCatalog) -> Doing:
    event = event_of(node, catalog)
    return ByWaiting(event) if event else ByPerson(instead=True)


def event_of(node: FlowNode, catalog: NodeCatalog) -> str:
    """The domain event of the catalogue that a message is: named by ``gongdan:event``, or by the
    message's own name; empty when there is none."""
    for name in (node.element.take("event", GONGDAN), node.trigger.name):
        if name in catalog.events:
            return name
    return ""


def _machine(node: FlowNode, catalog: NodeCatalog) -> Doing:
    if node.trigger.kind == "signal":
        return Refused("a flow sends no signal")
    for name in _implementations(node):
        spec = catalog.find(name)
        if spec is not None and spec.palette:
            return ByCall(spec)
    if node.kind == "scriptTask" and (assigned := _script(node)):
        return ByComputing(assigned)
    return ByPerson(instead=True)


def _implementations(node: FlowNode) -> list[str]:
    """Everything in an element that may name what carries it out."""
    element = node.element
    found = [element.take("rpc", GONGDAN), element.take("implementation")]
    found += [element.take(name, *VENDORS) for name in ("topic", "type", "delegateExpression")]
    found += [element.take(name, *VENDORS) for name in ("class", "expression", "decisionRef")]
    if node.trigger.element is not None:
        definition = node.trigger.element
        found += [
            definition.take(name, CAMUNDA) for name in ("topic", "type", "delegateExpression")
        ]
        found += [definition.take(name, CAMUNDA) for name in ("class", "expression")]
    for extensions in element.all("extensionElements"):
        found += [task.take("type") for task in extensions.all("taskDefinition", ZEEBE)]
        found += [task.take("decisionId") for task in extensions.all("calledDecision", ZEEBE)]
    return [name for name in found if name]


def implementation_of(node: FlowNode) -> str:
    """What the file says carries a task out, for people to read."""
    said = [name for name in _implementations(node) if name not in ("external", "##unspecified")]
    return said[0] if said else ""


def _script(node: FlowNode) -> tuple[tuple[str, Expression], ...]:
    """The assignments of a script that does nothing else; empty for any other."""
    assigned: list[tuple[str, Expression]] = []
    element = node.element
    element.take("scriptFormat")
    for extensions in element.all("extensionElements"):
        for script in extensions.all("script", ZEEBE):
            return _assignment(script.take("resultVariable"), script.take("expression"))
    script_element = element.child("script")
    text = script_element.say() if script_element is not None else ""
    result = element.take("resultVariable", *VENDORS)
    if result:
        return _assignment(result, text)
    for line in re.split(r"[;\n]", text):
        statement = line.strip()
        if not statement:
            continue
        found = _SET.fullmatch(statement)
        name, value = (found[2], found[3]) if found else ("", "")
        if not found and (plain := _ASSIGN.fullmatch(statement)):
            name, value = plain[1], plain[2]
        one = _assignment(name, value)
        if not one:
            return ()
        assigned.extend(one)
    return tuple(assigned)


def _assignment(name: str, value: str) -> tuple[tuple[str, Expression], ...]:
    if not name:
        return ()
    try:
        expression = read_expression(value.strip())
    except Unreadable:
        return ()
    return () if expression == Constant(None) else ((name, expression),)
