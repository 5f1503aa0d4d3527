"""What every check of a node needs to know of the flow around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workflows.compiler.catalog import NodeCatalog
from workflows.compiler.drawing import Drawing
from workflows.compiler.form_entries import Forms
from workflows.compiler.graph import Graph
from workflows.compiler.library import Library
from workflows.compiler.plan import Code
from workflows.compiler.report import Report
from workflows.compiler.scopes import Scopes
from workflows.compiler.ways import Way
from workflows.language.model import FlowHeader
from workflows.language.nodes import NodeDefinition
from workflows.language.types import Record


@dataclass(frozen=True, slots=True)
class Flow:
    """What is the same everywhere in a flow that is being lowered.

    Attributes:
        late_writes: the service nodes before which the workflow task ends.
    """

    header: FlowHeader
    catalog: NodeCatalog
    library: Library
    report: Report
    late_writes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Context:
    """One graph of a flow being lowered.

    Attributes:
        nodes: the well-formed nodes that can be referred to here by id: its own, and those of the
            graphs around it.
        forms: the forms of these nodes, and the inputs.
        bodies: the bodies of its nodes, by node.
    """

    flow: Flow
    drawing: Drawing
    nodes: Mapping[str, NodeDefinition]
    forms: Forms
    scopes: Scopes
    bodies: Mapping[str, BodyContext]

    @property
    def header(self) -> FlowHeader:
        """What stands above nodes and edges."""
        return self.flow.header

    @property
    def catalog(self) -> NodeCatalog:
        """The RPCs and events there are."""
        return self.flow.catalog

    @property
    def report(self) -> Report:
        """Where findings gather."""
        return self.flow.report

    @property
    def graph(self) -> Graph | None:
        """Who follows whom; None when ids and edges are not right."""
        return self.drawing.graph

    def leaving(self, node: str) -> tuple[Way, ...]:
        """The ways out of a node."""
        return self.drawing.ways.out_of(node)

    def entering(self, node: str) -> tuple[Way, ...]:
        """The ways into a node."""
        return self.drawing.ways.into(node)


@dataclass(frozen=True, slots=True)
class BodyContext:
    """A body being lowered, and what its node makes of it.

    Attributes:
        items: of a for_each: the list.
        leaves: expressions computed at the body's end, by the name under which they are left.
        result: the type of what the node leaves behind.
    """

    context: Context
    items: Code | None
    leaves: tuple[tuple[str, Code], ...]
    result: Record
