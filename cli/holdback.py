"""`gongdan holdback`: what is kept of earnings until its release date."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import RenderableType

from cli.adjustment import card, evidence_of, party_of
from cli.api import part
from cli.output import moment, money, state, table, tell, text
from cli.pages import first_page
from cli.verb import api, noun, verb
from protos.settlement.v1 import adjustment_pb2
from services.gateway.words import word

app = noun("holdback", "Hold-backs 质保金: kept of earnings, released on their date.")

_Id = Annotated[str, typer.Argument(metavar="HOLDBACK", help="hb_…")]


@verb(app, "list")
def list_holdbacks(
    of_state: Annotated[
        str, typer.Option("--state", help="held, released, forfeited or returned")
    ] = "",
    party: Annotated[str, typer.Option(help="Such as technician:pe_zhang")] = "",
    earning: Annotated[str, typer.Option(help="Only of this earning")] = "",
) -> None:
    """Hold-backs, the newest first."""
    query = {
        "state": f"HOLDBACK_STATE_{of_state.upper()}" if of_state else "",
        "earning_id": earning,
        **(party_of(party) if party else {}),
    }
    found = first_page("/holdbacks", adjustment_pb2.ListHoldbacksResponse, "holdbacks", query)
    tell(found, lambda answer: holdbacks_table(answer.holdbacks))


@verb(app)
def release(
    holdback: _Id,
    reason: Annotated[str, typer.Option(help="Needed before its date")] = "",
) -> None:
    """Release what is due; propose an early release of what is not."""
    path = f"/holdbacks/{part(holdback)}/release"
    made = api().send("POST", path, adjustment_pb2.Holdback, {"reason": reason})
    tell(made, lambda each: holdbacks_table([each]))


@verb(app)
def forfeit(
    holdback: _Id,
    reason: Annotated[str, typer.Option(help="Why it does not go back")],
    evidence: Annotated[list[str] | None, typer.Option(help="KIND=REFERENCE")] = None,
) -> None:
    """Propose that it does not go back; another person approves."""
    path = f"/holdbacks/{part(holdback)}/forfeit"
    body = {"reason": reason, "evidence": evidence_of(evidence)}
    tell(api().send("POST", path, adjustment_pb2.Adjustment, body), card)


def holdbacks_table(found: Iterable[adjustment_pb2.Holdback]) -> RenderableType:
    """A row each: whose, how much, until when and how it ended."""
    rows = table("hold-back", "whose", "earning", "amount", "state", "release", "ended")
    for each in found:
        ended = f"{moment(each.ended_at)} {text(each.end_reason)}" if each.end_reason else ""
        rows.add_row(
            each.holdback_id,
            f"{word(each.party_kind)} {each.party_id}",
            each.earning_id,
            money(each.amount),
            state(each),
            moment(each.release_at),
            ended or each.adjustment_id,
        )
    return rows
