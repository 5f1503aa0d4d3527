"""A flow as a Mermaid flowchart, for documents and terminals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from services.gateway.ways import Way, body_of, named, ways
from services.gateway.words import word
from workflows.compiler.plan import (
    ApprovalNode,
    DecisionNode,
    EndNode,
    ForEachNode,
    Plan,
    PlanGraph,
    PlanNode,
    PlanSla,
    SubflowNode,
    UserTaskNode,
    WaitNode,
)
from workflows.language.units import format_duration

#: What stands around a node's name.
_SHAPES: Final = {
    "service": ("([", "])"),
    "field_work": ("[[", "]]"),
    "subflow": ("[[", "]]"),
    "wait": ("[/", "/]"),
    "decision": ("{", "}"),
    "parallel": ("{{", "}}"),
    "end": ("((", "))"),
}
#: An end that withdraws everything else, or fails.
_LAST: Final = ("(((", ")))")
_LINES: Final = {
    "edge": ("--", "-->"),
    "exit": ("--", "--x"),
    "alongside": ("-.", ".->"),
    "back": ("-.", ".->"),
}
#: How several sign, and how a decision chooses when it does not take just one way.
_MODES: Final = {
    "all": "countersign",
    "any": "any_sign",
    "sequence": "sequence_sign",
    "quorum": "quorum_sign",
    "inclusive": "inclusive",
    "event": "first_come",
}
#: What Mermaid would read as something else in a label.
_ENTITIES: Final = str.maketrans(
    {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "`": "#96;", "\n": " "}
)
#: Ids that are words of Mermaid's own; no id of a flow has a hyphen.
_TAKEN: Final = frozenset(
    {
        "call",
        "class",
        "click",
        "end",
        "flowchart",
        "graph",
        "href",
        "interpolate",
        "style",
        "subgraph",
    }
)


def mermaid(plan: Plan, language: str) -> str:
    """The flow as a Mermaid flowchart: a way out of a node before it is done ends in a cross, one
    that is taken while the node goes on, and a send-back, is dotted; a node with a body is a box
    around it."""
    roles = {role.id: named(role, language) for role in plan.roles}
    return "\n".join(["flowchart TD", *_graph(plan, roles, language, "  ")])


def _graph(graph: PlanGraph, roles: Mapping[str, str], language: str, indent: str) -> Iterator[str]:
    for node in graph.nodes:
        label = "<br/>".join(line.translate(_ENTITIES) for line in _label(node, roles, language))
        body = body_of(node)
        if body is None:
            opening, closing = _shape(node)
            yield f'{indent}{_id(node.id)}{opening}"{label}"{closing}'
        else:
            yield f'{indent}subgraph {_id(node.id)} ["{label}"]'
            yield from _graph(body, roles, language, f"{indent}  ")
            yield f"{indent}end"
    for way in ways(graph, language):
        yield f"{indent}{_line(way)}"


def _line(way: Way) -> str:
    line, tip = _LINES[way.kind]
    label = f'{line} "{way.label.translate(_ENTITIES)}" {tip}' if way.label else "-->"
    return f"{_id(way.source)} {label} {_id(way.target)}"


def _id(node: str) -> str:
    return f"node-{node}" if node in _TAKEN else node


def _shape(node: PlanNode) -> tuple[str, str]:
    if isinstance(node, EndNode) and (node.terminate or node.fails):
        return _LAST
    return _SHAPES.get(node.kind, ("[", "]"))


def _label(node: PlanNode, roles: Mapping[str, str], language: str) -> Iterator[str]:
    """Its name with who does it or how; below, how soon."""
    facts = (named(node, language), _how(node, language), _who(node, roles, language))
    yield " · ".join(filter(None, facts))
    if isinstance(node, UserTaskNode) and node.sla is not None:
        yield _soon(node.sla, language)
    elif isinstance(node, WaitNode) and node.duration_seconds is not None:
        yield format_duration(node.duration_seconds, days=node.calendar == "natural")


def _how(node: PlanNode, language: str) -> str:
    match node:
        case ApprovalNode(mode=mode) if mode in _MODES:
            return word(_MODES[mode], language)
        case DecisionNode(mode=mode) if mode in _MODES and len(node.next) > 1:
            return word(_MODES[mode], language)
        case ForEachNode():
            return word(node.mode, language)
        case SubflowNode():
            return node.flow
        case _:
            return ""


def _who(node: PlanNode, roles: Mapping[str, str], language: str) -> str:
    """The flow's own name of a role, or another rule in a word."""
    if not isinstance(node, UserTaskNode):
        return ""
    rule = node.assignee
    return roles.get(rule.role) or word(rule.role or rule.rule, language)


def _soon(sla: PlanSla, language: str) -> str:
    natural = sla.calendar == "natural"
    spans = (("respond", sla.respond_seconds), ("complete_in", sla.complete_seconds))
    return " · ".join(
        f"{word(term, language)} {format_duration(seconds, days=natural)}"
        for term, seconds in spans
        if seconds is not None
    )
