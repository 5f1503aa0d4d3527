"""`gongdan price-policy`: what holds beside the price books for a while."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli import price_policy_coupon, price_policy_mode, price_policy_rate, price_policy_region
from cli.output import moment, state, table, tell, text
from cli.pages import first_page
from cli.times import end, instant
from cli.verb import api, noun, verb
from protos.pricing.v1 import policy_pb2

app = noun(
    "price-policy",
    "Price policies 价格政策: modes, freezes, coupons, exchange rates, region policies.",
)
for _part in (price_policy_mode, price_policy_coupon, price_policy_rate, price_policy_region):
    app.add_typer(_part.app)

_Region = Annotated[
    str, typer.Argument(metavar="PLACE", help="An adcode, a macro-region or a zone")
]
_Why = Annotated[str, typer.Option("--reason", help="Why; stands in the audit")]


class Reach(StrEnum):
    """Which part of a place is frozen."""

    DISTRICT = "district"
    CITY = "city"
    PROVINCE = "province"


@verb(app)
def freeze(
    place: _Region,
    reason: _Why,
    hours: Annotated[int, typer.Option(help="For so long …")] = 0,
    until: Annotated[str, typer.Option(help="… or until then; of a day, its end")] = "",
) -> None:
    """Put a region's special policies aside; standard prices go on."""
    body: dict[str, Any] = {"place_code": place, "reason": reason, "hours": hours}
    if until:
        body["until"] = end(until).isoformat()
    frozen = api().send("POST", "/freezes", policy_pb2.Freeze, body)
    tell(frozen, lambda made: _freezes([made]))


@verb(app)
def thaw(place: _Region, reason: _Why) -> None:
    """End every freeze of a region before its time."""
    body = {"place_code": place, "reason": reason}
    thawed = api().send("POST", "/freezes/thaw", policy_pb2.ThawRegionPolicyResponse, body)
    tell(thawed, lambda answer: _freezes(answer.freezes))


@verb(app)
def freezes(
    place: Annotated[str, typer.Option(help="Only of this one")] = "",
    at: Annotated[str, typer.Option(help="Only those that hold then")] = "",
) -> None:
    """Freezes, the last one first."""
    query = {
        "place_code": place,
        **({"holding_at": instant(at).isoformat()} if at else {}),
    }
    found = first_page("/freezes", policy_pb2.ListFreezesResponse, "freezes", query)
    tell(found, lambda found: _freezes(found.freezes))


@verb(app)
def protect(
    cancellations: Annotated[int, typer.Argument(help="So many at one address; 0: never")],
    within_days: Annotated[int, typer.Option("--within-days")] = 30,
    freeze_days: Annotated[int, typer.Option("--freeze-days")] = 7,
    reach: Annotated[Reach, typer.Option(help="What is frozen")] = Reach.DISTRICT,
) -> None:
    """Have so many cancellations at one address freeze its region by themselves."""
    body = {
        "cancellation_count": cancellations,
        "within_days": within_days,
        "freeze_days": freeze_days,
        "reach": f"FREEZE_REACH_{reach.name}",
    }
    put = api().send("POST", "/protection-policies", policy_pb2.ProtectionPolicy, body)
    tell(put, lambda policy: _protections([policy]))


@verb(app)
def protections() -> None:
    """When cancellations freeze a region; the first one counts."""
    found = first_page(
        "/protection-policies",
        policy_pb2.ListProtectionPoliciesResponse,
        "protection_policies",
        {},
    )
    tell(found, lambda found: _protections(found.protection_policies))


def _freezes(freezes: Iterable[policy_pb2.Freeze]) -> RenderableType:
    rows = table("freeze", "place", "from", "until", "by", "why", "thawed")
    for each in freezes:
        thawed = moment(each.thawed_at)
        rows.add_row(
            each.freeze_id,
            each.place_code,
            moment(each.frozen_at),
            moment(each.thaws_at),
            each.frozen_by_person_id,
            text(each.reason),
            f"{thawed} {each.thawed_by_person_id} {text(each.thaw_reason)}" if thawed else "",
        )
    return rows


def _protections(policies: Iterable[policy_pb2.ProtectionPolicy]) -> RenderableType:
    rows = table("version", "cancellations", "within days", "freeze days", "reach", "put", "by")
    for each in policies:
        rows.add_row(
            str(each.version),
            str(each.cancellation_count or "–"),
            str(each.within_days),
            str(each.freeze_days),
            state(each, "reach"),
            moment(each.put_at),
            each.put_by_person_id,
        )
    return rows
