"""`gongdan ledger`: every movement of money, what stands where, and whether the books are sound."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import RenderableType

from cli.api import Refused
from cli.output import moment, money, state, table, tell, text, time
from cli.pages import everything, first_page
from cli.price_book import write_file
from cli.times import end, instant
from cli.verb import api, noun, verb
from kit.rpc.convert import instant_from_proto
from kit.spreadsheet.table import Value
from kit.spreadsheet.writing import write_csv, write_xlsx
from protos.settlement.v1 import ledger_pb2 as pb

app = noun("ledger", "The ledger 账本: transfers, balances, accounts, proof.")

_COLUMNS: Final = (
    "编号", "记账时间", "生效时间", "借方", "贷方", "币种", "金额（最小单位）", "状态", "类型",
    "单据类型", "单据", "分录", "冲销", "规则", "备注",
)  # fmt: skip


@verb(app)
def transfers(
    earning: Annotated[str, typer.Option(help="Only of this earning")] = "",
    account: Annotated[str, typer.Option(help="Only of this ledger account")] = "",
    party: Annotated[
        str, typer.Option(help="Only of any account of this party, such as pe_zhang")
    ] = "",
    document: Annotated[str, typer.Option(help="Only of this document, such as po_…")] = "",
    kind: Annotated[str, typer.Option(help="Only of this kind, such as payout")] = "",
    in_state: Annotated[str, typer.Option("--state", help="pending, posted or voided")] = "",
    currency: Annotated[str, typer.Option(help="Only in this currency")] = "",
    since: Annotated[str, typer.Option("--from", help="Effective from this time or day on")] = "",
    until: Annotated[str, typer.Option("--to", help="Effective to this time or day's end")] = "",
    recorded_from: Annotated[str, typer.Option(help="Recorded from this time or day on")] = "",
    recorded_to: Annotated[str, typer.Option(help="Recorded to this time or day's end")] = "",
    all_pages: Annotated[bool, typer.Option("--all", help="Every page, not the first")] = False,
    out: Annotated[Path | None, typer.Option(help="Write all into this .xlsx or .csv")] = None,
) -> None:
    """Transfers, by number."""
    query = {
        "document_id": document or earning,
        "document_kind": "earning" if earning else "",
        "ledger_account": account,
        "party_id": party,
        "transfer_kind": kind,
        "state": f"LEDGER_TRANSFER_STATE_{in_state.upper()}" if in_state else "",
        "currency": currency,
        "effective_from": instant(since).isoformat() if since else "",
        "effective_before": end(until).isoformat() if until else "",
        "recorded_from": instant(recorded_from).isoformat() if recorded_from else "",
        "recorded_before": end(recorded_to).isoformat() if recorded_to else "",
    }
    read = everything if all_pages or out else first_page
    reply = read("/ledger/transfers", pb.ListLedgerTransfersResponse, "transfers", query)
    if out is None:
        tell(reply, transfers_table)
    else:
        write_file(out, _file(out, reply.message))


@verb(app)
def balances(
    prefix: Annotated[str, typer.Argument(help="Such as technician:pe_zhang")] = "",
    as_of: Annotated[
        str, typer.Option(help="What counted by this time, or by this day's end")
    ] = "",
    known_at: Annotated[
        str, typer.Option(help="What was recorded by this time, or by this day's end")
    ] = "",
) -> None:
    """What stands on each ledger account, now or as of any date as known on any date."""

    def shown(answer: pb.GetLedgerBalancesResponse) -> RenderableType:
        rows = table("ledger account", "posted", "pending")
        for balance in answer.balances:
            rows.add_row(balance.ledger_account, money(balance.posted), money(balance.pending))
        return rows

    query = {
        "ledger_account_prefix": prefix,
        "effective_before": end(as_of).isoformat() if as_of else "",
        "known_at": end(known_at).isoformat() if known_at else "",
    }
    tell(api().get("/ledger/balances", pb.GetLedgerBalancesResponse, **query), shown)


@verb(app)
def accounts(
    search: Annotated[str, typer.Argument(help="Any part of a name, such as pe_zhang")] = "",
    party_kind: Annotated[str, typer.Option(help="Such as technician, outlet, customer")] = "",
    kind: Annotated[str, typer.Option(help="Such as earning, holdback, receivable")] = "",
    currency: Annotated[str, typer.Option(help="Only in this currency")] = "",
    all_pages: Annotated[bool, typer.Option("--all", help="Every page, not the first")] = False,
) -> None:
    """Ledger accounts by name, and what stands on them."""

    def shown(answer: pb.ListLedgerAccountsResponse) -> RenderableType:
        rows = table("ledger account", "posted", "pending", "transfers", "closed before")
        for each in answer.ledger_accounts:
            rows.add_row(
                each.ledger_account,
                money(each.posted),
                money(each.pending),
                str(each.transfer_count),
                moment(each.closed_before),
            )
        return rows

    query = {
        "search": search, "party_kind": party_kind, "account_kind": kind, "currency": currency
    }  # fmt: skip
    read = everything if all_pages else first_page
    tell(read("/ledger/accounts", pb.ListLedgerAccountsResponse, "ledger_accounts", query), shown)


@verb(app)
def verify() -> None:
    """Recompute every balance, every sum and the hash chain; exits 1 when something is wrong."""
    reply = api().get("/ledger/verify", pb.VerifyLedgerResponse)

    def shown(answer: pb.VerifyLedgerResponse) -> list[RenderableType]:
        verdict = "[green]sound 账实相符[/]" if answer.sound else "[red]not sound 账实不符[/]"
        head = f"{verdict}: {answer.transfer_count} transfers, chain head {answer.chain_head[:16]}"
        return [head, *(f"  [red]{text(finding)}[/]" for finding in answer.findings)]

    tell(reply, shown)
    if not reply.message.sound:
        raise typer.Exit(1)


def transfers_table(answer: pb.ListLedgerTransfersResponse) -> RenderableType:
    """Transfers as a journal."""
    rows = table("#", "when", "kind", "document", "debit 借", "credit 贷", "state", "amount")
    for transfer in answer.transfers:
        refers = f" → {transfer.refers_to_transfer_number}"
        rows.add_row(
            str(transfer.transfer_number),
            time(transfer.effective_at),
            transfer.transfer_kind + (refers if transfer.refers_to_transfer_number else ""),
            transfer.document_id,
            transfer.debit_ledger_account,
            transfer.credit_ledger_account,
            state(transfer),
            money(transfer.amount),
        )
    return rows


def _file(out: Path, answer: pb.ListLedgerTransfersResponse) -> bytes:
    rows: list[tuple[Value, ...]] = [
        (
            Decimal(each.transfer_number),
            instant_from_proto(each.recorded_at).isoformat(),
            instant_from_proto(each.effective_at).isoformat(),
            each.debit_ledger_account,
            each.credit_ledger_account,
            each.amount.currency,
            Decimal(each.amount.amount_minor),
            pb.LedgerTransferState.Name(each.state).removeprefix("LEDGER_TRANSFER_STATE_").lower(),
            each.transfer_kind,
            each.document_kind,
            each.document_id,
            each.leg,
            Decimal(each.refers_to_transfer_number) if each.refers_to_transfer_number else None,
            each.rule_id,
            each.memo,
        )
        for each in answer.transfers
    ]
    match out.suffix.lower():
        case ".xlsx":
            return write_xlsx([("账本", _COLUMNS, rows)])
        case ".csv":
            return write_csv(_COLUMNS, rows)
        case _:
            raise Refused(f"{out} must end in .xlsx or .csv", "INPUT_FILE_ENDING_UNKNOWN")
