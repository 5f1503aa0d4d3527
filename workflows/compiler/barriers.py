"""Where a workflow task must end before a write.

Quick calls of a chain run in one workflow task, and after a kill the whole chain runs again, with
reads that may answer differently. What was written must therefore not depend on such a read.
"""

from __future__ import annotations

from workflows.compiler.catalog import NodeCatalog
from workflows.compiler.check_graph import may_pass_over
from workflows.compiler.drawing import Drawing
from workflows.compiler.graph import walk
from workflows.language.nodes import Decision, End, ForEach, NodeDefinition, Parallel, Service


def late_writes(drawing: Drawing, catalog: NodeCatalog) -> frozenset[str]:
    """The service nodes before which a quick read can stand in the same workflow task: on some way
    back nothing but other quick reads and what takes no time lies between."""
    if not drawing.whole:
        return frozenset()
    chains = _Chains(catalog)
    chains.add(drawing)
    return frozenset(write for write in chains.writes if chains.follows_a_read(write))


class _Chains:
    """All graphs of a flow laid into one: what may come right before what.

    The id of a node with a body stands for leaving it; ``<id`` stands for going in.
    """

    def __init__(self, catalog: NodeCatalog) -> None:
        self._catalog = catalog
        self._before: dict[str, tuple[str, ...]] = {}
        self._at_once: set[str] = set()
        self._reads: set[str] = set()
        self.writes: list[str] = []

    def add(self, drawing: Drawing) -> None:
        """Lay in one graph, and those inside it."""
        for node, _ in drawing.draft.nodes:
            self._before[node.id] = tuple(way.source for way in drawing.ways.into(node.id))
            self._note(node)
        for name, body in drawing.bodies.items():
            self.add(body)
            self._join(name, drawing, body)

    def _note(self, node: NodeDefinition) -> None:
        if isinstance(node, Service):
            spec = self._catalog.find(node.rpc)
            if spec is not None and spec.mutating:
                self.writes.append(node.id)
            elif spec is not None and spec.quick:
                self._reads.add(node.id)
        elif may_pass_over(node):
            self._reads.add(node.id)  # it asks the directory whom it is for
        elif isinstance(node, End | Parallel) or (
            isinstance(node, Decision) and node.mode != "event"
        ):
            self._at_once.add(node.id)

    def _join(self, name: str, drawing: Drawing, body: Drawing) -> None:
        nodes = [node for node, _ in body.draft.nodes]
        exits = [node.id for node in nodes if isinstance(node, End)]
        if any(way.boundary for way in drawing.ways.out_of(name)):
            exits += [node.id for node in nodes if isinstance(node, Service)]
        going_in = f"<{name}"
        self._before[going_in] = self._before[name]
        again: list[str] = []
        if any(n.id == name and isinstance(n, ForEach) for n, _ in drawing.draft.nodes):
            exits.append(going_in)  # there may be no element
            again = exits  # one run may follow another
        start = body.draft.start
        self._before[start] = (*self._before[start], going_in, *again)
        self._before[name] = tuple(exits)
        self._at_once |= {going_in, name}

    def follows_a_read(self, write: str) -> bool:
        """True when a quick read can come right before it."""
        return not self._reads.isdisjoint(
            walk((write,), self._before, lambda node: node in self._at_once)
        )
