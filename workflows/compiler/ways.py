"""Ways: the edges of a graph under the names they have in the Plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from workflows.compiler.draft import GraphDraft
from workflows.compiler.report import Spot
from workflows.language.nodes import Approval, Confirm, Edge, Form

Cause: TypeAlias = Literal["done", "error", "timer", "event", "escalation"]


@dataclass(frozen=True, slots=True)
class Way:
    """One way out of a node.

    Attributes:
        id: unique in its graph.
        cause: why it is taken: the node is done, or something happened while it waited.
        spot: where it is drawn.
        edge: the edge; None for an escalation's ``take``, which is drawn in the node's deadlines.
        alarm: the escalation that takes it, by its position.
    """

    id: str
    source: str
    target: str
    cause: Cause
    spot: Spot
    edge: Edge | None = None
    alarm: int = 0

    @property
    def boundary(self) -> bool:
        """True when it is taken before the node is done."""
        return self.cause != "done"

    @property
    def alongside(self) -> bool:
        """True when the node goes on beside it."""
        return self.edge is not None and self.edge.alongside


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways of a graph, by the node they leave and by the node they lead to."""

    leaving: Mapping[str, tuple[Way, ...]]
    entering: Mapping[str, tuple[Way, ...]]

    @classmethod
    def of(cls, ways: Iterable[Way]) -> Ways:
        """Group them, each group in their order."""
        leaving: dict[str, list[Way]] = defaultdict(list)
        entering: dict[str, list[Way]] = defaultdict(list)
        for way in ways:
            leaving[way.source].append(way)
            entering[way.target].append(way)
        return cls(
            {node: tuple(group) for node, group in leaving.items()},
            {node: tuple(group) for node, group in entering.items()},
        )

    def out_of(self, node: str) -> tuple[Way, ...]:
        """The ways that leave a node."""
        return self.leaving.get(node, ())

    def into(self, node: str) -> tuple[Way, ...]:
        """The ways that lead to a node."""
        return self.entering.get(node, ())


def ways_of(draft: GraphDraft) -> tuple[Way, ...]:
    """All ways of a graph: edges as they are written, then what escalations take."""
    seen: dict[str, int] = {}

    def name(source: str, target: str) -> str:
        """What it joins, ``from>to``; a second one between the same two is ``from>to#2``."""
        base = f"{source}>{target}"
        seen[base] = seen.get(base, 0) + 1
        return base if seen[base] == 1 else f"{base}#{seen[base]}"

    drawn = [
        Way(name(e.source, e.target), e.source, e.target, e.on or "done", spot, e)
        for e, spot in draft.edges
    ]
    taken = [
        Way(name(source, target), source, target, "escalation", spot, alarm=index)
        for source, target, spot, index in _taken(draft)
    ]
    return (*drawn, *taken)


def _taken(draft: GraphDraft) -> Iterator[tuple[str, str, Spot, int]]:
    for node, spot in draft.nodes:
        if not isinstance(node, Form | Approval | Confirm) or node.sla is None:
            continue
        for index, escalation in enumerate(node.sla.escalate):
            if escalation.take is not None:
                at = spot / "sla" / "escalate" / index / "take"
                yield node.id, escalation.take, at, index
