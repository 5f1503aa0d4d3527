"""What each node of a graph can read: the types of everything, and what some way to it leaves unset."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Final

from workflows.compiler.check_graph import may_pass_over
from workflows.compiler.drawing import Drawing
from workflows.compiler.graph import Graph
from workflows.compiler.results import leaves_something
from workflows.language.nodes import Approval, Confirm, End, Form, NodeDefinition, Parallel
from workflows.language.typed import Path, Scope
from workflows.language.types import STRING, TIMESTAMP, Field, Record, Type

#: What is known of a case from its start.
CASE: Final = Record(
    (
        Field("id", STRING),
        Field("workflow_id", STRING),
        Field("flow", STRING),
        Field("started_at", TIMESTAMP),
        Field("started_by", STRING),
    ),
    "case",
)


class Paths:
    """Numbers for the paths that may be unset, so that a set of them is a whole number."""

    def __init__(self, paths: Iterable[Path], around: Paths | None = None) -> None:
        self._numbers: dict[Path, int] = dict(around._numbers) if around else {}
        for path in paths:
            self._numbers.setdefault(path, len(self._numbers))

    def bits(self, paths: Iterable[Path]) -> int:
        """The set of those paths that have a number."""
        numbers = {self._numbers[path] for path in paths if path in self._numbers}
        return sum(1 << number for number in numbers)

    def set(self, bits: int) -> PathSet:
        """The set that a number stands for."""
        return PathSet(self._numbers, bits)


@dataclass(frozen=True, slots=True)
class PathSet(Container[Path]):
    """A set of paths by their numbers."""

    numbers: Mapping[Path, int]
    bits: int

    def __contains__(self, path: object) -> bool:
        number = self.numbers.get(path) if isinstance(path, tuple) else None
        return number is not None and bool(self.bits >> number & 1)


@dataclass(frozen=True, slots=True)
class Scopes:
    """The scopes of a graph's nodes.

    Attributes:
        variables: every root and its type.
        paths: the numbers of what may be unset.
        before: for each node, what may be unset when a token comes to it.
        after: the same, when the node is done, before it gives variables their values.
        at_ends: the same, at the ends that do not fail.
    """

    variables: Mapping[str, Type]
    paths: Paths
    before: Mapping[str, int]
    after: Mapping[str, int]
    at_ends: int

    def entering(self, node: str) -> Scope:
        """What a node's own expressions can read."""
        return Scope(self.variables, self.paths.set(self.before.get(node, 0)))

    def leaving(self, node: str) -> Scope:
        """What can be read when a node is done, its own result included."""
        return Scope(self.variables, self.paths.set(self.after.get(node, 0)))

    @property
    def ending(self) -> Scope:
        """What can be read at whichever end a run comes to."""
        return Scope(self.variables, self.paths.set(self.at_ends))


def build_scopes(
    drawing: Drawing,
    variables: Mapping[str, Type],
    settable: Iterable[Path],
    around: tuple[Paths, int] | None = None,
) -> Scopes:
    """Definite assignment over one graph.

    Without a graph everything counts as set: an unset value is only worth telling when the ways are
    known.

    Args:
        variables: every root that can be read here.
        settable: paths besides the results of its nodes that nodes may set.
        around: of a body: what may be unset when it begins.
    """
    nodes = [node for node, _ in drawing.draft.nodes]
    results = {(node.id,) for node in nodes if leaves_something(node)}
    paths = Paths([*settable, *sorted(results)], around[0] if around else None)
    if drawing.graph is None:
        return Scopes(variables, paths, {}, {}, 0)
    unset = paths.bits([*settable, *results]) | (around[1] if around else 0)
    leaves = {node.id: 0 if may_be_skipped(node) else paths.bits([(node.id,)]) for node in nodes}
    assigns = {n.id: paths.bits(("data", name) for name in n.assign) for n in nodes}
    sets = {node.id: leaves[node.id] | assigns[node.id] for node in nodes}
    before = _spread(drawing, drawing.graph, unset, sets)
    after = {name: before[name] & ~left for name, left in leaves.items()}
    ends = [node.id for node in nodes if isinstance(node, End) and not node.fails]
    at_ends = reduce(or_, (before[end] & ~sets[end] for end in ends), 0)
    return Scopes(variables, paths, before, after, at_ends)


def _spread(drawing: Drawing, graph: Graph, unset: int, sets: Mapping[str, int]) -> dict[str, int]:
    """What may be unset before each node.

    Of several ways into a node any one may leave a value unset. A parallel waits for all of them, so
    there only what every one of them leaves is unset. A boundary is taken before its node has set
    anything.
    """
    nodes = {node.id: node for node, _ in drawing.draft.nodes}
    before = dict.fromkeys(graph.nodes, 0)
    changed = True
    while changed:
        changed = False
        for name in graph.forward_order:
            left = [
                before[way.source] if way.boundary else before[way.source] & ~sets[way.source]
                for way in drawing.ways.into(name)
            ]
            if name == graph.start:
                left.append(unset)
            meet = reduce(and_ if isinstance(nodes[name], Parallel) else or_, left)
            if meet != before[name]:
                before[name] = meet
                changed = True
    return before


def may_be_skipped(node: NodeDefinition) -> bool:
    """True when a user task may be left undone, by the runtime or by whoever manages the flow."""
    return may_pass_over(node) or (isinstance(node, Form | Approval | Confirm) and node.skippable)
