"""Which steps every way from the start to a step goes through."""

from __future__ import annotations

from workflows.compiler.soundness.control import ControlGraph


class Dominance:
    """The dominators of each step that lines lead to, as bits in the order of the graph."""

    def __init__(self, graph: ControlGraph) -> None:
        order = graph.order
        bit = {step: 1 << index for index, step in enumerate(order)}
        before = {
            step: [line.source for line in graph.entering[step] if line.source in bit]
            for step in order[1:]
        }
        above = dict.fromkeys(order, -1)
        above[graph.start] = 0
        changed = True
        while changed:
            changed = False
            for step, sources in before.items():
                common = -1
                for source in sources:
                    common &= above[source] | bit[source]
                if common != above[step]:
                    above[step] = common
                    changed = True
        self._order = order
        self._above = above

    def nearest(self, step: str) -> str | None:
        """The last step that every way to a step goes through; None for the start."""
        above = self._above.get(step, 0)
        return self._order[above.bit_length() - 1] if above else None

    def dominators(self, step: str) -> tuple[str, ...]:
        """The other steps that every way to a step goes through, nearest first."""
        above = self._above.get(step, 0)
        return tuple(
            self._order[index]
            for index in range(above.bit_length() - 1, -1, -1)
            if above >> index & 1
        )

    def region(self, step: str) -> frozenset[str]:
        """The steps that are only reached through a step, itself included."""
        bit = 1 << self._order.index(step) if step in self._above else 0
        return frozenset([step, *(other for other in self._order if self._above[other] & bit)])
