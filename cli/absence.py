"""`gongdan person absence`: who is absent, and who takes their user tasks meanwhile."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import facts, table, tell, text, time
from cli.times import end, instant
from cli.verb import api, noun, verb
from protos.directory.v1 import directory_pb2

app = noun("absence", "Absences 缺勤: from when until when, and who is the proxy.")


@verb(app)
def add(
    person: Annotated[str, typer.Argument(help="Yourself; others for supervisors")],
    begins: Annotated[
        str, typer.Option("--from", help="2026-10-09 or 2026-10-09T14:00; default: now")
    ] = "",
    ends: Annotated[
        str, typer.Option("--until", help="The last day, or a time; default: further notice")
    ] = "",
    proxy: Annotated[str, typer.Option(help="Who takes the user tasks 代理人")] = "",
    reason: Annotated[str, typer.Option(help="For colleagues to read")] = "",
) -> None:
    """Declare an absence."""
    body = {"person_id": person, "proxy_person_id": proxy, "reason": reason}
    if begins:
        body["starts_at"] = instant(begins).isoformat()
    if ends:
        body["ends_at"] = end(ends).isoformat()
    tell(api().send("POST", "/absences", directory_pb2.Absence, body), _card)


@verb(app, "list")
def list_absences(
    person: Annotated[str, typer.Option(help="Only of this person")] = "",
    past: Annotated[bool, typer.Option("--past", help="Those that are over, too")] = False,
) -> None:
    """Absences, the earliest first."""

    def shown(answer: directory_pb2.ListAbsencesResponse) -> RenderableType:
        rows = table("absence", "person", "from", "until", "proxy", "reason", "cancelled")
        for absence in sorted(answer.absences, key=lambda absence: absence.starts_at.seconds):
            rows.add_row(
                absence.absence_id,
                absence.person_id,
                time(absence.starts_at),
                time(absence.ends_at),
                absence.proxy_person_id,
                text(absence.reason),
                time(absence.cancelled_at),
            )
        return rows

    query = {"person_id": person, "include_past": past or None, "page_size": 200}
    tell(api().get("/absences", directory_pb2.ListAbsencesResponse, **query), shown)


@verb(app)
def cancel(absence: Annotated[str, typer.Argument()]) -> None:
    """Cancel an absence: it does not begin, or ends now."""
    tell(api().send("DELETE", f"/absences/{part(absence)}", directory_pb2.Absence), _card)


def _card(absence: directory_pb2.Absence) -> RenderableType:
    return facts(
        ("absence", absence.absence_id),
        ("person", absence.person_id),
        ("from", time(absence.starts_at)),
        ("until", time(absence.ends_at) or "further notice"),
        ("proxy", absence.proxy_person_id),
        ("reason", text(absence.reason)),
        ("cancelled", time(absence.cancelled_at)),
    )
