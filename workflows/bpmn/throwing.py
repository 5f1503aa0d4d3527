"""Errors and escalations: who throws them, and who catches them."""

from __future__ import annotations

from workflows.bpmn.model import BY_HAND, MACHINES, FlowNode
from workflows.bpmn.own import kind_of
from workflows.bpmn.skeleton import Skeleton, Step, Thrown, Way


def catcher_of(boundaries: tuple[FlowNode, ...], kind: str, code: str) -> FlowNode | None:
    """The boundary event that catches a code: its own before one for all."""
    fitting = [event for event in boundaries if event.trigger.kind == kind]
    own = [event for event in fitting if event.trigger.name == code]
    return next(iter([*own, *(event for event in fitting if not event.trigger.name)]), None)


def may_catch(event: FlowNode, inside: Skeleton) -> bool:
    """False of a boundary event that waits for what nothing in its sub-process throws."""
    kind, code = event.trigger.kind, event.trigger.name
    ends = [step.fails for step in inside.steps.values() if step.fails is not None]
    thrown = any(what == kind and code in ("", named) for what, named in ends)
    return thrown or kind not in ("error", "escalation") or bool(kind_of(event.element))


def let_fail(part: Skeleton, catchers: tuple[FlowNode, ...]) -> None:
    """What a sub-process catches and no end inside throws is thrown by what is done inside: by
    machines, or where there are none by people."""
    for event in catchers:
        kind, code = event.trigger.kind, event.trigger.name
        if not may_catch(event, part):
            _fail(part, (kind, code), MACHINES) or _fail(part, (kind, code), BY_HAND)


def _fail(part: Skeleton, thrown: Thrown, kinds: tuple[str, ...]) -> bool:
    """Let the tasks of some kinds throw something, and what is around them pass it on; True when
    there are such."""
    failed = False
    for step in list(part.steps.values()):
        node = step.node
        if node is None or catcher_of(tuple(part.scope.boundaries[node.id]), *thrown):
            continue
        inside = step.body is not None and _fail(step.body, thrown, kinds)
        if inside or (step.body is None and node.kind in kinds):
            end = Step(f"{node.id}/{'/'.join(thrown)}", "end", of=node, fails=thrown)
            part.steps[end.id] = end
            part.ways.append(Way(step.id, end.id, rethrows=thrown))
            failed = True
    return failed
