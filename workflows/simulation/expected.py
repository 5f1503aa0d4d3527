"""The events that a case waits for, and that come if chance will have it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from random import Random  # noqa: TID251 - nothing here is replayed
from typing import Any

from workflows.compiler.plan import DecisionNode
from workflows.language.types import Type
from workflows.runtime.events import EventArrived
from workflows.runtime.places import Place
from workflows.runtime.state import Awaited
from workflows.simulation.agenda import Agenda
from workflows.simulation.guess import payload_type
from workflows.simulation.model import NodeModel


class Expected:
    """What one case waits for.

    Args:
        told: what an event of a type says.
        arrive: hears of the events that come while they are still waited for.
    """

    def __init__(
        self,
        agenda: Agenda,
        models: Mapping[str, NodeModel],
        chance: Random,
        told: Callable[[Type, NodeModel], dict[str, Any]],
        arrive: Callable[[EventArrived], None],
    ) -> None:
        self._agenda = agenda
        self._models = models
        self._chance = chance
        self._told = told
        self._arrive = arrive
        self._awaited: dict[str, Awaited] = {}

    def look(self, places: Iterable[Place]) -> None:
        """See what the case waits for now."""
        awaited: dict[str, Awaited] = {}
        for place in places:
            for key, found in place.run.awaited.items():
                id = place.path + key
                awaited[id] = found
                if self._awaited.get(id) != found:
                    self._arrange(id, place, found)
        self._awaited = awaited

    def _arrange(self, id: str, place: Place, awaited: Awaited) -> None:
        """Let an event come, if chance will have it."""
        node = place.node(awaited.node)
        if isinstance(node, DecisionNode):
            node = place.node(next(edge.to for edge in node.next if edge.id == awaited.way))
        model = self._models[node.id]
        takes, comes = model.takes, model.comes
        if any(way.id == awaited.way for way in node.boundary):
            arriving = model.events.get(awaited.type)
            takes, comes = (arriving.after, arriving.chance) if arriving else (None, 0)
        if takes is None or self._chance.random() >= comes:
            return
        payload = self._told(payload_type(place, awaited), model)

        def come() -> None:
            if self._awaited.get(id) == awaited:
                event = EventArrived(self._agenda.now, awaited.type, awaited.key, payload=payload)
                self._arrive(event)

        self._agenda.at(self._agenda.now + takes.draw(self._chance), come)
