"""`gongdan stock core`: old parts that have to come back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import moment, state, table, tell, text
from cli.pages import first_page
from cli.verb import api, noun, verb
from protos.workorder.v1 import part_pb2

app = noun("core", "Old parts 旧件返还.")

_Id = Annotated[str, typer.Argument(metavar="CORE_RETURN")]


@verb(app, "list")
def list_cores(
    wanted: Annotated[str, typer.Option("--state", help="owed, received, waived, void")] = "",
    person: Annotated[str, typer.Option(help="Owed by this technician")] = "",
    work_order: Annotated[str, typer.Option("--work-order", help="Only of this one")] = "",
    overdue: Annotated[bool, typer.Option("--overdue", help="Owed and due")] = False,
) -> None:
    """Old parts, the newest first."""
    query = {
        "state": f"CORE_RETURN_STATE_{wanted.upper()}" if wanted else "",
        "owed_by_person_id": person,
        "work_order_id": work_order,
        "overdue": "true" if overdue else "",
    }
    found = first_page("/core-returns", part_pb2.ListCoreReturnsResponse, "core_returns", query)
    tell(found, lambda answer: _cores(answer.core_returns))


@verb(app)
def receive(
    core: _Id,
    room: Annotated[str, typer.Argument(metavar="STOCKROOM", help="One for old parts")],
    quantity: Annotated[int, typer.Option(help="All that is owed")] = 0,
    note: Annotated[str, typer.Option(help="What state they are in")] = "",
) -> None:
    """They came back."""
    body = {"stockroom_id": room, "quantity": quantity, "note": note}
    made = api().send("POST", f"/core-returns/{part(core)}/receive", part_pb2.CoreReturn, body)
    tell(made, lambda answer: _cores([answer]))


@verb(app)
def waive(core: _Id, reason: Annotated[str, typer.Option(help="Why")]) -> None:
    """They will not come back."""
    path = f"/core-returns/{part(core)}/waive"
    made = api().send("POST", path, part_pb2.CoreReturn, {"reason": reason})
    tell(made, lambda answer: _cores([answer]))


def _cores(cores: Iterable[part_pb2.CoreReturn]) -> RenderableType:
    rows = table("core return", "state", "item", "back", "owed by", "work order", "due", "note")
    for each in cores:
        due = moment(each.due_at)
        rows.add_row(
            each.core_return_id,
            state(each),
            each.item_code,
            f"{each.received_quantity}/{each.quantity}",
            each.owed_by_person_id,
            each.work_order_id,
            f"[red]{due}[/]" if each.overdue else due,
            text(each.note),
        )
    return rows
