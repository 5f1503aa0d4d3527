"""`gongdan work-order …` at the desk: made, changed, followed by others, shared, handed over."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import moment, state, table, tell, text
from cli.pages import first_page
from cli.times import instant
from cli.verb import api
from cli.work_order_show import card
from protos.workorder.v1 import orders_pb2, workorder_pb2

_Id = Annotated[str, typer.Argument(metavar="WORK_ORDER")]
_Why = Annotated[str, typer.Option("--reason", help="Why; stands in its history")]
_Revision = Annotated[
    int, typer.Option(help="Only if it is still at the revision that was read; 0: however it is")
]


class Link(StrEnum):
    """How a work order follows from another."""

    SECOND_VISIT = "second-visit"
    REWORK = "rework"
    PART_OF = "part-of"


class Blamed(StrEnum):
    """Whose doing it is that somebody has to come again."""

    CUSTOMER = "customer"
    TECHNICIAN = "technician"
    OUTLET = "outlet"
    COMPANY = "company"
    NOBODY = "nobody"


def create(
    template: Annotated[str, typer.Argument(metavar="TEMPLATE")],
    customer: Annotated[str, typer.Option(help="For whom")],
    adcode: Annotated[str, typer.Option(help="Where: the district")],
    address: Annotated[str, typer.Option(help="The customer's address id")] = "",
    floor: int = 0,
    notes: str = "",
    asset: Annotated[str, typer.Option(help="On which asset")] = "",
    priority: Annotated[int, typer.Option(help="0: as the rules say", min=0, max=5)] = 0,
    due: Annotated[str, typer.Option(metavar="TIME", help="Else as the template says")] = "",
) -> None:
    """A work order from a template 一键建单."""
    body: dict[str, Any] = {
        "template_code": template,
        "customer_id": customer,
        "address_id": address,
        "place": {"adcode": adcode, "adcode_path": _path(adcode)},
        "floor": floor,
        "notes": notes,
        "asset_id": asset,
        "priority": priority,
        "source": "WORK_ORDER_SOURCE_FORM",
    }
    if due:
        body["due_at"] = instant(due).isoformat()
    tell(api().send("POST", "/work-orders", workorder_pb2.WorkOrder, body), card)


def change(
    work_order: _Id,
    reason: _Why,
    title: Annotated[str | None, typer.Option()] = None,
    notes: Annotated[str | None, typer.Option()] = None,
    floor: Annotated[int | None, typer.Option()] = None,
    outlet: Annotated[str | None, typer.Option(help="The outlet that does it")] = None,
    due: Annotated[str, typer.Option(metavar="TIME")] = "",
    revision: _Revision = 0,
) -> None:
    """Change what is said of the work, until it is done."""
    said = {"title": title, "notes": notes, "floor": floor, "outlet_id": outlet}
    body = {name: value for name, value in said.items() if value is not None}
    if due:
        body["due_at"] = instant(due).isoformat()
    _tell("PATCH", work_order, "", {**body, "reason": reason, "expected_revision": revision})


def priority(
    work_order: _Id,
    level: Annotated[
        int, typer.Argument(help="1 most urgent … 5; 0: as the rules say", min=0, max=5)
    ],
    reason: Annotated[str, typer.Option(help="Why, when you set it")] = "",
    revision: _Revision = 0,
) -> None:
    """Set the priority 优先级, or have the rules say it again."""
    if level == 0:
        _tell("POST", work_order, "/priority-evaluation", {})
    else:
        body = {"priority": level, "reason": reason, "expected_revision": revision}
        _tell("PUT", work_order, "/priority", body)


def link(
    work_order: _Id,
    kind: Annotated[Link, typer.Argument()],
    reason: _Why,
    blamed: Annotated[Blamed | None, typer.Option(help="Whose doing it is")] = None,
    notes: Annotated[str, typer.Option(help="Added to those of the first")] = "",
) -> None:
    """A second visit 二次上门, a rework 返工, or a part 子工单 of a work order."""
    body = {
        "link_kind": f"WORK_ORDER_LINK_KIND_{kind.name}",
        "blamed_party": f"LINK_BLAME_{blamed.name}" if blamed else "LINK_BLAME_UNSPECIFIED",
        "reason": reason,
        "notes": notes,
    }
    _tell("POST", work_order, "/linked", body)


def crew(
    work_order: _Id,
    shares: Annotated[
        list[str] | None,
        typer.Argument(metavar="TECHNICIAN=PERCENT …", help="The one who took it first"),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why")] = "",
) -> None:
    """Who share the work; nobody named: the technician is alone."""
    members = [_member(share) for share in shares or []]
    _tell("PUT", work_order, "/crew", {"crew": members, "reason": reason})


def release(
    work_order: _Id,
    reason: _Why,
    code: Annotated[str, typer.Option(help="technician_ill, no_show, wrong_skills …")] = "other",
    revision: _Revision = 0,
) -> None:
    """Who took it does not do it after all 改派; it can be offered anew."""
    body = {"release_code": code, "reason": reason, "expected_revision": revision}
    _tell("POST", work_order, "/release", body)


def cancel(
    work_order: _Id,
    reason: _Why,
    code: Annotated[str, typer.Option(help="customer_withdrew, duplicate, no_fault …")] = "",
    revision: _Revision = 0,
) -> None:
    """Call it off 取消."""
    body = {"cancel_code": code, "reason": reason, "expected_revision": revision}
    _tell("POST", work_order, "/cancellation", body)


def hand_over(
    work_order: _Id, team: Annotated[str, typer.Argument(metavar="TEAM")], reason: _Why
) -> None:
    """Ask another team to take it over 转班组."""
    path = f"/work-orders/{part(work_order)}/hand-over"
    asked = api().send(
        "POST", path, orders_pb2.TeamHandOver, {"to_team_id": team, "reason": reason}
    )
    tell(asked, lambda made: hand_overs_table([made]))


def answer(
    hand_over: Annotated[str, typer.Argument(metavar="HAND_OVER")],
    accept: Annotated[bool, typer.Option("--accept/--send-back")],
    reason: Annotated[str, typer.Option(help="Why it is sent back")] = "",
) -> None:
    """Take a work order over, or send it back."""
    path = f"/team-hand-overs/{part(hand_over)}/answer"
    answered = api().send(
        "POST", path, orders_pb2.TeamHandOver, {"accept": accept, "reason": reason}
    )
    tell(answered, lambda made: hand_overs_table([made]))


def hand_overs(
    team: Annotated[str, typer.Option(help="Only those that this team is asked")] = "",
    work_order: Annotated[str, typer.Option(help="Only of this work order")] = "",
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Only those without an answer")
    ] = False,
) -> None:
    """Work orders on their way between teams, the newest first."""
    query = {
        "to_team_id": team,
        "work_order_id": work_order,
        "open_only": waiting and "true",
    }
    found = first_page("/team-hand-overs", orders_pb2.ListHandOversResponse, "hand_overs", query)
    tell(found, lambda found: hand_overs_table(found.hand_overs))


def changes(work_order: _Id) -> None:
    """Who did what to it, when and why."""

    def shown(found: orders_pb2.ListWorkOrderChangesResponse) -> RenderableType:
        rows = table("revision", "when", "who", "what", "state", "why")
        for each in found.changes:
            detail = ", ".join(f"{name} {value}".strip() for name, value in each.details.items())
            why = " ".join(filter(None, (each.reason_code, each.reason, detail)))
            rows.add_row(
                str(each.revision),
                moment(each.changed_at),
                each.acting_person_id,
                each.verb,
                state(each, "to_state"),
                text(why),
            )
        return rows

    path = f"/work-orders/{part(work_order)}/changes"
    tell(first_page(path, orders_pb2.ListWorkOrderChangesResponse, "changes", {}), shown)


def suggest(work_order: _Id) -> None:
    """What helped before, and why it is suggested 推荐方案."""

    def shown(found: orders_pb2.SuggestSolutionsResponse) -> RenderableType:
        rows = table("points", "work order", "what was done", "parts", "why")
        for each in found.solutions:
            rows.add_row(
                str(each.points),
                each.work_order_id,
                text(each.completion_summary),
                ", ".join(line.item_code for line in each.parts),
                "; ".join(reason.explanation_en for reason in each.reasons),
            )
        return rows

    path = f"/work-orders/{part(work_order)}/suggestions"
    tell(api().get(path, orders_pb2.SuggestSolutionsResponse), shown)


def hand_overs_table(found: Any) -> RenderableType:
    """Hand-overs, one a row."""
    rows = table("hand-over", "work order", "from", "to", "why", "asked", "answer")
    for each in found:
        rows.add_row(
            each.hand_over_id,
            each.work_order_id,
            each.from_team_id,
            each.to_team_id,
            text(each.reason),
            moment(each.asked_at),
            state(each, "answer"),
        )
    return rows


def _tell(verb: str, work_order: str, path: str, body: dict[str, Any]) -> None:
    whole = f"/work-orders/{part(work_order)}{path}"
    tell(api().send(verb, whole, workorder_pb2.WorkOrder, body), card)


def _member(share: str) -> dict[str, Any]:
    technician, _, percent = share.partition("=")
    try:
        basis_points = round(float(percent) * 100)
    except ValueError as error:
        raise typer.BadParameter(f"{share!r}: write pe_zhang=60") from error
    return {"technician_id": technician, "share_basis_points": basis_points}


def _path(adcode: str) -> list[str]:
    """The district with the city and province it lies in."""
    return list(dict.fromkeys((adcode, f"{adcode[:4]}00", f"{adcode[:2]}0000", "CN")))
