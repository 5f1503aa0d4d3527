"""`gongdan on-site rule` and `gongdan on-site checklist`: what holds on site."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import RenderableType

from cli.api import Refused, part, read_file
from cli.output import moment, state, table, tell, text
from cli.pages import first_page
from cli.verb import api, noun, verb
from protos.workorder.v1 import on_site_pb2

rule = noun("rule", "On-site rules 现场规则: geofence, clocks, duplicates, waiting, extras.")
checklist = noun("checklist", "Checklists 自检清单, versioned.")


@verb(rule, "list")
def list_rules() -> None:
    """Rules, the one put last first."""
    found = first_page("/on-site-rules", on_site_pb2.ListOnSiteRulesResponse, "on_site_rules", {})
    tell(found, lambda found: _rules(found.on_site_rules))


@verb(rule)
def put(
    stage: Annotated[str, typer.Option(help="presale, install, aftersale; all without one")] = "",
    radius: Annotated[int, typer.Option(help="Of the geofence, in metres")] = 500,
    refuse: Annotated[bool, typer.Option("--refuse", help="Check-ins from elsewhere")] = False,
    similar_days: Annotated[int, typer.Option(help="How far back photos are compared")] = 90,
    similar_bits: Annotated[int, typer.Option(help="Of 64, how many may differ")] = 6,
    wasted_after: Annotated[int, typer.Option(help="Minutes of waiting in vain")] = 20,
    free_waiting: Annotated[int, typer.Option(help="Minutes that are not charged")] = 15,
    extra_answer: Annotated[int, typer.Option(help="Minutes to answer an extra")] = 1440,
    checklist_blocks: Annotated[
        bool, typer.Option("--checklist-blocks", help="No completion without required answers")
    ] = False,
) -> None:
    """A rule for work orders made from now on."""
    body = {
        "stage": stage,
        "geofence_radius_m": radius,
        "outside_geofence": f"OUTSIDE_GEOFENCE_{'REFUSE' if refuse else 'FLAG'}",
        "near_duplicate_days": similar_days,
        "near_duplicate_bits": similar_bits,
        "wasted_trip_minutes": wasted_after,
        "free_waiting_minutes": free_waiting,
        "extra_answer_minutes": extra_answer,
        "checklist_blocks_completion": checklist_blocks,
    }
    made = api().send("POST", "/on-site-rules", on_site_pb2.OnSiteRule, body)
    tell(made, lambda made: _rules([made]))


@verb(checklist, "list")
def list_checklists(
    code: Annotated[str, typer.Option(help="Every version of this one")] = "",
) -> None:
    """The last version of every checklist."""
    query = {"checklist_code": code}
    found = first_page("/checklists", on_site_pb2.ListChecklistsResponse, "checklists", query)
    tell(found, lambda found: _checklists(found.checklists))


@verb(checklist, "put")
def put_checklist(
    code: Annotated[str, typer.Argument(help="Such as aircon-install")],
    file: Annotated[Path, typer.Argument(help="YAML or JSON: name, stage, item_code, items")],
) -> None:
    """The next version of a checklist, for work orders made from now on."""
    try:
        given: Any = yaml.safe_load(read_file(file))
    except yaml.YAMLError as error:
        raise Refused(f"{file} is no YAML: {error}", "INPUT_FILE_UNREADABLE") from error
    body = {"active": True, **given} if isinstance(given, dict) else given
    made = api().send("PUT", f"/checklists/{part(code)}", on_site_pb2.Checklist, body)
    tell(made, lambda made: _checklists([made]))


def _rules(rules: Iterable[on_site_pb2.OnSiteRule]) -> RenderableType:
    rows = table(
        "rule", "stage", "put", "radius", "outside", "similar", "wasted after", "free waiting"
    )
    for each in rules:
        rows.add_row(
            each.rule_id,
            each.stage or "*",
            moment(each.put_at),
            f"{each.geofence_radius_m} m",
            state(each, "outside_geofence"),
            f"{each.near_duplicate_bits} bits, {each.near_duplicate_days} days",
            f"{each.wasted_trip_minutes} min",
            f"{each.free_waiting_minutes} min",
        )
    return rows


def _checklists(checklists: Iterable[on_site_pb2.Checklist]) -> RenderableType:
    rows = table("checklist", "version", "name", "stage", "item", "items", "active", "put")
    for each in checklists:
        rows.add_row(
            each.checklist_code,
            str(each.version),
            text(each.name),
            each.stage or "*",
            each.item_code or "*",
            str(len(each.items)),
            "✓" if each.active else "",
            moment(each.put_at),
        )
    return rows
