"""What every check of a node needs to know of the flow around it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workflows.compiler.catalog import NodeCatalog
from workflows.compiler.graph import Graph
from workflows.compiler.report import Report, Spot
from workflows.compiler.scopes import Scopes
from workflows.language.model import FlowHeader
from workflows.language.nodes import Edge, NodeDefinition


@dataclass(frozen=True, slots=True)
class Way:
    """An edge under the name it has in the Plan."""

    id: str
    edge: Edge
    spot: Spot


def name_ways(edges: Iterable[tuple[Edge, Spot]]) -> list[Way]:
    """Name each edge by what it joins, ``from>to``; a second one between the same two ``from>to#2``."""
    seen: dict[str, int] = {}
    ways: list[Way] = []
    for edge, spot in edges:
        name = f"{edge.source}>{edge.target}"
        seen[name] = seen.get(name, 0) + 1
        ways.append(Way(name if seen[name] == 1 else f"{name}#{seen[name]}", edge, spot))
    return ways


@dataclass(frozen=True)
class Context:
    """A flow being lowered.

    Attributes:
        nodes: the well-formed nodes by id.
        leaving: the edges that leave each node.
        entering: the edges into each node.
        graph: the graph, or None when it is not sound enough to reason about.
    """

    header: FlowHeader
    nodes: Mapping[str, NodeDefinition]
    leaving: Mapping[str, tuple[Way, ...]]
    entering: Mapping[str, tuple[Way, ...]]
    graph: Graph | None
    scopes: Scopes
    catalog: NodeCatalog
    report: Report

    @property
    def roles(self) -> list[str]:
        """The roles the flow declares."""
        return list(self.header.roles)
