"""A flow as a Mermaid flowchart, for documents and terminals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.gateway.ways import body_of, ways
from services.gateway.words import word
from workflows.compiler.plan import Plan, PlanGraph, PlanNode

#: What stands around a node's name.
_SHAPES: Final = {
    "service": ("([", "])"),
    "field_work": ("[[", "]]"),
    "subflow": ("[[", "]]"),
    "for_each": ("[[", "]]"),
    "wait": ("[/", "/]"),
    "decision": ("{", "}"),
    "parallel": ("{{", "}}"),
    "end": ("(((", ")))"),
}
_ARROWS: Final = {"edge": "--", "exit": "--", "alongside": "-.", "back": "-."}
_TIPS: Final = {"edge": "-->", "exit": "--x", "alongside": ".->", "back": ".->"}


def mermaid(plan: Plan, language: str) -> str:
    """The flow as a Mermaid flowchart: a way out of a node before it is done ends in a cross, one
    that is taken while the node goes on, and a send-back, is dotted; a body is a box of its own."""
    return "\n".join(["flowchart TD", *_graph(plan, language, "  ")])


def _graph(graph: PlanGraph, language: str, indent: str) -> Iterator[str]:
    for node in graph.nodes:
        body = body_of(node)
        yield f"{indent}{_node(node, language)}"
        if body is not None:
            yield f'{indent}subgraph {node.id}_body [" "]'
            yield from _graph(body, language, f"{indent}  ")
            yield f"{indent}end"
            yield f"{indent}{node.id} --- {node.id}_body"
    for way in ways(graph, language):
        arrow, tip = _ARROWS[way.kind], _TIPS[way.kind]
        if way.label:
            yield f'{indent}{way.source} {arrow} "{_quoted(way.label)}" {tip} {way.target}'
        else:
            yield f"{indent}{way.source} --> {way.target}"


def _node(node: PlanNode, language: str) -> str:
    opening, closing = _SHAPES.get(node.kind, ("[", "]"))
    name = node.name_en if language == "en" and node.name_en else node.name
    who = _who(node, language)
    return f'{node.id}{opening}"{_quoted(f"{name} · {who}" if who else name)}"{closing}'


def _who(node: PlanNode, language: str) -> str:
    rule = getattr(node, "assignee", None)
    if rule is None:
        return ""
    return word(rule.role, language) if rule.role else word(rule.rule, language)


def _quoted(text: str) -> str:
    return text.replace('"', "'").replace("\n", " ")
