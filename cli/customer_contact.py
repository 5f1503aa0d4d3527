"""`gongdan customer contact`: who speaks for a customer."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.api import part
from cli.customer_card import profile_card
from cli.output import tell
from cli.verb import api, noun, verb
from protos.directory.v1 import customer_pb2

app = noun("contact", "Contacts 联系人: who speaks for a customer.")

_Customer = Annotated[str, typer.Argument(metavar="CUSTOMER")]
_Contact = Annotated[str, typer.Argument(metavar="CONTACT", help="ct_…")]
_Role = Annotated[str, typer.Option("--role", help="Such as 店长")]
_Preferred = Annotated[bool, typer.Option("--preferred", help="Whom to speak to first")]


@verb(app)
def add(
    customer: _Customer,
    name: Annotated[str, typer.Option()],
    phone: Annotated[str, typer.Option()],
    role: _Role = "",
    preferred: _Preferred = False,
) -> None:
    """A new contact."""
    body = {"name": name, "phone": phone, "contact_role": role, "preferred": preferred}
    path = f"/customers/{part(customer)}/contacts"
    tell(api().send("POST", path, customer_pb2.CustomerProfile, body), profile_card)


@verb(app)
def change(
    customer: _Customer,
    contact: _Contact,
    role: _Role,
    name: Annotated[str, typer.Option(help="Left out, it stays")] = "",
    phone: Annotated[str, typer.Option(help="Left out, it stays")] = "",
    preferred: _Preferred = False,
) -> None:
    """Another role, name or number of a contact."""
    body = {"name": name, "phone": phone, "contact_role": role, "preferred": preferred}
    path = f"/customers/{part(customer)}/contacts/{part(contact)}"
    tell(api().send("PUT", path, customer_pb2.CustomerProfile, body), profile_card)


@verb(app)
def link(
    contact: _Contact, customer: _Customer, role: _Role = "", preferred: _Preferred = False
) -> None:
    """The same contact speaks for another customer too."""
    body = {"customer_id": customer, "contact_role": role, "preferred": preferred}
    path = f"/contacts/{part(contact)}/links"
    tell(api().send("POST", path, customer_pb2.CustomerProfile, body), profile_card)


@verb(app)
def unlink(contact: _Contact, customer: _Customer) -> None:
    """A contact speaks for a customer no more."""
    path = f"/customers/{part(customer)}/contacts/{part(contact)}"
    tell(api().send("DELETE", path, customer_pb2.CustomerProfile), profile_card)
