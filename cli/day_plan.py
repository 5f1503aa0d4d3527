"""`gongdan day-plan`: who goes where tomorrow, proposed as a difference that a dispatcher accepts."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import facts, moment, table, tell, text
from cli.verb import api, noun, verb
from kit.clock import SHANGHAI, SystemClock
from kit.rpc.convert import instant_from_proto
from protos.workorder.v1 import day_plan_pb2 as pb
from services.gateway.words import word

app = noun("day-plan", "Day plans 日计划: routes for a day, proposed, then accepted row by row.")

_Plan = Annotated[str, typer.Argument(metavar="PLAN", help="dp_…")]
_Order = Annotated[str, typer.Argument(metavar="WORK_ORDER")]
_Day = Annotated[str, typer.Option("--day", help="Such as 2026-11-24")]


@verb(app)
def propose(
    day: Annotated[str, typer.Argument(help="Such as 2026-11-24; otherwise tomorrow")] = "",
    region: Annotated[str, typer.Option(help="Only work in this region or zone")] = "",
    outlet: Annotated[str, typer.Option(help="Only this outlet's technicians")] = "",
    team: Annotated[str, typer.Option(help="Only this team's")] = "",
    only_affected: Annotated[
        bool, typer.Option("--only-affected", help="Leave what stands and can be kept")
    ] = False,
    only_agreed: Annotated[
        bool, typer.Option("--only-agreed", help="Leave out work without an agreed time")
    ] = False,
    rest: Annotated[int, typer.Option("--break", help="Minutes between 11:00 and 14:00")] = 45,
    milliseconds: Annotated[int, typer.Option(help="For the search")] = 1_000,
    seed: Annotated[int, typer.Option(help="The same gives the same plan again")] = 1,
) -> None:
    """Plan a day; nothing stands until it is accepted."""
    tomorrow = SystemClock().now().astimezone(SHANGHAI).date() + timedelta(days=1)
    body = {
        "day": day or tomorrow.isoformat(),
        "region_code": region,
        "outlet_id": outlet,
        "team_id": team,
        "only_affected": only_affected,
        "only_agreed": only_agreed,
        "break_minutes": rest,
        "search_milliseconds": milliseconds,
        "seed": seed,
    }
    tell(api().send("POST", "/day-plans", pb.DayPlan, body), _card)


@verb(app, "list")
def list_plans(day: _Day = "") -> None:
    """Proposals, the newest first."""

    def shown(answer: pb.ListDayPlansResponse) -> RenderableType:
        rows = table("plan", "day", "where", "visits", "changes", "accepted", "driving", "by")
        for each in answer.day_plans:
            rows.add_row(
                each.day_plan_id,
                each.day,
                each.region_code or each.outlet_id or each.team_id,
                str(each.visit_count),
                str(each.change_count),
                "discarded" if each.discarded_at.seconds else str(each.accepted_count),
                _hours(each.proposed.drive_seconds),
                each.proposed_by_person_id,
            )
        return rows

    tell(api().get("/day-plans", pb.ListDayPlansResponse, day=day), shown)


@verb(app)
def show(
    plan: _Plan,
    everything: Annotated[bool, typer.Option("--all", help="Also what does not change")] = False,
    technician: Annotated[str, typer.Option(help="Only this one's")] = "",
) -> None:
    """What a proposal would change, work order by work order."""

    def shown(answer: pb.ListDayPlanRowsResponse) -> RenderableType:
        rows = table("work order", "what", "who", "when", "drive", "before", "why", "accepted")
        for each in answer.rows:
            before = f"{each.before_technician_id} {_clock(each, 'before_begins_at')}"
            rows.add_row(
                f"{each.work_order_id} {text(each.title)}",
                word(each.change),
                text(each.technician_name or each.technician_id),
                _clock(each, "begins_at"),
                _minutes(each.drive_seconds),
                before.strip(),
                word(each.reason) if each.reason else "",
                each.accepted_by_person_id,
            )
        return rows

    query = {"changes": not everything, "technician_id": technician}
    path = f"/day-plans/{part(plan)}/rows"
    tell(api().get(path, pb.ListDayPlanRowsResponse, **query), shown)


@verb(app)
def accept(
    plan: _Plan,
    work_orders: Annotated[
        list[str] | None, typer.Argument(help="Only these; otherwise all that changes")
    ] = None,
) -> None:
    """Carry out rows of a proposal, as far as they still can be."""

    def shown(answer: pb.AcceptDayPlanResponse) -> list[RenderableType]:
        rows = table("not accepted", "why")
        for each in answer.refused:
            rows.add_row(each.work_order_id, word(each.reason))
        said = f"{len(answer.accepted_work_order_ids)} accepted 已采纳"
        return [said, rows] if answer.refused else [said]

    body = {"work_order_ids": work_orders or []}
    path = f"/day-plans/{part(plan)}/accept"
    tell(api().send("POST", path, pb.AcceptDayPlanResponse, body), shown)


@verb(app)
def discard(plan: _Plan) -> None:
    """It is not to be accepted any more."""
    tell(api().send("POST", f"/day-plans/{part(plan)}/discard", pb.DayPlan), _card)


@verb(app)
def route(
    day: Annotated[str, typer.Argument(help="Such as 2026-11-24; otherwise today")] = "",
    technician: Annotated[str, typer.Option(help="Only this one's")] = "",
    affected: Annotated[bool, typer.Option("--affected", help="Only what cannot be kept")] = False,
) -> None:
    """Who goes where on a day, in order; technicians see their own."""

    def shown(answer: pb.ListPlannedVisitsResponse) -> RenderableType:
        rows = table("who", "when", "work order", "where", "pinned", "cannot be kept")
        for each in answer.planned_visits:
            rows.add_row(
                text(each.technician_name or each.technician_id),
                _clock(each, "begins_at"),
                f"{each.work_order_id} {text(each.title)}",
                text(each.place_name),
                text(each.pin_reason or each.pinned_by_person_id),
                f"[red]{word(each.affected)}[/]" if each.affected else "",
            )
        return rows

    query = {"day": day, "technician_id": technician, "affected": affected}
    tell(api().get("/planned-visits", pb.ListPlannedVisitsResponse, **query), shown)


@verb(app)
def pin(work_order: _Order, reason: Annotated[str, typer.Option(help="Why")]) -> None:
    """No plan changes this visit any more."""
    path = f"/planned-visits/{part(work_order)}/pin"
    tell(api().send("POST", path, pb.PlannedVisit, {"reason": reason}), _visit)


@verb(app)
def unpin(work_order: _Order) -> None:
    """Plans may change this visit again."""
    tell(api().send("POST", f"/planned-visits/{part(work_order)}/unpin", pb.PlannedVisit), _visit)


def _card(each: pb.DayPlan) -> list[RenderableType]:
    head = facts(
        ("plan", each.day_plan_id),
        ("day", each.day),
        ("where", " ".join((each.region_code, each.outlet_id, each.team_id)).strip()),
        ("visits", str(each.visit_count)),
        ("technicians", str(each.technician_count)),
        ("changes", str(each.change_count)),
        ("accepted", str(each.accepted_count or "")),
        ("search", f"{each.steps} steps, seed {each.seed}"),
        ("discarded", moment(each.discarded_at)),
    )
    rows = table("", "nobody goes 无人可派", "moved 改动", "driving 路程")
    for name, worth in (("greedy 就近派", each.greedy), ("proposed 本方案", each.proposed)):
        rows.add_row(name, str(sum(worth.unplaced)), str(worth.moved), _hours(worth.drive_seconds))
    return [head, rows]


def _visit(each: pb.PlannedVisit) -> RenderableType:
    return facts(
        ("work order", f"{each.work_order_id} {text(each.title)}"),
        ("who", text(each.technician_name or each.technician_id)),
        ("when", moment(each.begins_at)),
        ("pinned", f"{each.pinned_by_person_id} {text(each.pin_reason)}".strip()),
    )


def _clock(message: Any, field: str) -> str:
    if not message.HasField(field):
        return ""
    return f"{instant_from_proto(getattr(message, field)).astimezone(SHANGHAI):%H:%M}"


def _minutes(seconds: int) -> str:
    return f"{-(-seconds // 60)} min" if seconds else ""


def _hours(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds % 3600 // 60:02} h"
