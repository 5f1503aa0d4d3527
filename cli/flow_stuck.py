"""`gongdan flow stuck`: where a flow's cases wait, how long and on whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import facts, table, tell, text, time
from cli.verb import api
from protos.cases.v1 import reports_pb2
from services.gateway.durations import lasting
from services.gateway.words import word


def stuck(
    flow: Annotated[str, typer.Argument(metavar="FLOW")],
    version: Annotated[int, typer.Option(help="Default: every version", min=0)] = 0,
    days: Annotated[int, typer.Option(help="Of the past, for how long a node takes", min=1)] = 30,
) -> None:
    """Where the open cases of a flow wait 堵点: how many, how long, on whom; the worst first."""
    path = f"/flows/{part(flow)}/stuck-points"
    report = api().get(path, reports_pb2.StuckPoints, flow_version=version, days=days)
    tell(report, _report)


def _report(report: reports_pb2.StuckPoints) -> list[RenderableType]:
    head = facts(
        ("flow", f"{report.flow_code} v{report.flow_version or '*'}"),
        ("at", time(report.at)),
        ("open cases", str(report.open_case_count)),
        ("at an incident", str(report.incident_count) if report.incident_count else ""),
        ("past", f"{report.past_case_count} cases of the last {report.days} days"),
    )
    rows = table(
        "node", "title", "cases", "median", "p90", "longest", "overdue", "paused", "retrying",
        "charged to", "on whom", "took lately",
    )  # fmt: skip
    for point in report.points:
        here = point.standing
        rows.add_row(
            point.node,
            text(point.title),
            str(here.count or ""),
            lasting(here.median_seconds) if here.count else "",
            lasting(here.p90_seconds) if here.count else "",
            lasting(here.longest_seconds) if here.count else "",
            _share(point.overdue_count, point.user_task_count),
            str(point.paused_count or ""),
            str(point.retried_call_count or ""),
            _named(point.parties),
            _named(point.people),
            f"{lasting(point.past.median_seconds)} × {point.past.count}"
            if point.past.count
            else "",
        )
    return [head, rows]


def _share(part_: int, whole: int) -> str:
    return f"[red]{part_}[/] ({part_ * 100 // whole}%)" if part_ else ""


def _named(waiting: Iterable[reports_pb2.WaitingOn]) -> str:
    return text(", ".join(f"{word(each.name)} {each.user_task_count}" for each in waiting))
