"""`gongdan stock room`: stockrooms, the items the stock knows, and when to order more."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import state, table, tell, text
from cli.pages import first_page
from cli.verb import api, noun, verb
from protos.workorder.v1 import stock_pb2

app = noun("room", "Stockrooms 仓库, items, reorder points.")

_Room = Annotated[str, typer.Argument(metavar="STOCKROOM")]
_Item = Annotated[str, typer.Argument(metavar="ITEM")]


class Kind(StrEnum):
    """What a stockroom is for."""

    CENTRAL = "central"
    OUTLET = "outlet"
    VEHICLE = "vehicle"
    RETURNS = "returns"


@verb(app)
def put(
    room: _Room,
    kind: Kind,
    name: Annotated[str, typer.Option(help="What people call it")],
    outlet: Annotated[str, typer.Option(help="Whose it is")] = "",
    technician: Annotated[str, typer.Option(help="Of a vehicle, whose")] = "",
    place: Annotated[list[str] | None, typer.Option(help="Adcodes and zones it lies in")] = None,
    currency: Annotated[str, typer.Option(help="What its stock is valued in")] = "CNY",
    four_eyes_above: Annotated[
        int, typer.Option("--four-eyes-above", help="Count differences above so many fen")
    ] = 0,
    closed: Annotated[bool, typer.Option("--closed", help="Not in use any more")] = False,
) -> None:
    """Make a stockroom, or change it."""
    body = {
        "kind": f"STOCKROOM_KIND_{kind.name}",
        "name": name,
        "outlet_id": outlet,
        "technician_id": technician,
        "place_codes": place or [],
        "currency": currency,
        "four_eyes_above_minor": four_eyes_above,
        "active": not closed,
    }
    made = api().send("PUT", f"/stockrooms/{part(room)}", stock_pb2.Stockroom, body)
    tell(made, lambda answer: _rooms([answer]))


@verb(app, "list")
def list_rooms(
    outlet: Annotated[str, typer.Option(help="Only of this outlet")] = "",
    technician: Annotated[str, typer.Option(help="Only of this technician")] = "",
) -> None:
    """Stockrooms."""
    query = {"outlet_id": outlet, "technician_id": technician}
    found = first_page("/stockrooms", stock_pb2.ListStockroomsResponse, "stockrooms", query)
    tell(found, lambda answer: _rooms(answer.stockrooms))


@verb(app)
def item(
    code: _Item,
    name: Annotated[str, typer.Option(help="What people call it")],
    serials: Annotated[bool, typer.Option("--serials", help="Followed by serial numbers")] = False,
    approval: Annotated[
        bool, typer.Option("--approval", help="A request for it is approved by somebody else")
    ] = False,
    core_days: Annotated[
        int, typer.Option("--core-days", help="Days until the old part is back; 0: none is owed")
    ] = 0,
) -> None:
    """What the stock needs to know of an item."""
    body = {
        "name": name,
        "serial_tracked": serials,
        "needs_approval": approval,
        "core_return_days": core_days,
    }
    made = api().send("PUT", f"/stock-items/{part(code)}", stock_pb2.StockItem, body)
    tell(made, lambda answer: _items([answer]))


@verb(app)
def items(
    search: Annotated[str, typer.Option(help="Part of a code or a name")] = "",
) -> None:
    """Items that the stock knows."""
    found = first_page(
        "/stock-items", stock_pb2.ListStockItemsResponse, "stock_items", {"search": search}
    )
    tell(found, lambda answer: _items(answer.stock_items))


@verb(app)
def reorder(
    room: _Room,
    code: _Item,
    at: Annotated[int, typer.Argument(metavar="AT", help="Order when it falls to this …")],
    up_to: Annotated[
        int, typer.Argument(metavar="UP_TO", help="… so that this is there; 0: never")
    ],
) -> None:
    """When to order an item 补货点."""
    path = f"/stock/reorder-points/{part(room)}/{part(code)}"
    body = {"reorder_at": at, "order_up_to": up_to}
    put = api().send("PUT", path, stock_pb2.ReorderPoint, body)
    tell(put, lambda point: f"{point.item_code}: {point.reorder_at} → {point.order_up_to or '–'}")


@verb(app)
def below(
    room: Annotated[str, typer.Option("--room", help="Only in this one")] = "",
    everything: Annotated[bool, typer.Option("--all", help="All reorder points")] = False,
) -> None:
    """What has fallen to its reorder point, and how much to order 补货建议."""

    def shown(answer: stock_pb2.ListReorderSuggestionsResponse) -> RenderableType:
        rows = table("stockroom", "item", "name", "free", "on the way", "at", "order")
        for each in answer.reorder_suggestions:
            rows.add_row(
                each.reorder_point.stockroom_id,
                each.reorder_point.item_code,
                text(each.item_name),
                str(each.free),
                str(each.on_the_way),
                str(each.reorder_point.reorder_at),
                str(each.suggested_quantity),
            )
        return rows

    query = {"stockroom_id": room, "everything": "true" if everything else ""}
    found = first_page(
        "/stock/reorder-suggestions",
        stock_pb2.ListReorderSuggestionsResponse,
        "reorder_suggestions",
        query,
    )
    tell(found, shown)


def _rooms(rooms: Iterable[stock_pb2.Stockroom]) -> RenderableType:
    rows = table("stockroom", "kind", "name", "outlet", "technician", "currency", "active")
    for each in rooms:
        rows.add_row(
            each.stockroom_id,
            state(each, "kind"),
            text(each.name),
            each.outlet_id,
            each.technician_id,
            each.currency,
            "✓" if each.active else "–",
        )
    return rows


def _items(items: Iterable[stock_pb2.StockItem]) -> RenderableType:
    rows = table("item", "name", "serial numbers", "approval", "old part back in")
    for each in items:
        rows.add_row(
            each.item_code,
            text(each.name),
            "✓" if each.serial_tracked else "",
            "✓" if each.needs_approval else "",
            f"{each.core_return_days} d" if each.core_return_days else "",
        )
    return rows
