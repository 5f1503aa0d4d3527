"""`gongdan split-rule`: who gets what of a settlement, by which version, approved by whom."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import RenderableType

from cli.amounts import amount_of
from cli.api import Refused, part, read_file
from cli.output import facts, money, state, table, tell, text, time
from cli.verb import api, noun, verb
from protos.settlement.v1 import settlement_pb2
from services.gateway.words import word

app = noun("split-rule", "Split rules 分账规则: who gets what of a settlement.")

_Code = Annotated[str, typer.Argument(metavar="RULE")]
_File = Annotated[Path, typer.Argument(help="A rule as YAML")]


@verb(app, "list")
def list_rules() -> None:
    """The newest version of every rule."""
    answer = api().get("/split-rules", settlement_pb2.ListSplitRulesResponse)
    tell(answer, lambda found: _versions(found.split_rules))


@verb(app)
def show(rule: _Code) -> None:
    """All versions of a rule, the newest first, and what the newest says."""
    answer = api().get("/split-rules", settlement_pb2.ListSplitRulesResponse, split_rule_code=rule)

    def shown(found: settlement_pb2.ListSplitRulesResponse) -> list[RenderableType]:
        newest = [_portions(found.split_rules[0])] if found.split_rules else []
        return [_versions(found.split_rules), *newest]

    tell(answer, shown)


@verb(app)
def put(rule: _Code, file: _File) -> None:
    """Propose a rule, or a change of one; somebody else approves it."""
    path = f"/split-rules/{part(rule)}"
    tell(api().send("PUT", path, settlement_pb2.SplitRule, _read(file)), _rule)


@verb(app)
def approve(rule: _Code, version: int) -> None:
    """Approve a version that somebody else put."""
    _decide(rule, version, {"approve": True})


@verb(app)
def reject(rule: _Code, version: int, reason: Annotated[str, typer.Option(help="Why")]) -> None:
    """Reject a version that somebody else put."""
    _decide(rule, version, {"reason": reason})


@verb(app, "try")
def try_rule(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="A rule's code, or a file of one")],
    amount: Annotated[str, typer.Argument(help="What is split, such as 333.33")],
    version: Annotated[int, typer.Option(help="Unset: the newest")] = 0,
    times: Annotated[int, typer.Option(help="So many splits one after the other", max=100)] = 1,
) -> None:
    """What each party would get of an amount; nothing is kept."""
    body: dict[str, Any] = {"amount": amount_of(amount), "times": times}
    if Path(rule).is_file():
        body["draft"] = {"split_rule_code": Path(rule).stem, **_read(Path(rule))}
    else:
        body |= {"split_rule_code": rule, "version": version}
    tell(api().send("POST", "/split-rules/try", settlement_pb2.TrySplitRuleResponse, body), _tried)


def _decide(rule: str, version: int, body: dict[str, Any]) -> None:
    path = f"/split-rules/{part(rule)}/versions/{version}/decision"
    tell(api().send("POST", path, settlement_pb2.SplitRule, body), _rule)


def _read(file: Path) -> dict[str, Any]:
    stated = yaml.safe_load(read_file(file))
    if not isinstance(stated, dict):
        raise Refused(f"{file} is no rule; see docs/splits.md")
    return stated


def _rule(rule: settlement_pb2.SplitRule) -> list[RenderableType]:
    return [
        facts(
            ("rule", f"{rule.split_rule_code} v{rule.version}"),
            ("state", state(rule)),
            ("cooperation mode", rule.cooperation_mode or "any"),
            ("region", rule.region_adcode or "any"),
            ("outlet", rule.outlet_id or "any"),
            ("base", f"{rule.commission_base} {rule.excluded_to}"),
            ("from", rule.effective_from),
            ("put by", rule.put_by_person_id),
            ("decided by", rule.decided_by_person_id),
        ),
        _portions(rule),
    ]


def _versions(rules: Any) -> RenderableType:
    rows = table("rule", "state", "mode", "region", "outlet", "from", "put", "by", "decided by")
    for rule in rules:
        rows.add_row(
            f"{rule.split_rule_code} v{rule.version}",
            state(rule),
            rule.cooperation_mode,
            rule.region_adcode,
            rule.outlet_id,
            rule.effective_from,
            time(rule.put_at),
            rule.put_by_person_id,
            rule.decided_by_person_id,
        )
    return rows


def _portions(rule: settlement_pb2.SplitRule) -> RenderableType:
    rows = table("party", "who", "gets")
    for portion in rule.portions:
        rows.add_row(word(portion.party_kind), portion.party_id, _says(portion))
    return rows


def _says(portion: settlement_pb2.SplitPortion) -> str:
    if portion.remaining:
        return "其余 what remains"
    if portion.HasField("fixed"):
        return money(portion.fixed)
    if portion.tiers:
        steps = ", ".join(f"≥ {money(t.from_amount)}: {t.portion}" for t in portion.tiers)
        return f"{'累进 graduated' if portion.graduated else '按档 by tier'} {steps}"
    bounds = [f"≥ {money(portion.at_least)}"] if portion.HasField("at_least") else []
    bounds += [f"≤ {money(portion.at_most)}"] if portion.HasField("at_most") else []
    return text(" ".join([portion.portion, *bounds]))


def _tried(answer: settlement_pb2.TrySplitRuleResponse) -> list[RenderableType]:
    rows = table("party", "who", "gets", "sum")
    for share in answer.shares:
        rows.add_row(word(share.party_kind), share.party_id, money(share.amount), money(share.sum))
    return [_portions(answer.split_rule), rows]
