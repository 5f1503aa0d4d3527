"""What of BPMN has a place in the token game."""

from __future__ import annotations

from workflows.bpmn.model import FlowNode
from workflows.bpmn.timers import read_cycle


def is_linked(node: FlowNode) -> bool:
    """A link leads to it, though no flow does."""
    return node.kind == "intermediateCatchEvent" and node.trigger.kind == "link"


def unsupported(node: FlowNode) -> str:
    """Why a node has no place in the token game; empty when it has one."""
    element = node.element
    flags = ("triggeredByEvent", "isForCompensation", "instantiate", "parallelMultiple")
    for flag in flags:
        if element.take(flag) == "true":
            return f"{node.kind} with {flag}"
    if node.kind in ("complexGateway", "adHocSubProcess"):
        return node.kind
    if node.trigger.kind in ("compensate", "cancel", "multiple"):
        return f"{node.kind} with a {node.trigger.kind} definition"
    if node.kind == "boundaryEvent":
        return _unsupported_boundary(node)
    if node.kind == "intermediateCatchEvent" and node.trigger.kind == "none":
        return "intermediateCatchEvent that waits for nothing"
    return ""


def repeats(node: FlowNode) -> bool:
    """A boundary timer that may fire more than once a visit: outside the proof."""
    definition = node.trigger.element
    if node.kind != "boundaryEvent" or node.interrupting or definition is None:
        return False
    cycle = next((child for child in definition.children if child.local == "timeCycle"), None)
    if cycle is None:
        return False
    read = read_cycle(cycle.text)
    return read is None or read.times != 1


def _unsupported_boundary(node: FlowNode) -> str:
    if node.trigger.kind in ("none", "link", "terminate"):
        return f"boundaryEvent with a {node.trigger.kind} definition"
    if not node.interrupting and node.trigger.kind in ("error", "escalation"):
        return f"{node.trigger.kind} boundary event that does not interrupt"
    return ""
