"""Figures as a picture in SVG: bars with their margins, in groups, one colour a flow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, Template

_TEMPLATES: Final = Path(__file__).parent / "pages" / "templates"
#: Of the picture: how wide it is, where bars begin, how long the longest is, how high each is.
_WIDTH: Final = 860
_BARS_FROM: Final = 230
_LONGEST: Final = 500
_BAR: Final = 14
_GAP: Final = 8
_HEAD: Final = 46


@dataclass(frozen=True, slots=True)
class Bar:
    """One amount.

    Attributes:
        shown: it as people read it.
        margin: how far it may be off, either way.
    """

    value: float
    shown: str
    margin: float = 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """What the bars are about; one bar for each that is compared."""

    name: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Amounts of one kind.

    Attributes:
        full: what a bar of full length is worth; 0: the greatest of them.
    """

    title: str
    rows: tuple[Row, ...]
    full: float = 0.0


@dataclass(frozen=True, slots=True)
class _Drawn:
    top: float
    width: float
    shown: str
    series: int
    margin_from: float
    margin_to: float


def plot(title: str, note: str, series: Sequence[str], charts: Sequence[Chart]) -> str:
    """Charts below each other, as SVG.

    Args:
        title: of the picture.
        note: what everybody should know who reads it.
        series: the names of what is compared, in the order of each row's bars.
    """
    top = float(_HEAD + (20 if len(series) > 1 else 0))
    panels = []
    for chart in charts:
        full = chart.full or max(
            (b.value + b.margin for r in chart.rows for b in r.bars), default=0
        )
        rows = []
        start, top = top, top + 30
        for row in chart.rows:
            bars = [_drawn(bar, n, top, full or 1.0) for n, bar in enumerate(row.bars)]
            rows.append((row.name, top + len(bars) * _BAR / 2, bars))
            top += len(bars) * _BAR + _GAP
        panels.append((chart.title, start, rows))
        top += 14
    return _template().render(
        title=title, note=note, series=list(enumerate(series)), panels=panels,
        width=_WIDTH, height=top + 6, left=_BARS_FROM, longest=_LONGEST, bar=_BAR,
    )  # fmt: skip


def _drawn(bar: Bar, number: int, top: float, full: float) -> _Drawn:
    def x(value: float) -> float:
        return round(min(max(value, 0.0), full) / full * _LONGEST, 1)

    return _Drawn(
        top=top + number * _BAR,
        width=x(bar.value),
        shown=bar.shown,
        series=number,
        margin_from=x(bar.value - bar.margin),
        margin_to=x(bar.value + bar.margin),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("plot.svg")
