"""Where a run's tokens stand, held against the definition of soundness: a run that is where a plain
token game can be has lost no token and doubled none."""

from __future__ import annotations

from collections.abc import Iterator

from tests.unit.compiler.soundness.brute_force import TooMany, explore
from workflows.compiler.control import control_of
from workflows.compiler.plan import DecisionNode, EndNode, Plan, PlanEdge, PlanGraph
from workflows.runtime.places import places
from workflows.runtime.state import CaseState, CaseStatus, RunState

#: Where tokens stand: ``("on", node)``, or ``("line", edge)`` before a node that waits for more.
Marking = frozenset[tuple[str, str]]
#: Graphs with more markings than this are passed over.
_MOST = 3_000
_games: dict[str, frozenset[Marking]] = {}


def strays(state: CaseState, plan: Plan) -> Iterator[str]:
    """The runs that are where they cannot be."""
    for place in places(state, plan):
        run = place.run
        going_back = any(unwind.goal for unwind in run.unwinding)
        if run.status in (CaseStatus.CANCELLING, CaseStatus.CANCELLED) or going_back:
            continue
        possible = _possible(place.graph)
        if possible and _marking(run, place.graph) not in possible:
            yield f"{place.path or 'the case'}: tokens {list(run.tokens)}, joined {run.joined}"


def _possible(graph: PlanGraph) -> frozenset[Marking]:
    """Every marking of a run, apart from the ends that it has reached; none when there are too
    many."""
    key = graph.model_dump_json()
    if key not in _games:
        ends = {node.id for node in graph.nodes if isinstance(node, EndNode)}
        try:
            found = explore(control_of(graph), _MOST).markings
        except TooMany:
            found = {}
        _games[key] = frozenset(
            frozenset(place for place, _ in marking if place[0] != "may" and place[1] not in ends)
            for marking in found
        )
    return _games[key]


def _marking(run: RunState, graph: PlanGraph) -> Marking:
    waiting = [edge for edges in run.joined.values() for edge in edges]
    standing = set(run.tokens)
    for node in run.tokens:
        if isinstance(graph.by_id[node], DecisionNode):
            # A race that is not decided: in the game its token is still on its way in.
            standing.remove(node)
            waiting.append(_way_in(graph, node))
    return frozenset({*(("on", node) for node in standing), *(("line", edge) for edge in waiting)})


def _way_in(graph: PlanGraph, node: str) -> str:
    """The only edge into a node; empty where a run comes in."""
    edges: list[PlanEdge] = [edge for other in graph.nodes for edge in other.next]
    return next((edge.id for edge in edges if edge.to == node), "")
