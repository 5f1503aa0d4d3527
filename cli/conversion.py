"""`gongdan conversion`: balances in other currencies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli.amounts import amount_of
from cli.output import facts, moment, money, table, tell, text
from cli.pages import everything, first_page
from cli.verb import api, noun, verb
from protos.settlement.v1 import currency_pb2
from services.gateway.words import word

app = noun("conversion", "Conversions 兑换: balances in other currencies, gains and losses.")

_Party = Annotated[str, typer.Argument(metavar="PARTY", help="Such as a technician's id")]
_Amount = Annotated[str, typer.Argument(help="Of the balance's currency: 10000.00")]
_From = Annotated[str, typer.Argument(metavar="FROM", help="The balance's currency: THB")]
_To = Annotated[str, typer.Argument(metavar="TO", help="Such as CNY")]
_Kind = Annotated[str, typer.Option("--party", help="technician, team, outlet, agent, franchisee")]


@verb(app)
def preview(
    party: _Party, amount: _Amount, one: _From, other: _To, kind: _Kind = "technician"
) -> None:
    """What an amount of a balance would be in another currency now, lot by lot."""
    body = _asked(party, kind, amount, one, other)
    made = api().send("POST", "/conversions/preview", currency_pb2.Conversion, body)
    tell(made, _conversion)


@verb(app)
def convert(
    party: _Party,
    amount: _Amount,
    one: _From,
    other: _To,
    rate: Annotated[str, typer.Option(help="The exchange rate as previewed: er_…")],
    reason: Annotated[str, typer.Option(help="Why; stands in the audit")],
    kind: _Kind = "technician",
) -> None:
    """Convert an amount of a balance at the previewed rate; the gain or the loss is posted."""
    body = _asked(party, kind, amount, one, other)
    body |= {"exchange_rate_id": rate, "reason": reason}
    tell(api().send("POST", "/conversions", currency_pb2.Conversion, body), _conversion)


@verb(app, "list")
def list_conversions(
    party: Annotated[str, typer.Option(help="Only of this one")] = "",
) -> None:
    """What was converted, the newest first."""
    query = {"party_id": party}
    found = first_page("/conversions", currency_pb2.ListConversionsResponse, "conversions", query)
    tell(found, lambda answer: _list(answer.conversions))


@verb(app)
def exposures(
    to: Annotated[str, typer.Option(help="Counted in this currency")] = "CNY",
    prefix: Annotated[str, typer.Option(help="Only of accounts that start with this")] = "",
) -> None:
    """What is owed in other currencies: as booked, at the present rate, and the difference."""
    query = {"to_currency": to, "ledger_account_prefix": prefix}
    found = everything(
        "/conversions/exposures", currency_pb2.ListExposuresResponse, "exposures", query
    )

    def shown(answer: currency_pb2.ListExposuresResponse) -> RenderableType:
        rows = table("ledger account", "amount", "booked", "now", "gain", "rate", "ratio")
        for each in answer.exposures:
            rows.add_row(
                each.ledger_account,
                money(each.balance),
                money(each.booked),
                money(each.now),
                money(each.unrealised_gain),
                each.exchange_rate_id,
                each.ratio,
            )
        return rows

    tell(found, shown)


def _asked(party: str, kind: str, amount: str, one: str, other: str) -> dict[str, Any]:
    return {
        "party_kind": kind,
        "party_id": party,
        "amount": amount_of(amount, one),
        "to_currency": other,
    }


def _conversion(made: currency_pb2.Conversion) -> list[RenderableType]:
    head = facts(
        ("conversion", made.conversion_id or "(preview, not kept)"),
        ("party", f"{word(made.party_kind)} {made.party_id}"),
        ("converted", money(made.converted)),
        ("received", f"[bold]{money(made.received)}[/]"),
        ("booked", money(made.booked)),
        ("汇兑损益 gain", money(made.gain)),
        ("rate", f"{made.exchange_rate_id} {made.ratio}"),
        ("why", text(made.reason)),
    )
    rows = table("earned", "amount", "rate", "ratio", "booked")
    for lot in made.lots:
        rows.add_row(
            moment(lot.earned_at),
            money(lot.amount),
            lot.exchange_rate_id,
            lot.ratio,
            money(lot.booked),
        )
    return [head, rows]


def _list(conversions: Iterable[currency_pb2.Conversion]) -> RenderableType:
    rows = table("conversion", "party", "converted", "received", "gain", "rate", "when", "by")
    for each in conversions:
        rows.add_row(
            each.conversion_id,
            each.party_id,
            money(each.converted),
            money(each.received),
            money(each.gain),
            f"{each.exchange_rate_id} {each.ratio}",
            moment(each.converted_at),
            each.converted_by_person_id,
        )
    return rows
