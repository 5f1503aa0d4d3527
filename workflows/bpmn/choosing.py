"""Where a gateway goes on: by the file's conditions where they can be said, else a person says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from workflows.bpmn.juel import (
    Constant,
    Expression,
    Operation,
    Unreadable,
    Variable,
    is_expression,
    read_expression,
)
from workflows.bpmn.naming import title
from workflows.bpmn.notes import Notes
from workflows.bpmn.own import own_text
from workflows.bpmn.skeleton import Way
from workflows.bpmn.sources import Place
from workflows.bpmn.variables import Variables
from workflows.bpmn.xml import Element

_OPPOSITES: Final = {"!=": "==", ">=": "<", "<=": ">"}


@dataclass(slots=True)
class Choice:
    """How the ways out of a gateway are chosen.

    Attributes:
        guards: for each way, its edge's ``when`` or ``otherwise``.
        asked: the ways among which a person chooses, by the option's value.
        fallback: the way that is taken when nothing else is, besides by its own condition.
    """

    guards: list[dict[str, Any]]
    asked: dict[str, Way] = field(default_factory=dict)
    fallback: Way | None = None


def choose(
    ways: list[Way], place: Place, asking: str, variables: Variables, notes: Notes, *, several: bool
) -> Choice:
    """Decide how the ways of a gateway are guarded.

    Args:
        asking: the id of the form that asks a person, if one is needed.
        several: the gateway is inclusive: any number of ways is taken.
    """
    if len(ways) < 2:
        return Choice([{} if several else {"otherwise": True} for _ in ways])
    said = [_say(way, place, variables, notes) for way in ways]
    free = all(way.condition is None and not way.otherwise for way in ways)
    others = [way for way in ways if way.otherwise]
    # Of an inclusive gateway that has conditions, a way without one is always taken.
    unsaid = [
        way
        for way, text in zip(ways, said, strict=True)
        if text is None and not way.otherwise and (free or not several or way.condition is not None)
    ]
    if not several and not others and len(unsaid) == 1:
        others, unsaid = unsaid, []
    choice = Choice([{} for _ in ways])
    asked = [way for way in ways if way in unsaid or (unsaid and way in others)]
    choice.asked = {f"way_{number}": way for number, way in enumerate(asked, 1)}
    options = {id(way): option for option, way in choice.asked.items()}
    for guard, way, text in zip(choice.guards, ways, said, strict=True):
        if way in others:
            guard["otherwise"] = True
        elif text is not None:
            guard["when"] = text
        elif way in unsaid:
            option = options[id(way)]
            written = f'"{option}" in {asking}.ways' if several else f'{asking}.way == "{option}"'
            guard["when"] = written
    _complete(choice, ways, notes, place, several=several)
    return choice


def _complete(
    choice: Choice, ways: list[Way], notes: Notes, place: Place, *, several: bool
) -> None:
    """See to it that some way is taken whatever holds."""
    if any(guard.get("otherwise") or not guard for guard in choice.guards):
        return
    last = ways[-1]
    if several:
        choice.fallback = last
    else:
        choice.guards[-1] = {"otherwise": True}
    if not choice.asked and not _exhaustive(ways):
        step = place.part.steps[place.step]
        notes.warning(
            "BPMN_DEFAULT_MISSING",
            "nothing says which way is taken when no condition holds; it is the last one"
            + (f", {last.flow.id!r}" if last.flow else ""),
            step.of.element if step.of else None,
            "mark a default flow",
        )


def own_guard(way: Way) -> dict[str, Any]:
    """What the edge of a decision of ours says."""
    if way.otherwise:
        return {"otherwise": True}
    return {} if way.condition is None else {"when": _text(way.condition)}


def _say(way: Way, place: Place, variables: Variables, notes: Notes) -> str | None:
    """A way's condition in our language; None when it has none that can be said."""
    if way.condition is None or way.otherwise:
        return None
    if (own := own_text(way.condition)) is not None:
        return own
    text = _text(way.condition)
    try:
        expression = read_expression(text)
        if not is_expression(text) and isinstance(expression, Constant | Variable):
            raise Unreadable("it is a text for people")
        return variables.text(expression, place, "bool")
    except Unreadable as error:
        step = place.part.steps[place.step]
        notes.warning(
            "BPMN_CONDITION_UNREADABLE",
            f"the condition {text[:200]!r} cannot be carried over: {error}",
            step.of.element if step.of else None,
            "write the condition into the flow, where now it is the other way or a person decides",
            way.flow.id if way.flow else "",
        )
        return None


def _text(condition: Element) -> str:
    return condition.expression()


def label(way: Way, target: str) -> str:
    """What a person reads who chooses a way."""
    written = way.flow.name if way.flow else ""
    if not written and way.condition is not None and not is_expression(way.condition.text):
        written = way.condition.text
    return title(written, target)


def _exhaustive(ways: list[Way]) -> bool:
    """True of two conditions, one of which is plainly the other's opposite."""
    if len(ways) != 2 or any(way.condition is None for way in ways):
        return False
    try:
        one, two = (_folded(read_expression(way.condition.text)) for way in ways if way.condition)
    except Unreadable:
        return False
    return one[0] == two[0] and one[1] != two[1]


def _folded(expression: Expression) -> tuple[Expression, bool]:
    """An expression without its outermost negation, and whether it had none."""
    match expression:
        case Operation("!", (operand,)):
            inner, kept = _folded(operand)
            return inner, not kept
        case Operation("==", (operand, Constant(bool() as value))):
            inner, kept = _folded(operand)
            return inner, kept is value
        case Operation(name, operands) if name in _OPPOSITES:
            return Operation(_OPPOSITES[name], operands), False
        case _:
            return expression, True
