"""`gongdan ledger`: every movement of money, and whether the books are sound."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import RenderableType

from cli.output import money, state, table, tell, text, time
from cli.verb import api, noun, verb
from protos.settlement.v1 import ledger_pb2

app = noun("ledger", "The ledger 账本: transfers, balances, proof.")


@verb(app)
def transfers(
    earning: Annotated[str, typer.Option(help="Only of this earning")] = "",
    account: Annotated[str, typer.Option(help="Only of this ledger account")] = "",
) -> None:
    """Every transfer, by number."""
    query = {"earning_id": earning, "ledger_account": account}
    tell(
        api().get("/ledger/transfers", ledger_pb2.ListLedgerTransfersResponse, **query),
        transfers_table,
    )


@verb(app)
def balances(
    prefix: Annotated[str, typer.Argument(help="Such as technician:pe_zhang")] = "",
) -> None:
    """What stands on each ledger account."""

    def shown(answer: ledger_pb2.GetLedgerBalancesResponse) -> RenderableType:
        rows = table("ledger account", "posted", "pending")
        for balance in answer.balances:
            rows.add_row(balance.ledger_account, money(balance.posted), money(balance.pending))
        return rows

    query = {"ledger_account_prefix": prefix}
    tell(api().get("/ledger/balances", ledger_pb2.GetLedgerBalancesResponse, **query), shown)


@verb(app)
def verify() -> None:
    """Recompute every balance and the hash chain; exits 1 when something is wrong."""
    reply = api().get("/ledger/verify", ledger_pb2.VerifyLedgerResponse)

    def shown(answer: ledger_pb2.VerifyLedgerResponse) -> list[RenderableType]:
        verdict = "[green]sound 账实相符[/]" if answer.sound else "[red]not sound 账实不符[/]"
        head = f"{verdict}: {answer.transfer_count} transfers, chain head {answer.chain_head[:16]}"
        return [head, *(f"  [red]{text(finding)}[/]" for finding in answer.findings)]

    tell(reply, shown)
    if not reply.message.sound:
        raise typer.Exit(1)


def transfers_table(answer: ledger_pb2.ListLedgerTransfersResponse) -> RenderableType:
    """Transfers as a journal."""
    rows = table("#", "when", "kind", "debit 借", "credit 贷", "state", "amount")
    for transfer in answer.transfers:
        refers = f" → {transfer.refers_to_transfer_number}"
        rows.add_row(
            str(transfer.transfer_number),
            time(transfer.recorded_at),
            transfer.transfer_kind + (refers if transfer.refers_to_transfer_number else ""),
            transfer.debit_ledger_account,
            transfer.credit_ledger_account,
            state(transfer),
            money(transfer.amount),
        )
    return rows
