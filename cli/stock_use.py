"""`gongdan stock use`: parts used on work orders, and what they have cost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import moment, money, table, tell, text
from cli.pages import first_page
from cli.stock_lines import Lines, lines_of
from cli.verb import api, noun, verb
from protos.workorder.v1 import part_pb2

app = noun("use", "Use of parts 领用.")


@verb(app)
def record(
    work_order: Annotated[str, typer.Argument(metavar="WORK_ORDER")],
    parts: Lines,
    technician: Annotated[str, typer.Option(help="Who used them")],
    room: Annotated[str, typer.Option(help="Taken from; their vehicle")] = "",
    in_warranty: Annotated[bool, typer.Option("--in-warranty", help="保内")] = False,
) -> None:
    """Parts went into the customer's appliance."""
    body = {
        "work_order_id": work_order,
        "technician_id": technician,
        "stockroom_id": room,
        "used_parts": [line | {"in_warranty": in_warranty} for line in lines_of(parts)],
    }
    made = api().send("POST", "/part-uses", part_pb2.PartUse, body)
    tell(made, lambda answer: _uses([answer]))


@verb(app)
def reverse(
    use: Annotated[str, typer.Argument(metavar="PART_USE")],
    reason: Annotated[str, typer.Option(help="Why; stands in the ledger")],
) -> None:
    """It was recorded by mistake 冲回."""
    path = f"/part-uses/{part(use)}/reverse"
    made = api().send("POST", path, part_pb2.PartUse, {"reason": reason})
    tell(made, lambda answer: _uses([answer]))


@verb(app, "list")
def list_uses(
    work_order: Annotated[str, typer.Option("--work-order", help="Only on this one")] = "",
    technician: Annotated[str, typer.Option(help="Only by this technician")] = "",
) -> None:
    """Parts used, the newest first."""
    query = {"work_order_id": work_order, "technician_id": technician}
    found = first_page("/part-uses", part_pb2.ListPartUsesResponse, "part_uses", query)
    tell(found, lambda answer: _uses(answer.part_uses))


@verb(app)
def cost(work_order: Annotated[str, typer.Argument(metavar="WORK_ORDER")]) -> None:
    """What the parts used on a work order have cost, for settlement."""

    def shown(answer: part_pb2.WorkOrderPartsCost) -> RenderableType:
        rows = table("item", "quantity", "warranty", "amount")
        for line in answer.parts_cost_lines:
            rows.add_row(
                line.item_code,
                str(line.quantity),
                "保内 in" if line.in_warranty else "保外 out",
                money(line.cost),
            )
        return rows

    tell(api().get(f"/part-uses/cost/{part(work_order)}", part_pb2.WorkOrderPartsCost), shown)


def _uses(uses: Iterable[part_pb2.PartUse]) -> RenderableType:
    rows = table(
        "part use",
        "work order",
        "technician",
        "item",
        "#",
        "warranty",
        "old part",
        "when",
        "reversed",
    )
    for use in uses:
        for line in use.part_use_lines:
            rows.add_row(
                use.part_use_id,
                use.work_order_id,
                use.technician_id,
                " ".join((line.item_code, *line.serial_numbers)),
                str(line.quantity),
                "保内 in" if line.in_warranty else "保外 out",
                line.core_return_id,
                moment(use.used_at),
                text(use.reverse_reason),
            )
    return rows
