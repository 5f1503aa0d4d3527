"""`gongdan customer timeline|record`: what happened with a customer."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import moment, money, state, table, tell, text
from cli.times import instant
from cli.verb import api, verb
from protos.directory.v1 import interaction_pb2

_KIND_HELP = "case, work_order, message, call, purchase, complaint, rating or note"
_Customer = Annotated[str, typer.Argument(metavar="CUSTOMER")]


def add_to(app: typer.Typer) -> None:
    """Make these commands of the noun."""
    verb(app)(timeline)
    verb(app)(record)


def timeline(
    customer: _Customer,
    kinds: Annotated[
        list[str] | None, typer.Option("--kind", help=f"{_KIND_HELP}; may be given again")
    ] = None,
    since: Annotated[str, typer.Option(help="From then on; three years otherwise")] = "",
    words: Annotated[str, typer.Option(help="Only with this in the title or subject")] = "",
    most: Annotated[int, typer.Option(help="How many, up to 200")] = 200,
) -> None:
    """The timeline 客户时间线: cases, work orders, messages, calls, purchases …, the last first."""
    query: dict[str, Any] = {
        "kinds": [_kind(kind) for kind in kinds or ()] or None,
        "since": instant(since).isoformat() if since else "",
        "text_contains": words,
        "page_size": most,
    }
    path = f"/customers/{part(customer)}/interactions"
    tell(api().get(path, interaction_pb2.ListInteractionsResponse, **query), _rows)


def record(
    customer: _Customer,
    title: Annotated[str, typer.Argument(help="Nothing personal")],
    kind: Annotated[str, typer.Option(help=_KIND_HELP)] = "note",
    details: Annotated[str, typer.Option(help="What was said; kept sealed")] = "",
    subject: Annotated[str, typer.Option(help="What it was about, such as a model")] = "",
    source: Annotated[str, typer.Option(help="Where it happened, such as tmall")] = "",
    source_id: Annotated[str, typer.Option(help="What it is called there; kept once")] = "",
    at: Annotated[str, typer.Option(help="When it happened; now otherwise")] = "",
    rating: Annotated[int, typer.Option(help="1 to 5 stars")] = 0,
    office_only: Annotated[bool, typer.Option("--office-only")] = False,
) -> None:
    """Record a call, a note, a purchase, a review …"""
    body: dict[str, Any] = {
        "kind": _kind(kind),
        "title": title,
        "details": details,
        "subject": subject,
        "source": source,
        "source_id": source_id,
        "rating": rating,
        "office_only": office_only,
    }
    if at:
        body["occurred_at"] = instant(at).isoformat()
    path = f"/customers/{part(customer)}/interactions"
    recorded = api().send("POST", path, interaction_pb2.Interaction, body)
    tell(recorded, lambda one: _table([one]))


def _kind(word: str) -> str:
    return f"INTERACTION_KIND_{word.upper()}"


def _rows(answer: interaction_pb2.ListInteractionsResponse) -> list[RenderableType]:
    more = "[dim]还有更早的 there is more, further back[/]"
    rows: list[RenderableType] = [_table(list(answer.interactions))]
    return [*rows, more] if answer.page.next_page_token else rows


def _table(interactions: list[interaction_pb2.Interaction]) -> RenderableType:
    rows = table("time", "kind", "title", "subject", "amount", "details", "from")
    for one in interactions:
        stars = "★" * one.rating
        rows.add_row(
            moment(one.occurred_at),
            state(one, "kind"),
            text(" ".join(filter(None, (one.title, stars)))),
            text(one.subject),
            money(one.amount),
            text(one.details),
            text(f"{one.source} {one.source_id}"),
        )
    return rows
