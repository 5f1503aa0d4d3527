"""`gongdan earning`: what a technician gets, why, and where the money is."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import facts, money, state, table, tell, text, time
from cli.verb import api, noun, verb
from protos.settlement.v1 import settlement_pb2
from services.gateway.words import enum_term, word

app = noun("earning", "Earnings 收益: line by line, from the promise to the payout.")

_Id = Annotated[str, typer.Argument(metavar="EARNING")]


@verb(app, "list")
def list_earnings(
    technician: Annotated[str, typer.Option(help="Only this technician's")] = "",
    case: Annotated[str, typer.Option(help="Only of this case")] = "",
) -> None:
    """Earnings, newest first."""

    def shown(answer: settlement_pb2.ListEarningsResponse) -> RenderableType:
        rows = table("earning", "technician", "state", "work order", "promised", "amount")
        for earning in answer.earnings:
            rows.add_row(
                earning.earning_id,
                earning.technician_id,
                state(earning),
                earning.work_order_id,
                time(earning.promised_at),
                money(earning.total),
            )
        return rows

    query = {"technician_id": technician, "case_id": case}
    tell(api().get("/earnings", settlement_pb2.ListEarningsResponse, **query), shown)


@verb(app)
def show(earning: _Id) -> None:
    """One earning with its lines, its shares and its history."""
    tell(api().get(f"/earnings/{part(earning)}", settlement_pb2.Earning), statement)


@verb(app)
def pay(earning: _Id) -> None:
    """Finance hands it to the payout channel 打款."""
    path = f"/earnings/{part(earning)}/payout"
    tell(api().send("POST", path, settlement_pb2.Earning), statement)


@verb(app)
def confirm(
    earning: _Id,
    reference: Annotated[str, typer.Option(help="The bank's or channel's own number")],
) -> None:
    """The money arrived 到账."""
    path = f"/earnings/{part(earning)}/payout/confirm"
    body = {"payout_reference": reference}
    tell(api().send("POST", path, settlement_pb2.Earning, body), statement)


def statement(earning: settlement_pb2.Earning) -> list[RenderableType]:
    """An earning as its technician reads it."""
    head = facts(
        ("earning", earning.earning_id),
        ("technician", earning.technician_id),
        ("work order", earning.work_order_id),
        ("state", state(earning)),
        ("split rule", f"{earning.split_rule_code} v{earning.split_rule_version}"),
        ("payout", earning.payout_reference),
    )
    return [head, lines_table(earning), *_shares(earning), _history(earning)]


def lines_table(earning: settlement_pb2.Earning) -> RenderableType:
    """What the technician takes home, line by line."""
    rows = table("#", "line", "why", "share", "amount")
    for line in earning.lines:
        rows.add_row(
            str(line.line_number),
            f"{word(line.line_kind)} {text(line.label)}",
            text(line.explanation),
            f"{line.share_basis_points / 100:.2f}%",
            money(line.amount),
        )
    rows.add_section()
    rows.add_row("", "[bold]到手 take-home[/]", "", "", f"[bold]{money(earning.total)}[/]")
    if earning.HasField("net_estimate"):
        estimate = earning.net_estimate
        why = "；".join(step.chinese for step in estimate.steps[:-1])
        rows.add_row("", "预估扣税 tax, estimated", text(why), "", money(estimate.tax))
        rows.add_row("", "预估税后到手 net, estimated", "", "", money(estimate.net))
    return rows


def _shares(earning: settlement_pb2.Earning) -> list[RenderableType]:
    if not earning.shares:
        return []
    rows = table("party", "who", "amount")
    for share in earning.shares:
        rows.add_row(word(share.party_kind), share.party_id, money(share.amount))
    if earning.settlement_total.currency:
        total = f"[bold]{money(earning.settlement_total)}[/]"
        rows.add_section()
        rows.add_row("[bold]结算总额 settlement[/]", "", total)
    return [rows]


def _history(earning: settlement_pb2.Earning) -> RenderableType:
    rows = table("when", "from", "to", "by", "reason")
    for change in earning.changes:
        rows.add_row(
            time(change.changed_at),
            word(enum_term(change, "previous_state")) if change.previous_state else "",
            state(change, "new_state"),
            change.acting_person_id,
            text(change.reason),
        )
    return rows
