"""`gongdan maintenance`: plans from contracts, and the visits that fall due."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import facts, moment, state, table, tell, text
from cli.pages import first_page
from cli.verb import api, noun, verb
from protos.workorder.v1 import maintenance_pb2

app = noun("maintenance", "Maintenance plans 维保计划: visits that come again and again.")

_Plan = Annotated[str, typer.Argument(metavar="PLAN", help="mp_…")]
_Why = Annotated[str, typer.Option("--reason", help="Why; stands in the history")]
_First = Annotated[str, typer.Option("--first", help="The day of the first visit: 2026-03-31")]
_Every = Annotated[int, typer.Option(help="Every so many units")]
_Months = Annotated[list[int] | None, typer.Option("--month", help="Only in this month")]
_Window = Annotated[int, typer.Option("--days", help="How many days there are for the visit")]
_Until = Annotated[str, typer.Option(help="The last day on which one may fall due")]
_Count = Annotated[int, typer.Option(help="How many visits the contract includes")]


class Unit(StrEnum):
    """What is counted."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


_Unit = Annotated[Unit, typer.Option(help="What is counted")]


@verb(app)
def create(
    title: Annotated[str, typer.Argument(metavar="TITLE", help="中央空调季度保养")],
    customer: Annotated[str, typer.Option(help="Whose contract it is")],
    adcode: Annotated[str, typer.Option(help="The district of the place")],
    flow: Annotated[str, typer.Option(help="The flow that every visit is a case of")],
    first: _First,
    items: Annotated[list[str], typer.Option("--item", metavar="CODE[=QUANTITY]")],
    every: _Every = 1,
    unit: _Unit = Unit.MONTH,
    month: _Months = None,
    days: _Window = 1,
    until: _Until = "",
    count: _Count = 0,
    lead: Annotated[int, typer.Option(help="How many days ahead the case is started")] = 0,
    contract: Annotated[str, typer.Option(help="The contract's number")] = "",
    address: Annotated[str, typer.Option(help="ad_…")] = "",
    asset: Annotated[str, typer.Option(help="as_…")] = "",
    inputs: Annotated[
        list[str] | None, typer.Option("--input", metavar="NAME=VALUE", help="For every visit")
    ] = None,
    told: Annotated[
        list[str] | None,
        typer.Option("--tell", metavar="NAME=FACT", help="An input that is a fact: due_on"),
    ] = None,
) -> None:
    """Visits that come again and again, each a case of a flow."""
    place = api().plain("POST", "/places/resolve", {"adcode": adcode})
    body = {
        "title": title,
        "contract_number": contract,
        "customer_id": customer,
        "address_id": address,
        "asset_id": asset,
        "place": place,
        "lines": [_line(each) for each in items],
        "recurrence": _recurrence(first, every, unit, month, days, until, count),
        "lead_days": lead,
        "flow_code": flow,
        "flow_inputs": dict(_pair(each) for each in inputs or ()),
        "visit_inputs": [
            {"input": name, "fact": f"VISIT_FACT_{fact.upper()}"}
            for name, fact in map(_pair, told or ())
        ],
    }
    made = api().send("POST", "/maintenance-plans", maintenance_pb2.MaintenancePlan, body)
    tell(made, _card)


@verb(app, "list")
def list_plans(
    customer: Annotated[str, typer.Option(help="Only of this customer")] = "",
    asset: Annotated[str, typer.Option(help="Only of this asset")] = "",
) -> None:
    """Plans, the one created last first."""
    query = {"customer_id": customer, "asset_id": asset}
    found = first_page(
        "/maintenance-plans", maintenance_pb2.ListMaintenancePlansResponse, "plans", query
    )
    tell(found, lambda found: _plans(found.plans))


@verb(app)
def show(plan: _Plan) -> None:
    """One plan with its history."""
    path = f"/maintenance-plans/{part(plan)}"
    tell(api().get(path, maintenance_pb2.MaintenancePlan), _card)


@verb(app)
def preview(
    plan: Annotated[str, typer.Option(help="A plan's visits to come …")] = "",
    first: Annotated[str, typer.Option(help="… or those of a recurrence, from this day")] = "",
    every: _Every = 1,
    unit: _Unit = Unit.MONTH,
    month: _Months = None,
    days: _Window = 1,
    until: _Until = "",
    count: _Count = 0,
) -> None:
    """On which days visits will fall."""
    body: dict[str, Any] = {"plan_id": plan}
    if not plan:
        body = {"recurrence": _recurrence(first, every, unit, month, days, until, count)}
    path = "/maintenance-plans/preview"
    found = api().send("POST", path, maintenance_pb2.PreviewMaintenanceVisitsResponse, body)
    tell(found, lambda found: _days(found.days))


@verb(app)
def pause(plan: _Plan, reason: _Why) -> None:
    """No visit falls due meanwhile 暂停."""
    _change(plan, "pause", reason)


@verb(app)
def resume(plan: _Plan, reason: _Why = "") -> None:
    """Visits fall due again 恢复."""
    _change(plan, "resume", reason)


@verb(app)
def end(plan: _Plan, reason: _Why) -> None:
    """No visit falls due any more 终止."""
    _change(plan, "end", reason)


@verb(app)
def visits(
    plan: Annotated[str, typer.Option(help="Only of this plan")] = "",
    start: Annotated[str, typer.Option("--from", help="2026-03-01")] = "",
    until: Annotated[str, typer.Option(help="2026-03-31")] = "",
) -> None:
    """Visits that fell due, by their days."""
    query = {"plan_id": plan, "first_day": start, "last_day": until}
    found = first_page(
        "/maintenance-visits", maintenance_pb2.ListMaintenanceVisitsResponse, "visits", query
    )
    tell(found, lambda found: _visits(found.visits))


@verb(app)
def skip(visit: Annotated[str, typer.Argument(metavar="VISIT", help="mv_…")], reason: _Why) -> None:
    """A visit that has no case yet is not made 跳过."""
    path = f"/maintenance-visits/{part(visit)}/skip"
    skipped = api().send("POST", path, maintenance_pb2.MaintenanceVisit, {"reason": reason})
    tell(skipped, lambda made: _visits([made]))


def _change(plan: str, what: str, reason: str) -> None:
    path = f"/maintenance-plans/{part(plan)}/{what}"
    tell(api().send("POST", path, maintenance_pb2.MaintenancePlan, {"reason": reason}), _card)


def _recurrence(
    first: str, every: int, unit: Unit, months: list[int] | None, days: int, until: str, count: int
) -> dict[str, Any]:
    return {
        "every": every,
        "unit": f"RECURRENCE_UNIT_{unit.name}",
        "first_visit_on": first,
        "season_months": months or [],
        "window_days": days,
        "ends_on": until,
        "visit_count": count,
    }


def _line(written: str) -> dict[str, Any]:
    code, _, quantity = written.partition("=")
    if quantity and not quantity.isdecimal():
        raise typer.BadParameter(f"{written!r}: a quantity is a whole number")
    return {"item_code": code, "quantity": int(quantity or 1)}


def _pair(written: str) -> tuple[str, str]:
    name, equals, value = written.partition("=")
    if not (name and equals):
        raise typer.BadParameter(f"{written!r} is no NAME=VALUE")
    return name, value


def _plans(plans: Iterable[maintenance_pb2.MaintenancePlan]) -> RenderableType:
    rows = table("plan", "title", "customer", "state", "recurs", "visits", "next")
    for plan in plans:
        rows.add_row(
            plan.plan_id,
            text(plan.title),
            plan.customer_id,
            state(plan),
            _recurs(plan.recurrence),
            _count(plan),
            plan.next_visit_on,
        )
    return rows


def _card(plan: maintenance_pb2.MaintenancePlan) -> list[RenderableType]:
    head = facts(
        ("plan", plan.plan_id),
        ("title", text(plan.title)),
        ("state", state(plan)),
        ("contract", text(plan.contract_number)),
        ("customer", plan.customer_id),
        ("asset", plan.asset_id),
        ("place", plan.place.adcode),
        ("flow", plan.flow_code),
        ("recurs", _recurs(plan.recurrence)),
        ("visits", _count(plan)),
        ("next", plan.next_visit_on),
    )
    lines = table("item", "name", "quantity")
    for line in plan.lines:
        lines.add_row(line.item_code, text(line.name), str(line.quantity))
    if not plan.changes:
        return [head, lines]
    history = table("revision", "what", "when", "by", "why")
    for change in plan.changes:
        history.add_row(
            str(change.revision),
            change.verb,
            moment(change.changed_at),
            change.acting_person_id,
            text(change.reason),
        )
    return [head, lines, history]


def _recurs(recurrence: maintenance_pb2.Recurrence) -> str:
    months = ",".join(map(str, recurrence.season_months))
    every = f"{recurrence.every} × {state(recurrence, 'unit')}"
    return f"{every} ({months})" if months else every


def _count(plan: maintenance_pb2.MaintenancePlan) -> str:
    included = plan.recurrence.visit_count
    return f"{plan.claimed_count} / {included}" if included else str(plan.claimed_count)


def _days(days: Iterable[maintenance_pb2.VisitDay]) -> RenderableType:
    rows = table("due", "until")
    for day in days:
        rows.add_row(day.due_on, day.last_day)
    return rows


def _visits(visits: Iterable[maintenance_pb2.MaintenanceVisit]) -> RenderableType:
    rows = table("visit", "plan", "#", "due", "until", "state", "case", "why")
    for visit in visits:
        rows.add_row(
            visit.visit_id,
            visit.plan_id,
            str(visit.visit_number),
            visit.due_on,
            visit.last_day,
            state(visit),
            visit.case_id,
            text(visit.skip_reason or visit.fault),
        )
    return rows
