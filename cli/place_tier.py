"""`gongdan place tier`: the company's own 一线, 二线 … of cities."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import RenderableType

from cli.output import moment, table, tell, text
from cli.times import since, when
from cli.verb import api, noun, verb
from protos.directory.v1 import directory_pb2

app = noun("tier", "City tiers 城市等级, each from an instant on.")

_City = Annotated[str, typer.Argument(metavar="PLACE", help="Its code, such as 110100")]


@verb(app, "list")
def list_tiers(at: Annotated[str, typer.Option(help="As of when; now")] = "") -> None:
    """The places that are in a tier."""
    query = {"page_size": 200} | when(at)
    tell(api().get("/city-tiers", directory_pb2.ListCityTiersResponse, **query), _listed)


@verb(app)
def history(city: _City) -> None:
    """Every edit of a place's tier, the newest first."""
    query = {"history_of_adcode": city}
    tell(api().get("/city-tiers", directory_pb2.ListCityTiersResponse, **query), _listed)


@verb(app)
def put(
    city: _City,
    tier: Annotated[str, typer.Argument(metavar="TIER", help="Such as tier1; '' for none")],
    start: Annotated[str, typer.Option("--from", help="Since when; now")] = "",
    version: Annotated[int, typer.Option(help="Only if this is still the newest edit")] = 0,
) -> None:
    """Put a place into a tier."""
    body = {"city_tier": {"adcode": city, "city_tier": tier}, "version": version} | since(start)
    kept = api().send("POST", "/city-tiers", directory_pb2.CityTier, body)
    tell(kept, lambda tier: _rows([tier]))


def _listed(found: directory_pb2.ListCityTiersResponse) -> RenderableType:
    return _rows(found.city_tiers)


def _rows(tiers: Iterable[directory_pb2.CityTier]) -> RenderableType:
    rows = table("adcode", "place", "tier", "version", "from", "until", "by")
    for tier in tiers:
        rows.add_row(
            tier.adcode,
            text(tier.place_name),
            text(tier.city_tier) or "–",
            str(tier.version),
            moment(tier.effective_from),
            moment(tier.effective_until),
            tier.put_by_person_id,
        )
    return rows
