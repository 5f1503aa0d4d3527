"""A drawing: a graph whose shape has been judged, with the drawings inside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workflows.compiler.check_edges import check_edges
from workflows.compiler.check_graph import build_graph, check_loops, check_reachability
from workflows.compiler.draft import GraphDraft
from workflows.compiler.graph import Graph
from workflows.compiler.proof import Proof, prove_sound
from workflows.compiler.report import Report
from workflows.compiler.ways import Way, ways_of


@dataclass(frozen=True, slots=True)
class Drawing:
    """A draft of a graph and what is known of its shape.

    Attributes:
        leaving: the ways out of each node.
        entering: the ways into each node.
        graph: who follows whom; None when ids and edges are not right.
        sound: True and False are proven; None when there is no graph to judge, or no verdict.
        returns: for each node of a sound graph on which a token rests, where it may be sent back.
        bodies: the drawings inside nodes, by node.
    """

    draft: GraphDraft
    leaving: Mapping[str, tuple[Way, ...]]
    entering: Mapping[str, tuple[Way, ...]]
    graph: Graph | None
    sound: bool | None
    returns: Mapping[str, tuple[str, ...]]
    bodies: Mapping[str, Drawing]

    @property
    def whole(self) -> bool:
        """True when this graph and those inside it can be reasoned about."""
        return self.graph is not None and all(body.whole for body in self.bodies.values())

    @property
    def all_sound(self) -> bool | None:
        """Whether this graph and those inside it are sound; one that is not spoils the whole."""
        verdicts = [self.sound, *(body.all_sound for body in self.bodies.values())]
        if False in verdicts:
            return False
        return None if None in verdicts else True


def draw(draft: GraphDraft, report: Report, *, ids_good: bool) -> Drawing:
    """Judge the shape of a graph, and of those inside it; report what is wrong."""
    ways = ways_of(draft)
    leaving = _grouped((way.source, way) for way in ways)
    entering = _grouped((way.target, way) for way in ways)
    edges_good = check_edges(draft, ways, leaving, entering, report)
    graph = build_graph(draft, ways) if ids_good and edges_good and draft.whole else None
    if graph is None:
        proof = Proof(None)
    elif not check_reachability(draft, graph, report):
        graph, proof = None, Proof(sound=False)
    else:
        proof = prove_sound(draft, ways, report)
        if not check_loops(draft, graph, report):
            graph = None
    bodies = {node: draw(body, report, ids_good=ids_good) for node, body in draft.bodies.items()}
    return Drawing(draft, leaving, entering, graph, proof.sound, proof.returns, bodies)


def _grouped(pairs: Iterable[tuple[str, Way]]) -> dict[str, tuple[Way, ...]]:
    groups: dict[str, list[Way]] = defaultdict(list)
    for name, way in pairs:
        groups[name].append(way)
    return {name: tuple(ways) for name, ways in groups.items()}
