"""`gongdan quote`: what it costs, and why."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import facts, money, place, table, tell, text, time
from cli.verb import api, noun, verb
from protos.pricing.v1 import pricing_pb2

app = noun("quote", "Quotes 报价: what it costs, step by step.")


@verb(app)
def preview(
    items: Annotated[
        list[str], typer.Argument(help="ITEM[*QUANTITY][+MODIFIER…], such as AC-STD*2+HEIGHT")
    ],
    adcode: Annotated[str, typer.Option(help="District, such as 110105")] = "110105",
    longitude: Annotated[float, typer.Option(help="GCJ-02; matters for zones")] = 0.0,
    latitude: Annotated[float, typer.Option(help="GCJ-02")] = 0.0,
    mode: Annotated[str, typer.Option(help="direct, franchise or key_account")] = "",
    level: Annotated[str, typer.Option(help="The customer's level")] = "",
) -> None:
    """Compute a quote without keeping it."""
    facts_of_quote = {
        "lines": [_line(item) for item in items],
        "place": _place(adcode, longitude, latitude),
        "cooperation_mode": mode,
        "customer_level": level,
    }
    body = {"facts": facts_of_quote}
    tell(api().send("POST", "/quotes/preview", pricing_pb2.QuoteResult, body), explained)


@verb(app)
def show(quote_id: Annotated[str, typer.Argument()]) -> None:
    """One quote, line by line and step by step."""
    tell(api().get(f"/quotes/{part(quote_id)}", pricing_pb2.QuoteResult), explained)


@verb(app, "list")
def list_quotes(case: Annotated[str, typer.Option(help="Only of this case")] = "") -> None:
    """Quotes that were kept."""

    def shown(answer: pricing_pb2.ListQuotesResponse) -> RenderableType:
        rows = table("quote", "case", "book", "quoted", "total")
        for quote in answer.quotes:
            book = f"{quote.price_book_code} v{quote.price_book_version}"
            rows.add_row(
                quote.quote_id, quote.case_id, book, time(quote.quoted_at), money(quote.total)
            )
        return rows

    tell(api().get("/quotes", pricing_pb2.ListQuotesResponse, case_id=case), shown)


def explained(quote: pricing_pb2.QuoteResult) -> list[RenderableType]:
    """A quote with every step that made it."""
    rows = table("item", "step", "why", "before", "amount")
    for line in quote.lines:
        name = f"{text(line.item_name)} × {line.quantity}"
        for step in line.steps:
            rows.add_row(
                name,
                text(step.label),
                text(step.explanation),
                money(step.amount_before),
                money(step.amount_after),
            )
            name = ""
        rows.add_row("", "", "[bold]小计 line[/]", "", f"[bold]{money(line.amount)}[/]")
    rows.add_section()
    rows.add_row("", "", "[bold]合计 total[/]", "", f"[bold]{money(quote.total)}[/]")
    head = facts(
        ("quote", quote.quote_id or "(preview, not kept)"),
        ("case", quote.case_id),
        ("price book", f"{quote.price_book_code} v{quote.price_book_version}"),
        ("place", place(quote.facts.place)),
        ("settlement", money(quote.settlement_total)),
    )
    return [head, rows]


def _line(item: str) -> dict[str, object]:
    """ITEM*QUANTITY+MODIFIER+MODIFIER as a quote line."""
    head, *modifiers = item.split("+")
    code, _, quantity = head.partition("*")
    if quantity and not quantity.isdecimal():
        raise typer.BadParameter(f"{item!r}: the quantity must be a whole number")
    return {"item_code": code, "quantity": int(quantity or 1), "modifier_codes": modifiers}


def _place(adcode: str, longitude: float, latitude: float) -> object:
    where: dict[str, object] = {"adcode": adcode}
    if longitude or latitude:
        where["location"] = {"longitude": longitude, "latitude": latitude}
    return api().plain("POST", "/places/resolve", where)
