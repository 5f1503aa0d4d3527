"""`gongdan price-policy region`: what a region goes by beside its prices."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import RenderableType

from cli.output import moment, state, table, tell, text
from cli.pages import first_page
from cli.times import since, when
from cli.verb import api, noun, verb
from protos.pricing.v1 import policy_pb2

app = noun("region", "Region policies 区域政策: settlement cycle and discount note.")

_Place = Annotated[str, typer.Argument(metavar="PLACE", help="An adcode, a macro-region or a zone")]


class Cycle(StrEnum):
    """How often earnings are settled."""

    PER_WORK_ORDER = "per-work-order"
    WEEKLY = "weekly"
    HALF_MONTHLY = "half-monthly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


@verb(app)
def put(
    place: _Place,
    cycle: Annotated[Cycle, typer.Argument(help="How often it is settled")],
    note: Annotated[str, typer.Option(help="The discount policy, in words")] = "",
    start: Annotated[str, typer.Option("--from", help="Since when; now")] = "",
) -> None:
    """Have a region go by something else."""
    name = cycle.value.replace("-", "_").upper()
    body = {
        "place_code": place,
        "settlement_cycle": f"SETTLEMENT_CYCLE_{name}",
        "discount_note": note,
    } | since(start)
    made = api().send("POST", "/region-policies", policy_pb2.RegionPolicy, body)
    tell(made, lambda policy: _policies([policy]))


@verb(app, "list")
def list_policies(place: Annotated[str, typer.Option(help="Only of this one")] = "") -> None:
    """What regions go by, the last one put first."""
    query = {"place_code": place}
    found = first_page(
        "/region-policies", policy_pb2.ListRegionPoliciesResponse, "region_policies", query
    )
    tell(found, lambda found: _policies(found.region_policies))


@verb(app)
def at(
    adcode: Annotated[str, typer.Argument(help="District, such as 110105")],
    moment_asked: Annotated[str, typer.Argument(metavar="[WHEN]", help="Now")] = "",
) -> None:
    """What a place goes by: the policy of its finest region."""
    place = api().plain("POST", "/places/resolve", {"adcode": adcode})
    body = {"place": place} | when(moment_asked)
    found = api().send("POST", "/region-policies/at", policy_pb2.RegionPolicy, body)
    tell(found, lambda policy: _policies([policy]))


def _policies(policies: Iterable[policy_pb2.RegionPolicy]) -> RenderableType:
    rows = table("place", "cycle", "discounts", "from", "by")
    for policy in policies:
        rows.add_row(
            policy.place_code,
            state(policy, "settlement_cycle"),
            text(policy.discount_note),
            moment(policy.effective_from),
            policy.put_by_person_id,
        )
    return rows
