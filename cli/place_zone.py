"""`gongdan place zone`: areas such as 五环内, drawn, listed, and carried to and from other maps."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli.api import Refused, part
from cli.geojson import read_zones, write_zones
from cli.output import facts, moment, screen, table, tell, text
from cli.times import since, when
from cli.verb import api, asked, noun, say_refused, verb
from protos.directory.v1 import directory_pb2

app = noun("zone", "Zones 商圈: polygons with holes and parts, each edit from an instant on.")

_Zone = Annotated[str, typer.Argument(metavar="ZONE", help="Its code, such as BJ-RING5")]
_At = Annotated[str, typer.Option(help="As of when; now")]
_From = Annotated[str, typer.Option("--from", help="Since when; now")]
_Version = Annotated[int, typer.Option(help="Only if this is still the newest edit")]
_PAGE = 200


@verb(app, "list")
def list_zones(
    name: Annotated[str, typer.Option(help="Only with this in their name or code")] = "",
    at: _At = "",
) -> None:
    """The zones that there are; `gongdan place resolve` says which are around a point."""
    query: dict[str, Any] = {"page_size": _PAGE, "name_contains": name} | when(at)

    def shown(found: directory_pb2.ListZonesResponse) -> RenderableType:
        return _rows(found.zones)

    tell(api().get("/zones", directory_pb2.ListZonesResponse, **query), shown)


@verb(app)
def show(zone: _Zone, at: _At = "") -> None:
    """A zone with its rings and every edit of it."""

    def shown(found: directory_pb2.GetZoneResponse) -> list[RenderableType]:
        head = facts(
            ("zone", found.zone.zone_code),
            ("name", text(found.zone.name)),
            ("system", found.zone.coordinate_system),
            ("area", _area(found.zone)),
            ("points", str(found.zone.point_count)),
        )
        rings = table("part", "ring", "points")
        for number, piece in enumerate(found.zone.parts):
            for index, ring in enumerate(piece.rings):
                places = " ".join(f"{each.longitude:g},{each.latitude:g}" for each in ring.points)
                rings.add_row(str(number), "hole" if index else "outer", places)
        return [head, rings, _rows(found.versions)]

    path = f"/zones/{part(zone)}"
    tell(api().get(path, directory_pb2.GetZoneResponse, **when(at)), shown)


@verb(app)
def put(
    zone: _Zone,
    ring: Annotated[str, typer.Argument(metavar="RING", help="'116.3,39.8 116.4,39.8 116.4,40.0'")],
    name: Annotated[str, typer.Option(help="Default: as it was, or its code")] = "",
    hole: Annotated[list[str] | None, typer.Option(metavar="RING")] = None,
    system: Annotated[str, typer.Option(help="WGS-84, GCJ-02 or BD-09")] = "GCJ-02",
    start: _From = "",
    version: _Version = 0,
) -> None:
    """Draw a zone of one part, or draw it anew; `import` takes any other."""
    rings = [{"points": _closed(each, system)} for each in (ring, *(hole or []))]
    drawn = {
        "zone_code": zone,
        "name": name or _name_of(zone),
        "coordinate_system": system,
        "parts": [{"rings": rings}],
    }
    body = {"zone": drawn, "version": version} | since(start)
    tell(
        api().send("POST", "/zones", directory_pb2.Zone, body),
        lambda kept: _rows([kept]),
    )


@verb(app)
def end(zone: _Zone, start: _From = "", version: _Version = 0) -> None:
    """There is no such zone any more."""
    body = {"version": version} | since(start)
    kept = api().send("DELETE", f"/zones/{part(zone)}", directory_pb2.Zone, body)
    tell(kept, lambda ended: _rows([ended]))


@verb(app, "import")
def import_zones(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="GeoJSON")],
    system: Annotated[str, typer.Option(help="Of zones whose properties name none")] = "",
    start: _From = "",
) -> None:
    """Draw the zones of a GeoJSON file; those that are refused are told, the others drawn."""
    kept, refused = [], 0
    for number, zone in enumerate(read_zones(file, system)):
        try:
            body = {"zone": zone} | since(start)
            kept.append(api().send("POST", "/zones", directory_pb2.Zone, body))
        except Refused as error:
            refused += 1
            where = error.field.removeprefix("zone.")
            error.field = f"features[{number}] {zone['zone_code']}: {where}"
            say_refused(error)
    if asked().as_json:
        print(json.dumps([each.plain for each in kept], ensure_ascii=False, indent=2))
    else:
        screen().print(_rows(each.message for each in kept))
    if refused:
        raise typer.Exit(1)


@verb(app)
def export(
    zones: Annotated[
        list[str] | None, typer.Argument(metavar="[ZONE]…", help="None: all that there are")
    ] = None,
    at: _At = "",
) -> None:
    """Print zones as GeoJSON, each in its own coordinate system."""
    found = [
        api().get(f"/zones/{part(each)}", directory_pb2.GetZoneResponse, **when(at)).message.zone
        for each in zones or _all_codes(at)
    ]
    print(json.dumps(write_zones(found), ensure_ascii=False))


def point(written: str, system: str) -> dict[str, Any]:
    """A location, from ``longitude,latitude``."""
    try:
        longitude, latitude = map(float, written.split(","))
    except ValueError as error:
        raise typer.BadParameter(f"{written!r} is no point; write 116.47,39.91") from error
    return {"longitude": longitude, "latitude": latitude, "coordinate_system": system}


def _closed(written: str, system: str) -> list[dict[str, Any]]:
    """The points of a ring; the first one need not be said again."""
    points = [point(each, system) for each in written.split()]
    return points if points[:1] == points[-1:] and len(points) > 1 else points + points[:1]


def _name_of(zone: str) -> str:
    try:
        found = api().get(f"/zones/{part(zone)}", directory_pb2.GetZoneResponse).message
    except Refused as refused:
        if refused.reason != "ZONE_UNKNOWN":
            raise
        return zone
    return found.zone.name


def _all_codes(at: str) -> Iterator[str]:
    query: dict[str, Any] = {"page_size": _PAGE} | when(at)
    while True:
        found = api().get("/zones", directory_pb2.ListZonesResponse, **query).message
        yield from (zone.zone_code for zone in found.zones)
        if not found.page.next_page_token:
            return
        query["page_token"] = found.page.next_page_token


def _rows(zones: Iterable[directory_pb2.Zone]) -> RenderableType:
    rows = table("zone", "name", "version", "area", "points", "from", "until", "by")
    for zone in zones:
        rows.add_row(
            zone.zone_code,
            text(zone.name),
            str(zone.version),
            "结束 ended" if zone.ended else _area(zone),
            str(zone.point_count or ""),
            moment(zone.effective_from),
            moment(zone.effective_until),
            zone.put_by_person_id,
        )
    return rows


def _area(zone: directory_pb2.Zone) -> str:
    return f"{zone.area_square_metres / 1e6:,.2f} km²"
