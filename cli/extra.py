"""`gongdan extra`: what turns out to be needed at the door, with its price and the customer's word."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import moment, money, state, table, tell, text
from cli.verb import api, noun, verb
from protos.workorder.v1 import extra_pb2

app = noun("extra", "Extras 现场加项: priced, then the customer's tap, then charged.")

_Order = Annotated[str, typer.Argument(metavar="WORK_ORDER")]
_Extra = Annotated[str, typer.Argument(metavar="EXTRA", help="ex_…")]


@verb(app)
def propose(
    work_order: _Order,
    items: Annotated[list[str], typer.Argument(help="ITEM[*QUANTITY], such as COPPER-PIPE*2")],
    note: Annotated[str, typer.Option(help="Why it is needed, for the customer")],
    serial: Annotated[list[str] | None, typer.Option(help="Of a part")] = None,
    photo: Annotated[list[Path] | None, typer.Option(help="Of a part")] = None,
) -> None:
    """Price and propose an extra; serial numbers and photos go with the first item."""
    lines = [_item(item) for item in items]
    lines[0] |= {
        "serial_numbers": serial or [],
        "photo_file_ids": [api().upload(path) for path in photo or []],
    }
    path = f"/work-orders/{part(work_order)}/on-site/extras"
    tell(api().send("POST", path, extra_pb2.Extra, {"items": lines, "note": note}), _card)


@verb(app, "list")
def list_extras(work_order: _Order) -> None:
    """The extras of a work order, and what may be charged of them."""

    def shown(answer: extra_pb2.ListExtrasResponse) -> list[RenderableType]:
        approved = money(answer.approved_total)
        return [_rows(list(answer.extras)), f"客户已同意 approved {approved}" if approved else ""]

    path = f"/work-orders/{part(work_order)}/on-site/extras"
    tell(api().get(path, extra_pb2.ListExtrasResponse), shown)


@verb(app)
def approve(extra: _Extra, comment: Annotated[str, typer.Option()] = "") -> None:
    """The customer says yes 同意."""
    _answer(extra, {"approved": True, "comment": comment})


@verb(app)
def decline(extra: _Extra, comment: Annotated[str, typer.Option()] = "") -> None:
    """The customer says no 拒绝."""
    _answer(extra, {"approved": False, "comment": comment})


@verb(app)
def withdraw(extra: _Extra, reason: Annotated[str, typer.Option()]) -> None:
    """It is not needed after all 撤回."""
    path = f"/extras/{part(extra)}/withdraw"
    tell(api().send("POST", path, extra_pb2.Extra, {"reason": reason}), _card)


def _answer(extra: str, body: dict[str, Any]) -> None:
    tell(api().send("POST", f"/extras/{part(extra)}/answer", extra_pb2.Extra, body), _card)


def _item(written: str) -> dict[str, Any]:
    code, _, quantity = written.partition("*")
    if quantity and not quantity.isdecimal():
        raise typer.BadParameter(f"{written!r}: the quantity must be a whole number")
    return {"item_code": code, "quantity": int(quantity or 1)}


def _card(extra: extra_pb2.Extra) -> list[RenderableType]:
    rows = table("item", "name", "quantity", "serial numbers", "amount")
    for line in extra.lines:
        rows.add_row(
            line.item_code,
            text(line.item_name),
            str(line.quantity),
            text(" ".join(line.serial_numbers)),
            money(line.amount),
        )
    return [_rows([extra]), rows]


def _rows(extras: list[extra_pb2.Extra]) -> RenderableType:
    rows = table("extra", "state", "items", "note", "until", "answered", "total")
    for extra in extras:
        rows.add_row(
            extra.extra_id,
            state(extra),
            text("、".join(f"{each.item_name} × {each.quantity}" for each in extra.lines)),
            text(extra.note),
            moment(extra.expires_at),
            moment(extra.ended_at),
            money(extra.total),
        )
    return rows
