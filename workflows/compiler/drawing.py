"""A drawing: a graph whose shape has been judged, with the drawings inside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workflows.compiler.check_edges import check_edges
from workflows.compiler.check_graph import build_graph, check_loops, check_reachability
from workflows.compiler.draft import GraphDraft
from workflows.compiler.graph import Graph
from workflows.compiler.proof import Proof, prove_sound
from workflows.compiler.report import Report
from workflows.compiler.ways import Ways, ways_of


@dataclass(frozen=True, slots=True)
class Drawing:
    """A draft of a graph and what is known of its shape.

    Attributes:
        ways: by the nodes that they join.
        graph: who follows whom; None when ids and edges are not right.
        proof: whether it is sound, and what follows from that.
        bodies: the drawings inside nodes, by node.
    """

    draft: GraphDraft
    ways: Ways
    graph: Graph | None
    proof: Proof
    bodies: Mapping[str, Drawing]

    @property
    def whole(self) -> bool:
        """True when this graph and those inside it can be reasoned about."""
        return self.graph is not None and all(body.whole for body in self.bodies.values())

    @property
    def all_sound(self) -> bool | None:
        """Whether this graph and those inside it are sound; one that is not spoils the whole."""
        verdicts = [self.proof.sound, *(body.all_sound for body in self.bodies.values())]
        if False in verdicts:
            return False
        return None if None in verdicts else True


def draw(draft: GraphDraft, report: Report, *, ids_good: bool) -> Drawing:
    """Judge the shape of a graph, and of those inside it; report what is wrong."""
    named = ways_of(draft)
    ways = Ways.of(named)
    edges_good = check_edges(draft, named, ways, report)
    graph = build_graph(draft, named) if ids_good and edges_good and draft.whole else None
    if graph is None:
        proof = Proof(None)
    elif not check_reachability(draft, graph, report):
        graph, proof = None, Proof(sound=False)
    else:
        proof = prove_sound(draft, named, report)
        if not check_loops(draft, graph, report):
            graph = None
    bodies = {node: draw(body, report, ids_good=ids_good) for node, body in draft.bodies.items()}
    return Drawing(draft, ways, graph, proof, bodies)
