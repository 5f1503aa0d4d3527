"""Which steps every way from the start to a step goes through."""

from __future__ import annotations

from workflows.compiler.soundness.cluster import bits
from workflows.compiler.soundness.control import ControlGraph, Line


class Dominance:
    """The dominators of each step that lines lead to."""

    def __init__(self, graph: ControlGraph) -> None:
        order = graph.order
        bit = {step: 1 << index for index, step in enumerate(order)}
        before = {
            step: [line.source for line in graph.entering[step] if line.source in bit]
            for step in order[1:]
        }
        through = dict.fromkeys(order, -1)
        through[graph.start] = 1
        changed = True
        while changed:
            changed = False
            for step, sources in before.items():
                common = -1
                for source in sources:
                    common &= through[source]
                common |= bit[step]
                if common != through[step]:
                    through[step] = common
                    changed = True
        self._step = {bit: step for step, bit in bit.items()}
        self._through = through

    def through(self, step: str) -> tuple[str, ...]:
        """The steps that every way to a step goes through, from the start on, itself included."""
        return tuple(self._step[bit] for bit in bits(self._through.get(step, 0)))

    def left_by(self, line: Line) -> list[str]:
        """The steps that every way to a line's source goes through, but not every way beyond it."""
        left = self._through.get(line.source, 0) & ~self._through.get(line.target, 0)
        return [self._step[bit] for bit in bits(left)]

    def nearest(self, step: str) -> str | None:
        """The last other step that every way to a step goes through; None for the start."""
        above = self.through(step)[:-1]
        return above[-1] if above else None

    def region(self, step: str) -> frozenset[str]:
        """The steps that are only reached through a step, itself included."""
        inside = (other for other in self._through if step in self.through(other))
        return frozenset([step, *inside])
