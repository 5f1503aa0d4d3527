"""A flow as a picture in SVG, alone or with how far a case is."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, Template

from services.gateway.flow_map import (
    NODE_HEIGHT,
    NODE_WIDTH,
    Band,
    Box,
    FlowMap,
    Line,
    lay_out,
)
from services.gateway.ways import Way, body_of, ways
from services.gateway.words import word
from workflows.compiler.plan import Plan, PlanGraph, PlanNode

_TEMPLATES: Final = Path(__file__).parent / "pages" / "templates"
#: How high the title of what is inside a node stands.
_TITLE: Final = 34
#: How wide what is said of a line may be, in Latin letters.
_LABEL: Final = 26
#: One character that says what a node does.
_GLYPHS: Final = {
    "form": "填",
    "approval": "审",
    "confirm": "认",
    "service": "算",
    "field_work": "工",
    "wait": "等",
    "decision": "判",
    "parallel": "并",
    "for_each": "逐",
    "subflow": "子",
    "end": "终",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How one node stands in a case.

    Attributes:
        state: "done", "active" or "ahead" of one case; "hot-1" to "hot-4" where many wait.
        note: for whom or for what it waits, or when it was done.
    """

    state: str = "ahead"
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Card:
    """One node as the template draws it."""

    name: str
    full_name: str
    glyph: str
    state: str
    note: str
    short_note: str
    left: float
    top: float


@dataclass(frozen=True, slots=True)
class _Line:
    """One line as the template draws it."""

    path: str
    state: str
    label: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class _Panel:
    """A graph with its place in the picture: the flow's own, then what is inside its nodes."""

    top: float
    title: str
    map: FlowMap
    cards: list[_Card]
    lines: list[_Line]
    bands: list[tuple[Band, str]]


def svg(plan: Plan, language: str, standings: Mapping[str, Standing] | None = None) -> str:
    """The flow laid out top to bottom, and under it what is inside its nodes; with standings, how
    far a case is."""
    panels: list[_Panel] = []
    top = 0.0
    for title, graph in _graphs(plan, "", language):
        top += _TITLE if title else 0
        panel = _panel(plan, graph, title, top, language, standings or {})
        panels.append(panel)
        top += panel.map.height
    return _template().render(
        panels=panels,
        map_width=max(panel.map.width for panel in panels),
        map_height=top,
        width=NODE_WIDTH,
        height=NODE_HEIGHT,
        live=standings is not None,
        title=_named(plan.name, plan.name_en, language),
    )


def _graphs(graph: PlanGraph, title: str, language: str) -> Iterator[tuple[str, PlanGraph]]:
    yield title, graph
    for node in graph.nodes:
        body = body_of(node)
        if body is not None:
            yield from _graphs(body, _named(node.name, node.name_en, language), language)


def _panel(
    plan: Plan,
    graph: PlanGraph,
    title: str,
    top: float,
    language: str,
    where: Mapping[str, Standing],
) -> _Panel:
    drawn_ways = [way for way in ways(graph, language) if way.kind != "back"]
    targets: dict[str, list[str]] = {node.id: [] for node in graph.nodes}
    between: dict[tuple[str, str], list[Way]] = {}
    for way in drawn_ways:
        targets[way.source].append(way.target)
        between.setdefault((way.source, way.target), []).append(way)
    drawn = lay_out(graph.start, targets, {node.id: node.stage for node in graph.nodes})
    names = {stage.id: _named(stage.name, stage.name_en, language) for stage in plan.stages}
    return _Panel(
        top=top,
        title=title,
        map=drawn,
        cards=[
            _card(graph.by_id[box.node], language, where.get(box.node, Standing()), box)
            for box in drawn.boxes
        ],
        lines=[_line(line, between[line.source, line.target], where) for line in drawn.lines],
        bands=[(band, names.get(band.stage, word(band.stage, language))) for band in drawn.bands],
    )


def _line(line: Line, drawn: list[Way], where: Mapping[str, Standing]) -> _Line:
    label = _fit(" / ".join(dict.fromkeys(way.label for way in drawn if way.label)), _LABEL)
    state = _passed(where, line.source, line.target)
    kinds = {way.kind for way in drawn}
    if line.back:
        state = "back"
    elif "edge" not in kinds:
        state = "alongside" if "alongside" in kinds else "exit"
    return _Line(line.path, state, label, line.label_x, line.label_y)


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("flow_map.svg")


def _card(node: PlanNode, language: str, standing: Standing, box: Box) -> _Card:
    name = _named(node.name, node.name_en, language)
    note = standing.note or word(node.kind, language)
    return _Card(
        name=_fit(name, 18),
        full_name=name,
        glyph=_GLYPHS[node.kind],
        state=standing.state,
        note=note,
        short_note=_fit(note, 21),
        left=box.left,
        top=box.top,
    )


def _fit(text: str, columns: int) -> str:
    """The text cut to what its card holds; a Chinese character takes two columns."""
    taken = 0
    for index, character in enumerate(text):
        taken += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if taken > columns:
            return text[:index] + "…"
    return text


def _passed(standings: Mapping[str, Standing], source: str, target: str) -> str:
    """An edge was taken when the case has been on both of its ends."""
    states = [standings.get(node, Standing()).state for node in (source, target)]
    return "done" if states[0] == "done" and states[1] != "ahead" else "ahead"


def _named(chinese: str, english: str, language: str) -> str:
    return english if language == "en" and english else chinese
