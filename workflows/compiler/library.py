"""What a flow can know of other published flows: what they start with and what they leave behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from workflows.compiler.plan import Plan, PlanGraph, SubflowNode
from workflows.language.fields import record_of
from workflows.language.reading import read_source
from workflows.language.types import Record, from_json


@dataclass(frozen=True, slots=True)
class FlowInterface:
    """A published version of a flow as another flow sees it.

    Attributes:
        inputs: what it starts with.
        outputs: what it leaves behind.
        uses: the flows that are lived through inside it, directly or by those inside them.
    """

    flow: str
    version: int
    plan_hash: str
    inputs: Record
    outputs: Record
    uses: frozenset[str]


class Library:
    """Published flows by code and version."""

    def __init__(self, flows: Iterable[FlowInterface]) -> None:
        self._versions: dict[str, dict[int, FlowInterface]] = {}
        for flow in flows:
            self._versions.setdefault(flow.flow, {})[flow.version] = flow

    @property
    def codes(self) -> list[str]:
        """The codes of all flows in it."""
        return list(self._versions)

    def versions(self, flow: str) -> Mapping[int, FlowInterface]:
        """The versions of a flow; empty when there is no such flow."""
        return self._versions.get(flow, {})

    def find(self, flow: str, version: int | None) -> FlowInterface | None:
        """A version of a flow, the newest when none is named; None when there is none."""
        versions = self.versions(flow)
        return versions.get(version or max(versions, default=0))


EMPTY_LIBRARY: Final = Library(())


def interface_of(plan: Plan, version: int, library: Library) -> FlowInterface:
    """A plan as other flows see it, once it is published under a version.

    Args:
        library: holds the flows that the plan uses.
    """
    uses: set[str] = set()
    for node in subflows_of(plan):
        inner = library.find(node.flow, node.version)
        uses |= {node.flow} | (inner.uses if inner else set())
    outputs = from_json(plan.response)
    assert isinstance(outputs, Record)
    inputs = record_of(tuple(part.field for part in plan.inputs), plan.flow)
    return FlowInterface(plan.flow, version, plan.hash, inputs, outputs, frozenset(uses))


def flows_used(source: str) -> dict[str, set[int]]:
    """The other flows that a flow's source names, each with the versions it names; a flow that is
    only named without one has none."""
    found: dict[str, set[int]] = {}
    stack: list[Any] = [read_source(source).value]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            flow, version = part.get("flow"), part.get("version")
            if part.get("kind") == "subflow" and isinstance(flow, str):
                found.setdefault(flow, set()).update([version] if isinstance(version, int) else [])
            stack += [part[key] for key in ("body", "nodes") if key in part]
        elif isinstance(part, list):
            stack += part
    return found


def subflows_of(graph: PlanGraph) -> Iterator[SubflowNode]:
    """The nodes that live through other flows, those in bodies included."""
    for node in graph.nodes:
        if isinstance(node, SubflowNode) and node.flow:
            yield node
        body = getattr(node, "body", None)
        if body is not None:
            yield from subflows_of(body)
