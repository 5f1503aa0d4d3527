"""From a document to its well-formed parts, with a diagnostic for each part that is not.

One malformed node does not hide what is wrong with the others: each part is read by itself, and the
ids of malformed nodes stay known, so that edges to them are not called dangling. The body of a node
is read like the flow around it, part by part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from workflows.compiler.report import Report, Spot
from workflows.language.fields import Identifier, Part
from workflows.language.model import FlowHeader
from workflows.language.nearest import did_you_mean
from workflows.language.nodes import KINDS, Edge, NodeDefinition
from workflows.language.reading import Place, Source

_T = TypeVar("_T")
_Header = TypeVar("_Header", bound=Part)
_NODE: Final[TypeAdapter[NodeDefinition]] = TypeAdapter(NodeDefinition)
_EDGE: Final[TypeAdapter[Edge]] = TypeAdapter(Edge)
_MODELS: Final[dict[str, type[BaseModel]]] = {
    get_args(model.model_fields["kind"].annotation)[0]: model
    for model in get_args(get_args(NodeDefinition)[0])
}
_WITH_BODY: Final = ("for_each", "subflow")
_NO_BODY: Final = {"start": "nowhere", "nodes": []}
_MAX_PARTS: Final = 2_000
#: Of one part no more are told: it was not meant to be one.
_MOST_MISTAKES: Final = 50


@dataclass(frozen=True, slots=True)
class GraphDraft:
    """What could be read of a graph: the flow's own, or a body's.

    Attributes:
        start: the node where a token begins; empty when that could not be read.
        spot: where the graph stands: the document, or the key ``body`` of a node.
        nodes: the well-formed nodes with their places. The bodies among them are empty: what they
            hold is in ``bodies``.
        broken: the ids of the malformed ones.
        edges: the well-formed edges with their places.
        bodies: the graphs inside nodes, by node.
        whole: nothing was malformed here; a body answers for itself.
    """

    start: str = ""
    spot: Spot = field(default_factory=Spot)
    nodes: tuple[tuple[NodeDefinition, Spot], ...] = ()
    broken: frozenset[str] = frozenset()
    edges: tuple[tuple[Edge, Spot], ...] = ()
    bodies: Mapping[str, GraphDraft] = field(default_factory=dict)
    whole: bool = False

    @property
    def ids(self) -> list[str]:
        """The ids of all its nodes, malformed ones included."""
        return [*(node.id for node, _ in self.nodes), *sorted(self.broken)]

    def all_graphs(self) -> Iterator[GraphDraft]:
        """This graph and those inside it."""
        yield self
        for body in self.bodies.values():
            yield from body.all_graphs()


@dataclass(frozen=True, slots=True)
class Draft:
    """What could be read of a flow; ``header`` is None when it is malformed."""

    header: FlowHeader | None
    graph: GraphDraft

    @property
    def whole(self) -> bool:
        """Nothing was malformed."""
        return self.header is not None and all(graph.whole for graph in self.graph.all_graphs())


class _BodyHeader(Part):
    """What stands beside the nodes and edges of a body."""

    start: Identifier


def read_draft(source: Source, report: Report) -> Draft:
    """Read what can be read; report the rest."""
    for problem in source.problems:
        spot = Spot(place=problem.place)
        report.error(problem.code, problem.message, spot, problem.hint, line=problem.line)
    document = source.value
    if not isinstance(document, dict):
        if not source.problems:
            report.error(
                "FLOW_SOURCE_SYNTAX", "the document is no flow", Spot(), "start with code:"
            )
        return Draft(None, GraphDraft())
    header = _read_header(FlowHeader, document, report, Spot())
    return Draft(header, _read_graph(document, header.start if header else "", report, Spot()))


def _read_graph(document: dict[str, Any], start: str, report: Report, spot: Spot) -> GraphDraft:
    raw_nodes = list(_elements(document, "nodes", report, spot))
    nodes: list[tuple[NodeDefinition, Spot]] = []
    broken: set[str] = set()
    bodies: dict[str, GraphDraft] = {}
    for index, raw in raw_nodes:
        node_id = raw.get("id") if isinstance(raw, dict) else None
        place: Place = (*spot.place, "nodes", index)
        at = Spot(node_id if isinstance(node_id, str) else "", place, len(place))
        flat = raw
        if isinstance(raw, dict) and raw.get("kind") in _WITH_BODY and "body" in raw:
            bodies[at.node] = _read_body(raw["body"], report, at / "body")
            flat = {**raw, "body": _NO_BODY}
        node = _read(_NODE, flat, report, at)
        if node is not None:
            nodes.append((node, at))
        elif isinstance(node_id, str):
            broken.add(node_id)
    raw_edges = list(_elements(document, "edges", report, spot))
    edges = []
    for index, raw in raw_edges:
        at = spot / "edges" / index
        edge = _read(_EDGE, raw, report, at)
        if edge is not None:
            edges.append((edge, at))
    whole = len(nodes) == len(raw_nodes) and len(edges) == len(raw_edges) and bool(start)
    return GraphDraft(start, spot, tuple(nodes), frozenset(broken), tuple(edges), bodies, whole)


def _read_body(raw: Any, report: Report, spot: Spot) -> GraphDraft:
    if not isinstance(raw, dict):
        report.error("FLOW_VALUE_INVALID", "'body' must be a map", spot, "start, nodes and edges")
        return GraphDraft(spot=spot)
    header = _read_header(_BodyHeader, raw, report, spot)
    return _read_graph(raw, header.start if header else "", report, spot)


def _elements(
    document: dict[str, Any], key: str, report: Report, around: Spot
) -> Iterator[tuple[int, Any]]:
    spot = around / key
    if key not in document:
        if key == "nodes" or not around.place:  # a body of one node has no edges
            report.error("FLOW_KEY_MISSING", f"{key!r} is missing", spot, f"list the {key}")
        return
    elements = document[key]
    if not isinstance(elements, list):
        report.error("FLOW_VALUE_INVALID", f"{key!r} must be a list", spot)
        return
    if len(elements) > _MAX_PARTS:
        report.error(
            "FLOW_SOURCE_TOO_BIG", f"a flow may have {_MAX_PARTS} {key}", spot, "use subflows"
        )
        return
    yield from enumerate(elements)


def _read_header(
    model: type[_Header], document: dict[str, Any], report: Report, spot: Spot
) -> _Header | None:
    raw = {key: value for key, value in document.items() if key not in ("nodes", "edges")}
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        for details in error.errors(include_url=False)[:_MOST_MISTAKES]:
            _tell(details, details["loc"], raw, model, report, spot)
    return None


def _read(adapter: TypeAdapter[_T], raw: Any, report: Report, spot: Spot) -> _T | None:
    try:
        return adapter.validate_python(raw)
    except ValidationError as error:
        for details in error.errors(include_url=False)[:_MOST_MISTAKES]:
            loc: tuple[str | int, ...] = details["loc"]
            model: type[BaseModel] = Edge
            if adapter is _NODE:
                # The first step is the kind, as the discriminated union names it.
                model = _MODELS.get(str(loc[0]), Edge) if loc else Edge
                loc = loc[1:]
            _tell(details, loc, raw, model, report, spot)
    return None


def _tell(
    details: ErrorDetails,
    loc: tuple[str | int, ...],
    raw: Any,
    model: type[BaseModel],
    report: Report,
    spot: Spot,
) -> None:
    where, last = _locate(loc, raw, spot)
    match details["type"]:
        case "union_tag_invalid":
            kind = str(details["input"].get("kind"))
            report.error(
                "FLOW_NODE_KIND_UNKNOWN",
                f"there is no node kind {kind!r}",
                spot / "kind",
                did_you_mean(kind, KINDS),
            )
        case "union_tag_not_found":
            report.error(
                "FLOW_KEY_MISSING", "'kind' is missing", spot, f"one of {', '.join(KINDS)}"
            )
        case "missing":
            report.error("FLOW_KEY_MISSING", f"{last!r} is missing", where)
        case "extra_forbidden":
            hint = did_you_mean(str(last), _known_keys(model, loc))
            if not str(last).isidentifier():
                hint = "if this is the rest of an expression, put the whole of it in quotes"
            report.error("FLOW_KEY_UNKNOWN", f"there is no key {last!r}", where, hint)
        case _:
            report.error("FLOW_VALUE_INVALID", _plain(details), where)


def _locate(loc: tuple[str | int, ...], raw: Any, spot: Spot) -> tuple[Spot, str | int]:
    """The place an error is about; steps that only name a union's member are left out."""
    for index, step in enumerate(loc):
        here = isinstance(raw, dict) and step in raw
        there = isinstance(raw, list) and isinstance(step, int) and 0 <= step < len(raw)
        if here or there:
            raw = raw[step]
            spot = spot / step
        elif index == len(loc) - 1 and isinstance(raw, dict):
            return spot / step, step
    return spot, spot.place[-1] if spot.place else ""


def _plain(details: ErrorDetails) -> str:
    message = details["msg"]
    if details["type"] == "string_pattern_mismatch":
        message = "is not written as it must be: " + str(details.get("ctx", {}).get("pattern"))
    shown = repr(details["input"])
    return f"{shown if len(shown) <= 60 else shown[:57] + '…'}: {message}"


def _known_keys(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    models = [model]
    for step in loc[:-1]:
        if isinstance(step, int):
            continue
        inner = [
            part
            for candidate in models
            for name, field in candidate.model_fields.items()
            if step in (name, field.alias)
            for part in _models_in(field.annotation)
        ]
        models = inner or models
    return [
        field.alias or name
        for candidate in models
        for name, field in candidate.model_fields.items()
    ]


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
