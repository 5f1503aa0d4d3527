"""A flow as a picture in SVG, alone or with how far a case is."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, Template

from services.gateway.flow_map import NODE_HEIGHT, NODE_WIDTH, lay_out
from services.gateway.words import word
from workflows.compiler.plan import Plan, PlanNode

_TEMPLATES: Final = Path(__file__).parent / "pages" / "templates"
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
        state: "done", "active" or "ahead".
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
class _Edge:
    path: str
    state: str


def svg(plan: Plan, language: str, standings: Mapping[str, Standing] | None = None) -> str:
    """The flow laid out top to bottom; with standings, how far a case is."""
    where = standings or {}
    edges = {node.id: [edge.to for edge in node.next] for node in plan.nodes}
    drawn = lay_out(plan.start, edges, {node.id: node.stage for node in plan.nodes})
    cards = [
        _card(plan.by_id[box.node], language, where.get(box.node, Standing()), box.left, box.top)
        for box in drawn.boxes
    ]
    lines = [
        _Edge(line.path, "back" if line.back else _passed(where, line.source, line.target))
        for line in drawn.lines
    ]
    names = {stage.id: _named(stage.name, stage.name_en, language) for stage in plan.stages}
    return _template().render(
        map=drawn,
        cards=cards,
        lines=lines,
        bands=[(band, names.get(band.stage, word(band.stage, language))) for band in drawn.bands],
        width=NODE_WIDTH,
        height=NODE_HEIGHT,
        live=standings is not None,
        title=_named(plan.name, plan.name_en, language),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("flow_map.svg")


def _card(node: PlanNode, language: str, standing: Standing, left: float, top: float) -> _Card:
    name = _named(node.name, node.name_en, language)
    note = standing.note or word(node.kind, language)
    return _Card(
        name=_fit(name, 18),
        full_name=name,
        glyph=_GLYPHS[node.kind],
        state=standing.state,
        note=note,
        short_note=_fit(note, 21),
        left=left,
        top=top,
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
