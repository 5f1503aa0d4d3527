"""`gongdan stock count`: what is really there."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import facts, moment, state, table, tell, text
from cli.pages import first_page
from cli.stock_lines import Lines, lines_of
from cli.verb import api, noun, verb
from protos.workorder.v1 import stock_count_pb2

app = noun("count", "Counts 盘点.")

_Id = Annotated[str, typer.Argument(metavar="STOCK_COUNT")]


@verb(app, "open")
def begin(
    room: Annotated[str, typer.Argument(metavar="STOCKROOM")],
    note: Annotated[str, typer.Option(help="Which count it is")] = "",
) -> None:
    """Begin to count a stockroom."""
    body = {"stockroom_id": room, "note": note}
    tell(api().send("POST", "/stock-counts", stock_count_pb2.StockCount, body), card)


@verb(app)
def record(
    count: _Id,
    parts: Lines,
    reason: Annotated[str, typer.Option(help="Why it differs")] = "",
) -> None:
    """Say what is there."""
    counted = [line | {"reason": reason} for line in lines_of(parts)]
    _do(count, "lines", counted_items=counted)


@verb(app)
def post(count: _Id) -> None:
    """Move the differences 过账."""
    _do(count, "post")


@verb(app)
def cancel(count: _Id) -> None:
    """Nothing comes of it."""
    _do(count, "cancel")


@verb(app)
def show(count: _Id) -> None:
    """One count."""
    tell(api().get(f"/stock-counts/{part(count)}", stock_count_pb2.StockCount), card)


@verb(app, "list")
def list_counts(room: Annotated[str, typer.Option(help="Only of this stockroom")] = "") -> None:
    """Counts, the newest first."""

    def shown(answer: stock_count_pb2.ListStockCountsResponse) -> RenderableType:
        rows = table("count", "state", "stockroom", "opened", "by", "closed", "by")
        for each in answer.stock_counts:
            rows.add_row(
                each.stock_count_id,
                state(each),
                each.stockroom_id,
                moment(each.opened_at),
                each.opened_by_person_id,
                moment(each.closed_at),
                each.closed_by_person_id,
            )
        return rows

    found = first_page(
        "/stock-counts",
        stock_count_pb2.ListStockCountsResponse,
        "stock_counts",
        {"stockroom_id": room},
    )
    tell(found, shown)


def card(count: stock_count_pb2.StockCount) -> list[RenderableType]:
    """A count with its lines."""
    head = facts(
        ("count", count.stock_count_id),
        ("stockroom", count.stockroom_id),
        ("state", state(count)),
        ("note", text(count.note)),
        ("opened", f"{moment(count.opened_at)} {count.opened_by_person_id}"),
        ("closed", f"{moment(count.closed_at)} {count.closed_by_person_id}".strip()),
        ("posted by", "somebody who did not count" if count.needs_four_eyes else ""),
    )
    lines = table("item", "name", "ledger", "counted", "missing", "surplus", "why", "by")
    for line in count.stock_count_lines:
        lines.add_row(
            line.item_code,
            text(line.item_name),
            str(line.book_quantity),
            str(line.counted_quantity),
            text(" ".join(line.missing_serials)),
            text(" ".join(line.surplus_serials)),
            text(line.reason),
            line.counted_by_person_id,
        )
    return [head, lines]


def _do(count: str, what: str, **body: Any) -> None:
    path = f"/stock-counts/{part(count)}/{what}"
    tell(api().send("POST", path, stock_count_pb2.StockCount, body), card)
