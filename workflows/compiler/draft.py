"""From a document to its well-formed parts, with a diagnostic for each part that is not.

One malformed node does not hide what is wrong with the others: each part is read by itself, and the
ids of malformed nodes stay known, so that edges to them are not called dangling.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from workflows.compiler.report import Report, Spot
from workflows.language.model import FlowHeader
from workflows.language.nearest import did_you_mean
from workflows.language.nodes import KINDS, Edge, NodeDefinition
from workflows.language.reading import Source

_T = TypeVar("_T")
_NODE: Final[TypeAdapter[NodeDefinition]] = TypeAdapter(NodeDefinition)
_EDGE: Final[TypeAdapter[Edge]] = TypeAdapter(Edge)
_MODELS: Final[dict[str, type[BaseModel]]] = {
    get_args(model.model_fields["kind"].annotation)[0]: model
    for model in get_args(get_args(NodeDefinition)[0])
}
_MAX_PARTS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Draft:
    """What could be read.

    Attributes:
        header: what stands above nodes and edges; None when it is malformed.
        nodes: the well-formed nodes with their places.
        broken: the ids of the malformed ones.
        edges: the well-formed edges with their places.
        whole: nothing was malformed.
    """

    header: FlowHeader | None
    nodes: tuple[tuple[NodeDefinition, Spot], ...]
    broken: frozenset[str]
    edges: tuple[tuple[Edge, Spot], ...]
    whole: bool


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
        return Draft(None, (), frozenset(), (), whole=False)
    header = _read_header(document, report)
    raw_nodes = list(_elements(document, "nodes", report))
    nodes: list[tuple[NodeDefinition, Spot]] = []
    broken: set[str] = set()
    for index, raw in raw_nodes:
        node_id = raw.get("id") if isinstance(raw, dict) else None
        spot = Spot(node_id if isinstance(node_id, str) else "", ("nodes", index), 2)
        node = _read(_NODE, raw, report, spot)
        if node is not None:
            nodes.append((node, spot))
        elif isinstance(node_id, str):
            broken.add(node_id)
    raw_edges = list(_elements(document, "edges", report))
    edges = []
    for index, raw in raw_edges:
        spot = Spot("", ("edges", index))
        edge = _read(_EDGE, raw, report, spot)
        if edge is not None:
            edges.append((edge, spot))
    whole = len(nodes) == len(raw_nodes) and len(edges) == len(raw_edges)
    return Draft(
        header, tuple(nodes), frozenset(broken), tuple(edges), whole and header is not None
    )


def _elements(document: dict[str, Any], key: str, report: Report) -> Iterator[tuple[int, Any]]:
    spot = Spot(place=(key,))
    if key not in document:
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


def _read_header(document: dict[str, Any], report: Report) -> FlowHeader | None:
    raw = {key: value for key, value in document.items() if key not in ("nodes", "edges")}
    try:
        return FlowHeader.model_validate(raw)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            _tell(details, details["loc"], raw, FlowHeader, report, Spot())
    return None


def _read(adapter: TypeAdapter[_T], raw: Any, report: Report, spot: Spot) -> _T | None:
    try:
        return adapter.validate_python(raw)
    except ValidationError as error:
        for details in error.errors(include_url=False):
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
