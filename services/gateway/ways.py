"""The ways through a flow as pictures show them: edges, ways out of a node, ways back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from workflows.compiler.plan import (
    ForEachNode,
    PlanBoundary,
    PlanEdge,
    PlanGraph,
    PlanNode,
    PlanRole,
    SubflowNode,
)
from workflows.language.units import format_duration

_WORDS: Final = {
    "otherwise": ("否则", "otherwise"),
    "error": ("失败", "failed"),
    "escalation": ("超时升级", "escalated"),
    "back": ("驳回", "sent back"),
}


@dataclass(frozen=True, slots=True)
class Way:
    """One line of a picture.

    Attributes:
        kind: ``edge`` when the node is done, ``exit`` before that, ``alongside`` when the node goes
            on as well, ``back`` for a send-back.
        label: the condition or the cause; empty when it goes without saying.
    """

    source: str
    target: str
    kind: Literal["edge", "exit", "alongside", "back"]
    label: str


def ways(graph: PlanGraph, language: str) -> list[Way]:
    """Every way between the nodes of a graph, in the order of the nodes."""
    return [way for node in graph.nodes for way in _ways_of(node, language)]


def body_of(node: PlanNode) -> PlanGraph | None:
    """The graph inside a node, or None."""
    return node.body if isinstance(node, ForEachNode | SubflowNode) else None


def named(part: PlanNode | PlanRole | PlanEdge | PlanBoundary, language: str) -> str:
    """Its name in a language, the Chinese one where it has no other."""
    return part.name_en if language == "en" and part.name_en else part.name


def _ways_of(node: PlanNode, language: str) -> Iterator[Way]:
    for edge in node.next:
        yield Way(node.id, edge.to, "edge", _edge_label(edge, language))
    for exit_ in node.boundary:
        kind: Literal["alongside", "exit"] = "alongside" if exit_.alongside else "exit"
        yield Way(node.id, exit_.to, kind, _exit_label(exit_, language))
    for target in getattr(node, "send_back", ()):
        yield Way(node.id, target, "back", _word("back", language))


def _edge_label(edge: PlanEdge, language: str) -> str:
    if name := named(edge, language):
        return name
    if edge.when is not None:
        return edge.when.source
    return _word("otherwise", language) if edge.otherwise else ""


def _exit_label(exit_: PlanBoundary, language: str) -> str:
    if name := named(exit_, language):
        return name
    match exit_.cause:
        case "error":
            return " / ".join(exit_.reasons) or _word("error", language)
        case "timer":
            return format_duration(exit_.after_seconds)
        case "event":
            return exit_.event.rpartition(".")[2]
        case "escalation":
            return _word("escalation", language)


def _word(key: str, language: str) -> str:
    return _WORDS[key][language == "en"]
