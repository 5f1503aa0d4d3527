"""`gongdan work-order list` and `export`: work orders by what people know of them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.output import screen, tell
from cli.pages import everything, first_page
from cli.times import end, instant
from cli.verb import api
from cli.work_order_show import listed
from protos.workorder.v1 import workorder_pb2


class State(StrEnum):
    """The states of work orders; open are those that are not over."""

    OPEN = "open"
    CREATED = "created"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    ACCEPTED_BY_CUSTOMER = "accepted-by-customer"
    CANCELLED = "cancelled"


class Sort(StrEnum):
    """What comes first; earning: of one technician."""

    NEWEST = "newest"
    PRIORITY = "priority"
    DUE = "due"
    EARNING = "earning"


_Search = Annotated[
    str, typer.Argument(metavar="[WORDS]", help="In title, items, place, or an id or its end")
]
_State = Annotated[State | None, typer.Option(help="open: not over yet")]
_Technician = Annotated[str, typer.Option(help="Only this technician's")]
_Case = Annotated[str, typer.Option(help="Only of this case")]
_Team = Annotated[str, typer.Option(help="Only this team's")]
_Outlet = Annotated[str, typer.Option(help="Only this outlet's")]
_Customer = Annotated[str, typer.Option(help="Only for this customer")]
_Asset = Annotated[str, typer.Option(help="Only on this asset")]
_Region = Annotated[str, typer.Option(metavar="CODE", help="An adcode, a zone or a macro-region")]
_Stage = Annotated[str, typer.Option(help="presale, install or aftersale")]
_Priority = Annotated[int, typer.Option(help="1 most urgent … 5", min=0, max=5)]
_Parent = Annotated[str, typer.Option(help="Only what follows from this work order")]
_Overdue = Annotated[bool, typer.Option("--overdue", help="Only what should be done and is not")]
_Since = Annotated[str, typer.Option(metavar="TIME", help="Made at or after")]
_Until = Annotated[str, typer.Option(metavar="TIME", help="Made before; of a day, its end")]
_Sort = Annotated[Sort, typer.Option(help="What comes first")]
_All = Annotated[bool, typer.Option("--all", help="Every page, not just the first")]


def list_work_orders(
    search: _Search = "",
    state: _State = None,
    technician: _Technician = "",
    case: _Case = "",
    team: _Team = "",
    outlet: _Outlet = "",
    customer: _Customer = "",
    asset: _Asset = "",
    region: _Region = "",
    stage: _Stage = "",
    priority: _Priority = 0,
    parent: _Parent = "",
    overdue: _Overdue = False,
    since: _Since = "",
    until: _Until = "",
    sort: _Sort = Sort.NEWEST,
    all_pages: _All = False,
) -> None:
    """Work orders by any combination of filters, newest first."""
    query = {
        "text": search,
        "state": _state(state),
        "open_only": state is State.OPEN and "true",
        "technician_id": technician,
        "case_id": case,
        "team_id": team,
        "outlet_id": outlet,
        "customer_id": customer,
        "asset_id": asset,
        "region_code": region,
        "stage": stage,
        "priority": priority,
        "parent_work_order_id": parent,
        "overdue_only": overdue and "true",
        "created_from": since and instant(since).isoformat(),
        "created_before": until and end(until).isoformat(),
        "sorting": "" if sort is Sort.NEWEST else f"WORK_ORDER_SORTING_{sort.upper()}",
        "count": "true",
    }
    read = everything if all_pages else first_page
    answer = read("/work-orders", workorder_pb2.ListWorkOrdersResponse, "work_orders", query)
    tell(answer, listed)


def export(
    file: Annotated[Path, typer.Argument(help="Where to; .xlsx or .csv")],
    search: _Search = "",
    state: _State = None,
    team: _Team = "",
    outlet: _Outlet = "",
    region: _Region = "",
    stage: _Stage = "",
    since: _Since = "",
    until: _Until = "",
) -> None:
    """Work orders as a spreadsheet, with the list's own filters."""
    query = {
        "text": search,
        "state": _state(state),
        "open_only": state is State.OPEN and "true",
        "team_id": team,
        "outlet_id": outlet,
        "region_code": region,
        "stage": stage,
        "created_from": since and instant(since).isoformat(),
        "created_before": until and end(until).isoformat(),
    }
    kind = "csv" if file.suffix == ".csv" else "xlsx"
    wanted = {name: value for name, value in query.items() if value}
    file.write_bytes(api().content(f"/exports/work-orders.{kind}", **wanted))
    screen(errors=True).print(f"written: {file}")


def _state(state: State | None) -> str:
    if state is None or state is State.OPEN:
        return ""
    return f"WORK_ORDER_STATE_{state.name}"
