"""`gongdan person`: staff and their roles."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import facts, state, table, tell, text
from cli.verb import api, noun, verb
from protos.directory.v1 import directory_pb2
from services.gateway.words import word

app = noun("person", "People 人员: staff, roles, regions.")


@verb(app, "list")
def list_people(role: Annotated[str, typer.Option(help="Only this role")] = "") -> None:
    """Staff, with the roles they may play."""

    def shown(answer: directory_pb2.ListPeopleResponse) -> RenderableType:
        rows = table("person", "name", "roles", "regions", "outlet", "WeCom")
        for person in answer.people:
            rows.add_row(
                person.person_id,
                text(person.display_name),
                " ".join(word(role) for role in person.roles),
                " ".join(person.region_adcodes),
                person.outlet_id,
                person.wecom_userid,
            )
        return rows

    query = {"role": role, "page_size": 200}
    tell(api().get("/people", directory_pb2.ListPeopleResponse, **query), shown)


@verb(app)
def show(person: Annotated[str, typer.Argument()]) -> None:
    """One person."""

    def shown(found: directory_pb2.Person) -> RenderableType:
        return facts(
            ("person", found.person_id),
            ("name", text(found.display_name)),
            ("state", state(found)),
            ("roles", ", ".join(f"{role} {word(role)}" for role in found.roles)),
            ("regions", ", ".join(found.region_adcodes)),
            ("outlet", found.outlet_id),
            ("leader", found.leader_person_id),
            ("WeCom", found.wecom_userid),
        )

    tell(api().get(f"/people/{part(person)}", directory_pb2.Person), shown)
