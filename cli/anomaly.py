"""`gongdan anomaly`: what looks wrong over time, why, and what people say of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import typer
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import RenderableType

from cli import anomaly_rule
from cli.api import part
from cli.enums import enum
from cli.output import facts, moment, state, table, tell, text
from cli.pages import first_page
from cli.verb import api, noun, verb
from protos.workorder.v1 import anomaly_pb2 as pb

app = noun("anomaly", "Anomalies 异常: what rules over windows raised, and what came of it.")
app.add_typer(anomaly_rule.app)

_Anomaly = Annotated[str, typer.Argument(help="an_…")]
_Reason = Annotated[str, typer.Option(help="Why; stays with it")]


@verb(app, "list")
def list_anomalies(
    kind: Annotated[str, typer.Option(help=anomaly_rule.KINDS)] = "",
    state: Annotated[str, typer.Option(help="open, acknowledged, dismissed, confirmed")] = "",
    severity: Annotated[str, typer.Option(help="low, medium, high")] = "",
    technician: Annotated[str, typer.Option(help="Only of this technician")] = "",
    region: Annotated[str, typer.Option(help="An adcode, a macro-region or a zone")] = "",
    days: Annotated[int, typer.Option(help="Raised in the last so many days")] = 0,
) -> None:
    """What was raised, the newest first."""
    query = {
        "kind": enum(pb.AnomalyKind.DESCRIPTOR, kind),
        "state": enum(pb.AnomalyState.DESCRIPTOR, state),
        "severity": enum(pb.AnomalySeverity.DESCRIPTOR, severity),
        "technician_id": technician,
        "region_code": region,
        "days": days,
    }
    found = first_page("/anomalies", pb.ListAnomaliesResponse, "anomalies", query)
    tell(found, lambda answer: _anomalies(answer.anomalies))


@verb(app)
def show(anomaly: _Anomaly) -> None:
    """One of them, with every fact that bears it out."""
    tell(api().get(f"/anomalies/{part(anomaly)}", pb.Anomaly), _whole)


@verb(app)
def ack(anomaly: _Anomaly) -> None:
    """Say that you look into it."""
    _act(anomaly, "acknowledge", {})


@verb(app)
def dismiss(anomaly: _Anomaly, reason: _Reason) -> None:
    """It was nothing."""
    _act(anomaly, "dismiss", {"reason": reason})


@verb(app)
def confirm(
    anomaly: _Anomaly,
    reason: _Reason,
    freeze_hours: Annotated[
        int,
        typer.Option(help="How long the district's special policies freeze; 0: as the rule says"),
    ] = 0,
    no_freeze: Annotated[bool, typer.Option("--no-freeze", help="Freeze nothing")] = False,
) -> None:
    """It was what it looked like."""
    hours = -1 if no_freeze else freeze_hours
    _act(anomaly, "confirm", {"reason": reason, "freeze_hours": hours})


def _act(anomaly: str, act: str, body: dict[str, Any]) -> None:
    done = api().send("POST", f"/anomalies/{part(anomaly)}/{act}", pb.Anomaly, body)
    tell(done, _whole)


def _anomalies(found: Iterable[pb.Anomaly]) -> RenderableType:
    rows = table(
        "anomaly",
        "raised",
        "kind",
        "severity",
        "state",
        "of",
        "technician",
        "place",
        "frozen until",
    )
    for each in found:
        rows.add_row(
            each.anomaly_id,
            moment(each.raised_at),
            state(each, "kind"),
            state(each, "severity"),
            state(each),
            f"{state(each, 'subject_kind')} {text(each.subject_id)}",
            each.technician_id,
            each.place_code,
            moment(each.frozen_until),
        )
    return rows


def _whole(anomaly: pb.Anomaly) -> Iterator[RenderableType]:
    yield facts(
        ("anomaly", anomaly.anomaly_id),
        ("kind", f"{state(anomaly, 'kind')}, rule version {anomaly.rule_version}"),
        ("of", f"{state(anomaly, 'subject_kind')} {text(anomaly.subject_id)}"),
        ("state", state(anomaly)),
        ("severity", state(anomaly, "severity")),
        ("technician", anomaly.technician_id),
        ("place", anomaly.place_code),
        ("raised", moment(anomaly.raised_at)),
        ("acknowledged", _by(anomaly.acknowledged_at, anomaly.acknowledged_by_person_id)),
        ("decided", _by(anomaly.decided_at, anomaly.decided_by_person_id)),
        ("reason", text(anomaly.reason)),
        ("frozen until", moment(anomaly.frozen_until)),
    )
    if anomaly.evidence:
        yield anomaly_rule.evidence_table(anomaly.evidence)


def _by(at: Timestamp, person_id: str) -> str:
    return f"{moment(at)} {person_id}".strip()
