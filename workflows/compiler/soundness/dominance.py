"""Which steps every way from the start to a step goes through."""

from __future__ import annotations

from workflows.compiler.dominators import nearest_dominators
from workflows.compiler.soundness.control import ControlGraph, Line


class Dominance:
    """The dominators of each step that lines lead to."""

    def __init__(self, graph: ControlGraph) -> None:
        previous = {step: [line.source for line in graph.entering[step]] for step in graph.order}
        self._nearest = nearest_dominators(graph.order, previous)
        self._through = {step: self._climb(step) for step in graph.order}

    def _climb(self, step: str) -> tuple[str, ...]:
        found = [step]
        while (above := self._nearest.get(found[-1])) is not None:
            found.append(above)
        return tuple(reversed(found))

    def through(self, step: str) -> tuple[str, ...]:
        """The steps that every way to a step goes through, from the start on, itself included."""
        return self._through.get(step, ())

    def left_by(self, line: Line) -> list[str]:
        """The steps that every way to a line's source goes through, but not every way beyond it."""
        beyond = self.through(line.target)
        return [step for step in self.through(line.source) if step not in beyond]

    def nearest(self, step: str) -> str | None:
        """The last other step that every way to a step goes through; None for the start."""
        return self._nearest.get(step)

    def region(self, step: str) -> frozenset[str]:
        """The steps that are only reached through a step, itself included."""
        return frozenset([step, *(o for o, above in self._through.items() if step in above)])
