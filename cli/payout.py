"""`gongdan payout`: drawn, approved by two others, handed over, followed until the money has arrived."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import facts, history, moment, money, state, table, tell, text
from cli.verb import api, noun, verb
from protos.settlement.v1 import payout_pb2
from services.gateway.words import word

app = noun(
    "payout", "Payouts 打款: each under one number, until the money has arrived or come back."
)

_Id = Annotated[str, typer.Argument(metavar="PAYOUT", help="po_…, or a batch, pb_…")]
_Batch = Annotated[str, typer.Argument(metavar="BATCH", help="pb_…")]


@verb(app)
def draw(
    payees: Annotated[list[str] | None, typer.Argument(metavar="[PAYEE]…")] = None,
    earning: Annotated[list[str] | None, typer.Option(help="Only these earnings, ea_…")] = None,
    outlet: Annotated[str, typer.Option(help="Only earnings of this outlet's work")] = "",
    party: Annotated[str, typer.Option(help="technician, outlet, agent …")] = "technician",
    invoice: Annotated[list[str] | None, typer.Option(help="PAYEE=INVOICE")] = None,
    currency: Annotated[str, typer.Option()] = "CNY",
    note: Annotated[str, typer.Option()] = "",
) -> None:
    """Draw what is due into a batch; without a payee: everybody's."""
    body: dict[str, Any] = {
        "payee_ids": payees or [],
        "earning_ids": earning or [],
        "outlet_id": outlet,
        "party_kind": party,
        "currency": currency,
        "note": note,
        "invoice_references": dict(_pair(each) for each in invoice or []),
    }
    tell(api().send("POST", "/payout-batches", payout_pb2.PayoutBatch, body), _batch)


@verb(app, "list")
def list_payouts(
    payee: Annotated[str, typer.Option(help="Only this payee's")] = "",
    batch: Annotated[str, typer.Option(help="Only of this batch")] = "",
    batches: Annotated[bool, typer.Option("--batches", help="Batches instead")] = False,
) -> None:
    """Payouts, the newest first."""
    if batches:
        tell(api().get("/payout-batches", payout_pb2.ListPayoutBatchesResponse), _batches)
        return
    query = {"payee_id": payee, "payout_batch_id": batch}
    tell(
        api().get("/payouts", payout_pb2.ListPayoutsResponse, **query),
        lambda answer: _rows(answer.payouts),
    )


@verb(app)
def show(payout: _Id) -> None:
    """One payout with its history, or one batch with its payouts."""
    if payout.startswith("pb_"):
        path = f"/payout-batches/{part(payout)}"
        tell(api().get(path, payout_pb2.PayoutBatch), _batch)
    else:
        tell(api().get(f"/payouts/{part(payout)}", payout_pb2.Payout), _payout)


@verb(app)
def approve(batch: _Batch) -> None:
    """One of two others says that it may go; with the second it goes 审批."""
    path = f"/payout-batches/{part(batch)}/approve"
    tell(api().send("POST", path, payout_pb2.PayoutBatch, {}), _batch)


@verb(app)
def cancel(payout: _Id, reason: Annotated[str, typer.Option(help="Why")]) -> None:
    """Cancel a batch before it goes, or take back a payout that is not confirmed 撤回."""
    body = {"reason": reason}
    if payout.startswith("pb_"):
        path = f"/payout-batches/{part(payout)}/cancel"
        tell(api().send("POST", path, payout_pb2.PayoutBatch, body), _batch)
    else:
        path = f"/payouts/{part(payout)}/withdraw"
        tell(api().send("POST", path, payout_pb2.Payout, body), _payout)


@verb(app)
def retry(payout: Annotated[str, typer.Argument(metavar="PAYOUT", help="po_…")]) -> None:
    """Draw what failed or came back anew, under a new number."""
    path = f"/payouts/{part(payout)}/retry"
    tell(api().send("POST", path, payout_pb2.PayoutBatch, {}), _batch)


@verb(app)
def reconcile(
    from_day: Annotated[str, typer.Argument(metavar="FROM", help="Such as 2026-11-01")],
    to_day: Annotated[str, typer.Argument(metavar="TO", help="That day included")],
) -> None:
    """Ask the channel about every payout of these days, and list where it differs 对账."""

    def shown(answer: payout_pb2.ReconcilePayoutsResponse) -> list[RenderableType]:
        rows = table("payout", "difference", "ours", "the channel's")
        for each in answer.differences:
            rows.add_row(
                each.payout_id, word(each.difference_kind), text(each.ours), text(each.theirs)
            )
        head = facts(
            ("compared 已核对", str(answer.compared_count)),
            ("differences 差异", str(len(answer.differences))),
            ("more 还有", "yes" if answer.page.next_page_token else ""),
        )
        return [head, rows] if answer.differences else [head]

    query = {"from_day": from_day, "to_day": to_day}
    tell(api().get("/payouts/differences", payout_pb2.ReconcilePayoutsResponse, **query), shown)


@verb(app)
def account(
    payee: Annotated[str, typer.Argument(help="Who is paid")],
    channel_payee: Annotated[str, typer.Argument(help="What the channel calls them")],
    party: Annotated[str, typer.Option(help="technician, outlet, agent …")] = "technician",
    channel: Annotated[str, typer.Option()] = "wechat",
) -> None:
    """Put under which name a payee is known to the channel."""
    body = {
        "party_kind": party,
        "payee_id": payee,
        "channel_code": channel,
        "channel_payee": channel_payee,
    }

    def shown(put: payout_pb2.PayoutAccount) -> RenderableType:
        return facts(
            ("payee", f"{word(put.party_kind)} {put.payee_id}"),
            ("account", f"{put.channel_code} {put.channel_payee}"),
            ("version", str(put.version)),
        )

    tell(api().send("POST", "/payout-accounts", payout_pb2.PayoutAccount, body), shown)


def _pair(given: str) -> tuple[str, str]:
    payee, _, reference = given.partition("=")
    return payee, reference


def _rows(payouts: Any) -> RenderableType:
    rows = table("payout", "payee", "state", "gross", "tax", "net", "why")
    for each in payouts:
        known = each.HasField("net")
        rows.add_row(
            each.payout_id,
            f"{word(each.party_kind)} {each.payee_id}",
            state(each),
            money(each.gross),
            money(each.tax) if known else "",
            money(each.net) if known else "",
            text(each.fail_reason),
        )
    return rows


def _batches(answer: payout_pb2.ListPayoutBatchesResponse) -> RenderableType:
    rows = table("batch", "state", "drawn", "by", "payouts", "gross", "note")
    for each in answer.payout_batches:
        rows.add_row(
            each.payout_batch_id,
            state(each),
            moment(each.drawn_at),
            each.drawn_by_person_id,
            str(each.payout_count),
            money(each.gross),
            text(each.note),
        )
    return rows


def _batch(batch: payout_pb2.PayoutBatch) -> list[RenderableType]:
    shown: list[RenderableType] = [
        facts(
            ("batch", batch.payout_batch_id),
            ("state", state(batch)),
            ("drawn", f"{moment(batch.drawn_at)} {batch.drawn_by_person_id}"),
            ("approved by", "、".join(each.person_id for each in batch.approvals)),
            ("gross", money(batch.gross)),
            ("note", text(batch.note or batch.cancel_reason)),
        ),
        _rows(batch.payouts),
    ]
    if batch.left_out:
        rows = table("left out 未打款", "earning", "amount", "why")
        for each in batch.left_out:
            rows.add_row(
                f"{word(each.party_kind)} {each.payee_id}",
                each.earning_id,
                money(each.amount),
                word(each.reason),
            )
        shown.append(rows)
    return shown


def _payout(payout: payout_pb2.Payout) -> list[RenderableType]:
    items = table("what", "earning", "amount")
    for item in payout.items:
        items.add_row(word(item.item_kind), item.earning_id, money(item.amount))
    known = payout.HasField("net")
    head = facts(
        ("payout", payout.payout_id),
        ("batch", payout.payout_batch_id),
        ("payee", f"{word(payout.party_kind)} {payout.payee_id}"),
        ("state", state(payout)),
        ("gross", money(payout.gross)),
        ("tax", money(payout.tax) if known else ""),
        ("net", money(payout.net) if known else ""),
        ("our number", payout.channel_number),
        ("the channel's", payout.channel_bill_number),
        ("why", text(payout.fail_reason)),
        ("retries", payout.retries_payout_id),
    )
    return [head, items, history(payout.changes)]
