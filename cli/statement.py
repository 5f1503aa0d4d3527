"""`gongdan statement`: what an account did in a period; confirmed, disputed, exported."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli.adjustment import evidence_of, party_of
from cli.amounts import amount_of
from cli.api import Refused, part
from cli.output import facts, moment, money, state, table, tell, text
from cli.pages import first_page
from cli.price_book import write_file
from cli.verb import api, noun, verb
from protos.settlement.v1 import statement_pb2 as pb
from services.gateway.words import enum_term, word

app = noun("statement", "Statements 结算单: what an account did in a period, frozen.")
_cycle = noun("cycle", "Settlement cycles 结算周期: how long periods are, and where.")
_dispute = noun("dispute", "Disputes 争议 of one item of a statement.")
app.add_typer(_cycle)
app.add_typer(_dispute)

_Id = Annotated[str, typer.Argument(metavar="STATEMENT", help="st_…")]
_Dispute = Annotated[str, typer.Argument(metavar="DISPUTE", help="dp_…")]
_Comment = Annotated[str, typer.Option(help="For whoever reads it later")]


class Kind(StrEnum):
    """How long a period is."""

    WEEKLY = "weekly"
    HALF_MONTH = "half_month"
    MONTHLY = "monthly"
    T_PLUS = "t_plus"


@verb(app, "list")
def list_statements(
    party: Annotated[str, typer.Option(help="Such as technician:pe_zhang")] = "",
    outlet: Annotated[str, typer.Option(help="Only of this outlet")] = "",
    region: Annotated[str, typer.Option(help="Adcode; with all below it")] = "",
    of_state: Annotated[
        str, typer.Option("--state", help="frozen, confirmed, disputed or settled")
    ] = "",
) -> None:
    """Statements, the newest first."""
    query = {
        "outlet_id": outlet,
        "region_adcode": region,
        "state": f"STATEMENT_STATE_{of_state.upper()}" if of_state else "",
        **(party_of(party) if party else {}),
    }
    found = first_page("/statements", pb.ListStatementsResponse, "statements", query)
    tell(found, lambda answer: _statements(answer.statements))


@verb(app)
def show(statement: _Id) -> None:
    """A statement: its lines, what became of it, its disputes."""
    tell(api().get(f"/statements/{part(statement)}", pb.Statement), _card)


@verb(app)
def items(statement: _Id) -> None:
    """Its items, down to the lines of earnings and their rules."""
    path = f"/statements/{part(statement)}/items"
    found = first_page(path, pb.ListStatementItemsResponse, "items", {})
    tell(found, lambda answer: _items(answer.items))


@verb(app)
def draft(
    party: Annotated[str, typer.Argument(help="Such as technician:pe_zhang; yours")] = "",
    currency: Annotated[str, typer.Option(help="CNY")] = "",
) -> None:
    """What a party's account did since its last statement, up to now."""
    query = {"currency": currency, **(party_of(party) if party else {})}
    tell(api().get("/statements/draft", pb.Statement, **query), _card)


@verb(app)
def verify(statement: _Id) -> None:
    """Compute its seal and closing balance anew from the ledger."""
    path = f"/statements/{part(statement)}/verification"
    tell(
        api().get(path, pb.VerifyStatementResponse),
        lambda told: text("sound" if told.sound else "; ".join(told.findings)),
    )


@verb(app)
def close(
    yes: Annotated[bool, typer.Option("--yes", help="Close what the preview shows")] = False,
) -> None:
    """What closing would make now; with --yes, close it."""
    seen = api().get("/settlement-periods/next", pb.PreviewClosingResponse)
    if not yes or not seen.message.HasField("period_end"):
        tell(seen, _preview)
        return
    body = {"period_end": seen.message.period_end.ToJsonString()}
    made = api().send("POST", "/settlement-periods/close", pb.CloseDuePeriodsResponse, body)
    tell(
        made,
        lambda told: facts(
            ("period ended", moment(told.period_end)),
            ("statements", str(told.statement_count)),
            ("another is over", "yes" if told.more else "no"),
        ),
    )


@verb(app)
def confirm(statement: _Id, comment: _Comment = "") -> None:
    """Confirm it."""
    path = f"/statements/{part(statement)}/confirm"
    tell(api().send("POST", path, pb.Statement, {"comment": comment}), _card)


@verb(app)
def settle(statement: _Id, comment: _Comment = "") -> None:
    """What was confirmed is paid."""
    path = f"/statements/{part(statement)}/settle"
    tell(api().send("POST", path, pb.Statement, {"comment": comment}), _card)


@verb(app)
def export(
    statement: _Id, file: Annotated[Path, typer.Argument(help="Ends in .xlsx or .csv")]
) -> None:
    """A statement as a file."""
    path = f"/statements/{part(statement)}/file"
    write_file(file, api().content(path, format=file.suffix.lstrip(".")))


@verb(_dispute, "raise")
def raise_dispute(
    statement: _Id,
    item: Annotated[int, typer.Argument(help="The item's number")],
    reason: Annotated[str, typer.Option(help="What is wrong")],
    evidence: Annotated[list[str] | None, typer.Option(help="KIND=REFERENCE")] = None,
) -> None:
    """Dispute one item."""
    given = [
        {"evidence_kind": each["evidence_kind"], "reference": each["reference"]}
        for each in evidence_of(evidence)
    ]
    body = {"transfer_number": item, "reason": reason, "evidence": given}
    path = f"/statements/{part(statement)}/disputes"
    tell(api().send("POST", path, pb.Dispute, body), lambda made: _disputes([made]))


@verb(_dispute, "list")
def list_disputes() -> None:
    """Disputes that nobody has decided, the earliest due first."""
    found = first_page("/disputes", pb.ListOpenDisputesResponse, "disputes", {})
    tell(found, lambda answer: _disputes(answer.disputes))


@verb(_dispute)
def decide(
    dispute: _Dispute,
    explanation: Annotated[str, typer.Option(help="Why")],
    correction: Annotated[
        str, typer.Option(help="Uphold it: 5.00 to the party, -5.00 from it")
    ] = "",
    currency: Annotated[str, typer.Option(help="Of the correction")] = "CNY",
    dismiss: Annotated[bool, typer.Option("--dismiss", help="The item stands")] = False,
) -> None:
    """Decide a dispute; a correction waits for another person's approval as an adjustment."""
    if dismiss == bool(correction):
        raise Refused("give a correction, or --dismiss", "INPUT_INVALID")
    decision = "DISMISSED" if dismiss else "UPHELD"
    body: dict[str, Any] = {
        "decision": f"DISPUTE_DECISION_{decision}",
        "explanation": explanation,
    }
    if correction:
        body |= {"correction": amount_of(correction, currency)}
    path = f"/disputes/{part(dispute)}/decision"
    tell(api().send("POST", path, pb.Dispute, body), lambda made: _disputes([made]))


@verb(_cycle, "list")
def list_cycles() -> None:
    """Cycles, scope by scope, in versions."""
    answer = api().get("/settlement-cycles", pb.ListSettlementCyclesResponse)
    tell(answer, lambda found: _cycles(found.cycles))


@verb(_cycle, "put")
def put_cycle(
    kind: Annotated[Kind, typer.Argument(help="How long a period is")],
    region: Annotated[str, typer.Option(help="Adcode; with all below it")] = "",
    outlet: Annotated[str, typer.Option(help="Only of this outlet")] = "",
    days: Annotated[int, typer.Option(help="T+n: closed so many days later")] = 0,
    start: Annotated[str, typer.Option("--from", help="2026-12-01; tomorrow")] = "",
) -> None:
    """Put the next version of a cycle; neither region nor outlet: wherever nothing else holds."""
    body = {
        "cycle_kind": f"CYCLE_KIND_{kind.upper()}",
        "region_adcode": region,
        "outlet_id": outlet,
        "delay_days": days,
        "from_day": start,
    }
    made = api().send("POST", "/settlement-cycles", pb.SettlementCycle, body)
    tell(made, lambda each: _cycles([each]))


def _preview(told: pb.PreviewClosingResponse) -> RenderableType:
    if not told.HasField("period_end"):
        return text("no period is over")
    return facts(
        ("period ended", moment(told.period_end)),
        ("statements", str(told.statement_count)),
        ("items", str(told.item_count)),
        ("to close it", "gongdan statement close --yes"),
    )


def _statements(found: Iterable[pb.Statement]) -> RenderableType:
    rows = table("statement", "whose", "from", "to", "opening", "+", "-", "closing", "state")
    for each in found:
        rows.add_row(
            each.statement_id,
            f"{word(each.party_kind)} {each.party_id}",
            moment(each.period_start),
            moment(each.period_end),
            money(each.opening),
            money(each.credit),
            money(each.debit),
            money(each.closing),
            state(each),
        )
    return rows


def _card(one: pb.Statement) -> Iterable[RenderableType]:
    yield _statements([one])
    lines = table("kind", "items", "+", "-")
    for line in one.lines:
        lines.add_row(
            word(line.line_kind), str(line.item_count), money(line.credit), money(line.debit)
        )
    yield lines
    if one.digest:
        yield facts(("sha256", one.digest), ("after", one.previous_statement_id))
    if one.disputes:
        yield _disputes(one.disputes)


def _items(found: Iterable[pb.StatementItem]) -> RenderableType:
    rows = table("item", "counts for", "kind", "document", "amount", "of which", "rule")
    for each in found:
        lines = each.lines or [pb.StatementItemLine(rule_id=each.rule_id)]
        for place, line in enumerate(lines):
            own = (
                str(each.transfer_number),
                moment(each.effective_at),
                word(each.line_kind),
                each.document_id,
                money(each.amount),
            )
            label = f"{text(line.label)} {money(line.amount)}" if line.label else ""
            rows.add_row(*(own if not place else ("",) * 5), label, line.rule_id)
    return rows


def _disputes(found: Iterable[pb.Dispute]) -> RenderableType:
    rows = table("dispute", "statement", "item", "reason", "due", "decision", "adjustment")
    for each in found:
        decided = word(enum_term(each, "decision")) if each.decision else ""
        rows.add_row(
            each.dispute_id,
            each.statement_id,
            str(each.transfer_number),
            text(each.reason),
            moment(each.due_at),
            f"{decided} {text(each.explanation)}".strip(),
            each.adjustment_id,
        )
    return rows


def _cycles(found: Iterable[pb.SettlementCycle]) -> RenderableType:
    rows = table("where", "version", "cycle", "closed after", "from", "by")
    for each in found:
        rows.add_row(
            each.outlet_id or each.region_adcode or "everywhere",
            str(each.version),
            word(enum_term(each, "cycle_kind")),
            f"{each.delay_days} days" if each.delay_days else "",
            each.from_day,
            each.put_by_person_id,
        )
    return rows
