"""`gongdan customer`: masked, unless a purpose is named."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli import (
    customer_address,
    customer_contact,
    customer_file,
    customer_merge,
    customer_number,
    customer_privacy,
    customer_timeline,
)
from cli.api import part
from cli.customer_card import card, customer_table, profile_card
from cli.output import table, tell, tell_plain, text
from cli.pages import first_page
from cli.verb import api, noun, verb
from protos.directory.v1 import customer_pb2, directory_pb2

app = noun("customer", "Customers 客户: masked, unless a purpose is named.")

_Customer = Annotated[str, typer.Argument(metavar="CUSTOMER")]
_Level = Annotated[str, typer.Option(help="Such as key_account")]
_Type = Annotated[str, typer.Option("--type", help="person, shop or company")]
_Tags = Annotated[list[str] | None, typer.Option("--tag", help="May be given again")]


@verb(app, "list")
def list_customers(
    type_: _Type = "",
    level: _Level = "",
    tags: _Tags = None,
    region: Annotated[str, typer.Option(help="An adcode or a zone of an address")] = "",
    parent: Annotated[str, typer.Option(help="Of this company")] = "",
    reachable_by: Annotated[
        str, typer.Option(help="Who wants messages by wecom, sms, phone or email")
    ] = "",
) -> None:
    """Customers, masked."""
    query: dict[str, Any] = {
        "customer_type": _type(type_),
        "customer_level": level,
        "tags": tags or None,
        "region_code": region,
        "parent_customer_id": parent,
        "reachable_by": _channel(reachable_by),
    }
    found = first_page("/customers", customer_pb2.SearchCustomersResponse, "customers", query)
    tell(found, lambda answer: customer_table(answer.customers))


@verb(app)
def show(customer: _Customer) -> None:
    """One customer with their addresses, masked."""
    tell(api().get(f"/customers/{part(customer)}", directory_pb2.Customer), card)


@verb(app)
def profile(customer: _Customer) -> None:
    """All that is known of a customer: contacts, tags, consents, addresses, who is the same."""
    path = f"/customers/{part(customer)}/profile"
    tell(api().get(path, customer_pb2.CustomerProfile), profile_card)


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
    type_: _Type = "person",
    level: _Level = "",
) -> None:
    """Register a customer with one address."""
    address: dict[str, object] = {"adcode": adcode, "detail": detail, "floor": floor}
    if longitude or latitude:
        address["location"] = {"longitude": longitude, "latitude": latitude}
    body = {
        "customer_type": _type(type_),
        "customer_level": level,
        "name": name,
        "phone": phone,
        "addresses": [address],
    }
    tell(api().send("POST", "/customers", directory_pb2.Customer, body), card)


@verb(app)
def change(
    customer: _Customer,
    type_: _Type = "",
    level: _Level = "",
    name: Annotated[str, typer.Option(help="Corrected")] = "",
    phone: Annotated[str, typer.Option(help="Corrected")] = "",
) -> None:
    """Another type or level, or a corrected name or number; what is left out stays."""
    given = {"customer_level": level, "name": name, "phone": phone, "customer_type": _type(type_)}
    body = {field: value for field, value in given.items() if value}
    path = f"/customers/{part(customer)}"
    tell(api().send("PATCH", path, customer_pb2.CustomerProfile, body), profile_card)


@verb(app)
def belongs(
    customer: _Customer,
    parent: Annotated[str, typer.Argument(help="A company; left out: to none")] = "",
) -> None:
    """To which company a shop or a person belongs."""
    path, body = f"/customers/{part(customer)}/parent", {"parent_customer_id": parent}
    tell(api().send("PUT", path, customer_pb2.CustomerProfile, body), profile_card)


@verb(app)
def find(
    phone: Annotated[str, typer.Argument(help="As it is written or dialled")],
    purpose: Annotated[str, typer.Option(help="Why; it is written down")],
) -> None:
    """Whose a phone number is: a customer's, or a contact's."""
    body = {"phone": phone, "purpose": purpose}
    plain = api().plain("POST", "/customer-lookups", body)

    def shown(answer: dict[str, Any]) -> RenderableType:
        rows = table("customer", "name", "level", "through")
        for match in answer["matches"]:
            customer, contact = match["customer"], match.get("contact") or {}
            through = f"{contact.get('name_masked', '')} {contact.get('contact_role', '')}"
            rows.add_row(
                customer["customer_id"],
                text(customer["name_masked"]),
                customer["customer_level"],
                text(through.strip()),
            )
        return rows

    tell_plain(plain, shown)


@verb(app)
def tag(
    customers: Annotated[list[str], typer.Argument(metavar="CUSTOMER…")],
    add: Annotated[list[str] | None, typer.Option("--add", help="May be given again")] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", help="May be given again")] = None,
) -> None:
    """Put tags 标签 on customers, and take tags off them."""
    body = {"customer_ids": customers, "add_tags": add or [], "remove_tags": remove or []}
    tagged = api().send("POST", "/customer-tags", customer_pb2.TagCustomersResponse, body)
    tell(tagged, lambda answer: [f"变更 changed {answer.changed_count}"])


@verb(app)
def tags() -> None:
    """All tags, with how many customers bear each."""

    def shown(answer: customer_pb2.ListCustomerTagsResponse) -> RenderableType:
        rows = table("tag", "#")
        for each in answer.tags:
            rows.add_row(text(each.tag), str(each.customer_count))
        return rows

    tell(api().get("/customer-tags", customer_pb2.ListCustomerTagsResponse), shown)


@verb(app)
def consent(
    customer: _Customer,
    channel: Annotated[str, typer.Argument(help="wecom, sms, phone or email")],
    allowed: Annotated[bool, typer.Option("--allow/--refuse")],
    remark: Annotated[str, typer.Option(help="How it was said")] = "",
) -> None:
    """What a customer said about messages of one channel."""
    body = {"message_channel": _channel(channel), "allowed": allowed, "remark": remark}
    path = f"/customers/{part(customer)}/message-consents"
    tell(api().send("PUT", path, customer_pb2.CustomerProfile, body), profile_card)


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


for _noun in (customer_address, customer_contact, customer_number):
    app.add_typer(_noun.app)
for _part in (customer_timeline, customer_merge, customer_file, customer_privacy):
    _part.add_to(app)


def _type(word: str) -> str:
    return f"CUSTOMER_TYPE_{word.upper()}" if word else ""


def _channel(word: str) -> str:
    return f"MESSAGE_CHANNEL_{word.upper()}" if word else ""
