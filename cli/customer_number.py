"""`gongdan customer number`: virtual numbers, which lead to a customer without showing theirs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import moment, table, tell
from cli.pages import first_page
from cli.verb import api, noun, verb
from protos.directory.v1 import virtual_number_pb2 as pb

app = noun("number", "Virtual numbers 虚拟号码: they ring at a customer's without showing theirs.")

_Customer = Annotated[str, typer.Argument(metavar="CUSTOMER")]


@verb(app)
def bind(
    customer: _Customer,
    contact: Annotated[str, typer.Option(help="Ring at this contact's instead; ct_…")] = "",
    work_order: Annotated[str, typer.Option(help="What it is for; wo_…")] = "",
    minutes: Annotated[int, typer.Option(help="For so long; a day otherwise")] = 0,
) -> None:
    """A number to dial."""
    body = {
        "customer_id": customer,
        "contact_id": contact,
        "work_order_id": work_order,
        "minutes": minutes,
    }
    bound = api().send("POST", "/virtual-numbers", pb.VirtualNumberBinding, body)
    tell(bound, lambda one: _table([one]))


@verb(app)
def release(binding: Annotated[str, typer.Argument(help="vn_…")]) -> None:
    """It leads nowhere from now on."""
    released = api().send("DELETE", f"/virtual-numbers/{part(binding)}", pb.VirtualNumberBinding)
    tell(released, lambda one: _table([one]))


@verb(app, "list")
def list_numbers(customer: _Customer) -> None:
    """Which numbers lead to a customer, and who asked for them."""
    path = f"/customers/{part(customer)}/virtual-numbers"
    found = first_page(path, pb.ListVirtualNumbersResponse, "bindings", {})
    tell(found, lambda answer: _table(answer.bindings))


def _table(bindings: Iterable[pb.VirtualNumberBinding]) -> RenderableType:
    rows = table("binding", "dial", "for", "person", "since", "until", "released")
    for one in bindings:
        rows.add_row(
            one.binding_id,
            one.virtual_number,
            one.contact_id or one.customer_id,
            one.person_id,
            moment(one.bound_at),
            moment(one.expires_at),
            moment(one.released_at),
        )
    return rows
