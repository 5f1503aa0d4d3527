"""Many cases at once: how long people wait, which deadlines are missed, what it costs, as tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from rich.console import Group, RenderableType

from cli.api import Refused
from cli.flow_check import read
from cli.offline_calendar import calendar_from
from cli.output import table, tell_plain, text
from kit.errors import ServiceError
from services.gateway.plot import Bar
from services.gateway.shown_figures import charts_of, money, plot_of, seconds, share, time
from services.gateway.words import word
from workflows.compiler.plan import Plan
from workflows.language.reading import read_source
from workflows.simulation.figures import Figures, figures_of, in_plain_figures
from workflows.simulation.floor import live_together
from workflows.simulation.model import Assumptions

#: Where the assumptions about a flow stand, beside it.
_ASSUMPTIONS: Final = "simulation.yaml"
_BAR_COLUMNS: Final = 28


def simulate_many(
    plans: list[tuple[Path, Plan]],
    at: datetime,
    *,
    runs: int,
    seed: int | None,
    calendar: str,
    drawn: Path | None,
) -> None:
    """Simulate flows under the assumptions beside the first, and tell the figures side by side."""
    first = plans[0][0]
    assumptions = assumptions_beside(first)
    chosen: dict[str, Any] = {"cases": runs} if runs else {}
    if seed is not None:
        chosen["seed"] = seed
    assumptions = assumptions.model_copy(update=chosen)
    business = calendar_from(calendar, assumptions.starts_at or at)
    figures: list[Figures] = []
    for file, plan in plans:
        known = assumptions if file == first else _assumptions_of(file, plan, assumptions, chosen)
        try:
            figures.append(figures_of(live_together(plan, known, at, calendar=business)))
        except ServiceError as error:
            raise Refused(f"{file}: {error.message}", error.reason) from error
    names = [str(file) for file, _ in plans]
    if drawn is not None:
        try:
            drawn.write_text(plot_of(figures, names, "zh"), encoding="utf-8")
        except OSError as error:
            raise Refused(f"{drawn}: {error}", "FLOW_FILE_UNWRITABLE") from error
    plain = [in_plain_figures(each) for each in figures]
    tell_plain(plain[0] if len(plain) == 1 else plain, lambda _: Group(*_shown(figures, names)))


def _assumptions_of(
    file: Path, plan: Plan, others: Assumptions, chosen: dict[str, Any]
) -> Assumptions:
    """Those that stand beside a flow itself; else those of another, as far as they are about it."""
    own = assumptions_beside(file)
    return own.model_copy(update=chosen) if own.model_fields_set else others.about(plan)


def assumptions_beside(file: Path) -> Assumptions:
    """The assumptions that stand beside a flow; none, where there is no such file.

    Raises:
        Refused: ``SIMULATION_FILE_MALFORMED``.
    """
    beside = (file if file.is_dir() else file.parent) / _ASSUMPTIONS
    if not beside.exists():
        return Assumptions()
    try:
        return Assumptions.model_validate(read_source(read(beside)).value)
    except ValidationError as error:
        raise Refused(f"{beside}: {error}", "SIMULATION_FILE_MALFORMED") from error


def _shown(figures: list[Figures], names: list[str]) -> list[RenderableType]:
    parts: list[RenderableType] = [_overall(figures, names)]
    for chart in charts_of(figures, "zh"):
        rows = table("", *(names if len(names) > 1 else [""]), title=chart.title)
        full = chart.full or max(bar.value for row in chart.rows for bar in row.bars) or 1.0
        for row in chart.rows:
            rows.add_row(text(row.name), *(_bar(bar, full) for bar in row.bars))
        parts.append(rows)
    assumed = [f"[dim]assumed 假设：{text(each)}[/]" for each in figures[0].assumed]
    return [*parts, "\n".join(assumed)] if assumed else parts


def _overall(figures: list[Figures], names: list[str]) -> RenderableType:
    rows = table("", *names)
    lines: tuple[tuple[str, Callable[[Figures], str]], ...] = (
        ("个案 cases", lambda f: f"{f.cases}，计入 {f.counted}"),
        ("结局 ended", lambda f: "  ".join(f"{word(how)} {n}" for how, n in f.ended.items())),
        ("历时 cycle time", lambda f: time(f.lasted.mean)),
        ("　p50 / p90", lambda f: f"{seconds(f.lasted.p50)} / {seconds(f.lasted.p90)}"),
        ("有超时的个案 missed a deadline", lambda f: share(f.missed)),
        ("每个案成本 cost a case", lambda f: money(f.cost, f.cost_margin)),
    )
    for what, shown in lines:
        rows.add_row(what, *(text(shown(each)) for each in figures))
    return rows


def _bar(bar: Bar, full: float) -> str:
    filled = round(min(bar.value / full, 1.0) * _BAR_COLUMNS)
    return f"[cyan]{'█' * filled}[/][dim]{'░' * (_BAR_COLUMNS - filled)}[/] {text(bar.shown)}"
