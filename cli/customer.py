"""`gongdan customer`: masked, unless a purpose is named."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import facts, place, state, table, tell, tell_plain, text
from cli.verb import api, noun, verb
from protos.directory.v1 import directory_pb2

app = noun("customer", "Customers 客户: masked, unless a purpose is named.")


@verb(app, "list")
def list_customers() -> None:
    """Customers, masked."""

    def shown(answer: directory_pb2.ListCustomersResponse) -> RenderableType:
        rows = table("customer", "name", "phone", "type", "level")
        for customer in answer.customers:
            rows.add_row(
                customer.customer_id,
                text(customer.name_masked),
                customer.phone_masked,
                state(customer, "customer_type"),
                customer.customer_level,
            )
        return rows

    tell(api().get("/customers", directory_pb2.ListCustomersResponse), shown)


@verb(app)
def show(customer: Annotated[str, typer.Argument()]) -> None:
    """One customer with their addresses, masked."""
    tell(api().get(f"/customers/{part(customer)}", directory_pb2.Customer), card)


@verb(app)
def create(
    name: Annotated[str, typer.Option()],
    phone: Annotated[str, typer.Option()],
    detail: Annotated[str, typer.Option(help="Street, building, unit, room")],
    adcode: Annotated[
        str, typer.Option(help="District, such as 110105; '' when the detail says it")
    ] = "110105",
    longitude: Annotated[float, typer.Option(help="GCJ-02; decides zones")] = 0.0,
    latitude: Annotated[float, typer.Option(help="GCJ-02")] = 0.0,
    floor: Annotated[int, typer.Option()] = 0,
) -> None:
    """Register a customer with one address."""
    address: dict[str, object] = {"adcode": adcode, "detail": detail, "floor": floor}
    if longitude or latitude:
        address["location"] = {"longitude": longitude, "latitude": latitude}
    body = {
        "customer_type": "CUSTOMER_TYPE_PERSON",
        "name": name,
        "phone": phone,
        "addresses": [address],
    }
    tell(api().send("POST", "/customers", directory_pb2.Customer, body), card)


@verb(app)
def reveal(
    reference: Annotated[str, typer.Argument(help="pd_…")],
    purpose: Annotated[str, typer.Option(help="Why; it is written down")],
) -> None:
    """The clear text behind a reference; every reveal is written down."""
    path = f"/personal-data/{part(reference)}/reveal"
    tell_plain(
        api().plain("POST", path, {"purpose": purpose}), lambda found: text(found["clear_text"])
    )


def card(customer: directory_pb2.Customer) -> list[RenderableType]:
    """A customer, masked."""
    head = facts(
        ("customer", customer.customer_id),
        ("name", f"{text(customer.name_masked)}  [dim]{customer.name_ref}[/]"),
        ("phone", f"{customer.phone_masked}  [dim]{customer.phone_ref}[/]"),
        ("level", customer.customer_level),
    )
    rows = table("address", "detail", "place", "floor")
    for address in customer.addresses:
        rows.add_row(
            address.address_id,
            text(address.detail_masked),
            place(address.place),
            str(address.floor or ""),
        )
    return [head, rows]
