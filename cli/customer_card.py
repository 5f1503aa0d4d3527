"""Customers as people read them on the command line, masked."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType

from cli.output import facts, moment, place, state, table, text
from protos.directory.v1 import customer_pb2, directory_pb2


def customer_table(customers: Iterable[directory_pb2.Customer]) -> RenderableType:
    """Customers, a row each."""
    rows = table("customer", "name", "phone", "type", "level")
    for customer in customers:
        rows.add_row(
            customer.customer_id,
            text(customer.name_masked),
            customer.phone_masked,
            state(customer, "customer_type"),
            customer.customer_level,
        )
    return rows


def card(customer: directory_pb2.Customer) -> list[RenderableType]:
    """A customer with their addresses."""
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


def profile_card(profile: customer_pb2.CustomerProfile) -> list[RenderableType]:
    """A customer with all that is known of them."""
    more = facts(
        ("registered", moment(profile.registered_at)),
        ("revision", str(profile.revision)),
        ("parent", profile.parent_customer_id),
        ("children", " ".join(profile.child_customer_ids)),
        ("tags", text("、".join(tag.tag for tag in profile.tags))),
        ("messages", " ".join(map(_consent, profile.message_consents))),
        ("merged", " ".join(profile.merged_customer_ids)),
        ("shredded", "个人信息已销毁 personal data destroyed" if profile.shredded else ""),
    )
    contacts = table("contact", "name", "phone", "role", "speaks for")
    for contact in profile.contacts:
        contacts.add_row(
            contact.contact_id,
            f"{text(contact.name_masked)}{' ★' if contact.preferred else ''}",
            contact.phone_masked,
            text(contact.contact_role),
            " ".join(contact.customer_ids),
        )
    return [*card(profile.customer), more, contacts]


def _consent(consent: customer_pb2.MessageConsent) -> str:
    return f"{state(consent, 'message_channel')} {'✓' if consent.allowed else '✗'}"
