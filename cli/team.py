"""`gongdan team`: technicians who work together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import table, tell, text
from cli.pages import first_page
from cli.verb import api, noun, verb
from protos.workorder.v1 import registry_pb2

app = noun("team", "Teams 班组: technicians who work together.")

_Id = Annotated[str, typer.Argument(metavar="TEAM")]


@verb(app, "list")
def list_teams(
    outlet: Annotated[str, typer.Option(help="Only this outlet's")] = "",
    kind: Annotated[str, typer.Option(help="Only of this kind, such as repair")] = "",
    technician: Annotated[str, typer.Option(help="Only those they are in")] = "",
    ended: Annotated[bool, typer.Option("--ended", help="Those that have ended, too")] = False,
) -> None:
    """Teams by id."""
    query = {
        "outlet_id": outlet,
        "kind": kind,
        "technician_id": technician,
        "include_ended": "true" if ended else "",
    }
    found = first_page("/teams", registry_pb2.ListTeamsResponse, "teams", query)
    tell(found, lambda answer: _table(answer.teams))


@verb(app)
def show(team: _Id) -> None:
    """One team with its members."""
    tell(api().get(f"/teams/{part(team)}", registry_pb2.Team), lambda found: _table([found]))


@verb(app)
def put(
    team: _Id,
    technicians: Annotated[list[str], typer.Argument(metavar="TECHNICIAN…", help="Its members")],
    name: Annotated[str, typer.Option()],
    kind: Annotated[str, typer.Option(help="What it does: repair, install, design …")],
    outlet: Annotated[str, typer.Option(help="Whose it is")] = "",
    leader: Annotated[str, typer.Option(help="Who leads it")] = "",
) -> None:
    """Create a team, or replace all that is known of it."""
    body = {
        "name": name,
        "kind": kind,
        "outlet_id": outlet,
        "leader_person_id": leader,
        "technician_ids": technicians,
    }
    made = api().send("PUT", f"/teams/{part(team)}", registry_pb2.Team, body)
    tell(made, lambda found: _table([found]))


@verb(app)
def end(team: _Id) -> None:
    """End a team; it has no members then."""
    ended = api().send("DELETE", f"/teams/{part(team)}", registry_pb2.Team)
    tell(ended, lambda found: _table([found]))


def _table(teams: Iterable[registry_pb2.Team]) -> RenderableType:
    rows = table("team", "name", "kind", "outlet", "leader", "members", "")
    for team in teams:
        rows.add_row(
            team.team_id,
            text(team.name),
            team.kind,
            team.outlet_id,
            team.leader_person_id,
            " ".join(team.technician_ids),
            "已解散 ended" if team.HasField("ended_at") else "",
        )
    return rows
