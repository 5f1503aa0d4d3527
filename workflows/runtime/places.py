"""Looking into a case from outside: everything that is in a run is in one of its places.

An id outside is the id inside with the names of the runs around it before it: ``each/1.2:measure/1``
is the user task ``measure/1`` in the second run of the first visit of ``each``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from workflows.compiler.plan import Code, ForEachNode, Plan, PlanGraph, PlanNode, SubflowNode
from workflows.language.values import Json
from workflows.runtime.state import CaseState, InnerState, RunState

#: A text of so many characters is a name; a longer one is not shown.
_SHORT: Final = 20


@dataclass(frozen=True, slots=True)
class Place:
    """A run inside a case, or the case's own.

    Attributes:
        path: what stands before its ids outside; nothing before those of the case's own run.
        data: what expressions read there.
        of: which elements it is about, for people; empty: it is no run for an element.
        leaves_behind: what is computed when it is done.
    """

    path: str
    run: RunState
    graph: PlanGraph
    data: Mapping[str, Json]
    of: str = ""
    leaves_behind: tuple[Code, ...] = ()

    def node(self, id: str) -> PlanNode:
        """A node of it."""
        return self.graph.by_id[id]

    def name(self, id: str) -> str:
        """A node's name, for people."""
        return titled(self.graph.by_id[id].name, self.of)


def places(state: CaseState, plan: Plan) -> Iterator[Place]:
    """The case's own run and all inside it, each before those inside it."""
    yield from _inside(_outermost(state, plan))


def _inside(place: Place) -> Iterator[Place]:
    yield place
    for key in place.run.inner:
        yield from _inside(_enter(place, key))


def place_of(state: CaseState, plan: Plan, kind: str, id: str) -> tuple[Place, str] | None:
    """The place that has something of this id among its tasks, incidents …, and the id there."""
    place = _outermost(state, plan)
    while id not in getattr(place.run, kind):
        key, _, id = id.partition(":")
        if key not in place.run.inner:
            return None
        place = _enter(place, key)
    return place, id


def _outermost(state: CaseState, plan: Plan) -> Place:
    return Place("", state, plan, state.data, leaves_behind=tuple(code for _, code in plan.outputs))


def _enter(place: Place, key: str) -> Place:
    inner = place.run.inner[key]
    node = place.graph.by_id[inner.node]
    return Place(
        f"{place.path}{key}:",
        inner,
        body_of(node),
        layered(place.data, inner.data),
        element_named(node, inner, place.of),
        _gathered_from(node),
    )


def _gathered_from(node: PlanNode) -> tuple[Code, ...]:
    if isinstance(node, ForEachNode):
        return (node.collect,) if node.collect else ()
    return tuple(code for _, code in node.output) if isinstance(node, SubflowNode) else ()


def each(state: CaseState, plan: Plan, kind: str) -> Iterator[tuple[str, Any]]:
    """All tasks, timers … (``kind`` says which) of a case, by their ids outside."""
    yield from getattr(state, kind).items()
    if state.inner:
        _, *inside = places(state, plan)
        for place in inside:
            for id, found in getattr(place.run, kind).items():
                yield f"{place.path}{id}", found


def node_at(graph: PlanGraph, id: str) -> PlanNode:
    """The node of which something of this id is, wherever it is or was; what a child case has done
    is its subflow's."""
    graph, own = _reached(graph, id)
    return graph.by_id[own]


def graph_at(graph: PlanGraph, id: str) -> PlanGraph:
    """The graph in which the node is of which something of this id is."""
    return _reached(graph, id)[0]


def _reached(graph: PlanGraph, id: str) -> tuple[PlanGraph, str]:
    first, _, rest = id.partition(":")
    own = first.partition("/")[0]
    body = getattr(graph.by_id[own], "body", None)
    return _reached(body, rest) if rest and body is not None else (graph, own)


def body_of(node: PlanNode) -> PlanGraph:
    """The graph inside a node."""
    if isinstance(node, ForEachNode | SubflowNode) and node.body is not None:
        return node.body
    raise LookupError(f"{node.id} has no body")


def element_named(node: PlanNode, inner: InnerState, around: str) -> str:
    """Which element a run is about, for people: a short text itself, else its number."""
    if not isinstance(node, ForEachNode):
        return around
    element = inner.data.get(node.element)
    short = isinstance(element, str) and len(element) <= _SHORT
    own = str(element) if short else str(inner.number)
    return f"{around} · {own}" if around else own


def titled(name: str, of: str) -> str:
    """A node's name with the elements it is about."""
    return f"{name}（{of}）" if of else name


def layered(around: Mapping[str, Json], own: Mapping[str, Json]) -> dict[str, Json]:
    """What an inner run reads: what it has set itself hides what is set around it."""
    return {**around, **own, "data": {**around["data"], **own["data"]}}
