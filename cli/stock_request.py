"""`gongdan stock request`: parts asked for, until they are used or returned."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import facts, moment, state, table, tell, text
from cli.pages import first_page
from cli.stock_lines import Lines, lines_of
from cli.times import instant
from cli.verb import api, noun, verb
from protos.workorder.v1 import part_pb2

app = noun("request", "Part requests 配件申请.")

_Id = Annotated[str, typer.Argument(metavar="PART_REQUEST")]
_Parts = Annotated[
    list[str] | None,
    typer.Argument(metavar="[ITEM=QUANTITY]…", help="PART-1=2, or serial numbers: PART-2=SN1,SN2"),
]
_Why = Annotated[str, typer.Option("--reason", help="Why")]


@verb(app)
def make(
    parts: Lines,
    technician: Annotated[str, typer.Option(help="To this technician's vehicle …")] = "",
    room: Annotated[str, typer.Option(help="… or to this stockroom")] = "",
    work_order: Annotated[str, typer.Option("--work-order", help="For this one")] = "",
    purpose: Annotated[str, typer.Option(help="What for")] = "",
) -> None:
    """Ask for parts."""
    body = {
        "work_order_id": work_order,
        "technician_id": technician,
        "to_stockroom_id": room,
        "stock_lines": lines_of(parts),
        "purpose": purpose,
    }
    tell(api().send("POST", "/part-requests", part_pb2.PartRequest, body), card)


@verb(app, "list")
def list_requests(
    wanted: Annotated[str, typer.Option("--state", help="requested, approved, allocated, …")] = "",
    room: Annotated[str, typer.Option(help="To or from this stockroom")] = "",
    work_order: Annotated[str, typer.Option("--work-order", help="Only of this one")] = "",
) -> None:
    """Part requests, the newest first."""

    def shown(answer: part_pb2.ListPartRequestsResponse) -> RenderableType:
        rows = table("part request", "state", "from", "to", "work order", "parts", "by", "when")
        for each in answer.part_requests:
            parts = ", ".join(
                f"{line.item_code} {line.approved_quantity}" for line in each.part_request_lines
            )
            rows.add_row(
                each.part_request_id,
                state(each),
                each.from_stockroom_id or "–",
                each.to_stockroom_id,
                each.work_order_id,
                parts,
                each.requested_by_person_id,
                moment(each.requested_at),
            )
        return rows

    query = {
        "state": f"PART_REQUEST_STATE_{wanted.upper()}" if wanted else "",
        "stockroom_id": room,
        "work_order_id": work_order,
    }
    found = first_page("/part-requests", part_pb2.ListPartRequestsResponse, "part_requests", query)
    tell(found, shown)


@verb(app)
def show(request: _Id) -> None:
    """One part request."""
    tell(api().get(f"/part-requests/{part(request)}", part_pb2.PartRequest), card)


@verb(app)
def approve(
    request: _Id, parts: _Parts = None, note: Annotated[str, typer.Option(help="Why")] = ""
) -> None:
    """Allow it 批准, or only so many of some items."""
    _do(request, "approve", approved_quantities=lines_of(parts or []), note=note)


@verb(app)
def reject(request: _Id, reason: _Why) -> None:
    """Refuse it 拒绝."""
    _do(request, "reject", reason=reason)


@verb(app)
def allocate(
    request: _Id,
    room: Annotated[str, typer.Argument(metavar="STOCKROOM", help="Where they are taken from")],
    until: Annotated[str, typer.Option(help="Held until then; 48 hours")] = "",
) -> None:
    """Hold all of it in one stockroom 配货."""
    end = {"reserved_until": instant(until).isoformat()} if until else {}
    _do(request, "allocate", from_stockroom_id=room, **end)


@verb(app)
def dispatch(request: _Id, parts: _Parts = None) -> None:
    """Send it on its way 发货; name the units of what is followed by serial numbers."""
    _do(request, "dispatch", stock_lines=lines_of(parts or []))


@verb(app)
def receive(
    request: _Id,
    parts: _Parts = None,
    note: Annotated[str, typer.Option(help="What happened to what is missing")] = "",
) -> None:
    """What arrived 收货; all of it when nothing is said."""
    _do(request, "receive", stock_lines=lines_of(parts or []), discrepancy_note=note)


@verb(app, "return")
def give_back(
    request: _Id,
    parts: _Parts = None,
    room: Annotated[str, typer.Option("--to", help="Where to; where they came from")] = "",
    reason: _Why = "",
) -> None:
    """Send back what was not used 退料."""
    _do(request, "return", stock_lines=lines_of(parts or []), to_stockroom_id=room, reason=reason)


@verb(app)
def close(request: _Id, reason: _Why = "") -> None:
    """What is left stays where it is, as free stock 完结."""
    _do(request, "close", reason=reason)


@verb(app)
def cancel(request: _Id, reason: _Why = "") -> None:
    """It is not wanted any more 取消."""
    _do(request, "cancel", reason=reason)


def card(request: part_pb2.PartRequest) -> list[RenderableType]:
    """A part request with what became of each item."""
    head = facts(
        ("part request", request.part_request_id),
        ("state", state(request)),
        ("work order", request.work_order_id),
        ("from", request.from_stockroom_id),
        ("to", request.to_stockroom_id),
        ("held until", moment(request.reserved_until)),
        ("purpose", text(request.purpose)),
        ("asked by", f"{request.requested_by_person_id} {moment(request.requested_at)}"),
        ("decided by", request.decided_by_person_id),
        ("note", text(request.decision_note)),
        ("discrepancy", text(request.discrepancy_note)),
        ("possible now", ", ".join(request.possible_verbs)),
    )
    lines = table("item", "name", "asked", "approved", "dispatched", "received", "used", "returned")
    for line in request.part_request_lines:
        lines.add_row(
            line.item_code,
            text(line.item_name),
            str(line.quantity),
            str(line.approved_quantity),
            str(line.dispatched_quantity),
            str(line.received_quantity),
            str(line.used_quantity),
            str(line.returned_quantity),
        )
    return [head, lines]


def _do(request: str, what: str, **body: Any) -> None:
    path = f"/part-requests/{part(request)}/{what}"
    tell(api().send("POST", path, part_pb2.PartRequest, body), card)
