"""`gongdan adjustment rule`: by which adjustments are made."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from google.protobuf.json_format import MessageToDict
from rich.console import RenderableType

from cli.api import part
from cli.output import facts, money, state, table, tell, text
from cli.values import read_object
from cli.verb import api, noun, verb
from protos.settlement.v1 import adjustment_pb2
from services.gateway.words import word

app = noun("rule", "Adjustment rules 调整规则: put by one, approved by another, dated, by version.")

_Code = Annotated[str, typer.Argument(metavar="RULE")]
_Version = Annotated[int, typer.Argument()]


@verb(app, "list")
def list_rules() -> None:
    """The newest version of each rule."""
    path, kind = "/adjustment-rules", adjustment_pb2.ListAdjustmentRulesResponse
    tell(api().get(path, kind), lambda answer: _rules(answer.rules))


@verb(app)
def show(rule: _Code) -> None:
    """Every version of a rule, the newest first."""
    path, kind = "/adjustment-rules", adjustment_pb2.ListAdjustmentRulesResponse
    tell(api().get(path, kind, rule_code=rule), lambda answer: _rules(answer.rules))


@verb(app)
def put(
    rule: _Code,
    file: Annotated[Path, typer.Argument(help="A rule as JSON, as `rule list --json` has it")],
) -> None:
    """Put the next version; it holds once somebody else has approved it."""
    path = f"/adjustment-rules/{part(rule)}"
    made = api().send("PUT", path, adjustment_pb2.AdjustmentRule, read_object(file))
    tell(made, lambda each: _rules([each]))


@verb(app)
def approve(rule: _Code, version: _Version) -> None:
    """Say that a version somebody else put shall hold."""
    _decide(rule, version, approve=True, reason="")


@verb(app)
def reject(
    rule: _Code, version: _Version, reason: Annotated[str, typer.Option(help="Why")]
) -> None:
    """A version shall not hold."""
    _decide(rule, version, approve=False, reason=reason)


@verb(app, "try")
def try_rule(
    rule: _Code,
    version: Annotated[int, typer.Option(help="The newest, approved or not")] = 0,
    first_day: Annotated[str, typer.Option("--from", help="The first of last month")] = "",
    last_day: Annotated[str, typer.Option("--to", help="The last of last month")] = "",
) -> None:
    """What a version would have given; nothing is kept."""
    query = {"version": version, "first_day": first_day, "last_day": last_day}

    def shown(answer: adjustment_pb2.TryAdjustmentRuleResponse) -> list[RenderableType]:
        head = facts(
            ("time", f"{answer.first_day} – {answer.last_day}"),
            ("tried on", str(answer.tried_count)),
            ("given", str(answer.given_count)),
            ("total", money(answer.total)),
        )
        rows = table("whose", "of", "would give", "why")
        for trial in answer.trials:
            whose = f"{word(trial.party_kind)} {trial.party_id}" if trial.party_id else ""
            about = trial.earning_id or trial.work_order_id
            rows.add_row(whose, about, money(trial.would_give), text(trial.explanation))
        return [head, rows]

    path = f"/adjustment-rules/{part(rule)}/try"
    tell(api().get(path, adjustment_pb2.TryAdjustmentRuleResponse, **query), shown)


def _decide(rule: str, version: int, *, approve: bool, reason: str) -> None:
    path = f"/adjustment-rules/{part(rule)}/decide"
    body = {"version": version, "approve": approve, "reason": reason}
    made = api().send("POST", path, adjustment_pb2.AdjustmentRule, body)
    tell(made, lambda each: _rules([each]))


def _rules(rules: Iterable[adjustment_pb2.AdjustmentRule]) -> RenderableType:
    rows = table(
        "rule", "v", "kind", "label", "from", "state", "terms", "by itself up to", "put by"
    )
    for each in rules:
        kind = each.WhichOneof("terms") or ""
        rows.add_row(
            each.rule_code,
            str(each.version),
            word(kind),
            text(each.label),
            each.effective_from,
            state(each),
            _terms(each, kind),
            f"{each.automatic_limit_minor / 100:.2f} {each.currency}",
            each.put_by_person_id,
        )
    return rows


def _terms(rule: adjustment_pb2.AdjustmentRule, kind: str) -> str:
    """A rule's terms, a line each."""
    if not kind:
        return ""
    terms = MessageToDict(getattr(rule, kind), preserving_proto_field_name=True)
    lines = terms.get("bands") or [terms]
    return "\n".join(
        text(", ".join(f"{name}={value}" for name, value in line.items())) for line in lines
    )
