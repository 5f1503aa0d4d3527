"""`gongdan exclusion` and `gongdan preference`: who must not, or shall, be sent to whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, TypeAlias

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import moment, table, tell, text
from cli.pages import first_page
from cli.times import end as end_of
from cli.times import instant
from cli.verb import api, noun, verb
from protos.workorder.v1 import registry_pb2

exclusion = noun("exclusion", "Dispatch exclusions 派单排除: who must not be sent to whom.")
preference = noun("preference", "Dispatch preferences 派单偏好: whom customers wish for.")

_Technician: TypeAlias = Annotated[str, typer.Option(help="This technician …")]
_Outlet: TypeAlias = Annotated[str, typer.Option(help="… or this outlet")]
_Customer: TypeAlias = Annotated[str, typer.Option(help="This customer …")]
_Address: TypeAlias = Annotated[str, typer.Option(help="… or this address")]
_Reason: TypeAlias = Annotated[str, typer.Option()]
_Past: TypeAlias = Annotated[bool, typer.Option("--past", help="Those that are over, too")]


@verb(exclusion, "add")
def add_exclusion(
    reason: _Reason,
    technician: _Technician = "",
    outlet: _Outlet = "",
    customer: _Customer = "",
    address: _Address = "",
    start: Annotated[str, typer.Option("--from", help="Now")] = "",
    until: Annotated[str, typer.Option(help="The last day; until it is ended")] = "",
) -> None:
    """Never send a technician or an outlet to a customer or an address; to nobody when none is named."""
    body = _who(technician, outlet, customer, address) | {"reason": reason}
    if start:
        body["from_at"] = instant(start).isoformat()
    if until:
        body["until_at"] = end_of(until).isoformat()
    made = api().send("POST", "/dispatch-exclusions", registry_pb2.DispatchExclusion, body)
    tell(made, lambda found: _exclusions([found]))


@verb(exclusion, "end")
def end_exclusion(exclusion_id: Annotated[str, typer.Argument()], reason: _Reason) -> None:
    """End an exclusion."""
    path = f"/dispatch-exclusions/{part(exclusion_id)}/end"
    ended = api().send("POST", path, registry_pb2.DispatchExclusion, {"reason": reason})
    tell(ended, lambda found: _exclusions([found]))


@verb(exclusion, "list")
def list_exclusions(
    technician: _Technician = "",
    outlet: _Outlet = "",
    customer: _Customer = "",
    address: _Address = "",
    past: _Past = False,
) -> None:
    """Exclusions, the newest first."""
    query = _who(technician, outlet, customer, address) | {"include_past": "true" if past else ""}
    found = first_page(
        "/dispatch-exclusions", registry_pb2.ListExclusionsResponse, "exclusions", query
    )
    tell(found, lambda answer: _exclusions(answer.exclusions))


@verb(preference, "add")
def add_preference(
    technician: _Technician = "",
    outlet: _Outlet = "",
    customer: _Customer = "",
    address: _Address = "",
    reason: _Reason = "",
) -> None:
    """Say whom a customer, or who lives at an address, wishes for."""
    body = _who(technician, outlet, customer, address) | {"reason": reason}
    made = api().send("POST", "/dispatch-preferences", registry_pb2.DispatchPreference, body)
    tell(made, lambda found: _preferences([found]))


@verb(preference, "end")
def end_preference(preference_id: Annotated[str, typer.Argument()], reason: _Reason) -> None:
    """End a preference."""
    path = f"/dispatch-preferences/{part(preference_id)}/end"
    ended = api().send("POST", path, registry_pb2.DispatchPreference, {"reason": reason})
    tell(ended, lambda found: _preferences([found]))


@verb(preference, "list")
def list_preferences(
    technician: _Technician = "",
    outlet: _Outlet = "",
    customer: _Customer = "",
    address: _Address = "",
    past: _Past = False,
) -> None:
    """Preferences, the newest first."""
    query = _who(technician, outlet, customer, address) | {"include_past": "true" if past else ""}
    found = first_page(
        "/dispatch-preferences", registry_pb2.ListPreferencesResponse, "preferences", query
    )
    tell(found, lambda answer: _preferences(answer.preferences))


def _who(technician: str, outlet: str, customer: str, address: str) -> dict[str, str]:
    named = {
        "technician_id": technician,
        "outlet_id": outlet,
        "customer_id": customer,
        "address_id": address,
    }
    return {name: value for name, value in named.items() if value}


def _exclusions(found: Iterable[registry_pb2.DispatchExclusion]) -> RenderableType:
    rows = table("exclusion", "who", "to whom", "from", "until", "reason", "ended")
    for one in found:
        rows.add_row(
            one.exclusion_id,
            one.technician_id or one.outlet_id,
            one.customer_id or one.address_id or "所有 everybody",
            moment(one.from_at),
            moment(one.until_at),
            text(one.reason),
            text(one.end_reason),
        )
    return rows


def _preferences(found: Iterable[registry_pb2.DispatchPreference]) -> RenderableType:
    rows = table("preference", "by whom", "who", "since", "reason", "ended")
    for one in found:
        rows.add_row(
            one.preference_id,
            one.customer_id or one.address_id,
            one.technician_id or one.outlet_id,
            moment(one.recorded_at),
            text(one.reason),
            text(one.end_reason),
        )
    return rows
