"""`gongdan work-order`: the technician's day, from the offer to completion."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import facts, money, place, state, table, tell, text, time
from cli.times import instant
from cli.verb import api, noun, verb
from kit.clock import SystemClock
from protos.workorder.v1 import workorder_pb2

app = noun("work-order", "Work orders 工单: offers, visits, completion.")

_Id = Annotated[str, typer.Argument(metavar="WORK_ORDER")]


@verb(app, "list")
def list_work_orders(
    technician: Annotated[str, typer.Option(help="Only this technician's")] = "",
    case: Annotated[str, typer.Option(help="Only of this case")] = "",
) -> None:
    """Work orders, newest first."""

    def shown(answer: workorder_pb2.ListWorkOrdersResponse) -> RenderableType:
        rows = table("work order", "title", "state", "technician", "appointment", "amount")
        for order in answer.work_orders:
            rows.add_row(
                order.work_order_id,
                text(order.title),
                state(order),
                order.technician_id or order.offer.technician_id,
                _window(order),
                money(order.offer.earning_total),
            )
        return rows

    query = {"technician_id": technician, "case_id": case}
    tell(api().get("/work-orders", workorder_pb2.ListWorkOrdersResponse, **query), shown)


@verb(app)
def show(work_order: _Id) -> None:
    """One work order."""
    tell(api().get(f"/work-orders/{part(work_order)}", workorder_pb2.WorkOrder), card)


@verb(app)
def accept(work_order: _Id) -> None:
    """Accept the offer 接单."""
    _act(work_order, "accept")


@verb(app)
def decline(
    work_order: _Id,
    reason: Annotated[str, typer.Option(help="Why, for the dispatcher")] = "not available",
) -> None:
    """Decline the offer 拒单; it goes to the next candidate."""
    _act(work_order, "decline", comment=reason)


@verb(app)
def schedule(
    work_order: _Id,
    start: Annotated[str, typer.Option(help="2026-03-02T09:00, Shanghai time; default: now")] = "",
    hours: Annotated[float, typer.Option(help="How long the window is", min=0.25)] = 2.0,
) -> None:
    """Make the appointment 预约."""
    begin = instant(start) if start else SystemClock().now()
    _act(
        work_order,
        "schedule",
        window_start=begin.isoformat(),
        window_end=(begin + timedelta(hours=hours)).isoformat(),
    )


@verb(app, "check-in")
def check_in(work_order: _Id) -> None:
    """The technician is on site 签到."""
    _act(work_order, "check-in")


@verb(app)
def complete(
    work_order: _Id,
    code: Annotated[str, typer.Option(help="The six digits that the customer tells")],
    summary: Annotated[str, typer.Option(help="What was done")] = "done",
) -> None:
    """The work is done 完工, with the customer's completion code."""
    _act(work_order, "complete", completion_code=code, summary=summary)


def card(order: workorder_pb2.WorkOrder) -> list[RenderableType]:
    """A work order as its technician needs it."""
    lines = table("item", "name", "quantity")
    for line in order.lines:
        lines.add_row(line.item_code, text(line.name), str(line.quantity))
    head = facts(
        ("work order", order.work_order_id),
        ("title", text(order.title)),
        ("state", state(order)),
        ("case", order.case_id),
        ("place", place(order.place)),
        ("floor", str(order.floor or "")),
        ("notes", text(order.notes)),
        ("technician", order.technician_id or order.offer.technician_id),
        ("earning", money(order.offer.earning_total)),
        ("offer until", time(order.offer.expires_at)),
        ("appointment", _window(order)),
        ("checked in", time(order.checked_in_at)),
        ("completed", time(order.completed_at)),
        ("rating", "★" * order.rating),
        ("completion code", order.completion_code),
        ("cancelled", text(order.cancel_reason)),
    )
    return [head, lines]


def _act(work_order: str, what: str, *, comment: str = "", **form: str) -> None:
    """Act in the field, and show what became of the work order."""
    path = f"/work-orders/{part(work_order)}"
    api().change("POST", f"{path}/{what}", {"form": form, "comment": comment})
    tell(api().get(path, workorder_pb2.WorkOrder), card)


def _window(order: workorder_pb2.WorkOrder) -> str:
    start, end = time(order.appointment.window_start), time(order.appointment.window_end)
    return f"{start[:-3]} – {end[6:-3]}" if start else ""
