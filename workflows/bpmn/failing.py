"""How what may fail says so: along an edge, or by whoever does it by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from workflows.bpmn.context import Context, Document, remarks
from workflows.bpmn.skeleton import Step, Way

_THROWN: Final = ("error", "escalation")
#: Nodes that can fail, so that an error leaves them along an edge.
FAILING: Final = ("service", "for_each", "subflow")


@dataclass(frozen=True, slots=True)
class Failure:
    """One way in which a step fails.

    Attributes:
        name: what people call it.
        reasons: the reasons it is for; none: all that no other is for.
        reason: the one by which a body ends.
    """

    way: Way
    name: str
    reasons: tuple[str, ...]
    reason: str


def is_thrown(way: Way) -> bool:
    """True of a way along which an error or an escalation goes."""
    return way.rethrows is not None or (way.event is not None and way.event.trigger.kind in _THROWN)


def failures_of(step: Step, ways: list[Way], context: Context) -> list[Failure]:
    """The ways out of a step that its failures take."""
    return [_failure(step, way, context) for way in ways if is_thrown(way)]


def _failure(step: Step, way: Way, context: Context) -> Failure:
    reasons, event = context.reasons, way.event
    if way.rethrows is not None:
        reason = reasons.of(way.rethrows)
        # What a task itself throws without a code is whatever goes wrong in it.
        every = step.body is None and not way.rethrows[1]
        return Failure(way, way.rethrows[1] or "失败", () if every else (reason,), reason)
    assert event is not None  # something is thrown
    caught = tuple(reasons.caught(event, step))
    name = context.notes.title(event.name or event.trigger.name, "失败", event.element)
    return Failure(way, name, caught, (*caught, reasons.of((event.trigger.kind, "")))[0])


def path_of(failure: Failure) -> Document:
    """What the edge of a failure says."""
    return {"on": "error", **({"reasons": list(failure.reasons)} if failure.reasons else {})}


def ask_outcome(made: Document, failures: list[Failure]) -> list[str]:
    """Let whoever does by hand what can fail say how it ended; the condition of each failure."""
    options = [{"value": "done", "name": "完成", "name_en": "Done"}]
    options += [
        {"value": f"failed_{number}", "name": failure.name}
        for number, failure in enumerate(failures, 1)
    ]
    fields = [each for each in made.get("form", []) if [each] != remarks()]
    outcome = {"id": "outcome", "kind": "choice", "name": "结果", "name_en": "Outcome"}
    made["form"] = [*fields, {**outcome, "required": True, "options": options}]
    return [f'{made["id"]}.outcome == "{option["value"]}"' for option in options[1:]]
