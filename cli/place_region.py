"""`gongdan place region`: macro-regions such as 华东, and the provinces of each."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli.output import facts, moment, table, tell, text
from cli.times import since, when
from cli.verb import api, noun, verb
from protos.directory.v1 import directory_pb2

app = noun("region", "Macro-regions 大区: which provinces make up 华北, 华东 …")


@verb(app, "list")
def list_regions(
    at: Annotated[str, typer.Option(help="As of when; now")] = "",
    version: Annotated[int, typer.Option(help="This edit, instead")] = 0,
) -> None:
    """All macro-regions with their provinces."""
    query = {"version": version} | when(at)
    tell(api().get("/macro-regions", directory_pb2.MacroRegions, **query), _table)


@verb(app)
def put(
    region: Annotated[str, typer.Argument(metavar="REGION", help="Its code, such as CN-EAST")],
    provinces: Annotated[
        list[str], typer.Argument(metavar="PROVINCE…", help="Taken out of where they are now")
    ],
    name: Annotated[str, typer.Option(help="Of a new one, or another one for it")] = "",
    start: Annotated[str, typer.Option("--from", help="Since when; now")] = "",
) -> None:
    """Put provinces into a macro-region; one that has none left is gone."""
    now = api().get("/macro-regions", directory_pb2.MacroRegions).message
    regions: dict[str, dict[str, Any]] = {
        each.macro_region_code: {
            "macro_region_code": each.macro_region_code,
            "name": each.name,
            "province_adcodes": [
                province for province in each.province_adcodes if province not in provinces
            ],
        }
        for each in now.macro_regions
    }
    chosen = regions.setdefault(
        region, {"macro_region_code": region, "name": region, "province_adcodes": []}
    )
    chosen["name"] = name or chosen["name"]
    chosen["province_adcodes"] += provinces
    kept = [each for each in regions.values() if each["province_adcodes"]]
    body = {"macro_regions": kept, "version": now.version} | since(start)
    tell(api().send("PUT", "/macro-regions", directory_pb2.MacroRegions, body), _table)


def _table(found: directory_pb2.MacroRegions) -> list[RenderableType]:
    head = facts(
        ("version", str(found.version)),
        ("from", moment(found.effective_from)),
        ("by", found.put_by_person_id),
    )
    provinces = api().get("/places", directory_pb2.ListPlacesResponse).message.places
    names = {each.adcode: each.name for each in provinces}
    rows = table("region", "name", "provinces")
    for region in found.macro_regions:
        made_of = (f"{code} {names.get(code, '')}" for code in region.province_adcodes)
        rows.add_row(region.macro_region_code, text(region.name), text("、".join(made_of)))
    return [head, rows]
