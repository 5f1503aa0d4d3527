"""`gongdan earning`: what a technician gets, why, and where the money is."""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

import typer
from google.protobuf import json_format
from rich.console import RenderableType

from cli.adjustment import adjustments_table
from cli.amounts import amount_of
from cli.api import part
from cli.holdback import holdbacks_table
from cli.output import facts, history, money, screen, state, table, tell, text, time
from cli.times import end, instant
from cli.verb import api, asked, noun, verb
from protos.settlement.v1 import settlement_pb2
from services.gateway.words import enum_term, word

app = noun("earning", "Earnings 收益: line by line, from the promise to the payout.")

_Id = Annotated[str, typer.Argument(metavar="EARNING")]


class Sort(StrEnum):
    """What comes first."""

    NEWEST = "newest"
    OLDEST = "oldest"
    HIGHEST = "highest"
    LOWEST = "lowest"


class State(StrEnum):
    """Where an earning stands."""

    ESTIMATED = "estimated"
    LOCKED = "locked"
    PAYABLE = "payable"
    PAYING = "paying"
    PAID = "paid"
    CANCELLED = "cancelled"
    REVERSED = "reversed"


class By(StrEnum):
    """What the earnings of one sum have in common."""

    STATE = "state"
    TECHNICIAN = "technician"
    OUTLET = "outlet"
    PROVINCE = "province"
    CITY = "city"
    DAY = "day"
    RULE_AND_CITY = "rule-and-city"


class Change(StrEnum):
    """What can change a promise."""

    SCOPE_CHANGE = "scope-change"
    APPROVED_EXTRA = "approved-extra"
    FEE_EVENT = "fee-event"
    PARTS_COST = "parts-cost"
    REWORK = "rework"
    REFUND = "refund"
    DISPUTE_OUTCOME = "dispute-outcome"


_Technician = Annotated[str, typer.Option(help="Only this technician's")]
_Outlet = Annotated[str, typer.Option(help="Only this outlet's")]
_Region = Annotated[str, typer.Option(metavar="ADCODE", help="Only in this province, city, county")]
_State = Annotated[State | None, typer.Option(help="Only in this state")]
_Case = Annotated[str, typer.Option(help="Only of this case")]
_WorkOrder = Annotated[str, typer.Option(help="Only of this work order")]
_Since = Annotated[str, typer.Option(metavar="TIME", help="Promised at or after")]
_Until = Annotated[str, typer.Option(metavar="TIME", help="Promised before; of a day, its end")]
_Least = Annotated[str, typer.Option(metavar="AMOUNT", help="At least so much, such as 200.00")]
_Most = Annotated[str, typer.Option(metavar="AMOUNT", help="At most so much")]


@verb(app, "list")
def list_earnings(
    technician: _Technician = "",
    case: _Case = "",
    state: _State = None,
    outlet: _Outlet = "",
    work_order: _WorkOrder = "",
    region: _Region = "",
    since: _Since = "",
    until: _Until = "",
    least: _Least = "",
    most: _Most = "",
    sort: Annotated[Sort, typer.Option(help="What comes first")] = Sort.NEWEST,
) -> None:
    """Earnings, newest first, or by amount, with what all of them come to."""
    query = _filters(technician, case, state, outlet, work_order, region, since, until, least, most)
    if sort is not Sort.NEWEST:
        query["sort"] = f"EARNING_SORT_{sort.name}"
    tell(api().get("/earnings", settlement_pb2.ListEarningsResponse, **query), _listed)


@verb(app)
def summary(
    by: Annotated[By, typer.Option(help="What a sum's earnings have in common")] = By.STATE,
    technician: _Technician = "",
    case: _Case = "",
    state: _State = None,
    outlet: _Outlet = "",
    work_order: _WorkOrder = "",
    region: _Region = "",
    since: _Since = "",
    until: _Until = "",
    least: _Least = "",
    most: _Most = "",
) -> None:
    """How many and how much; by rule-and-city the same line's amounts in each city 区域差异."""
    query = _filters(technician, case, state, outlet, work_order, region, since, until, least, most)
    query["by"] = f"EARNING_GROUPING_{by.name}"
    tell(
        api().get("/earnings/summary", settlement_pb2.SummarizeEarningsResponse, **query),
        lambda answer: _sums(answer.sums, by.value),
    )


@verb(app)
def change(
    earning: _Id,
    kind: Annotated[Change, typer.Argument(help="What happened")],
    label: Annotated[str, typer.Argument(help="What the line says")],
    amount: Annotated[str, typer.Argument(help="Over all parties; begins with - to take away")],
    reason: Annotated[str, typer.Option(help="Why")],
    evidence: Annotated[str, typer.Option(help="By what it happened: an id")],
) -> None:
    """Change a promise by what happened, until it is payable 变更."""
    asked = amount_of(amount.removeprefix("-"))
    taken = amount.startswith("-")
    if taken:
        asked["amount_minor"] = -int(asked["amount_minor"])
    line = {
        "line_kind": "deduction" if taken else "surcharge",
        "label": label,
        "amount": asked,
        "rule_id": evidence,
    }
    body = {
        "change_kind": f"EARNING_CHANGE_KIND_{kind.name}",
        "reason": reason,
        "evidence_reference": evidence,
        "lines": [line],
    }
    path = f"/earnings/{part(earning)}/changes"
    tell(api().send("POST", path, settlement_pb2.Earning, body), statement)


@verb(app)
def share(
    earning: _Id,
    crew: Annotated[list[str], typer.Argument(metavar="TECHNICIAN=BASIS_POINTS…")],
    reason: Annotated[str, typer.Option(help="Why")] = "",
) -> None:
    """Share a promise with a crew: pe_zhang=6000 pe_li=4000, its technician first 班组分摊."""
    members = [each.partition("=") for each in crew]
    body = {
        "crew": [
            {"technician_id": who, "share_basis_points": points} for who, _, points in members
        ],
        "reason": reason,
    }
    path = f"/earnings/{part(earning)}/crew"
    tell(
        api().send("POST", path, settlement_pb2.ShareEarningResponse, body),
        lambda answer: [lines_table(each) for each in answer.earnings],
    )


@verb(app)
def review(
    earning: _Id, comment: Annotated[str, typer.Option(help="What was looked at")] = ""
) -> None:
    """Somebody has looked at it; its rule may want that before it is payable 审核."""
    path = f"/earnings/{part(earning)}/review"
    tell(api().send("POST", path, settlement_pb2.Earning, {"comment": comment}), statement)


@verb(app)
def cancel(earning: _Id, reason: Annotated[str, typer.Option(help="Why")]) -> None:
    """Void what is pending, reverse what is posted 取消."""
    path = f"/earnings/{part(earning)}/cancel"
    tell(api().send("POST", path, settlement_pb2.Earning, {"reason": reason}), statement)


@verb(app)
def show(earning: _Id) -> None:
    """One earning with its lines, its shares and its history."""
    tell(api().get(f"/earnings/{part(earning)}", settlement_pb2.Earning), statement)


@verb(app)
def watch(earning: _Id) -> None:
    """Follow an earning until it is paid or over; Ctrl-C stops watching."""
    for plain in api().stream(f"/earnings/{part(earning)}/events"):
        if asked().as_json:
            print(json.dumps(plain, ensure_ascii=False), flush=True)
        else:
            told = json_format.ParseDict(
                plain, settlement_pb2.Earning(), ignore_unknown_fields=True
            )
            why = text(told.changes[-1].reason) if told.changes else ""
            screen().print(f"{state(told)} {money(told.total)}  [dim]{why}[/]")


@verb(app)
def pay(earning: _Id) -> None:
    """Finance hands it to the payout channel 打款."""
    path = f"/earnings/{part(earning)}/payout"
    tell(api().send("POST", path, settlement_pb2.Earning), statement)


@verb(app)
def confirm(
    earning: _Id,
    reference: Annotated[str, typer.Option(help="The bank's or channel's own number")],
) -> None:
    """The money arrived 到账."""
    path = f"/earnings/{part(earning)}/payout/confirm"
    body = {"payout_reference": reference}
    tell(api().send("POST", path, settlement_pb2.Earning, body), statement)


def statement(earning: settlement_pb2.Earning) -> list[RenderableType]:
    """An earning as its technician reads it."""
    head = facts(
        ("earning", earning.earning_id),
        ("technician", earning.technician_id),
        ("work order", earning.work_order_id),
        ("state", state(earning)),
        ("split rule", f"{earning.split_rule_code} v{earning.split_rule_version}"),
        ("payout", earning.payout_reference),
    )
    return [
        head,
        lines_table(earning),
        *_revisions(earning),
        *_shares(earning),
        *([adjustments_table(earning.adjustments)] if earning.adjustments else []),
        *([holdbacks_table(earning.holdbacks)] if earning.holdbacks else []),
        history(earning.changes),
    ]


def lines_table(earning: settlement_pb2.Earning) -> RenderableType:
    """What the technician takes home, line by line."""
    rows = table("#", "line", "why", "share", "amount")
    for line in earning.lines:
        rows.add_row(
            str(line.line_number),
            f"{word(line.line_kind)} {text(line.label)}",
            text(line.explanation),
            f"{line.share_basis_points / 100:.2f}%",
            money(line.amount),
        )
    rows.add_section()
    rows.add_row("", "[bold]到手 take-home[/]", "", "", f"[bold]{money(earning.total)}[/]")
    if earning.HasField("net_estimate"):
        estimate = earning.net_estimate
        why = "；".join(step.chinese for step in estimate.steps[:-1])
        rows.add_row("", "预估扣税 tax, estimated", text(why), "", money(estimate.tax))
        rows.add_row("", "预估税后到手 net, estimated", "", "", money(estimate.net))
    return rows


def _filters(
    technician: str,
    case: str,
    state: State | None,
    outlet: str,
    work_order: str,
    region: str,
    since: str,
    until: str,
    least: str,
    most: str,
) -> dict[str, str]:
    query = {
        "technician_id": technician,
        "case_id": case,
        "outlet_id": outlet,
        "work_order_id": work_order,
        "region_adcode": region,
        "state": f"EARNING_STATE_{state.name}" if state else "",
        "promised_from": instant(since).isoformat() if since else "",
        "promised_before": end(until).isoformat() if until else "",
        "least_minor": str(amount_of(least)["amount_minor"]) if least else "",
        "most_minor": str(amount_of(most)["amount_minor"]) if most else "",
    }
    return {name: value for name, value in query.items() if value}


def _listed(answer: settlement_pb2.ListEarningsResponse) -> list[RenderableType]:
    rows = table("earning", "technician", "state", "work order", "promised", "amount")
    for earning in answer.earnings:
        rows.add_row(
            earning.earning_id,
            earning.technician_id,
            state(earning),
            earning.work_order_id,
            time(earning.promised_at),
            money(earning.total),
        )
    return [rows, _sums(answer.totals, "state")]


def _sums(sums: Iterable[settlement_pb2.EarningSum], by: str) -> RenderableType:
    rows = table(by, "earnings", "technicians get", "mean", "settlement")
    for each in sums:
        settled = money(each.settlement_total) if each.HasField("settlement_total") else ""
        name = word(f"EARNING_STATE_{each.name.upper()}") if by == "state" else text(each.name)
        rows.add_row(name, str(each.count), money(each.total), money(each.mean), settled)
    return rows


def _revisions(earning: settlement_pb2.Earning) -> list[RenderableType]:
    if not earning.revisions:
        return []
    rows = table("#", "what happened", "evidence", "before", "after", "by", "reason")
    for each in earning.revisions:
        rows.add_row(
            str(each.revision_number),
            word(enum_term(each, "change_kind")),
            each.evidence_reference,
            money(each.previous_total),
            money(each.new_total),
            each.acting_person_id,
            text(each.reason),
        )
    return [rows]


def _shares(earning: settlement_pb2.Earning) -> list[RenderableType]:
    if not earning.shares:
        return []
    rows = table("party", "who", "amount")
    for share in earning.shares:
        rows.add_row(word(share.party_kind), share.party_id, money(share.amount))
    if earning.settlement_total.currency:
        total = f"[bold]{money(earning.settlement_total)}[/]"
        rows.add_section()
        rows.add_row("[bold]结算总额 settlement[/]", "", total)
    return [rows]
