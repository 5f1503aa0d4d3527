"""What each node can read: the types of everything, and what some way to it leaves unset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from workflows.compiler.catalog import NodeCatalog
from workflows.compiler.draft import Draft
from workflows.compiler.field_work import FIELD_WORK_OUTPUT
from workflows.compiler.form_entries import Forms
from workflows.compiler.graph import Graph
from workflows.language.fields import record_of
from workflows.language.nodes import (
    Approval,
    Confirm,
    FieldWork,
    Form,
    NodeDefinition,
    Service,
    Wait,
)
from workflows.language.typed import Path, Scope
from workflows.language.types import SCALARS, STRING, TIMESTAMP, UNKNOWN, Field, Record, Type

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
#: What a user task adds to the values of its form.
HANDLED: Final = (Field("handled_by", STRING), Field("handled_at", TIMESTAMP))


@dataclass(frozen=True, slots=True)
class Scopes:
    """The scopes of a flow's nodes.

    Attributes:
        forms: every form and its fields.
        variables: every root and its type.
        before: for each node, what may be unset when a token comes to it.
        after: the same, when it leaves.
    """

    forms: Forms
    variables: Mapping[str, Type]
    before: Mapping[str, frozenset[Path]]
    after: Mapping[str, frozenset[Path]]

    def entering(self, node: str) -> Scope:
        """What a node's own expressions can read."""
        return Scope(self.variables, self.before.get(node, frozenset()))

    def leaving(self, node: str) -> Scope:
        """What can be read when a node is done, its own result included."""
        return Scope(self.variables, self.after.get(node, frozenset()))

    @property
    def at_start(self) -> Scope:
        """What the flow's own defaults can read."""
        return Scope({name: self.variables[name] for name in ("inputs", "case")})


def build_scopes(draft: Draft, graph: Graph | None, catalog: NodeCatalog) -> Scopes:
    """Types and definite assignment. Without a sound graph, everything counts as set: an unset
    value is only worth telling when the ways are known."""
    header = draft.header
    inputs = record_of(header.inputs, "inputs") if header else UNKNOWN
    forms = Forms.of(header.inputs if header else (), (node for node, _ in draft.nodes))
    variables = header.data if header else ()
    data = Record(tuple(Field(v.id, SCALARS[v.type]) for v in variables), "data")
    roots: dict[str, Type] = {"inputs": inputs, "case": CASE, "data": data}
    for node, _ in draft.nodes:
        result = result_type(node, catalog, forms)
        if result is not None:
            roots[node.id] = result
    roots.update(dict.fromkeys(sorted(draft.broken), UNKNOWN))
    if graph is None:
        return Scopes(forms, roots, {}, {})
    settable: set[Path] = {("data", v.id) for v in variables if v.default is None}
    settable.update((node.id,) for node, _ in draft.nodes if node.id in roots)
    before, after = _flow(draft, graph, frozenset(settable))
    return Scopes(forms, roots, before, after)


def result_type(node: NodeDefinition, catalog: NodeCatalog, forms: Forms) -> Type | None:
    """What a node leaves behind under its id; None when nothing."""
    match node:
        case Form() | Approval() | Confirm():
            return record_of(forms.kept(node.id), node.id, *HANDLED)
        case Service():
            spec = catalog.find(node.rpc)
            return spec.response if spec else UNKNOWN
        case FieldWork():
            return FIELD_WORK_OUTPUT
        case Wait(event=str() as event):
            known = catalog.events.get(event)
            return known.payload if known else UNKNOWN
        case _:
            return None


def _flow(
    draft: Draft, graph: Graph, settable: frozenset[Path]
) -> tuple[dict[str, frozenset[Path]], dict[str, frozenset[Path]]]:
    """What may be unset before and after each node: of several ways into a node any one may leave
    a value unset; of the branches into a join all are taken, so all of them must."""
    gives = {node.id: _gives(node, settable) for node, _ in draft.nodes}
    joins = {block.join: block for block in graph.blocks}
    ways: dict[str, list[tuple[str, bool]]] = {node: [] for node in graph.nodes}
    for edge, _ in draft.edges:
        ways[edge.target].append((edge.source, edge.on is not None))
    before: dict[str, frozenset[Path]] = dict.fromkeys(graph.nodes, frozenset())
    changed = True
    while changed:
        changed = False
        for node in graph.forward_order:
            # One group for each branch of a join, else a single one.
            groups: dict[int, frozenset[Path]] = {0: settable} if node == graph.start else {}
            for source, failed in ways[node]:
                unset = before[source] if failed else before[source] - gives[source]
                group = joins[node].branch_of(source) if node in joins else 0
                groups[group] = groups.get(group, frozenset()) | unset
            unset = frozenset.intersection(*groups.values())
            if unset != before[node]:
                before[node] = unset
                changed = True
    after = {node: unset - gives[node] for node, unset in before.items()}
    return before, after


def _gives(node: NodeDefinition, settable: frozenset[Path]) -> frozenset[Path]:
    paths: set[Path] = {("data", name) for name in node.assign}
    paths.add((node.id,))
    return frozenset(paths & settable)
