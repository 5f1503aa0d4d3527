"""The figures of a simulation as people read them, alone or beside another flow's: the charts of its
plot, and the same in rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final, TypeVar

from kit.money import Money
from services.gateway.plot import Bar, Chart, Row, plot
from workflows.simulation.figures import Estimate, Figures, NodeFigures, RoleFigures

Part = TypeVar("Part", NodeFigures, RoleFigures)
_CURRENCY: Final = "CNY"


def plot_of(figures: Sequence[Figures], names: Sequence[str], language: str) -> str:
    """The figures as an SVG picture; several are drawn side by side."""
    first = figures[0]
    counted = ", ".join(str(each.counted) for each in figures)
    title = {"zh": "流程仿真", "en": "Simulation"}[language]
    note = {
        "zh": f"计入 {counted} 个个案；细线为 95% 置信区间",
        "en": f"{counted} cases counted; the thin line is the 95 % confidence interval",
    }[language]
    return plot(f"{title} {first.flow}", note, names, charts_of(figures, language))


def charts_of(figures: Sequence[Figures], language: str) -> list[Chart]:
    """Deadlines missed, waiting, queues, how busy people are, cost."""
    nodes = [[(each.node, each) for each in one.nodes] for one in figures]
    roles = [[(each.role, each) for each in one.roles] for one in figures]
    return [
        chart
        for chart in (
            _chart(_say("超时率：响应", "Respond deadline missed", language), nodes, _respond, language, 1),
            _chart(_say("超时率：完成", "Complete deadline missed", language), nodes, _complete, language, 1),
            _chart(_say("等待时间（平均）", "Waiting, mean", language), nodes, _waiting, language),
            _chart(_say("排队件数（平均）", "Queue, mean", language), nodes, _queue, language),
            _chart(_say("人员利用率", "Utilisation", language), roles, _utilisation, language, 1),
            _chart(_say("每个案成本", "Cost a case", language), nodes, _cost, language),
        )
        if chart.rows
    ]  # fmt: skip


def _say(chinese: str, english: str, language: str) -> str:
    return english if language == "en" else chinese


def _chart(
    title: str,
    series: Sequence[Sequence[tuple[str, Part]]],
    bar: Callable[[Part], Bar | None],
    language: str,
    full: float = 0.0,
) -> Chart:
    """A row for each node or role that has a bar in any of what is compared."""
    found = [dict(parts) for parts in series]
    rows = []
    for id in dict.fromkeys(id for parts in series for id, _ in parts):
        bars = [bar(parts[id]) if id in parts else None for parts in found]
        if any(drawn is not None for drawn in bars):
            named = next(parts[id] for parts in found if id in parts)
            name = named.name_en if language == "en" and named.name_en else named.name
            rows.append(Row(name, tuple(drawn or Bar(0, "–") for drawn in bars)))
    return Chart(title, tuple(rows), full)


def _respond(node: NodeFigures) -> Bar | None:
    return _share(node.respond_missed)


def _complete(node: NodeFigures) -> Bar | None:
    return _share(node.complete_missed)


def _share(missed: Estimate | None) -> Bar | None:
    return None if missed is None else Bar(missed.mean, share(missed), missed.margin or 0)


def _waiting(node: NodeFigures) -> Bar | None:
    mean = node.waited.mean
    return Bar(mean.mean, time(mean), mean.margin or 0) if node.waited.most else None


def _queue(node: NodeFigures) -> Bar | None:
    if not node.waited.most:
        return None
    return Bar(node.queue, f"{node.queue:.2f}（≤ {node.queue_most}）")


def _utilisation(role: RoleFigures) -> Bar | None:
    return Bar(role.utilisation, f"{role.utilisation:.0%} × {role.people}")


def _cost(node: NodeFigures) -> Bar | None:
    return Bar(node.cost, money(node.cost)) if node.cost else None


def share(part: Estimate) -> str:
    """A share in percent."""
    margin = "" if part.margin is None else f" ± {part.margin * 100:.1f}"
    return f"{part.mean * 100:.1f}{margin}%"


def time(lasted: Estimate) -> str:
    """A mean time with its margin."""
    return seconds(lasted.mean) + ("" if lasted.margin is None else f" ± {seconds(lasted.margin)}")


def seconds(count: float) -> str:
    """A time as people say it, to two places: ``2d 03h``, ``3h 20m``, ``12m``, ``40s``."""
    minutes, rest = divmod(round(timedelta(seconds=count).total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}d {hours:02d}h"
    if hours:
        return f"{hours}h {minutes:02d}m"
    return f"{minutes}m" if minutes else f"{rest}s"


def money(fen: int, margin: int | None = None) -> str:
    """An amount with its margin."""
    amount = str(Money(_CURRENCY, fen))
    return amount if margin is None else f"{amount} ± {Money(_CURRENCY, margin)}"
