"""`gongdan stock`: spare parts, where they are and how they move."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import RenderableType

from cli import stock_core, stock_count, stock_request, stock_room, stock_use
from cli.output import moment, money, state, table, tell, text
from cli.pages import first_page
from cli.stock_lines import Lines, Why, lines_of, receipt_of
from cli.times import instant
from cli.verb import api, noun, verb
from protos.workorder.v1 import stock_pb2

app = noun(
    "stock", "Spare parts 配件库存: levels, ledger, requests 配件申请, use, old parts, counts."
)
for _part in (stock_room, stock_request, stock_use, stock_core, stock_count):
    app.add_typer(_part.app)

_Room = Annotated[str, typer.Option("--room", metavar="STOCKROOM", help="Only in this one")]
_Item = Annotated[str, typer.Option("--item", metavar="ITEM", help="Only of this one")]


@verb(app)
def levels(
    room: _Room = "",
    item: _Item = "",
    outlet: Annotated[str, typer.Option(help="Only of this outlet")] = "",
    search: Annotated[str, typer.Option(help="Part of a code or a name")] = "",
    all_kinds: Annotated[
        bool, typer.Option("--all-kinds", help="What is in transit, and old parts, too")
    ] = False,
) -> None:
    """What is where."""

    def shown(answer: stock_pb2.ListStockLevelsResponse) -> RenderableType:
        rows = table(
            "stockroom",
            "kind",
            "item",
            "name",
            "on hand",
            "reserved",
            "free",
            "in transit",
            "amount",
        )
        for level in answer.stock_levels:
            rows.add_row(
                text(level.stockroom_id),
                state(level, "stockroom_kind"),
                level.item_code,
                text(level.item_name),
                str(level.on_hand),
                str(level.reserved or ""),
                str(level.free),
                str(level.in_transit or ""),
                money(level.stock_value),
            )
        return rows

    query = {
        "stockroom_id": room,
        "item_code": item,
        "outlet_id": outlet,
        "search": search,
        "all_kinds": "true" if all_kinds else "",
    }
    found = first_page("/stock/levels", stock_pb2.ListStockLevelsResponse, "stock_levels", query)
    tell(found, shown)


@verb(app)
def ledger(
    room: _Room = "",
    item: _Item = "",
    work_order: Annotated[str, typer.Option("--work-order", help="Only of this one")] = "",
    document: Annotated[str, typer.Option(help="Only of this delivery note, request, count")] = "",
    since: Annotated[str, typer.Option("--from", help="Since then")] = "",
) -> None:
    """What moved, the newest first."""
    query = {
        "stockroom_id": room,
        "item_code": item,
        "work_order_id": work_order,
        "document_id": document,
        "moved_from": instant(since).isoformat() if since else "",
    }
    found = first_page(
        "/stock/movements", stock_pb2.ListStockMovementsResponse, "stock_movements", query
    )
    tell(found, lambda answer: _movements(answer.stock_movements))


@verb(app)
def verify() -> None:
    """Add the whole ledger up again, and compare it with the levels."""

    def shown(answer: stock_pb2.VerifyStockResponse) -> list[RenderableType]:
        verdict = "[green]sound 账实相符[/]" if answer.sound else "[red]not sound 账实不符[/]"
        rows = table("stockroom", "item", "on hand", "moved", "reserved", "held", "units")
        for each in answer.stock_findings:
            rows.add_row(
                each.stockroom_id,
                each.item_code,
                str(each.on_hand),
                str(each.moved_quantity),
                str(each.reserved),
                str(each.reservation_quantity),
                str(each.unit_count),
            )
        counted = f"{verdict}: {answer.movement_count} movements, {answer.level_count} levels"
        return [counted, rows] if answer.stock_findings else [counted]

    tell(api().get("/stock/verify", stock_pb2.VerifyStockResponse), shown)


@verb(app)
def unit(serial: Annotated[str, typer.Argument(help="A serial number")]) -> None:
    """Where a serial-numbered unit is."""

    def shown(answer: stock_pb2.ListStockUnitsResponse) -> RenderableType:
        rows = table("item", "serial number", "stockroom")
        for each in answer.stock_units:
            rows.add_row(each.item_code, text(each.serial_number), each.stockroom_id or "–")
        return rows

    tell(api().get("/stock/units", stock_pb2.ListStockUnitsResponse, serial_number=serial), shown)


@verb(app)
def receive(
    room: Annotated[str, typer.Argument(metavar="STOCKROOM")],
    parts: Annotated[
        list[str], typer.Argument(metavar="ITEM=QUANTITY[@UNIT_COST]…", help="PART-1=50@18.50")
    ],
    note: Annotated[str, typer.Option(help="The delivery note")] = "",
    name: Annotated[str, typer.Option(help="Of items that are new to the stock")] = "",
    currency: Annotated[str, typer.Option(help="Of the stockroom")] = "CNY",
) -> None:
    """Take parts in 入库; with serial numbers: PART-1=SN1,SN2@18.50."""
    receipts = [
        receipt_of(part, currency) | ({"item_name": name} if name else {}) for part in parts
    ]
    body = {"stockroom_id": room, "stock_receipts": receipts, "document_id": note}
    made = api().send("POST", "/stock/receipts", stock_pb2.StockMovements, body)
    tell(made, lambda answer: _movements(answer.stock_movements))


@verb(app)
def transfer(
    source: Annotated[str, typer.Argument(metavar="FROM")],
    target: Annotated[str, typer.Argument(metavar="TO")],
    parts: Lines,
    reason: Why,
) -> None:
    """Move parts at once to another stockroom 调拨."""
    body = {
        "from_stockroom_id": source,
        "to_stockroom_id": target,
        "stock_lines": lines_of(parts),
        "reason": reason,
    }
    made = api().send("POST", "/stock/transfers", stock_pb2.StockMovements, body)
    tell(made, lambda answer: _movements(answer.stock_movements))


@verb(app)
def scrap(
    room: Annotated[str, typer.Argument(metavar="STOCKROOM")], parts: Lines, reason: Why
) -> None:
    """Take parts out for good 报废."""
    body = {"stockroom_id": room, "stock_lines": lines_of(parts), "reason": reason}
    made = api().send("POST", "/stock/scrap", stock_pb2.StockMovements, body)
    tell(made, lambda answer: _movements(answer.stock_movements))


@verb(app)
def reserve(
    work_order: Annotated[str, typer.Argument(metavar="WORK_ORDER")],
    room: Annotated[str, typer.Argument(metavar="STOCKROOM")],
    parts: Lines,
    until: Annotated[str, typer.Option(help="Until then; 48 hours")] = "",
) -> None:
    """Hold parts for a work order 预留."""
    body = {
        "work_order_id": work_order,
        "stockroom_id": room,
        "stock_lines": lines_of(parts),
    } | ({"expires_at": instant(until).isoformat()} if until else {})
    made = api().send("POST", "/stock/reservations", stock_pb2.StockReservation, body)
    tell(made, lambda answer: _reservations([answer]))


@verb(app)
def release(reservation: Annotated[str, typer.Argument(metavar="RESERVATION")]) -> None:
    """Give back what is held 释放."""
    path = f"/stock/reservations/{reservation}/release"
    tell(
        api().send("POST", path, stock_pb2.StockReservation),
        lambda answer: _reservations([answer]),
    )


@verb(app)
def reservations(
    room: _Room = "",
    item: _Item = "",
    work_order: Annotated[str, typer.Option("--work-order", help="Only of this one")] = "",
    past: Annotated[bool, typer.Option("--past", help="Those that are over, too")] = False,
) -> None:
    """What is held, and for whom."""
    query = {
        "stockroom_id": room,
        "item_code": item,
        "work_order_id": work_order,
        "past": "true" if past else "",
    }
    found = first_page(
        "/stock/reservations", stock_pb2.ListReservationsResponse, "stock_reservations", query
    )
    tell(found, lambda answer: _reservations(answer.stock_reservations))


@verb(app)
def expire() -> None:
    """Close the reservations whose time is over, and send their requests back to waiting."""
    closed = api().send("POST", "/stock/reservations/expire", stock_pb2.ExpireReservationsResponse)
    tell(closed, lambda answer: f"{answer.expired_count} expired")


def _movements(movements: Iterable[stock_pb2.StockMovement]) -> RenderableType:
    rows = table(
        "movement", "kind", "item", "quantity", "from", "to", "amount", "when", "by", "why"
    )
    for each in movements:
        rows.add_row(
            each.movement_id,
            state(each, "kind"),
            each.item_code,
            str(each.quantity),
            each.from_stockroom_id or "–",
            each.to_stockroom_id or "–",
            money(each.cost),
            moment(each.moved_at),
            each.moved_by_person_id,
            text(" ".join(filter(None, (each.document_id, each.reason)))),
        )
    return rows


def _reservations(reservations: Iterable[stock_pb2.StockReservation]) -> RenderableType:
    rows = table("reservation", "state", "stockroom", "work order", "request", "held", "until")
    for each in reservations:
        held = ", ".join(
            f"{line.item_code} {line.open_quantity}/{line.quantity}"
            for line in each.stock_reservation_lines
        )
        rows.add_row(
            each.reservation_id,
            state(each),
            each.stockroom_id,
            each.work_order_id,
            each.part_request_id,
            held,
            moment(each.expires_at) or "–",
        )
    return rows
