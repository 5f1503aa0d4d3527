"""`gongdan receipt` and `gongdan refund`: what came in, what it pays, and what goes back."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli.amounts import amount_of
from cli.api import part
from cli.output import facts, moment, money, state, table, tell, text
from cli.receivable import payer_of
from cli.times import instant
from cli.verb import api, noun, verb
from protos.settlement.v1 import receipt_pb2
from services.gateway.words import word

app = noun("receipt", "Receipts 收款: money that came in, and what it pays.")
refunds = noun("refund", "Refunds 退款: asked for by one, allowed by another, paid back once.")

_Receipt = Annotated[str, typer.Argument(metavar="RECEIPT", help="rc_…")]
_Refund = Annotated[str, typer.Argument(metavar="REFUND", help="rf_…")]


@verb(app)
def record(
    payer: Annotated[str, typer.Argument(help="customer:cu_…, brand:… or shop:…")],
    amount: Annotated[str, typer.Argument(help="Such as 360.00")],
    channel: Annotated[str, typer.Option(help="wechat, alipay, bank, cash or a shop's")],
    number: Annotated[str, typer.Option(help="The channel's number; cash has none")] = "",
    work_order: Annotated[str, typer.Option(help="wo_…")] = "",
    shop_order: Annotated[str, typer.Option(help="The shop's own number")] = "",
    at: Annotated[str, typer.Option(help="When, such as 2026-11-23T09:00; otherwise now")] = "",
    note: Annotated[str, typer.Option()] = "",
    currency: Annotated[str, typer.Option()] = "CNY",
) -> None:
    """Money came in; it pays what its payer owes, the earliest due first."""
    body: dict[str, Any] = {
        **payer_of(payer),
        "amount": amount_of(amount, currency),
        "channel_code": channel,
        "channel_number": number,
        "work_order_id": work_order,
        "shop_order_number": shop_order,
        "note": note,
    }
    if at:
        body["received_at"] = instant(at).isoformat()
    tell(api().send("POST", "/receipts", receipt_pb2.Receipt, body), _card)


@verb(app, "list")
def list_receipts(
    payer: Annotated[str, typer.Option(help="customer:cu_…, brand:… or shop:…")] = "",
    channel: Annotated[str, typer.Option(help="Only of this channel")] = "",
    work_order: Annotated[str, typer.Option(help="Only of this work order")] = "",
    ahead: Annotated[bool, typer.Option("--ahead", help="Only what is paid ahead")] = False,
) -> None:
    """What came in, the newest first."""
    query = {
        **(payer_of(payer) if payer else {}),
        "channel_code": channel,
        "work_order_id": work_order,
        "unallocated": ahead,
    }

    def shown(answer: receipt_pb2.ListReceiptsResponse) -> RenderableType:
        rows = table("receipt", "received", "channel", "number", "payer", "amount", "ahead 预收")
        for each in answer.receipts:
            rows.add_row(
                each.receipt_id,
                moment(each.received_at),
                each.channel_code,
                text(each.channel_number),
                f"{word(each.payer_kind)} {each.payer_id}",
                money(each.amount),
                money(each.unallocated) if each.unallocated.amount_minor else "",
            )
        return rows

    tell(api().get("/receipts", receipt_pb2.ListReceiptsResponse, **query), shown)


@verb(app)
def show(receipt: _Receipt) -> None:
    """One of them, and what it pays."""
    tell(api().get(f"/receipts/{part(receipt)}", receipt_pb2.Receipt), _card)


@verb(app)
def allocate(
    receipt: _Receipt,
    receivable: Annotated[str, typer.Argument(help="rv_…")],
    amount: Annotated[str, typer.Option(help="Otherwise as much as both allow")] = "",
    currency: Annotated[str, typer.Option()] = "CNY",
) -> None:
    """What was paid ahead pays a receivable."""
    body: dict[str, Any] = {"receivable_id": receivable}
    if amount:
        body["amount"] = amount_of(amount, currency)
    path = f"/receipts/{part(receipt)}/allocations"
    tell(api().send("POST", path, receipt_pb2.Receipt, body), _card)


@verb(app)
def reverse(receipt: _Receipt, reason: Annotated[str, typer.Option(help="Why")]) -> None:
    """It did not come in after all; not by whoever recorded it."""
    path = f"/receipts/{part(receipt)}/reverse"
    tell(api().send("POST", path, receipt_pb2.Receipt, {"reason": reason}), _card)


@verb(refunds)
def request(
    receipt: _Receipt,
    amount: Annotated[str, typer.Argument(help="Such as 100.00")],
    reason: Annotated[str, typer.Option(help="Why it goes back")],
    receivable: Annotated[str, typer.Option(help="What is credited; none: paid ahead")] = "",
    currency: Annotated[str, typer.Option()] = "CNY",
) -> None:
    """Money of a receipt shall go back."""
    body = {
        "receipt_id": receipt,
        "receivable_id": receivable,
        "amount": amount_of(amount, currency),
        "reason": reason,
    }
    tell(api().send("POST", "/refunds", receipt_pb2.Refund, body), _refund_card)


@verb(refunds)
def approve(refund: _Refund) -> None:
    """Allow it; not by whoever asked for it."""
    _decide(refund, {"approve": True})


@verb(refunds)
def reject(refund: _Refund, reason: Annotated[str, typer.Option(help="Why not")]) -> None:
    """Refuse it."""
    _decide(refund, {"approve": False, "reason": reason})


@verb(refunds)
def confirm(
    refund: _Refund, number: Annotated[str, typer.Option(help="The channel's own number")]
) -> None:
    """The channel paid it back."""
    path = f"/refunds/{part(refund)}/confirm"
    tell(api().send("POST", path, receipt_pb2.Refund, {"channel_number": number}), _refund_card)


@verb(refunds, "list")
def list_refunds(
    of_state: Annotated[
        str, typer.Option("--state", help="requested, approved, rejected or paid")
    ] = "",
    receipt: Annotated[str, typer.Option(help="Only of this receipt")] = "",
) -> None:
    """What goes back, the newest first."""
    query = {
        "state": f"REFUND_STATE_{of_state.upper()}" if of_state else "",
        "receipt_id": receipt,
    }

    def shown(answer: receipt_pb2.ListRefundsResponse) -> RenderableType:
        rows = table("refund", "receipt", "asked", "by", "state", "reason", "amount")
        for each in answer.refunds:
            rows.add_row(
                each.refund_id,
                each.receipt_id,
                moment(each.requested_at),
                each.requested_by_person_id,
                state(each),
                text(each.reason),
                money(each.amount),
            )
        return rows

    tell(api().get("/refunds", receipt_pb2.ListRefundsResponse, **query), shown)


def _decide(refund: str, body: dict[str, Any]) -> None:
    path = f"/refunds/{part(refund)}/decide"
    tell(api().send("POST", path, receipt_pb2.Refund, body), _refund_card)


def _card(each: receipt_pb2.Receipt) -> list[RenderableType]:
    head = facts(
        ("receipt", each.receipt_id),
        ("payer", f"{word(each.payer_kind)} {each.payer_id}"),
        ("channel", f"{each.channel_code} {text(each.channel_number)}"),
        ("received", moment(each.received_at)),
        ("recorded by", each.recorded_by_person_id),
        ("work order", each.work_order_id),
        ("refunded", money(each.refunded) if each.refunded.amount_minor else ""),
        ("note", text(each.note)),
        ("reversed", f"{moment(each.reversed_at)} {text(each.reversal_reason)}".strip()),
    )
    rows = table("pays", "amount")
    for allocation in each.allocations:
        rows.add_row(allocation.receivable_id, money(allocation.amount))
    if each.unallocated.amount_minor:
        rows.add_row("预收 paid ahead", money(each.unallocated))
    rows.add_section()
    rows.add_row("[bold]收款 received[/]", f"[bold]{money(each.amount)}[/]")
    return [head, rows]


def _refund_card(each: receipt_pb2.Refund) -> RenderableType:
    decided = f"{each.decided_by_person_id} {moment(each.decided_at)}".strip()
    return facts(
        ("refund", each.refund_id),
        ("receipt", each.receipt_id),
        ("credits", each.receivable_id),
        ("amount", money(each.amount)),
        ("state", state(each)),
        ("asked by", f"{each.requested_by_person_id} {moment(each.requested_at)}"),
        ("reason", text(each.reason)),
        ("decided by", decided),
        ("because", text(each.decision_reason)),
        ("number", text(each.channel_number)),
    )
