"""`gongdan anomaly rule`: what is looked for, in versions, tried before it is put."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Final

import typer
from rich.console import RenderableType

from cli.enums import enum
from cli.output import moment, state, table, tell, text
from cli.pages import first_page
from cli.verb import api, noun, verb
from protos.workorder.v1 import anomaly_pb2 as pb

app = noun("rule", "Rules of anomalies 异常规则, versioned.")
KINDS: Final = (
    "repeated_returns, same_photo, impossible_travel, overcharge, diversion, out_of_territory"
)

_Kind = Annotated[str, typer.Argument(help=KINDS)]
_Window = Annotated[int, typer.Option("--window-hours", help="Facts within so long count together")]
_Threshold = Annotated[int, typer.Option(help="Times, cities, km/h, or percent of the median")]
_Least = Annotated[int, typer.Option(help="Metres of way, or earlier prices, that must be there")]
_Severity = Annotated[str, typer.Option(help="low, medium, high")]
_Freeze = Annotated[int, typer.Option("--freeze-hours", help="Once it is confirmed; 0: never")]
_AtOnce = Annotated[bool, typer.Option("--at-once", help="Freeze when it is raised")]


@verb(app, "list")
def list_rules(kind: Annotated[str, typer.Option(help="Every version of this one")] = "") -> None:
    """The rules in force."""
    query = {"kind": enum(pb.AnomalyKind.DESCRIPTOR, kind)}
    found = first_page("/anomaly-rules", pb.ListAnomalyRulesResponse, "rules", query)
    tell(found, lambda answer: _rules(answer.rules))


@verb(app)
def put(
    kind: _Kind,
    window: _Window,
    threshold: _Threshold,
    severity: _Severity,
    least: _Least = 0,
    freeze: _Freeze = 0,
    at_once: _AtOnce = False,
    off: Annotated[bool, typer.Option("--off", help="Look for it no more")] = False,
) -> None:
    """The next version of a rule."""
    body = _body(kind, window, threshold, severity, least, freeze, at_once) | {"enabled": not off}
    made = api().send("POST", "/anomaly-rules", pb.AnomalyRule, body)
    tell(made, lambda one: _rules([one]))


@verb(app, "try")
def try_rule(
    kind: _Kind,
    window: _Window,
    threshold: _Threshold,
    severity: _Severity,
    least: _Least = 0,
    days: Annotated[int, typer.Option(help="How far back")] = 30,
) -> None:
    """What a rule would have raised; nothing is raised."""
    rule = _body(kind, window, threshold, severity, least, 0, False) | {"enabled": True}
    body = {"rule": rule, "days": days}
    tell(api().send("POST", "/anomaly-rules/try", pb.TryAnomalyRuleResponse, body), _tried)


def evidence_table(evidence: Iterable[pb.AnomalyEvidence]) -> RenderableType:
    """Every fact, and what was measured of it."""
    rows = table(
        "happened", "fact", "work order", "technician", "place", "about", "measured", "against",
        "baseline", "with",
    )  # fmt: skip
    for each in evidence:
        rows.add_row(
            moment(each.happened_at),
            text(each.fact_id),
            each.work_order_id,
            each.technician_id,
            each.place_code,
            text(each.what),
            str(each.measured),
            str(each.measured_against),
            str(each.baseline or ""),
            text(each.other_fact_id),
        )
    return rows


def _body(
    kind: str, window: int, threshold: int, severity: str, least: int, freeze: int, at_once: bool
) -> dict[str, Any]:
    return {
        "kind": enum(pb.AnomalyKind.DESCRIPTOR, kind),
        "window_hours": window,
        "threshold": threshold,
        "least": least,
        "severity": enum(pb.AnomalySeverity.DESCRIPTOR, severity),
        "freeze_hours": freeze,
        "freezes_at_once": at_once,
    }


def _rules(rules: Iterable[pb.AnomalyRule]) -> RenderableType:
    rows = table("rule", "version", "window", "from", "least", "severity", "freezes", "on", "put")
    for each in rules:
        at_once = " at once" if each.freezes_at_once else ""
        rows.add_row(
            state(each, "kind"),
            str(each.version),
            f"{each.window_hours} h",
            str(each.threshold),
            str(each.least or ""),
            state(each, "severity"),
            f"{each.freeze_hours} h{at_once}" if each.freeze_hours else "",
            "✓" if each.enabled else "",
            moment(each.put_at),
        )
    return rows


def _tried(answer: pb.TryAnomalyRuleResponse) -> Iterator[RenderableType]:
    yield f"{answer.anomaly_count} anomalies 条异常"
    for each in answer.anomalies:
        yield f"{state(each, 'subject_kind')} {text(each.subject_id)}"
        yield evidence_table(each.evidence)
