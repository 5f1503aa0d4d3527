"""What each process variable becomes in the flow.

A variable that one form fills is read as that form's field. One that several steps give, or a
script, becomes a variable of the flow that each of them sets. One that nothing in the file gives is
asked for by the nearest task before its use that has no form of its own, or else is an input of the
flow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from workflows.bpmn.forms import KIND_OF
from workflows.bpmn.guess import guessed, shape_of
from workflows.bpmn.juel import Expression, Unreadable
from workflows.bpmn.many import element_of
from workflows.bpmn.naming import Ids, title
from workflows.bpmn.notes import Notes
from workflows.bpmn.order import Order
from workflows.bpmn.replies import part_of
from workflows.bpmn.skeleton import Skeleton
from workflows.bpmn.sources import COUNTERS, Giver, Place, Sources
from workflows.bpmn.translate import DEFAULTS, Kind, Known, Path, translated

_JOINED: Final[dict[frozenset[Kind], Kind]] = {
    frozenset({"int", "decimal"}): "decimal",
    frozenset({"choice", "string"}): "string",
    frozenset({"choice"}): "string",
}


@dataclass(slots=True)
class Written:
    """What variables add to the flow.

    Attributes:
        inputs: fields of what a case starts with.
        data: the flow's own variables.
        assign: by step, what it sets when it is done.
        output: by sub-process, what it leaves behind.
    """

    inputs: list[dict[str, Any]] = field(default_factory=list)
    data: list[dict[str, Any]] = field(default_factory=list)
    assign: dict[str, dict[str, str]] = field(default_factory=dict)
    output: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(slots=True)
class _Part:
    """A process or sub-process and where it lies."""

    order: Order
    place: Place | None
    """The sub-process's own step; None of the process itself."""


class Variables:
    """The variables of one process.

    Attributes:
        written: what they add to the flow; complete once ``settle`` has run and every expression
            is translated.
    """

    def __init__(
        self, root: Skeleton, sources: Sources, nodes: Ids, notes: Notes, formless: set[str]
    ) -> None:
        """
        Args:
            nodes: gives each step its node's id.
            formless: the steps that a person does and whose form the file does not hold.
        """
        self.written = Written()
        self._sources = sources
        self._nodes = nodes
        self._notes = notes
        self._formless = formless
        self._fields = Ids()
        self._known: dict[str, Known] = {}
        self._parts: dict[int, _Part] = {}
        self._enter(root, None)

    def _enter(self, part: Skeleton, place: Place | None) -> None:
        self._parts[id(part)] = _Part(Order(part), place)
        for step in part.steps.values():
            if step.body is not None:
                self._enter(step.body, Place(part, step.id))

    # Before anything is translated

    def settle(self) -> None:
        """Decide what each variable becomes."""
        for asked in self._sources.starting:
            self.written.inputs.append({**asked.settings, "id": self._fields.of(asked.name)})
            self._known[asked.name] = Known(
                f"inputs.{self._fields.of(asked.name)}",
                asked.kind,
                bool(asked.settings.get("required")),
                asked.values,
            )
        if self._sources.initiator:
            self._known[self._sources.initiator] = Known("case.started_by", "string")
        for path in sorted(self._sources.uses):
            if path[0] not in self._sources.givers and path[0] not in self._known:
                self._ask_for(path)
        for name, givers in self._sources.givers.items():
            if name not in self._known and self._shared(name, givers):
                self._share(name, givers)

    def _ask_for(self, path: Path) -> None:
        """Let the tasks before a choice that have no form ask for what nothing gives."""
        name = ".".join(path)
        uses = self._sources.uses[path]
        for use in uses if name not in COUNTERS else ():
            place = self._nearest_formless(use.place) if use.chooses else None
            givers = self._sources.givers[name]
            if place is None or any(giver.place.step == place.step for giver in givers):
                continue
            kind = guessed(each.kind for each in uses)
            asked = self._sources.ask(name, kind, place)
            self._notes.warning(
                "BPMN_VARIABLE_ASKED",
                f"nothing in the file gives {name!r}; whoever does this is asked for it",
                asked.element,
                f"it is asked as a {asked.settings['kind']}; correct the field if that is wrong",
            )
        if not self._sources.givers[name]:
            del self._sources.givers[name]

    def _nearest_formless(self, place: Place) -> Place | None:
        part = self._parts[id(place.part)]
        for step in reversed(part.order.before(place.step)):
            if step in self._formless:
                return Place(place.part, step)
        return self._nearest_formless(part.place) if part.place else None

    def _shared(self, name: str, givers: list[Giver]) -> bool:
        """True when it cannot be read as one step's result wherever it is read."""
        if len(givers) > 1 or givers[0].computed is not None:
            return True
        uses = [
            use for path, found in self._sources.uses.items() if path[0] == name for use in found
        ]
        return not all(self._around(givers[0].place, use.place) for use in uses)

    def _around(self, giver: Place, reader: Place) -> bool:
        """True when a reader sees what is left behind where the giver stands."""
        place: Place | None = reader
        while place is not None:
            if place.part is giver.part:
                return True
            place = self._parts[id(place.part)].place
        return False

    def _share(self, name: str, givers: list[Giver]) -> None:
        """Make it a variable of the flow, set by each step that gives it."""
        kind = self._kind_of(name, givers)
        if kind not in DEFAULTS or any(giver.record or giver.prefix for giver in givers):
            return
        variable = self._fields.of(f"data/{name}", name)
        self.written.data.append({"id": variable, "type": kind, "default": DEFAULTS[kind]})
        values = {
            ours: value
            for giver in givers
            if giver.asked
            for ours, value in giver.asked.values.items()
        }
        self._known[name] = Known(f"data.{variable}", kind, values=values)
        for giver in givers:
            self._set(variable, kind, giver)

    def _kind_of(self, name: str, givers: list[Giver]) -> Kind:
        kinds: set[Kind] = {giver.asked.kind for giver in givers if giver.asked is not None}
        if not kinds:
            uses = [use.kind for use in self._sources.uses.get((name,), ())]
            uses += [kind for giver in givers for kind in shape_of(name, giver.computed)]
            return guessed(uses)
        joined = _JOINED.get(frozenset(kinds))
        if joined is not None:
            return joined
        return kinds.pop() if len(kinds) == 1 else "unknown"

    def _set(self, variable: str, kind: Kind, giver: Giver) -> None:
        step = giver.place.step
        if giver.asked is not None:
            text = f"{self._nodes.of(step)}.{giver.asked.id}"
            if not giver.asked.settings.get("required"):
                text = f"coalesce({text}, {DEFAULTS[kind]})"
            self.written.assign.setdefault(step, {})[variable] = text
        self._carry_out(variable, self._parts[id(giver.place.part)].place)

    def _carry_out(self, variable: str, place: Place | None) -> None:
        """What a sub-process sets, the process around it sets again when it is done."""
        while place is not None:
            node = self._nodes.of(place.step)
            self.written.output.setdefault(place.step, {})[variable] = f"data.{variable}"
            self.written.assign.setdefault(place.step, {})[variable] = f"{node}.{variable}"
            place = self._parts[id(place.part)].place

    def around(self, place: Place) -> Place | None:
        """Where the sub-process that a place lies in stands itself; None in the process."""
        return self._parts[id(place.part)].place

    def done_before(self, place: Place) -> list[str]:
        """The steps beside a place that every run to it has completed, nearest last."""
        return self._parts[id(place.part)].order.before(place.step)

    def input_id(self, name: str) -> str:
        """The id of an input of the flow that the file does not name."""
        return self._fields.of(f"input/{name}", name)

    # While expressions are translated

    def text(self, expression: Expression, place: Place, wanted: Kind | None = None) -> str:
        """An expression in the flow's language, as it is evaluated at a place.

        Raises:
            Unreadable: it cannot be said there.
        """
        return translated(expression, lambda path: self.known(path, place), wanted)[0]

    def assigned(self, name: str, expression: Expression, place: Place) -> tuple[str, str]:
        """The flow's variable that a script sets, and to what.

        Raises:
            Unreadable: the value cannot be said, or the variable is no longer one of the flow's.
        """
        known = self._known.get(name)
        if known is None or not known.text.startswith("data."):
            raise Unreadable(f"{name!r} has no type that a flow's variable can have")
        return known.text.removeprefix("data."), self.text(expression, place, known.kind)

    def known(self, path: Path, place: Place) -> Known:
        """What a variable is where it is read.

        Raises:
            Unreadable: it is nothing there.
        """
        if path[0] in COUNTERS:
            raise Unreadable(f"{path[0]!r} is the engine's own counter")
        if (element := self._element(path, place)) is not None:
            return element
        name = (
            path[0] if path[0] in self._known or path[0] in self._sources.givers else ".".join(path)
        )
        known = self._known.get(name)
        if known is None and name in self._sources.givers:
            known = self._given(name, path, place)
        elif known is None:
            known = self._input(name, path, place)
        elif "." not in name and len(path) > 1:
            raise Unreadable(f"{name!r} has no parts")
        return known

    def _element(self, path: Path, place: Place) -> Known | None:
        """The element of a multi-instance activity around the place."""
        here: Place | None = place
        while here is not None:
            step = here.part.steps[here.step]
            if (name := element_of(step)) and name == path[0]:
                if len(path) > 1:
                    raise Unreadable(f"the parts of the element {name!r} are not known")
                return Known(self.element_id(name), "string")
            here = self._parts[id(here.part)].place
        return None

    def element_id(self, name: str) -> str:
        """The name under which a body reads its element."""
        return self._nodes.of(f"element/{name}", name)

    def _given(self, name: str, path: Path, place: Place) -> Known:
        givers = self._sources.givers[name]
        if len(givers) != 1 or not self._around(givers[0].place, place):
            raise Unreadable(f"{name!r} is given in several places, or where it cannot be seen")
        giver = givers[0]
        sure = self._is_done(giver.place, place)
        node = self._nodes.of(giver.place.step)
        if giver.asked is not None and (len(path) == 1 or "." in name):
            sure = sure and bool(giver.asked.settings.get("required"))
            return Known(f"{node}.{giver.asked.id}", giver.asked.kind, sure, giver.asked.values)
        if giver.record is not None:
            return part_of(node, giver.record, (*giver.prefix, *path[1:]), sure=sure)
        if giver.prefix and len(path) == 1:  # an output of a called flow
            kind = guessed(use.kind for use in self._sources.uses.get(path, ()))
            return Known(f"{node}.{'.'.join(giver.prefix)}", kind, sure)
        raise Unreadable(f"{name!r} has no parts")

    def _is_done(self, giver: Place, reader: Place) -> bool:
        """True when the giver is certainly done where the reader stands."""
        place: Place | None = reader
        while place is not None and place.part is not giver.part:
            place = self._parts[id(place.part)].place
        if place is None:
            return False
        return giver.step in self._parts[id(place.part)].order.before(place.step)

    def _input(self, name: str, path: Path, place: Place) -> Known:
        """An input of the flow for what nothing in the file gives."""
        uses = [use.kind for use in self._sources.uses.get(path, ())]
        kind = guessed(uses)
        required = "null" not in uses
        written = "person" if name in self._sources.people else KIND_OF.get(kind, "text")
        settings: dict[str, Any] = {
            "id": self._fields.of(name),
            "kind": written,
            "name": title(name, name),
        }
        if required:
            settings["required"] = True
        self.written.inputs.append(settings)
        node = place.part.steps[place.step].of
        self._notes.warning(
            "BPMN_VARIABLE_INPUT",
            f"nothing in the file gives {name!r}; it becomes an input of the flow, a {written} field",
            node.element if node else place.part.scope.element,
            "correct its kind, or let a form ask for it",
        )
        self._known[name] = Known(f"inputs.{settings['id']}", kind, required)
        return self._known[name]
