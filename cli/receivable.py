"""`gongdan receivable`: what customers, brands and shops owe, and how late it is."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli.amounts import amount_of
from cli.api import Refused, part
from cli.output import facts, moment, money, state, table, tell, text
from cli.verb import api, noun, verb
from protos.settlement.v1 import receipt_pb2
from services.gateway.words import word

app = noun("receivable", "Receivables 应收: what is owed for work, until it is paid.")

_Id = Annotated[str, typer.Argument(metavar="RECEIVABLE", help="rv_…")]


@verb(app)
def bill(
    payer: Annotated[str, typer.Argument(help="customer:cu_…, brand:… or shop:…")],
    lines: Annotated[list[str], typer.Argument(help="LABEL=AMOUNT, such as 空调安装=360.00")],
    purpose: Annotated[str, typer.Option(help="service, deposit, extra or warranty")] = "service",
    work_order: Annotated[str, typer.Option(help="wo_…")] = "",
    shop_order: Annotated[str, typer.Option(help="The shop's own number")] = "",
    due: Annotated[str, typer.Option(help="A day, such as 2026-11-30; otherwise today")] = "",
    currency: Annotated[str, typer.Option()] = "CNY",
) -> None:
    """Somebody owes for work."""
    body = {
        **payer_of(payer),
        "purpose": purpose,
        "work_order_id": work_order,
        "shop_order_number": shop_order,
        "due_on": due,
        "lines": [_line(line, currency) for line in lines],
    }
    tell(api().send("POST", "/receivables", receipt_pb2.Receivable, body), _card)


@verb(app, "list")
def list_receivables(
    payer: Annotated[str, typer.Option(help="customer:cu_…, brand:… or shop:…")] = "",
    of_state: Annotated[
        str, typer.Option("--state", help="open, settled, written_off or cancelled")
    ] = "",
    work_order: Annotated[str, typer.Option(help="Only of this work order")] = "",
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what is late")] = False,
) -> None:
    """What is owed, the newest first."""
    query = {
        **(payer_of(payer) if payer else {}),
        "state": f"RECEIVABLE_STATE_{of_state.upper()}" if of_state else "",
        "work_order_id": work_order,
        "overdue": overdue,
    }

    def shown(answer: receipt_pb2.ListReceivablesResponse) -> RenderableType:
        rows = table("receivable", "payer", "for", "due", "state", "amount", "open")
        for each in answer.receivables:
            rows.add_row(
                each.receivable_id,
                _payer(each),
                word(each.purpose),
                each.due_on,
                state(each),
                money(each.amount),
                money(each.open),
            )
        return rows

    tell(api().get("/receivables", receipt_pb2.ListReceivablesResponse, **query), shown)


@verb(app)
def show(receivable: _Id) -> None:
    """One of them, line by line."""
    tell(api().get(f"/receivables/{part(receivable)}", receipt_pb2.Receivable), _card)


@verb(app)
def ages(
    payer_kind: Annotated[str, typer.Option(help="customer, brand or shop")] = "",
) -> None:
    """What each payer owes, by how many days it is late 账龄."""

    def shown(answer: receipt_pb2.ListReceivableAgesResponse) -> RenderableType:
        rows = table("payer", "total", "not due 未到期", "1–30", "31–60", "61–90", "90+")
        for each in answer.ages:
            rows.add_row(
                f"{word(each.payer_kind)} {each.payer_id}",
                money(each.open),
                money(each.not_due),
                money(each.to_30_days),
                money(each.to_60_days),
                money(each.to_90_days),
                money(each.beyond_90_days),
            )
        return rows

    query = {"payer_kind": payer_kind}
    tell(api().get("/receivables/ages", receipt_pb2.ListReceivableAgesResponse, **query), shown)


@verb(app)
def cancel(receivable: _Id, reason: Annotated[str, typer.Option(help="Why")]) -> None:
    """It was billed by mistake."""
    path = f"/receivables/{part(receivable)}/cancel"
    tell(api().send("POST", path, receipt_pb2.Receivable, {"reason": reason}), _card)


@verb(app)
def write_off(receivable: _Id, reason: Annotated[str, typer.Option(help="Why")]) -> None:
    """It will not be paid; not by whoever billed it."""
    path = f"/receivables/{part(receivable)}/write-off"
    tell(api().send("POST", path, receipt_pb2.Receivable, {"reason": reason}), _card)


def payer_of(written: str) -> dict[str, Any]:
    """Who owes or paid, from ``customer:cu_1``."""
    kind, colon, payer_id = written.partition(":")
    if not colon:
        raise Refused("write the payer as customer:cu_…, brand:… or shop:…", "INPUT_INVALID")
    return {"payer_kind": kind, "payer_id": payer_id}


def _line(written: str, currency: str) -> dict[str, Any]:
    label, equals, amount = written.rpartition("=")
    if not equals:
        raise Refused(f"{written!r} says no amount; write 空调安装=360.00", "INPUT_INVALID")
    return {"line_kind": "service", "label": label, "amount": amount_of(amount, currency)}


def _payer(each: receipt_pb2.Receivable) -> str:
    return f"{word(each.payer_kind)} {each.payer_id}"


def _card(each: receipt_pb2.Receivable) -> list[RenderableType]:
    head = facts(
        ("receivable", each.receivable_id),
        ("payer", _payer(each)),
        ("for", word(each.purpose)),
        ("work order", each.work_order_id),
        ("shop order", each.shop_order_number),
        ("due", each.due_on),
        ("state", state(each)),
        ("billed", f"{moment(each.billed_at)} {each.billed_by_person_id}"),
        ("received", money(each.received)),
        ("credited", money(each.credited) if each.credited.amount_minor else ""),
        ("reason", text(each.reason)),
    )
    rows = table("line", "amount")
    for line in each.lines:
        rows.add_row(text(line.label), money(line.amount))
    rows.add_section()
    rows.add_row("[bold]应收 total[/]", f"[bold]{money(each.amount)}[/]")
    rows.add_row("[bold]未收 open[/]", f"[bold]{money(each.open)}[/]")
    return [head, rows]
