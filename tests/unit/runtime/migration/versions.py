"""Two versions of a random flow: the second is the first with a few things changed."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from tests.unit.compiler.flows import CATALOG, flow
from tests.unit.runtime import drawing
from tests.unit.runtime.drawing import FORM, LEAVES, Graph
from workflows.compiler.compile import compile_flow
from workflows.compiler.plan import Plan


def plan_or_none(document: dict[str, Any]) -> Plan | None:
    """The plan of a drawing that compiles."""
    parts = (f"{name}: {json.dumps(part)}" for name, part in document.items())
    return compile_flow(flow("\n" + "\n".join(parts)), CATALOG).plan


@st.composite
def versions(draw: st.DrawFn) -> tuple[Plan, Plan]:
    """A flow and another version of it."""
    graph = Graph([0])
    drawing._drawn(draw, graph, depth=2)
    document = graph.drawn()
    old = plan_or_none(document)
    assert old is not None
    new = old
    for _ in range(draw(st.integers(1, 4))):
        changed = deepcopy(document)
        _change(draw, changed, graph.numbers)
        plan = plan_or_none(changed)
        if plan is not None:
            document, new = changed, plan
    return old, new


def _change(draw: st.DrawFn, document: dict[str, Any], numbers: list[int]) -> None:
    """Change one thing in a drawing, or in one inside it."""
    inner = [node["body"] for node in document["nodes"] if "body" in node]
    if not document["edges"]:
        return
    if inner and draw(st.integers(0, 2)) == 0:
        _change(draw, draw(st.sampled_from(inner)), numbers)
        return
    change = draw(st.sampled_from([_drop, _insert, _replace, _rename, _retime, _move, _read]))
    change(draw, document, numbers)


def _drop(draw: st.DrawFn, document: dict[str, Any], numbers: list[int]) -> None:
    node = draw(st.sampled_from(document["nodes"]))
    into = [edge for edge in document["edges"] if edge["to"] == node["id"]]
    out = [e for e in document["edges"] if e["from"] == node["id"] and not e.get("on")]
    if not into or len(out) != 1:
        return
    document["nodes"].remove(node)
    document["edges"] = [
        {**edge, "to": out[0]["to"]} if edge in into else edge
        for edge in document["edges"]
        if edge["from"] != node["id"]
    ]


def _insert(draw: st.DrawFn, document: dict[str, Any], numbers: list[int]) -> None:
    edge = draw(st.sampled_from(document["edges"]))
    numbers[0] += 1
    name = f"n{numbers[0]}"
    document["nodes"].append({"id": name, "name": "新", **draw(st.sampled_from(LEAVES))})
    document["edges"].append({"from": name, "to": edge["to"]})
    edge["to"] = name


def _replace(draw: st.DrawFn, document: dict[str, Any], numbers: list[int]) -> None:
    node = draw(st.sampled_from(document["nodes"]))
    if node["kind"] in ("form", "approval", "service", "wait", "field_work"):
        kept = {"id": node["id"], "name": node["name"]}
        node.clear()
        node.update({**kept, **draw(st.sampled_from(LEAVES))})


def _rename(draw: st.DrawFn, document: dict[str, Any], numbers: list[int]) -> None:
    node = draw(st.sampled_from(document["nodes"]))
    was, node["id"] = node["id"], node["id"] + "x"
    for edge in document["edges"]:
        for end in ("from", "to"):
            edge[end] = node["id"] if edge[end] == was else edge[end]
    if document["start"] == was:
        document["start"] = node["id"]


def _retime(draw: st.DrawFn, document: dict[str, Any], numbers: list[int]) -> None:
    for node in document["nodes"]:
        if "duration" in node:
            node["duration"] = draw(st.sampled_from(["10m", "2h"]))
        if node["kind"] == "approval":
            node["sla"] = {
                "complete": draw(st.sampled_from(["30m", "3h"])),
                "remind": [{"of": "complete", "before": "10m", "template": "task_due"}],
            }
    for edge in document["edges"]:
        if "after" in edge:
            edge["after"] = "70m"


def _move(draw: st.DrawFn, document: dict[str, Any], numbers: list[int]) -> None:
    edge = draw(st.sampled_from(document["edges"]))
    edge["to"] = draw(st.sampled_from(document["nodes"]))["id"]


def _read(draw: st.DrawFn, document: dict[str, Any], numbers: list[int]) -> None:
    """A node reads what another leaves behind."""
    forms = [node["id"] for node in document["nodes"] if node["kind"] == "form"]
    readers = [node for node in document["nodes"] if node.get("rpc") == "test.v1.Things/Make"]
    if not readers or draw(st.booleans()):
        numbers[0] += 1
        edge = draw(st.sampled_from(document["edges"]))
        asked = {"id": f"n{numbers[0]}", "name": "问", **deepcopy(FORM)}
        asked["form"] = [{"id": "x", "kind": "text", "name": "字", "required": True}]
        document["nodes"].append(asked)
        document["edges"].append({"from": asked["id"], "to": edge["to"]})
        edge["to"] = asked["id"]
        forms.append(asked["id"])
    for reader in readers if forms else []:
        reader["input"] = {"label": f"={draw(st.sampled_from(forms))}.x"}
