"""`gongdan claim`: what brands owe for warranty work, sent as one document and answered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli.api import Refused, part
from cli.output import facts, moment, money, state, table, tell, text
from cli.price_book import write_file
from cli.verb import api, noun, verb
from protos.settlement.v1 import claim_pb2 as pb
from services.gateway.words import word

app = noun("claim", "Claims 品牌索赔: what a brand owes for warranty work.")

_Claim = Annotated[str, typer.Argument(metavar="CLAIM", help="bc_…")]


@verb(app)
def draw(
    brand: Annotated[str, typer.Argument(metavar="BRAND")],
    first_day: Annotated[str, typer.Option(help="Otherwise the first of this month")] = "",
    last_day: Annotated[str, typer.Option(help="Otherwise today")] = "",
    currency: Annotated[str, typer.Option()] = "CNY",
) -> None:
    """All that a brand owes of some days and no claim holds yet."""
    body = {
        "brand_id": brand,
        "first_day": first_day,
        "last_day": last_day,
        "currency": currency,
    }
    tell(api().send("POST", "/brand-claims", pb.BrandClaim, body), _card)


@verb(app, "list")
def list_claims(
    brand: Annotated[str, typer.Option(help="Only this brand's")] = "",
    of_state: Annotated[
        str, typer.Option("--state", help="draft, sent, answered or withdrawn")
    ] = "",
) -> None:
    """Claims, the newest first."""

    def shown(answer: pb.ListBrandClaimsResponse) -> RenderableType:
        rows = table("claim", "brand", "days", "state", "lines", "amount", "accepted", "received")
        for each in answer.brand_claims:
            rows.add_row(
                each.brand_claim_id,
                each.brand_id,
                f"{each.first_day}…{each.last_day}",
                state(each),
                str(each.line_count),
                money(each.amount),
                money(each.accepted),
                money(each.received),
            )
        return rows

    query = {
        "brand_id": brand,
        "state": f"BRAND_CLAIM_STATE_{of_state.upper()}" if of_state else "",
    }
    tell(api().get("/brand-claims", pb.ListBrandClaimsResponse, **query), shown)


@verb(app)
def show(claim: _Claim) -> None:
    """One claim, line by line."""
    tell(api().get(f"/brand-claims/{part(claim)}", pb.BrandClaim), _card)


@verb(app)
def send(claim: _Claim) -> None:
    """It was handed to the brand, and is as it is from now on."""
    tell(api().send("POST", f"/brand-claims/{part(claim)}/send", pb.BrandClaim), _card)


@verb(app)
def withdraw(claim: _Claim) -> None:
    """A draft is given up; what it held may be claimed again."""
    tell(api().send("POST", f"/brand-claims/{part(claim)}/withdraw", pb.BrandClaim), _card)


@verb(app)
def answer(
    claim: _Claim,
    accept: Annotated[list[str] | None, typer.Option(help="rv_…; may be given again")] = None,
    reject: Annotated[list[str] | None, typer.Option(help="rv_…=WHY; may be given again")] = None,
    accept_others: Annotated[
        bool, typer.Option("--accept-others", help="All others are accepted")
    ] = False,
) -> None:
    """What the brand says of its lines; a rejected one is owed no more."""
    answers: list[dict[str, Any]] = [
        {"receivable_id": each, "answer": "accepted"} for each in accept or []
    ]
    for written in reject or []:
        receivable, equals, reason = written.partition("=")
        if not equals:
            raise Refused(f"write {written}=WHY", "INPUT_INVALID")
        answers.append({"receivable_id": receivable, "answer": "rejected", "reason": reason})
    body = {"answers": answers, "accept_others": accept_others}
    tell(api().send("POST", f"/brand-claims/{part(claim)}/answer", pb.BrandClaim, body), _card)


@verb(app)
def export(claim: _Claim, file: Annotated[Path, typer.Argument(help="Ends in .xlsx")]) -> None:
    """A claim as a workbook for the brand."""
    write_file(file, api().content(f"/brand-claims/{part(claim)}/file"))


def _card(each: pb.BrandClaim) -> list[RenderableType]:
    head = facts(
        ("claim", each.brand_claim_id),
        ("brand", each.brand_id),
        ("days", f"{each.first_day}…{each.last_day}"),
        ("state", state(each)),
        ("sent", f"{moment(each.sent_at)} {each.sent_by_person_id}".strip()),
        ("digest", each.digest),
        ("accepted", money(each.accepted)),
        ("rejected", money(each.rejected)),
        ("received", money(each.received)),
    )
    rows = table("receivable", "work order", "what", "answer", "why", "amount")
    for line in each.lines:
        rows.add_row(
            line.receivable_id,
            line.work_order_id,
            text(line.label),
            word(line.answer) if line.answer else "",
            text(line.answer_reason),
            money(line.amount),
        )
    rows.add_section()
    rows.add_row("[bold]合计 total[/]", "", "", "", "", f"[bold]{money(each.amount)}[/]")
    return [head, rows]
