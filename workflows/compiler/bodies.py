"""Going into bodies: what they can read, and what their nodes leave behind.

The type of a body's result follows from expressions that are checked at its end, so bodies are gone
into in the order in which a case comes to them.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from workflows.compiler.context import BodyContext, Context, Flow
from workflows.compiler.drawing import Drawing
from workflows.compiler.form_entries import Forms
from workflows.compiler.plan import Code
from workflows.compiler.report import Spot
from workflows.compiler.results import leaves_something, result_type
from workflows.compiler.scopes import CASE, Scopes, build_scopes
from workflows.language.expression import check_expression
from workflows.language.fields import record_of
from workflows.language.nodes import ForEach, NodeDefinition, Subflow
from workflows.language.typed import Finding, Scope
from workflows.language.types import SCALARS, UNKNOWN, Field, ListOf, Record, Type

#: Every root that can be read in a graph and its type; those around it come after its own.
Roots: TypeAlias = ChainMap[str, Type]

#: Under which name a for_each leaves what its runs left behind.
RESULTS: Final = "results"


def enter_flow(flow: Flow, drawing: Drawing) -> Context:
    """The context of a flow's own graph, with those of its bodies inside."""
    header = flow.header
    data = tuple(Field(v.id, SCALARS[v.type]) for v in header.data)
    roots: Roots = ChainMap(
        {
            "inputs": record_of(header.inputs, "inputs"),
            "case": CASE,
            "data": Record(data, "data"),
            **_results(flow, drawing, {}),
        }
    )
    settable = [("data", variable.id) for variable in header.data if variable.default is None]
    return _enter(flow, drawing, roots, build_scopes(drawing, roots, settable), {})


def _results(flow: Flow, drawing: Drawing, around: Mapping[str, NodeDefinition]) -> dict[str, Type]:
    own = [node for node, _ in drawing.draft.nodes]
    forms = Forms.of(flow.header.inputs, (*around.values(), *own))
    types = {
        node.id: result_type(node, forms, flow.catalog, flow.library)
        for node in own
        if leaves_something(node)
    }
    return types | dict.fromkeys(sorted(drawing.draft.broken), UNKNOWN)


def _enter(
    flow: Flow,
    drawing: Drawing,
    roots: Roots,
    scopes: Scopes,
    around: Mapping[str, NodeDefinition],
) -> Context:
    """Go into the bodies of a graph's nodes; the types of their results come into ``roots``."""
    nodes = {**around, **{node.id: node for node, _ in drawing.draft.nodes}}
    bodies: dict[str, BodyContext] = {}
    ahead = _with_bodies(drawing)
    while ahead:
        node, spot = ahead[0]
        body = _Body(flow, node, spot, roots, scopes, frozenset(n.id for n, _ in ahead))
        bodies[node.id] = body.enter(drawing.bodies[node.id], nodes)
        if leaves_something(node):
            roots[node.id] = bodies[node.id].result
        del ahead[0]
    forms = Forms.of(flow.header.inputs, nodes.values())
    return Context(flow, drawing, nodes, forms, scopes, bodies)


def _with_bodies(drawing: Drawing) -> list[tuple[ForEach | Subflow, Spot]]:
    """The nodes with bodies, in the order in which a case comes to them where that is known."""
    order = drawing.graph.forward_order if drawing.graph else ()
    position = {name: index for index, name in enumerate(order)}
    found = [
        (node, spot)
        for node, spot in drawing.draft.nodes
        if node.id in drawing.bodies
        and (isinstance(node, ForEach) or (isinstance(node, Subflow) and node.flow is None))
    ]
    return sorted(found, key=lambda pair: position.get(pair[0].id, 0))


@dataclass(frozen=True, slots=True)
class _Body:
    """A body about to be gone into.

    Attributes:
        roots: what can be read around it.
        ahead: the nodes whose results have no type yet, this one included.
    """

    flow: Flow
    node: ForEach | Subflow
    spot: Spot
    roots: Roots
    scopes: Scopes
    ahead: frozenset[str]

    def enter(self, drawing: Drawing, around: Mapping[str, NodeDefinition]) -> BodyContext:
        """Its context, and what it leaves behind."""
        items, element = self._items()
        own: dict[str, Type] = {**element, **_results(self.flow, drawing, around)}
        roots = self.roots.new_child(own)
        unset = (self.scopes.paths, self.scopes.before.get(self.node.id, 0))
        context = _enter(self.flow, drawing, roots, build_scopes(drawing, roots, (), unset), around)
        leaves: list[tuple[str, Code]] = []
        fields: list[Field] = []
        for name, text, place in self._written():
            found = self._inferred(text, context.scopes.ending, place)
            if found is not None:
                leaves.append((name, found[0]))
            kind = found[1] if found else UNKNOWN
            fields.append(Field(name, ListOf(kind) if isinstance(self.node, ForEach) else kind))
        return BodyContext(context, items, tuple(leaves), Record(tuple(fields), self.node.id))

    def _items(self) -> tuple[Code | None, dict[str, Type]]:
        """The list of a for_each, and its element as a root."""
        if isinstance(self.node, Subflow):
            return None, {}
        spot = self.spot / "items"
        element: dict[str, Type] = {self.node.element: UNKNOWN}
        if not isinstance(self.node.items, str) or not self.node.items.startswith("="):
            self.flow.report.error(
                "FLOW_FOR_EACH_ITEMS",
                "the items are a list that is computed",
                spot,
                "begin with =, as in =intake.rooms or =[1, 2, 3]",
            )
            return None, element
        found = self._inferred(self.node.items[1:], self.scopes.entering(self.node.id), spot)
        if found is None:
            return None, element
        if not isinstance(found[1], ListOf):
            self.flow.report.error(
                "FLOW_FOR_EACH_ITEMS", f"the items are no list, but {found[1]}", spot
            )
            return None, element
        items = found[0].model_copy(update={"source": self.node.items})
        return items, {self.node.element: found[1].item}

    def _written(self) -> list[tuple[str, str, Spot]]:
        """The expressions computed at the body's end, by the name under which they are left."""
        if isinstance(self.node, ForEach):
            collect = self.node.collect
            return [] if collect is None else [(RESULTS, collect, self.spot / "collect")]
        return [
            (name, text, self.spot / "output" / name) for name, text in self.node.output.items()
        ]

    def _inferred(self, text: str, scope: Scope, spot: Spot) -> tuple[Code, Type] | None:
        """An expression whose type is what it gives, so it reads nothing that has no type yet."""
        known = {name: kind for name, kind in scope.variables.items() if name not in self.ahead}
        checked, findings = check_expression(text, Scope(known, scope.unset))
        self.flow.report.findings((self._told(found, text) for found in findings), spot)
        if checked is None or checked.type == UNKNOWN:
            return None
        return Code(source=text, code=checked.json_code), checked.type

    def _told(self, found: Finding, text: str) -> Finding:
        later = (name for name in sorted(self.ahead) if text.startswith(name, found.offset))
        if found.code != "FLOW_VARIABLE_UNKNOWN" or (name := next(later, None)) is None:
            return found
        return Finding(
            "FLOW_EXPRESSION_TYPE",
            f"{name!r} leaves something behind only later, so this has no type yet",
            "keep it in a variable of the flow",
            found.offset,
        )
