"""`gongdan price-policy rate`: exchange rates, and what they do to quotes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import RenderableType

from cli.output import moment, money, table, tell, text
from cli.pages import everything, first_page
from cli.times import instant, when
from cli.verb import api, noun, verb
from protos.pricing.v1 import policy_pb2

app = noun("rate", "Exchange rates 汇率: dated, corrected without being changed.")

_From = Annotated[str, typer.Argument(metavar="FROM", help="Such as CNY")]
_To = Annotated[str, typer.Argument(metavar="TO", help="Such as THB")]
_Known = Annotated[str, typer.Option("--known", help="As known then; now")]


@verb(app)
def put(
    one: _From,
    other: _To,
    ratio: Annotated[str, typer.Argument(help="What one of the first is in the second: 4.8125")],
    source: Annotated[str, typer.Option(help="Whose rate it is")],
    start: Annotated[str, typer.Option("--from", help="Since when it is valid; now")] = "",
    inverse: Annotated[bool, typer.Option("--inverse", help="The other way round too")] = False,
) -> None:
    """Record a rate, or correct the one of the same instant."""
    body = {
        "from_currency": one,
        "to_currency": other,
        "ratio": ratio,
        "source": source,
        "inverse_too": inverse,
        **({"valid_from": instant(start).isoformat()} if start else {}),
    }
    made = api().send("POST", "/exchange-rates", policy_pb2.ExchangeRate, body)
    tell(made, lambda rate: _rates([rate]))


@verb(app, "list")
def list_rates(
    one: Annotated[str, typer.Option("--from-currency")] = "",
    other: Annotated[str, typer.Option("--to-currency")] = "",
) -> None:
    """All that were recorded, the last one first; corrected ones too."""
    query = {"from_currency": one, "to_currency": other}
    found = first_page(
        "/exchange-rates", policy_pb2.ListExchangeRatesResponse, "exchange_rates", query
    )
    tell(found, lambda found: _rates(found.exchange_rates))


@verb(app)
def at(
    one: _From,
    other: _To,
    moment_asked: Annotated[str, typer.Argument(metavar="[WHEN]", help="Now")] = "",
    known: _Known = "",
) -> None:
    """The rate that counts at an instant."""
    query = {"from_currency": one, "to_currency": other} | when(moment_asked)
    if known:
        query["known_at"] = instant(known).isoformat()
    found = api().get("/exchange-rates/at", policy_pb2.ExchangeRate, **query)
    tell(found, lambda rate: _rates([rate]))


@verb(app)
def revalue(
    currency: Annotated[str, typer.Option(help="Only quotes in this one")] = "",
    case: Annotated[str, typer.Option(help="Only of this case")] = "",
    since: Annotated[str, typer.Option(help="Quoted since then; the last thirty days")] = "",
    at_rate_of: Annotated[str, typer.Option("--at", help="At whose rate; now")] = "",
    all_pages: Annotated[bool, typer.Option("--all", help="Every page")] = False,
) -> None:
    """What quotes would come to at today's rate."""
    query = {"currency": currency, "case_id": case} | when(at_rate_of)
    if since:
        query["quoted_from"] = instant(since).isoformat()
    read = everything if all_pages else first_page
    found = read(
        "/exchange-rates/revalued-quotes", policy_pb2.RevalueQuotesResponse, "quotes", query
    )
    tell(found, _revalued)


def _rates(rates: Iterable[policy_pb2.ExchangeRate]) -> RenderableType:
    rows = table("rate", "pair", "ratio", "from", "source", "recorded", "by")
    for rate in rates:
        rows.add_row(
            rate.exchange_rate_id,
            f"{rate.from_currency}→{rate.to_currency}",
            rate.ratio,
            moment(rate.valid_from),
            text(rate.source),
            moment(rate.recorded_at),
            rate.recorded_by_person_id,
        )
    return rows


def _revalued(found: policy_pb2.RevalueQuotesResponse) -> RenderableType:
    rows = table("quote", "case", "before", "amount", "difference", "at", "instead of")
    for quote in found.quotes:
        rows.add_row(
            quote.quote_id,
            quote.case_id,
            money(quote.total),
            money(quote.revalued_total),
            money(quote.difference),
            quote.revalued_ratio,
            quote.ratio,
        )
    return rows
