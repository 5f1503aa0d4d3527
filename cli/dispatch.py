"""`gongdan dispatch`: who was chosen and why, the policy, fairness."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import facts, money, table, tell, tell_plain, text, time
from cli.pages import everything
from cli.times import instant
from cli.verb import api, noun, verb
from protos.workorder.v1 import dispatch_pb2, workorder_pb2

app = noun("dispatch", "Dispatch 派单: who was chosen and why, the policy, fairness.")
policy_app = noun("policy", "The dispatch policy 派单策略: what weighs how much, in versions.")
app.add_typer(policy_app)

_Decision = Annotated[str, typer.Argument(metavar="DECISION", help="dd_…")]
_Technician = Annotated[str, typer.Argument(metavar="TECHNICIAN")]
_WorkOrder = Annotated[str, typer.Argument(metavar="WORK_ORDER", help="wo_…")]


@verb(app, "list")
def list_decisions(work_order: _WorkOrder) -> None:
    """The decisions of a work order, the newest first."""

    def shown(found: dispatch_pb2.ListDispatchDecisionsResponse) -> RenderableType:
        rows = table("decision", "at", "policy", "candidates", "of", "best")
        for each in found.decisions:
            rows.add_row(
                each.decision_id,
                time(each.decided_at),
                each.policy_version,
                str(each.candidate_count),
                str(each.technician_count),
                " ".join(text(best.display_name) for best in each.candidates),
            )
        return rows

    answer = dispatch_pb2.ListDispatchDecisionsResponse
    tell(api().get("/dispatch-decisions", answer, work_order_id=work_order), shown)


@verb(app)
def show(decision: _Decision) -> None:
    """A decision: the best candidates, and how many each rule kept out."""

    def shown(made: workorder_pb2.DispatchDecision) -> Iterable[RenderableType]:
        yield facts(
            ("decision", made.decision_id),
            ("work order", made.work_order_id),
            ("policy", made.policy_version),
            ("at", time(made.decided_at)),
            ("looked at", f"{made.technician_count} technicians"),
            ("candidates", str(made.candidate_count)),
        )
        yield _candidates(made.candidates)
        rows = table("kept out by", "#")
        for each in made.excluded:
            rows.add_row(each.reason, str(each.technician_count))
        yield rows

    tell(api().get(f"/dispatch-decisions/{part(decision)}", workorder_pb2.DispatchDecision), shown)


@verb(app)
def candidates(decision: _Decision) -> None:
    """Everybody who passed the hard rules, best first."""
    path = f"/dispatch-decisions/{part(decision)}/candidates"
    answer = dispatch_pb2.ListCandidatesResponse
    tell(everything(path, answer, "candidates", {}), lambda found: _candidates(found.candidates))


@verb(app)
def why(decision: _Decision, technician: _Technician) -> None:
    """Why this technician, or why not: every value as it was when it was decided."""

    def shown(answer: dispatch_pb2.CandidateExplanation) -> Iterable[RenderableType]:
        yield text(answer.explanation_zh)
        yield text(answer.explanation_en)
        yield from _values(answer.candidate)

    path = f"/dispatch-decisions/{part(decision)}/candidates/{part(technician)}"
    tell(api().get(path, dispatch_pb2.CandidateExplanation), shown)


@verb(app)
def check(work_order: _WorkOrder, technician: _Technician) -> None:
    """What speaks against sending somebody now; nothing is decided."""

    def shown(answer: dispatch_pb2.CheckAssignmentResponse) -> Iterable[RenderableType]:
        yield text(answer.explanation_zh) or "可以派 nothing speaks against it"
        yield from _values(answer.candidate)

    answer = dispatch_pb2.CheckAssignmentResponse
    asked = {"work_order_id": work_order, "technician_id": technician}
    tell(api().get("/dispatch/assignment-check", answer, **asked), shown)


@verb(app)
def start(
    work_order: _WorkOrder,
    book: Annotated[str, typer.Option(help="The price book, where it has no quote")] = "",
) -> None:
    """Have a work order without a case done: quoted, dispatched, accepted, paid."""
    body = {"price_book_code": book}
    done = api().change("POST", f"/work-orders/{part(work_order)}/dispatch", body)
    tell_plain(done, lambda made: f"{work_order} → {made['case_id']}")


_Reason = Annotated[str, typer.Option(help="Why; everybody may read it")]
_Code = Annotated[
    str,
    typer.Option(
        help="Why whoever holds it is released: technician_ill, technician_late, no_show,"
        " wrong_skills, parts_missing, customer_asked, other"
    ),
]


@verb(app)
def assign(
    work_order: _WorkOrder,
    technician: _Technician,
    reason: _Reason,
    release_code: _Code = "other",
    despite_warnings: Annotated[
        bool,
        typer.Option(
            "--despite-warnings",
            help="Also when a hard rule speaks against it; not for who takes no work or has a full day",
        ),
    ] = False,
) -> None:
    """Give the work to somebody, who is not asked; what speaks against it is said first."""
    body = {
        "technician_id": technician,
        "reason": reason,
        "release_code": release_code,
        "despite_warnings": despite_warnings,
    }
    done = api().change("POST", f"/work-orders/{part(work_order)}/assign", body)
    tell_plain(done, lambda _: f"{work_order} → {technician}")


@verb(app)
def again(work_order: _WorkOrder, reason: _Reason, release_code: _Code = "other") -> None:
    """Dispatch anew 改派: whoever held it is released, who was asked is asked no more."""
    body = {"reason": reason, "release_code": release_code}
    done = api().change("POST", f"/work-orders/{part(work_order)}/redispatch", body)
    tell_plain(done, lambda _: f"{work_order} → 重新派单 dispatched anew")


@verb(app)
def fairness(
    start: Annotated[str, typer.Option("--from", help="2026-11-01T00:00, Shanghai time")],
    until: Annotated[str, typer.Option(help="Up to this instant")],
    outlet: Annotated[str, typer.Option(help="Only of this outlet")] = "",
    territory: Annotated[str, typer.Option(help="Only who serves this adcode or zone")] = "",
) -> None:
    """How offers, work and earnings were shared; who earned least first."""

    def shown(report: dispatch_pb2.FairnessReport) -> Iterable[RenderableType]:
        yield facts(
            ("technicians", str(report.technician_count)),
            ("offers", str(report.offer_count)),
            ("earned", money(report.earned)),
            ("median", money(report.median_earned)),
            ("Gini 基尼系数", f"{report.gini_basis_points / 10_000:.4f}"),
        )
        rows = table(
            "technician", "name", "outlet", "#", "accepted", "declined", "expired", "amount"
        )
        for each in report.shares:
            rows.add_row(
                each.technician_id,
                text(each.display_name),
                each.outlet_id,
                str(each.offered_count),
                str(each.accepted_count),
                str(each.declined_count),
                str(each.expired_count),
                money(each.earned),
            )
        yield rows

    asked = {
        "begins_at": instant(start).isoformat(),
        "ends_at": instant(until).isoformat(),
        "outlet_id": outlet,
        "territory_code": territory,
    }
    tell(api().get("/dispatch/fairness", dispatch_pb2.FairnessReport, **asked), shown)


@verb(policy_app, "list")
def list_policies() -> None:
    """All versions, the latest first."""

    def shown(found: dispatch_pb2.ListDispatchPoliciesResponse) -> RenderableType:
        rows = table("policy", "from", "weights", "by", "note")
        for each in found.policies:
            weights = " ".join(
                f"{weight.factor}={weight.weight_basis_points}"
                for weight in each.weights
                if weight.weight_basis_points
            )
            rows.add_row(
                each.policy_version,
                time(each.effective_from),
                weights,
                each.put_by_person_id,
                text(each.note),
            )
        return rows

    tell(api().get("/dispatch-policies", dispatch_pb2.ListDispatchPoliciesResponse), shown)


_File = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A policy as JSON")
]


@verb(policy_app)
def put(file: _File) -> None:
    """Put a new version in force, from its instant on."""
    kept = api().send("POST", "/dispatch-policies", dispatch_pb2.DispatchPolicy, _read(file))
    tell(kept, lambda made: f"{made.policy_version} from {time(made.effective_from)}")


@verb(policy_app, "try")
def try_policy(
    file: _File,
    work_order: Annotated[
        list[str] | None, typer.Option(help="Only of these; the last 100")
    ] = None,
) -> None:
    """What a policy would have made of the last decisions; nothing is put in force."""

    def shown(tried: dispatch_pb2.TryDispatchPolicyResponse) -> Iterable[RenderableType]:
        yield f"{tried.changed_count} of {len(tried.decisions)} would have gone to somebody else"
        rows = table("work order", "went first to", "would go first to", "who was first comes")
        for each in tried.decisions:
            if each.first_technician_id != each.tried_first_technician_id:
                rows.add_row(
                    each.work_order_id,
                    each.first_technician_id,
                    each.tried_first_technician_id,
                    str(each.tried_rank_of_first),
                )
        yield rows

    body = {"policy": _read(file), "work_order_ids": work_order or []}
    tried = api().send(
        "POST", "/dispatch-policies/try", dispatch_pb2.TryDispatchPolicyResponse, body
    )
    tell(tried, shown)


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise typer.BadParameter(f"{file} is no JSON: {error}") from error


def _candidates(found: Iterable[workorder_pb2.Candidate]) -> RenderableType:
    rows = table("#", "technician", "name", "outlet", "score")
    for place, each in enumerate(found, start=1):
        rows.add_row(
            str(place), each.technician_id, text(each.display_name), each.outlet_id, str(each.score)
        )
    return rows


def _values(candidate: workorder_pb2.Candidate) -> Iterable[RenderableType]:
    yield facts(*((each.check, each.raw_value) for each in candidate.checks))
    rows = table("factor", "value", "score", "weight")
    for each in candidate.factors:
        rows.add_row(each.factor, each.raw_value, str(each.score), str(each.weight_basis_points))
    yield rows
