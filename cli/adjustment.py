"""`gongdan adjustment`: what is added to or taken from earnings later, and who allowed it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli import adjustment_rule
from cli.amounts import amount_of
from cli.api import Refused, part
from cli.output import facts, history, moment, money, state, table, tell, text
from cli.pages import first_page
from cli.verb import api, noun, verb
from protos.settlement.v1 import adjustment_pb2
from services.gateway.words import enum_term, word

app = noun("adjustment", "Adjustments 调整: proposed by one, approved by another, posted once.")
app.add_typer(adjustment_rule.app)

_Id = Annotated[str, typer.Argument(metavar="ADJUSTMENT", help="aj_…")]
_Reason = Annotated[str, typer.Option(help="Why; whoever is concerned reads it")]
_Evidence = Annotated[
    list[str] | None, typer.Option(help="KIND=REFERENCE, such as photo=sha256:1f; may be repeated")
]
_Currency = Annotated[str, typer.Option()]


@verb(app, "list")
def list_adjustments(
    kind: Annotated[
        str, typer.Option(help="subsidy, deduction, performance, sla_penalty, claw_back …")
    ] = "",
    of_state: Annotated[
        str, typer.Option("--state", help="proposed, approved, posted, rejected or reversed")
    ] = "",
    earning: Annotated[str, typer.Option(help="Only of this earning")] = "",
    party: Annotated[str, typer.Option(help="Such as technician:pe_zhang")] = "",
    work_order: Annotated[str, typer.Option(help="Only of this work order")] = "",
    case: Annotated[str, typer.Option(help="Only of this case")] = "",
) -> None:
    """Adjustments, the newest first."""
    query = {
        "kind": f"ADJUSTMENT_KIND_{kind.upper()}" if kind else "",
        "state": f"ADJUSTMENT_STATE_{of_state.upper()}" if of_state else "",
        "earning_id": earning,
        "work_order_id": work_order,
        "case_id": case,
        **(party_of(party) if party else {}),
    }

    found = first_page("/adjustments", adjustment_pb2.ListAdjustmentsResponse, "adjustments", query)
    tell(found, lambda answer: adjustments_table(answer.adjustments))


@verb(app)
def show(adjustment: _Id) -> None:
    """One of them: rule, reason, evidence, who decided."""
    path = f"/adjustments/{part(adjustment)}"
    tell(api().get(path, adjustment_pb2.Adjustment), card)


@verb(app)
def propose(
    kind: Annotated[str, typer.Argument(help="subsidy or deduction")],
    reason: _Reason,
    amount: Annotated[str, typer.Argument(help="Such as 20.00; without it the rule says")] = "",
    earning: Annotated[str, typer.Option(help="Of this earning …")] = "",
    party: Annotated[str, typer.Option(help="… or of technician:pe_zhang in a month")] = "",
    month: Annotated[str, typer.Option(help="Such as 2026-10")] = "",
    rule: Annotated[str, typer.Option(help="By this rule")] = "",
    evidence: _Evidence = None,
    currency: _Currency = "CNY",
) -> None:
    """Propose a subsidy 补贴 or a deduction 扣款."""
    body: dict[str, Any] = {
        "kind": f"ADJUSTMENT_KIND_{kind.upper()}",
        "earning_id": earning,
        "month": month,
        "rule_code": rule,
        "reason": reason,
        "evidence": evidence_of(evidence),
        **(party_of(party) if party else {}),
    }
    if amount:
        body["amount"] = amount_of(amount, currency)
    tell(api().send("POST", "/adjustments", adjustment_pb2.Adjustment, body), card)


@verb(app)
def claw_back(
    earning: Annotated[str, typer.Argument(metavar="EARNING", help="ea_…")],
    cause: Annotated[str, typer.Option(help="The refund or the rework order")],
    reason: _Reason,
    refunded: Annotated[str, typer.Option(help="What goes back to the customer …")] = "",
    paid: Annotated[str, typer.Option(help="… of what they paid for this work")] = "",
    amount: Annotated[str, typer.Option(help="Or so much of the settlement amount")] = "",
    evidence: _Evidence = None,
    currency: _Currency = "CNY",
) -> None:
    """Take back of each party's recorded share 追回; all that is left when no amount is said."""
    body: dict[str, Any] = {
        "earning_id": earning,
        "cause_reference": cause,
        "reason": reason,
        "evidence": evidence_of(evidence),
    }
    for name, written in (("refunded", refunded), ("paid", paid), ("amount", amount)):
        if written:
            body[name] = amount_of(written, currency)
    tell(api().send("POST", "/adjustments/claw-backs", adjustment_pb2.Adjustment, body), card)


@verb(app)
def rate(
    earning: Annotated[str, typer.Argument(metavar="EARNING", help="ea_…")],
    rating: Annotated[str, typer.Argument(help="Such as 4.8")],
    minutes: Annotated[int, typer.Option(help="How long it took")] = 0,
    standard: Annotated[int, typer.Option(help="How many minutes it should take")] = 0,
    rule: Annotated[str, typer.Option(help="By this rule; the only one there is")] = "",
) -> None:
    """What rating and duration make of an earning 绩效."""
    body = {
        "earning_id": earning,
        "rating": rating,
        "duration_minutes": minutes,
        "standard_minutes": standard,
        "rule_code": rule,
    }

    def shown(answer: adjustment_pb2.ProposePerformanceResponse) -> list[RenderableType]:
        head = facts(("amount", money(answer.amount)), ("why", text(answer.explanation)))
        return [head, *(card(answer.adjustment) if answer.HasField("adjustment") else [])]

    kind = adjustment_pb2.ProposePerformanceResponse
    tell(api().send("POST", "/adjustments/performance", kind, body), shown)


@verb(app)
def penalties(
    work_order: Annotated[str, typer.Argument(metavar="WORK_ORDER", help="wo_…")],
    warehouse: Annotated[str, typer.Option(help="Whose parts were waited for")] = "",
    designer: Annotated[str, typer.Option(help="Whose answer was waited for")] = "",
    rule: Annotated[str, typer.Option(help="By this rule; the only one there is")] = "",
) -> None:
    """Charge what stood still on site to whoever blocked 时限罚款, never to those who waited."""
    path = f"/work-orders/{part(work_order)}/penalties"
    body = {"warehouse_id": warehouse, "designer_id": designer, "rule_code": rule}

    def shown(answer: adjustment_pb2.ProposePenaltiesResponse) -> RenderableType:
        rows = table("adjustment", "who", "amount", "how", "state")
        for each in answer.adjustments:
            who = "".join(f"{word(s.party_kind)} {s.party_id}" for s in each.shares)
            rows.add_row(
                each.adjustment_id, who, money(each.amount), text(each.explanation), state(each)
            )
        return rows

    tell(api().send("POST", path, adjustment_pb2.ProposePenaltiesResponse, body), shown)


@verb(app)
def approve(
    adjustment: _Id, reason: Annotated[str, typer.Option(help="For the record")] = ""
) -> None:
    """Allow it; not by whoever proposed it."""
    _decide(adjustment, "approve", reason)


@verb(app)
def reject(adjustment: _Id, reason: _Reason) -> None:
    """It is not to be."""
    _decide(adjustment, "reject", reason)


@verb(app)
def reverse(adjustment: _Id, reason: _Reason) -> None:
    """Undo what was posted 冲正; not by whoever proposed it."""
    _decide(adjustment, "reverse", reason)


def party_of(written: str) -> dict[str, str]:
    """Whom it concerns, from ``technician:pe_zhang``."""
    kind, colon, party_id = written.partition(":")
    if not colon:
        raise Refused("write the party as technician:pe_… or outlet:ou_…", "INPUT_INVALID")
    return {"party_kind": kind, "party_id": party_id}


def evidence_of(written: list[str] | None) -> list[dict[str, str]]:
    """What it rests on, from ``photo=sha256:1f``."""
    made = []
    for each in written or ():
        kind, equals, reference = each.partition("=")
        if not equals:
            raise Refused(f"{each!r} names no reference; write photo=sha256:1f", "INPUT_INVALID")
        made.append({"evidence_kind": kind, "reference": reference})
    return made


def adjustments_table(found: Iterable[adjustment_pb2.Adjustment]) -> RenderableType:
    """A row each: what it is, whose, how much and why."""
    rows = table("adjustment", "kind", "state", "of", "whose", "amount", "reason")
    for each in found:
        rows.add_row(
            each.adjustment_id,
            word(enum_term(each, "kind")),
            state(each),
            each.earning_id or each.month or each.work_order_id,
            "\n".join(f"{word(s.party_kind)} {s.party_id}" for s in each.shares),
            money(each.amount),
            text(each.reason),
        )
    return rows


def card(each: adjustment_pb2.Adjustment) -> list[RenderableType]:
    """An adjustment as whoever it concerns reads it."""
    rule = f"{each.rule_code} v{each.rule_version}" if each.rule_code else ""
    head = facts(
        ("adjustment", each.adjustment_id),
        ("kind", word(enum_term(each, "kind"))),
        ("state", state(each)),
        ("earning", each.earning_id),
        ("work order", each.work_order_id),
        ("month", each.month),
        ("hold-back", each.holdback_id),
        ("answers", each.cause_reference),
        ("reason", text(each.reason)),
        ("how", text(each.explanation)),
        ("rule", rule),
        ("proposed", f"{moment(each.proposed_at)} {each.proposed_by_person_id}"),
        ("approved by", each.approved_by_person_id),
    )
    rows = table("party", "who", "amount", "of it owed")
    for share in each.shares:
        owed = money(share.debt) if share.HasField("debt") else ""
        rows.add_row(word(share.party_kind), share.party_id, money(share.amount), owed)
    rows.add_section()
    rows.add_row("[bold]合计 total[/]", "", f"[bold]{money(each.amount)}[/]", "")
    return [head, rows, *_evidence(each), history(each.changes)]


def _evidence(each: adjustment_pb2.Adjustment) -> list[RenderableType]:
    if not each.evidence:
        return []
    rows = table("evidence", "reference", "note")
    for item in each.evidence:
        rows.add_row(word(item.evidence_kind), text(item.reference), text(item.note))
    return [rows]


def _decide(adjustment: str, what: str, reason: str) -> None:
    path = f"/adjustments/{part(adjustment)}/{what}"
    tell(api().send("POST", path, adjustment_pb2.Adjustment, {"reason": reason}), card)
