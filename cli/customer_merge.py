"""`gongdan customer duplicates|merge|split|dismiss|merges`: customers who are the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import moment, table, tell, text
from cli.pages import first_page
from cli.verb import api, verb
from protos.directory.v1 import customer_pb2
from services.gateway.words import word

_Reason = Annotated[str, typer.Option("--reason", help="Why; stands in the audit")]


def add_to(app: typer.Typer) -> None:
    """Make these commands of the noun."""
    for command in (duplicates, merge, split, dismiss, merges):
        verb(app)(command)


def duplicates(
    customer: Annotated[str, typer.Option(help="Only of this customer")] = "",
) -> None:
    """Customers two by two who may be the same, with the reasons."""
    query = {"customer_id": customer}
    found = first_page(
        "/customer-duplicates", customer_pb2.ListDuplicatesResponse, "duplicates", query
    )
    tell(found, _duplicates)


def merge(
    survivor: Annotated[str, typer.Argument(help="Who stays")],
    merged: Annotated[str, typer.Argument(help="Who is the same")],
    reason: _Reason,
) -> None:
    """Make two customers one; it can be undone for 30 days."""
    body = {
        "survivor_customer_id": survivor,
        "merged_customer_id": merged,
        "reason": reason,
    }
    made = api().send("POST", "/customer-merges", customer_pb2.CustomerMerge, body)
    tell(made, lambda one: _merges([one]))


def split(merge: Annotated[str, typer.Argument(help="mg_…")], reason: _Reason) -> None:
    """Undo a merge: they are two again."""
    path = f"/customer-merges/{part(merge)}/undo"
    undone = api().send("POST", path, customer_pb2.CustomerMerge, {"reason": reason})
    tell(undone, lambda one: _merges([one]))


def dismiss(
    first: Annotated[str, typer.Argument()],
    second: Annotated[str, typer.Argument()],
    reason: _Reason,
) -> None:
    """These two look the same and are not."""
    body = {"first_customer_id": first, "second_customer_id": second, "reason": reason}
    path = "/customer-duplicates/dismiss"
    dismissed = api().send("POST", path, customer_pb2.DismissDuplicateResponse, body)
    tell(dismissed, lambda _: ["已标记为不同客户 two customers"])


def merges(
    customer: Annotated[str, typer.Option(help="Only those with this customer")] = "",
) -> None:
    """What was merged, and what was undone."""
    query = {"customer_id": customer}
    found = first_page("/customer-merges", customer_pb2.ListCustomerMergesResponse, "merges", query)
    tell(found, lambda answer: _merges(answer.merges))


def _duplicates(answer: customer_pb2.ListDuplicatesResponse) -> RenderableType:
    rows = table("customer", "name", "phone", "other", "name", "phone", "why")
    for pair in answer.duplicates:
        names = (customer_pb2.DuplicateReason.Name(reason) for reason in pair.reasons)
        rows.add_row(
            pair.first.customer_id,
            text(pair.first.name_masked),
            pair.first.phone_masked,
            pair.second.customer_id,
            text(pair.second.name_masked),
            pair.second.phone_masked,
            "、".join(word(name) for name in names),
        )
    return rows


def _merges(found: Iterable[customer_pb2.CustomerMerge]) -> RenderableType:
    rows = table(
        "merge", "survivor", "merged", "when", "by", "reason", "can be undone until", "undone"
    )
    for one in found:
        rows.add_row(
            one.merge_id,
            one.survivor_customer_id,
            one.merged_customer_id,
            moment(one.merged_at),
            one.merged_by_person_id,
            text(one.reason),
            moment(one.undo_until),
            moment(one.undone_at),
        )
    return rows
