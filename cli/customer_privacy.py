"""`gongdan customer reveals|shred …`: who saw personal data, and how it is destroyed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import moment, state, table, tell, text
from cli.pages import first_page
from cli.verb import api, noun, verb
from protos.directory.v1 import privacy_pb2

shredding = noun("shred", "Destroy personal data 销毁个人信息: one person asks, another does it.")

_Customer = Annotated[str, typer.Argument(metavar="CUSTOMER")]
_Shredding = Annotated[str, typer.Argument(metavar="SHREDDING", help="sh_…")]
_Reason = Annotated[str, typer.Option("--reason", help="Why; stands in the audit")]


def add_to(app: typer.Typer) -> None:
    """Make these commands of the noun."""
    verb(app)(reveals)
    verb(app)(inactive)
    app.add_typer(shredding)


def reveals(customer: _Customer) -> None:
    """Who saw personal data of a customer in clear, when and why."""
    path = f"/customers/{part(customer)}/reveals"

    def shown(answer: privacy_pb2.ListRevealsResponse) -> RenderableType:
        rows = table("time", "person", "what", "purpose", "reference")
        for one in answer.reveals:
            rows.add_row(
                moment(one.revealed_at), one.person_id, one.kind, text(one.purpose), one.reference
            )
        return rows

    tell(first_page(path, privacy_pb2.ListRevealsResponse, "reveals", {}), shown)


def inactive(
    years: Annotated[int, typer.Option(help="Without anything for so many years")] = 3,
) -> None:
    """Customers with whom nothing has happened for years."""

    def shown(answer: privacy_pb2.ListInactiveCustomersResponse) -> RenderableType:
        rows = table("customer", "registered", "last")
        for one in answer.inactive_customers:
            rows.add_row(
                one.customer_id, moment(one.registered_at), moment(one.last_interaction_at)
            )
        return rows

    found = first_page(
        "/inactive-customers",
        privacy_pb2.ListInactiveCustomersResponse,
        "inactive_customers",
        {"years": years},
    )
    tell(found, shown)


@verb(shredding)
def request(customer: _Customer, reason: _Reason) -> None:
    """Ask that a customer's personal data be destroyed."""
    body = {"customer_id": customer, "reason": reason}
    asked = api().send("POST", "/shreddings", privacy_pb2.Shredding, body)
    tell(asked, lambda one: _shreddings([one]))


@verb(shredding)
def approve(
    shredding: _Shredding,
    despite_open_work: Annotated[
        bool, typer.Option("--despite-open-work", help="Although something is under way")
    ] = False,
) -> None:
    """Destroy it: nobody can read it again. Not by whoever asked for it."""
    path = f"/shreddings/{part(shredding)}/shred"
    body = {"despite_open_work": despite_open_work}
    done = api().send("POST", path, privacy_pb2.Shredding, body)
    tell(done, lambda one: _shreddings([one]))


@verb(shredding)
def refuse(shredding: _Shredding, reason: _Reason) -> None:
    """Keep it, for a reason."""
    path = f"/shreddings/{part(shredding)}/refuse"
    done = api().send("POST", path, privacy_pb2.Shredding, {"reason": reason})
    tell(done, lambda one: _shreddings([one]))


@verb(shredding, "list")
def list_shreddings(
    open_only: Annotated[bool, typer.Option("--open", help="Only what waits")] = False,
) -> None:
    """What was asked for, and what became of it."""
    query = {"open_only": "true"} if open_only else {}
    found = first_page("/shreddings", privacy_pb2.ListShreddingsResponse, "shreddings", query)
    tell(found, lambda answer: _shreddings(answer.shreddings))


def _shreddings(found: Iterable[privacy_pb2.Shredding]) -> RenderableType:
    rows = table("shredding", "customer", "state", "reason", "asked", "by", "decided", "by")
    for one in found:
        rows.add_row(
            one.shredding_id,
            one.customer_id,
            state(one),
            text(one.reason),
            moment(one.requested_at),
            one.requested_by_person_id,
            moment(one.decided_at),
            one.decided_by_person_id,
        )
    return rows
