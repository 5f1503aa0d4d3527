"""`gongdan person`: staff and their roles."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import RenderableType

from cli import absence, hand_over
from cli.api import part
from cli.output import facts, state, table, tell, text, time
from cli.times import instant
from cli.verb import api, noun, verb
from protos.directory.v1 import directory_pb2
from services.gateway.words import word

app = noun("person", "People 人员: staff, roles, regions, absences.")
app.add_typer(absence.app)
verb(app, "hand-over")(hand_over.hand_over)


@verb(app, "list")
def list_people(
    role: Annotated[str, typer.Option(help="Only this role")] = "",
    department: Annotated[str, typer.Option(help="Only this department's members")] = "",
) -> None:
    """Staff, with the roles they may play."""

    def shown(answer: directory_pb2.ListPeopleResponse) -> RenderableType:
        rows = table("person", "name", "roles", "regions", "outlet", "departments", "WeCom")
        for person in answer.people:
            rows.add_row(
                person.person_id,
                text(person.display_name),
                " ".join(word(role) for role in person.roles),
                " ".join(person.region_adcodes),
                person.outlet_id,
                " ".join(person.department_ids),
                person.wecom_userid,
            )
        return rows

    query = {"role": role, "department_id": department, "page_size": 200}
    tell(api().get("/people", directory_pb2.ListPeopleResponse, **query), shown)


@verb(app)
def show(person: Annotated[str, typer.Argument()]) -> None:
    """One person."""
    tell(api().get(f"/people/{part(person)}", directory_pb2.Person), _card)


@verb(app)
def assignees(
    people: Annotated[list[str] | None, typer.Argument(help="Of these people")] = None,
    role: Annotated[str, typer.Option(help="Of the holders of a role")] = "",
    region: Annotated[str, typer.Option(help="Where the role must hold, such as 110105")] = "",
    outlet: Annotated[str, typer.Option(help="In which outlet")] = "",
    leader_of: Annotated[str, typer.Option(help="The leader of this person")] = "",
    levels: Annotated[int, typer.Option(help="How many levels up", min=1)] = 1,
) -> None:
    """Who would take a user task now, with those they stand in for."""

    def shown(answer: directory_pb2.ResolveAssigneesResponse) -> RenderableType:
        rows = table("person", "on behalf of")
        for person_id in answer.person_ids:
            meant = [
                stand_in.on_behalf_of_person_id
                for stand_in in answer.substitutions
                if stand_in.person_id == person_id
            ]
            rows.add_row(person_id, " ".join(meant))
        return rows

    query = {
        "person_ids": people,
        "role": role,
        "region_adcode": region,
        "outlet_id": outlet,
        "leader_of_person_id": leader_of,
        "levels": levels,
    }
    tell(api().get("/assignees", directory_pb2.ResolveAssigneesResponse, **query), shown)


@verb(app)
def leave(
    person: Annotated[str, typer.Argument()],
    reason: Annotated[str, typer.Option()],
    to: Annotated[str, typer.Option(metavar="SUCCESSOR", help="Who takes over")] = "",
    on: Annotated[str, typer.Option(help="When, not later than now; default: now")] = "",
) -> None:
    """A person left the company 离职; a successor takes over."""
    body = {"successor_person_id": to, "reason": reason}
    if on:
        body["left_at"] = instant(on).isoformat()
    path = f"/people/{part(person)}/leave"
    tell(api().send("POST", path, directory_pb2.Person, body), _card)


def _card(person: directory_pb2.Person) -> RenderableType:
    return facts(
        ("person", person.person_id),
        ("name", text(person.display_name)),
        ("state", state(person)),
        ("left", time(person.left_at)),
        ("successor", person.successor_person_id),
        ("roles", ", ".join(f"{role} {word(role)}" for role in person.roles)),
        ("regions", ", ".join(person.region_adcodes)),
        ("outlet", person.outlet_id),
        ("departments", ", ".join(person.department_ids)),
        ("leader", person.leader_person_id),
        ("WeCom", person.wecom_userid),
    )
