"""What every check of a node needs to know of the flow around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workflows.compiler.catalog import NodeCatalog
from workflows.compiler.graph import Graph
from workflows.compiler.report import Report, Spot
from workflows.compiler.scopes import Scopes
from workflows.language.model import Edge, FlowHeader
from workflows.language.nodes import NodeDefinition


@dataclass(frozen=True)
class Context:
    """A flow being lowered.

    Attributes:
        nodes: the well-formed nodes by id.
        leaving: the edges that leave each node.
        graph: the graph, or None when it is not sound enough to reason about.
    """

    header: FlowHeader
    nodes: Mapping[str, NodeDefinition]
    leaving: Mapping[str, tuple[tuple[Edge, Spot], ...]]
    graph: Graph | None
    scopes: Scopes
    catalog: NodeCatalog
    report: Report

    @property
    def roles(self) -> list[str]:
        """The roles the flow declares."""
        return list(self.header.roles)
