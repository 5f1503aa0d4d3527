"""`gongdan price-book delegation`: who may price locally, where, and how far from the price there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import typer
from google.protobuf import json_format
from rich.console import RenderableType

from cli.api import Refused
from cli.output import moment, table, tell, text
from cli.pages import everything, first_page
from cli.times import end as last
from cli.times import instant
from cli.verb import api, noun, verb
from kit.clock import SystemClock
from protos.pricing.v1 import draft_pb2

app = noun("delegation", "Delegations 定价授权: who may price locally, within a band.")

_PATH = "/price-delegations"


@verb(app, "list")
def list_delegations(
    book: Annotated[str, typer.Option(help="Only of this book")] = "",
    person: Annotated[str, typer.Option(help="Only of this person")] = "",
) -> None:
    """Delegations, the last one put first."""
    query = {"price_book_code": book, "person_id": person}
    found = first_page(_PATH, draft_pb2.ListPriceDelegationsResponse, "delegations", query)
    tell(found, lambda told: _listed(told.delegations))


@verb(app)
def put(
    places: Annotated[
        list[str],
        typer.Argument(
            metavar="PLACE…", help="110000, or with what holds for it too: 110000/CN-NORTH/CN"
        ),
    ],
    least: Annotated[str, typer.Option(help="The lowest, of the price there: -0.1")],
    most: Annotated[str, typer.Option(help="The highest: 0.15")],
    person: Annotated[str, typer.Option(help="To whom; or --role")] = "",
    role: Annotated[str, typer.Option(help="To all who have this role there")] = "",
    book: Annotated[str, typer.Option(help="Only of this book")] = "",
    item: Annotated[list[str] | None, typer.Option(help="Only of these items")] = None,
    list_only: Annotated[
        bool, typer.Option("--list-only", help="The settlement price stays")
    ] = False,
    start: Annotated[str, typer.Option("--from", help="Since when; now")] = "",
    until: Annotated[str, typer.Option(help="The last day; until it is ended")] = "",
) -> None:
    """Let somebody price locally."""
    body: dict[str, Any] = {
        "price_book_code": book,
        "person_id": person,
        "role": role,
        "places": [_place(written) for written in places],
        "item_codes": item or [],
        "least_ratio": least,
        "most_ratio": most,
        "list_only": list_only,
    }
    if start:
        body["valid_from"] = instant(start).isoformat()
    if until:
        body["valid_until"] = last(until).isoformat()
    _put(body)


@verb(app)
def end(
    delegation: Annotated[str, typer.Argument(metavar="DELEGATION", help="dg_…")],
    at: Annotated[str, typer.Option(help="From when on it holds no longer; now")] = "",
) -> None:
    """End a delegation; what was published under it stays."""
    until = instant(at) if at else SystemClock().now()
    found = everything(_PATH, draft_pb2.ListPriceDelegationsResponse, "delegations", {})
    for known in found.message.delegations:
        if known.delegation_id == delegation:
            body = json_format.MessageToDict(known, preserving_proto_field_name=True)
            _put(body | {"valid_until": until.isoformat()})
            return
    raise Refused(f"没有这个授权 no delegation {delegation}", "PRICING_DELEGATION_UNKNOWN")


def _place(written: str) -> dict[str, Any]:
    code, *above = written.split("/")
    return {"place_code": code, "places_above": above}


def _put(body: dict[str, Any]) -> None:
    made = api().send("POST", _PATH, draft_pb2.PriceDelegation, body)
    tell(made, lambda delegation: _listed([delegation]))


def _listed(delegations: Iterable[draft_pb2.PriceDelegation]) -> RenderableType:
    rows = table(
        "授权 delegation", "价目 book", "谁 who", "哪里 where", "项目 items", "幅度 band", "起 from", "止 until"
    )  # fmt: skip
    for each in delegations:
        band = f"{each.least_ratio} ～ {each.most_ratio}" + (
            "（客户价 list）" if each.list_only else ""
        )
        rows.add_row(
            each.delegation_id,
            text(each.price_book_code or "*"),
            text(each.person_id or each.role),
            text(", ".join(place.place_code for place in each.places)),
            text(", ".join(each.item_codes) or "*"),
            band,
            moment(each.valid_from),
            moment(each.valid_until),
        )
    return rows
