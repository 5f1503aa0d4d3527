"""`gongdan work-order board`, `figures`, `forecast`: all work orders at once."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer
from rich.console import RenderableType

from cli.output import moment, state, table, tell, text
from cli.times import end, instant
from cli.verb import api
from protos.workorder.v1 import orders_pb2


class By(StrEnum):
    """What counts stand side by side."""

    ALL = "all"
    REGION = "region"
    OUTLET = "outlet"
    TEAM = "team"
    STAGE = "stage"
    DAY = "day"


_By = Annotated[By, typer.Option(help="What stands side by side")]
_Region = Annotated[str, typer.Option(metavar="CODE", help="An adcode, a zone or a macro-region")]
_Outlet = Annotated[str, typer.Option(help="Only this outlet's")]
_Team = Annotated[str, typer.Option(help="Only this team's")]


def board(
    by: _By = By.ALL,
    region: _Region = "",
    outlet: _Outlet = "",
    team: _Team = "",
    stuck: Annotated[int, typer.Option(help="So many that are stuck", min=0, max=200)] = 10,
) -> None:
    """How many stand where 看板, and which of them are stuck."""

    def shown(found: orders_pb2.Board) -> list[RenderableType]:
        counts = table(by.value, "state", "count", "overdue", title=f"{found.open_count} open")
        for each in found.counts:
            counts.add_row(each.group, state(each), str(each.count), str(each.overdue_count or ""))
        waiting = table("stuck", "title", "state", "for minutes", "usual", "overdue")
        for one in found.stuck:
            waiting.add_row(
                one.work_order.work_order_id,
                text(one.work_order.title),
                state(one.work_order),
                str(one.minutes_in_state),
                str(one.usual_minutes or ""),
                "!" if one.overdue else "",
            )
        return [counts, waiting]

    query = {**_which(by, region, outlet, team), "stuck_limit": stuck}
    tell(api().get("/work-order-board", orders_pb2.Board, **query), shown)


def figures(
    by: _By = By.ALL,
    region: _Region = "",
    outlet: _Outlet = "",
    team: _Team = "",
    since: Annotated[str, typer.Option(metavar="TIME", help="Done at or after")] = "",
    until: Annotated[str, typer.Option(metavar="TIME", help="Done before; of a day, its end")] = "",
) -> None:
    """How fast and how well work was done, beside as long a time before."""

    def shown(found: orders_pb2.ServiceFigures) -> RenderableType:
        rows = table(by.value, "done", "response", "visit", "cycle", "stars", "again", "rework")
        for name, each in (
            *((figure.group, figure) for figure in found.figures if by is not By.ALL),
            ("total", found.total),
            ("before", found.before),
        ):
            rows.add_row(
                name,
                str(each.done_count),
                _duration(each.response_seconds),
                _duration(each.visit_seconds),
                _duration(each.cycle_seconds),
                f"{each.rating_hundredths / 100:.2f}" if each.rated_count else "",
                str(each.second_visit_count),
                str(each.rework_count),
            )
        return rows

    query = {
        **_which(by, region, outlet, team),
        "done_from": since and instant(since).isoformat(),
        "done_before": until and end(until).isoformat(),
    }
    tell(api().get("/service-figures", orders_pb2.ServiceFigures, **query), shown)


def forecast(
    region: Annotated[str, typer.Option(metavar="ADCODE", help="Only there")] = "",
    days: Annotated[int, typer.Option(min=1, max=14)] = 7,
    weeks: Annotated[int, typer.Option(help="Of the past", min=1, max=12)] = 8,
) -> None:
    """The peak hours to come 高峰时段, from the same hours of the weeks before."""

    def shown(found: orders_pb2.ForecastArrivalsResponse) -> RenderableType:
        rows = table("hour", "expected", "least", "most")
        for each in found.hours:
            if each.peak:
                rows.add_row(
                    moment(each.hour_start),
                    f"{each.expected_hundredths / 100:.2f}",
                    str(each.least_count),
                    str(each.most_count),
                )
        return rows

    query = {"region_code": region, "days": days, "weeks": weeks}
    tell(api().get("/arrival-forecast", orders_pb2.ForecastArrivalsResponse, **query), shown)


def _which(by: By, region: str, outlet: str, team: str) -> dict[str, str]:
    grouping = "" if by is By.ALL else f"BOARD_GROUPING_{by.name}"
    return {"grouping": grouping, "region_code": region, "outlet_id": outlet, "team_id": team}


def _duration(seconds: int) -> str:
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours}:{minutes:02}" if seconds else ""
