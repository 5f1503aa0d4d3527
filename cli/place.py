"""`gongdan place`: where something lies, what an address names, and what the company says of it."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

import typer
from rich.console import RenderableType

from cli import place_region, place_tier, place_zone
from cli.output import facts, moment, state, table, tell, text
from cli.times import when
from cli.verb import api, noun, verb
from protos.common.v1 import place_pb2
from protos.directory.v1 import directory_pb2

app = noun("place", "Places 区域: adcodes with their history, zones, tiers, macro-regions.")
for _part in (place_zone, place_tier, place_region):
    app.add_typer(_part.app)

_ADDRESS_ID: Final = re.compile(r"ad_\w+")
_CODE: Final = re.compile(r"\d{6}|[A-Z]{2}(-[A-Z0-9]+)*")
_At = Annotated[str, typer.Option(help="As of when; now")]


@verb(app)
def resolve(
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help="330103, CN-EAST, ad_…, or 北京朝阳区建国路88号")
    ],
    location: Annotated[
        str, typer.Option(metavar="LONGITUDE,LATITUDE", help="Where; decides zones")
    ] = "",
    system: Annotated[str, typer.Option(help="Of the location: WGS-84, GCJ-02, BD-09")] = "GCJ-02",
    at: _At = "",
) -> None:
    """Where something lies: path of adcodes, zones, city tier."""
    body: dict[str, Any] = dict(when(at))
    if _ADDRESS_ID.fullmatch(what):
        body["address_id"] = what
    elif _CODE.fullmatch(what):
        body["adcode"] = what
    else:
        body["address_text"] = what
    if location:
        body["location"] = place_zone.point(location, system)

    def shown(place: place_pb2.Place) -> RenderableType:
        zones = " ".join(place.zone_codes) or ("无" if place.zones_known else "")
        unknown = "未给坐标，无法判断 — no location was given, so nobody can tell"
        return facts(
            ("place", text(place.place_name)),
            ("adcode", place.adcode),
            ("was", place.former_adcode),
            ("path", " < ".join(place.adcode_path)),
            ("zones", zones or unknown),
            ("city tier", text(place.city_tier)),
            ("as of", moment(place.resolved_at)),
        )

    tell(api().send("POST", "/places/resolve", place_pb2.Place, body), shown)


@verb(app)
def parse(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="As people write it")],
    at: _At = "",
) -> None:
    """What place an address names, and all that fit when there are several."""

    def shown(found: directory_pb2.ParseAddressResponse) -> list[RenderableType]:
        head = facts(("confidence", state(found, "confidence")), ("detail", text(found.detail)))
        rows = table("adcode", "place", "recognised")
        for candidate in found.candidates:
            parts = (
                part.written if part.written == part.name else f"{part.written} ({part.name})"
                for part in candidate.parts
            )
            rows.add_row(candidate.adcode, text(candidate.place_name), text(" › ".join(parts)))
        return [head, rows]

    body = {"address_text": address} | when(at)
    tell(api().send("POST", "/places/parse", directory_pb2.ParseAddressResponse, body), shown)


@verb(app, "list")
def list_places(
    within: Annotated[
        str, typer.Argument(metavar="[PLACE]", help="Its code; none: the provinces")
    ] = "",
    at: _At = "",
) -> None:
    """What lies directly in a place."""

    def shown(found: directory_pb2.ListPlacesResponse) -> RenderableType:
        rows = table("adcode", "name", "")
        for each in found.places:
            rows.add_row(each.adcode, text(each.name), "…" if each.divided else "")
        return rows

    query = {"parent_adcode": within} | when(at)
    tell(api().get("/places", directory_pb2.ListPlacesResponse, **query), shown)
