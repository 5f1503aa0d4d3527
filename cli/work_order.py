"""`gongdan work-order`: the technician's day from the offer to completion, and the desk."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from cli import (
    work_order_board,
    work_order_desk,
    work_order_file,
    work_order_list,
    work_order_rules,
)
from cli.api import part
from cli.output import tell
from cli.times import instant
from cli.verb import api, noun, verb
from cli.work_order_show import card
from kit.clock import SystemClock
from protos.workorder.v1 import workorder_pb2

app = noun(
    "work-order",
    "Work orders 工单: offers, visits, completion; lists, templates, hand-overs, boards.",
)
verb(app, "import")(work_order_file.import_file)

_Id = Annotated[str, typer.Argument(metavar="WORK_ORDER")]


for _name, _verb in (
    ("list", work_order_list.list_work_orders),
    ("export", work_order_list.export),
    ("create", work_order_desk.create),
    ("change", work_order_desk.change),
    ("priority", work_order_desk.priority),
    ("link", work_order_desk.link),
    ("crew", work_order_desk.crew),
    ("release", work_order_desk.release),
    ("cancel", work_order_desk.cancel),
    ("hand-over", work_order_desk.hand_over),
    ("answer", work_order_desk.answer),
    ("hand-overs", work_order_desk.hand_overs),
    ("changes", work_order_desk.changes),
    ("suggest", work_order_desk.suggest),
    ("board", work_order_board.board),
    ("figures", work_order_board.figures),
    ("forecast", work_order_board.forecast),
    ("templates", work_order_rules.templates),
    ("put-template", work_order_rules.put_template),
    ("rules", work_order_rules.rules),
    ("put-rules", work_order_rules.put_rules),
):
    verb(app, _name)(_verb)


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


def _act(work_order: str, what: str, *, comment: str = "", **form: str) -> None:
    """Act in the field, and show what became of the work order."""
    path = f"/work-orders/{part(work_order)}"
    api().change("POST", f"{path}/{what}", {"form": form, "comment": comment})
    tell(api().get(path, workorder_pb2.WorkOrder), card)
