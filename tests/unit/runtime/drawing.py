"""Random flows that are sound as they are drawn, with all that a flow can have."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tests.unit.compiler.flows import plan_of
from workflows.compiler.plan import Plan

FORM = {
    "kind": "form",
    "assignee": {"role": "sales"},
    "form": [{"id": "x", "kind": "text", "name": "字"}],
}
LEAVES: list[dict[str, Any]] = [
    {"kind": "service", "rpc": "test.v1.Things/Make"},
    {"kind": "service", "rpc": "test.v1.Things/MakeSlowly"},
    {"kind": "service", "rpc": "test.v1.Things/Look"},
    {"kind": "wait", "duration": "1h"},
    {"kind": "wait", "event": "test.v1.ThingChanged", "key": "th_1"},
    FORM,
    {"kind": "approval", "assignee": {"role": "boss"}},
    {
        "kind": "approval",
        "mode": "all",
        "assignee": {"role": "boss"},
        "sla": {"respond": "1h", "escalate": [{"of": "respond", "notify": {"role": "sales"}}]},
    },
    {"kind": "field_work", "input": {"work_order_id": "wo", "quote_id": "qt"}},
]  # fmt: skip
#: Leaves that a timer or an event may overtake.
RESTING = [leaf for leaf in LEAVES if leaf["kind"] != "service"]
SHAPES = [
    "leaf", "leaf", "overtaken", "accompanied", "failing", "parallel", "choice", "inclusive",
    "race", "each", "part", "loop",
]  # fmt: skip


@dataclass
class Graph:
    """A graph being drawn; ids are numbered over the whole flow."""

    numbers: list[int]
    start: str = ""
    loops: int = 0
    nodes: list[dict[str, Any]] = field(default_factory=list)
    edges: list[dict[str, Any]] = field(default_factory=list)

    def node(self, **settings: Any) -> str:
        self.numbers[0] += 1
        name = f"n{self.numbers[0]}"
        self.nodes.append({"id": name, "name": "点", **settings})
        self.start = self.start or name
        return name

    def edge(self, source: str, target: str, **settings: Any) -> None:
        self.edges.append({"from": source, "to": target, **settings})

    def drawn(self) -> dict[str, Any]:
        return {"start": self.start, "nodes": self.nodes, "edges": self.edges}


@st.composite
def flows(draw: st.DrawFn) -> Plan:
    """A flow that begins with a form."""
    graph = Graph([0])
    _drawn(draw, graph, depth=2)
    parts = (f"{name}: {json.dumps(part)}" for name, part in graph.drawn().items())
    return plan_of("\n" + "\n".join(parts))


def _drawn(draw: st.DrawFn, graph: Graph, depth: int) -> dict[str, Any]:
    last = _sequence(draw, graph, graph.node(**FORM), depth)
    ends = [{}, {}, {"terminate": True}]
    graph.edge(last, graph.node(kind="end", **draw(st.sampled_from(ends))))
    return graph.drawn()


def _sequence(draw: st.DrawFn, graph: Graph, before: str, depth: int) -> str:
    for _ in range(draw(st.integers(1, 3))):
        shape = draw(st.sampled_from(SHAPES if depth else SHAPES[:4]))
        before = _SHAPES[shape](draw, graph, before, depth)
    return before


def _leaf(draw: st.DrawFn, graph: Graph, before: str, depth: int) -> str:
    node = graph.node(**draw(st.sampled_from(LEAVES)))
    graph.edge(before, node)
    return node


def _overtaken(draw: st.DrawFn, graph: Graph, before: str, depth: int) -> str:
    """A node that a timer or an event overtakes, and where both ways meet."""
    node = graph.node(**draw(st.sampled_from(RESTING)))
    meet = graph.node(kind="wait", duration="5m")
    graph.edge(before, node)
    graph.edge(node, meet)
    graph.edge(node, meet, **draw(st.sampled_from(OVERTAKING)))
    return meet


OVERTAKING: list[dict[str, Any]] = [
    {"on": "timer", "after": "45m"},
    {"on": "event", "event": "test.v1.ThingChanged", "key": "th_1"},
]


def _accompanied(draw: st.DrawFn, graph: Graph, before: str, depth: int) -> str:
    """A node beside which another branch begins and ends by itself; in a loop it could begin a
    second time, so there it is a node alone."""
    node = graph.node(**draw(st.sampled_from(RESTING)))
    graph.edge(before, node)
    if not graph.loops:
        beside = graph.node(kind="wait", duration="20m")
        graph.edge(node, beside, alongside=True, **draw(st.sampled_from(OVERTAKING)))
        graph.edge(beside, graph.node(kind="end"))
    return node


def _failing(draw: st.DrawFn, graph: Graph, before: str, depth: int) -> str:
    """A call that fails, and where its error path comes back."""
    node = graph.node(kind="service", rpc="test.v1.Things/Touch")
    mend = graph.node(**draw(st.sampled_from(RESTING)))
    meet = graph.node(kind="wait", duration="5m")
    graph.edge(before, node)
    graph.edge(node, meet)
    graph.edge(node, mend, on="error")
    graph.edge(mend, meet)
    return meet


def _block(draw: st.DrawFn, graph: Graph, before: str, depth: int, **opening: Any) -> list[str]:
    """Branches; gives the last node of each."""
    split = graph.node(**opening)
    graph.edge(before, split)
    ends = []
    for index in range(draw(st.integers(2, 3))):
        lead = graph.node(**_lead(opening, index))
        graph.edge(split, lead, **_guard(opening, index))
        ends.append(_sequence(draw, graph, lead, depth - 1))
    return ends


def _lead(opening: dict[str, Any], index: int) -> dict[str, Any]:
    if opening.get("mode") == "event" and index == 0:
        return {"kind": "wait", "event": "test.v1.ThingChanged", "key": "th_1"}
    return {"kind": "wait", "duration": f"{20 + 10 * index}m"}


def _guard(opening: dict[str, Any], index: int) -> dict[str, Any]:
    if opening["kind"] == "parallel" or opening.get("mode") == "event":
        return {}
    return {"when": f"case.id != 'ca_{index}'"} if index else {"otherwise": True}


def _parallel(draw: st.DrawFn, graph: Graph, before: str, depth: int) -> str:
    return _closed(graph, _block(draw, graph, before, depth, kind="parallel"), kind="parallel")


def _choice(draw: st.DrawFn, graph: Graph, before: str, depth: int) -> str:
    ends = _block(draw, graph, before, depth, kind="decision")
    return _closed(graph, ends, kind="wait", duration="5m")


def _inclusive(draw: st.DrawFn, graph: Graph, before: str, depth: int) -> str:
    ends = _block(draw, graph, before, depth, kind="decision", mode="inclusive")
    return _closed(graph, ends, kind="decision", mode="inclusive")


def _race(draw: st.DrawFn, graph: Graph, before: str, depth: int) -> str:
    ends = _block(draw, graph, before, depth, kind="decision", mode="event")
    return _closed(graph, ends, kind="wait", duration="5m")


def _closed(graph: Graph, ends: list[str], **closing: Any) -> str:
    node = graph.node(**closing)
    for end in ends:
        graph.edge(end, node)
    return node


def _each(draw: st.DrawFn, graph: Graph, before: str, depth: int) -> str:
    settings = draw(
        st.sampled_from([{"mode": "one_by_one"}, {"mode": "together"}, {"enough": "done >= 1"}])
    )
    items = draw(st.sampled_from(["=[1, 2]", "=[1, 2, 3]", "=[1]"]))
    body = _drawn(draw, Graph(graph.numbers), depth - 1)
    element = f"element_{graph.numbers[0]}"
    node = graph.node(kind="for_each", items=items, element=element, body=body, **settings)
    graph.edge(before, node)
    return node


def _part(draw: st.DrawFn, graph: Graph, before: str, depth: int) -> str:
    """A body that may be overtaken, or fail."""
    node = graph.node(kind="subflow", body=_drawn(draw, Graph(graph.numbers), depth - 1))
    meet = graph.node(kind="wait", duration="5m")
    graph.edge(before, node)
    graph.edge(node, meet)
    graph.edge(node, meet, **draw(st.sampled_from(OVERTAKING)))
    return meet


def _loop(draw: st.DrawFn, graph: Graph, before: str, depth: int) -> str:
    """Something that is done again while somebody says so."""
    again = graph.node(kind="wait", duration="5m")
    graph.edge(before, again)
    graph.loops += 1
    last = _sequence(draw, graph, again, depth - 1)
    graph.loops -= 1
    ask = graph.node(
        kind="form",
        assignee={"role": "boss"},
        form=[{"id": "again", "kind": "boolean", "name": "再来", "required": True}],
    )
    choose = graph.node(kind="decision")
    after = graph.node(kind="wait", duration="5m")
    graph.edge(last, ask)
    graph.edge(ask, choose)
    graph.edge(choose, again, when=f"{ask}.again")
    graph.edge(choose, after, otherwise=True)
    return after


_SHAPES = {
    "leaf": _leaf, "overtaken": _overtaken, "accompanied": _accompanied, "failing": _failing,
    "parallel": _parallel, "choice": _choice, "inclusive": _inclusive, "race": _race,
    "each": _each, "part": _part, "loop": _loop,
}  # fmt: skip
