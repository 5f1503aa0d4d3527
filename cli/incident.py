"""`gongdan incident`: what stands still, and what operations do about it."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

import typer
from rich.console import RenderableType

from cli.api import Refused
from cli.bulk_act import do, look
from cli.links import Links
from cli.output import facts, screen, table, tell, text, time
from cli.values import Values, read_values
from cli.verb import api, asked, noun, verb
from protos.cases.v1 import incidents_pb2
from services.gateway.words import word

app = noun("incident", "Incidents 异常: what stands still, retried, passed over or moved.")

_Case = Annotated[str, typer.Argument(metavar="CASE")]
_Incident = Annotated[str, typer.Argument(metavar="INCIDENT", help="As `incident list` names it")]
_Why = Annotated[str, typer.Option("--comment", help="Why, for the record")]
_LIST: Final = "/incidents"


@verb(app, "list")
def list_incidents(
    flow: Annotated[str, typer.Option(help="Only of this flow")] = "",
    reason: Annotated[str, typer.Option(help="Only for this reason")] = "",
    node: Annotated[str, typer.Option(help="Only at this node")] = "",
    case: Annotated[str, typer.Option(help="Only of this case")] = "",
    older_than: Annotated[
        str, typer.Option(metavar="INSTANT", help="Raised before, such as 2026-11-22T09:00+08:00")
    ] = "",
    resolved: Annotated[bool, typer.Option("--resolved", help="The resolved ones")] = False,
) -> None:
    """Incidents, newest first, and how many are open of each reason."""
    query = {
        "flow_code": flow, "reason": reason, "node": node, "case_id": case,
        "raised_before": older_than, "resolved": "true" if resolved else "",
    }  # fmt: skip
    tell(api().get(_LIST, incidents_pb2.ListIncidentsResponse, **query), _list)


@verb(app)
def retrying(
    flow: Annotated[str, typer.Option(help="Only of this flow")] = "",
    rpc: Annotated[str, typer.Option(help="Only of this RPC")] = "",
    reason: Annotated[str, typer.Option(help="Only for this reason")] = "",
    case: Annotated[str, typer.Option(help="Only of this case")] = "",
) -> None:
    """Calls that have no answer yet and are made again 重试中: which service is down, for how long."""
    query = {"flow_code": flow, "rpc": rpc, "reason": reason, "case_id": case}
    answer = api().get(f"{_LIST}/retried-calls", incidents_pb2.ListRetriedCallsResponse, **query)
    tell(answer, _retried_calls)


@verb(app)
def show(case: _Case, incident: _Incident) -> None:
    """One incident, with the request that failed and what can be done."""
    for resolved in ("", "true"):
        reply = api().get(
            _LIST, incidents_pb2.ListIncidentsResponse, case_id=case, resolved=resolved
        )
        for plain, found in zip(reply.plain["incidents"], reply.message.incidents, strict=True):
            if found.incident_id == incident:
                _show(plain | {"targets": _targets(found)}, found)
                return
    raise Refused(f"case {case} has no incident {incident!r}", "INCIDENT_UNKNOWN", "incident")


@verb(app)
def retry(
    case: Annotated[str, typer.Argument(metavar="[CASE]")] = "",
    incident: Annotated[str, typer.Argument(metavar="[INCIDENT]")] = "",
    values: Values = None,
    people: Annotated[
        list[str] | None, typer.Option("--person", help="Whom a user task is for")
    ] = None,
    flow: Annotated[str, typer.Option(help="Instead of one: all of this flow …")] = "",
    reason: Annotated[str, typer.Option(help="… that stand for this reason")] = "",
    run: Annotated[bool, typer.Option("--run", help="Of all: do it, do not only show it")] = False,
    comment: _Why = "",
) -> None:
    """Try again: one incident, with another request if values are given; or all of one reason."""
    if reason:
        _retry_all(flow, reason, comment, run=run)
        return
    request = read_values(values or [], {})
    _resolve(case, incident, {"verb": "retry", "form": request, "people": people or []}, comment)


@verb(app)
def skip(case: _Case, incident: _Incident, values: Values = None, comment: _Why = "") -> None:
    """Go on as if it were done; the values are what the node leaves behind."""
    _resolve(case, incident, {"verb": "skip", "form": read_values(values or [], {})}, comment)


@verb(app)
def move(
    case: _Case,
    incident: _Incident,
    to: Annotated[str, typer.Option(help="The node to which the token goes")],
    comment: _Why = "",
) -> None:
    """Let the token go to another node, from where the case can still end properly."""
    _resolve(case, incident, {"verb": "move", "to": to}, comment)


def _resolve(case: str, incident: str, body: dict[str, Any], comment: str) -> None:
    named = {"case_id": case, "incident_id": incident, "comment": comment}
    done = api().change("POST", f"{_LIST}/resolve", named | body)
    if asked().as_json:
        print(json.dumps(done, ensure_ascii=False, indent=2))
    else:
        screen().print(f"{text(incident)}: {word(body['verb'])} ✓")


def _retry_all(flow: str, reason: str, comment: str, *, run: bool) -> None:
    which = {"incidents": {"flow_code": flow, "reason": reason}}
    count = look(which, "retry", alone=not run)
    if run and count:
        do(which, "retry", count, comment=comment)
    elif count and not asked().as_json:
        screen().print("add --run to do it")


def _list(reply: incidents_pb2.ListIncidentsResponse) -> list[RenderableType]:
    counts = table("flow", "reason", "open", "since")
    for count in reply.counts:
        counts.add_row(
            count.flow_code, count.reason, str(count.count), time(count.oldest_raised_at)
        )
    rows = table("case", "incident", "node", "reason", "message", "raised", "verbs", "resolved")
    for each in reply.incidents:
        rows.add_row(
            each.case_id,
            each.incident_id,
            text(each.node_title),
            each.reason,
            text(each.message),
            time(each.raised_at),
            " ".join(each.verbs),
            _resolved(each),
        )
    return [counts, rows] if reply.counts else [rows]


def _retried_calls(reply: incidents_pb2.ListRetriedCallsResponse) -> list[RenderableType]:
    counts = table("call", "reason", "calls", "since")
    for count in reply.counts:
        counts.add_row(count.rpc, count.reason, str(count.count), time(count.since))
    rows = table("case", "node", "call", "attempts", "since", "reason", "message")
    for each in reply.retried_calls:
        rows.add_row(
            each.case_id,
            text(each.node_title),
            each.rpc,
            str(each.attempt_count),
            time(each.since),
            each.reason,
            text(each.message),
        )
    return [counts, rows] if reply.counts else [rows]


def _resolved(incident: incidents_pb2.Incident) -> str:
    if not incident.HasField("resolved_at"):
        return ""
    by = incident.resolved_by_person_id or "the case itself"
    return f"{time(incident.resolved_at)} {word(incident.resolved_with_verb)} {by}"


def _targets(incident: incidents_pb2.Incident) -> list[dict[str, str]]:
    """Where its token may be moved."""
    if "move" not in incident.verbs or incident.HasField("resolved_at"):
        return []
    named = {"case_id": incident.case_id, "incident_id": incident.incident_id}
    found: list[dict[str, str]] = api().plain("GET", f"{_LIST}/targets", **named)["targets"]
    return found


def _show(plain: dict[str, Any], incident: incidents_pb2.Incident) -> None:
    if asked().as_json:
        print(json.dumps(plain, ensure_ascii=False, indent=2))
        return
    screen().print(
        facts(
            ("incident", incident.incident_id),
            ("case", incident.case_id),
            ("node", f"{incident.node} {text(incident.node_title)}"),
            ("what", incident.trouble),
            ("reason", incident.reason),
            ("message", text(incident.message)),
            ("raised", time(incident.raised_at)),
            ("verbs", " ".join(incident.verbs)),
            ("move to", text(", ".join(f"{to['node']} {to['name']}" for to in plain["targets"]))),
            ("request", text(json.dumps(plain["request"], ensure_ascii=False))),
            ("resolved", _resolved(incident)),
            ("why", text(incident.comment)),
            ("Temporal", Links.ask(api()).workflow(incident.workflow_id)),
        )
    )
