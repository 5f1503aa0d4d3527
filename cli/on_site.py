"""`gongdan on-site`: what a technician's phone reports, and what it makes."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli import on_site_rule
from cli.api import Refused, part, read_file
from cli.enums import enum
from cli.output import facts, moment, money, state, table, tell, text, time
from cli.pages import first_page
from cli.times import instant
from cli.verb import api, noun, verb
from kit.clock import SystemClock
from protos.workorder.v1 import on_site_pb2
from services.gateway.words import word

app = noun("on-site", "On site 现场: arriving, working, waiting, photos, checklists, flags, fees.")
for _part in (on_site_rule.rule, on_site_rule.checklist):
    app.add_typer(_part)

_Id = Annotated[str, typer.Argument(metavar="WORK_ORDER")]
_When = Annotated[str, typer.Option("--at", help="When it happened: 2026-03-02T09:00; now")]


class _Reason(StrEnum):
    CUSTOMER = "customer"
    PARTS = "parts"
    DESIGNER = "designer"
    BUILDING_ACCESS = "building-access"
    UTILITIES = "utilities"
    BREAK = "break"
    OTHER = "other"


class _Party(StrEnum):
    CUSTOMER = "customer"
    WAREHOUSE = "warehouse"
    DESIGNER = "designer"
    COMPANY = "company"
    PROPERTY = "property"
    TECHNICIAN = "technician"
    NOBODY = "nobody"


class _Shows(StrEnum):
    BEFORE = "before"
    DURING = "during"
    AFTER = "after"
    SERIAL_NUMBER = "serial-number"
    OLD_PART = "old-part"
    SIGNATURE = "signature"
    ABSENCE = "absence"
    DOCUMENT = "document"


@verb(app)
def show(work_order: _Id) -> None:
    """Everything that happened on site, in order."""
    tell(api().get(f"/work-orders/{part(work_order)}/on-site", on_site_pb2.OnSiteRecord), _record)


@verb(app, "check-in")
def check_in(
    work_order: _Id,
    longitude: Annotated[float, typer.Option(help="GCJ-02 unless --system says otherwise")] = 0.0,
    latitude: Annotated[float, typer.Option()] = 0.0,
    accuracy: Annotated[int, typer.Option(help="In metres")] = 0,
    system: Annotated[str, typer.Option(help="GCJ-02, WGS-84 or BD-09")] = "GCJ-02",
    at: _When = "",
) -> None:
    """The technician is on site 到场."""
    arrival: dict[str, Any] = {}
    if longitude or latitude:
        where = {"longitude": longitude, "latitude": latitude, "coordinate_system": system}
        arrival = {"location": where, "accuracy_m": accuracy}
    _report(work_order, {"check_in": arrival}, at)


@verb(app)
def start(work_order: _Id, at: _When = "") -> None:
    """Work begins 开工."""
    _clock(work_order, "START", at)


@verb(app)
def pause(
    work_order: _Id,
    reason: Annotated[_Reason, typer.Argument(help="What is waited for")],
    party: Annotated[_Party | None, typer.Option(help="Whose doing it is; by the reason")] = None,
    note: Annotated[str, typer.Option()] = "",
    at: _When = "",
) -> None:
    """Work stands still 暂停."""
    _clock(work_order, "PAUSE", at, **_why(reason, party), note=note)


@verb(app)
def resume(work_order: _Id, at: _When = "") -> None:
    """Work goes on 继续."""
    _clock(work_order, "RESUME", at)


@verb(app)
def stop(
    work_order: _Id,
    comes_back: Annotated[
        _Reason | None, typer.Option("--comes-back", help="Another visit is needed, and why")
    ] = None,
    party: Annotated[_Party | None, typer.Option(help="Whose doing that is")] = None,
    at: _When = "",
) -> None:
    """Work ends 收工, for today or for good."""
    why = {**_why(comes_back, party), "comes_back": True} if comes_back else {}
    _clock(work_order, "STOP", at, **why)


@verb(app)
def photo(
    work_order: _Id,
    file: Annotated[Path, typer.Argument(help="A photo, a document or a signature")],
    shows: Annotated[_Shows, typer.Option("--shows", help="What it shows")] = _Shows.DURING,
    note: Annotated[str, typer.Option()] = "",
    serial: Annotated[str, typer.Option(help="The serial number that it shows")] = "",
    at: _When = "",
) -> None:
    """Upload evidence 取证, and report it."""
    evidence = {
        "kind": f"EVIDENCE_KIND_{_name(shows)}",
        "file_id": api().upload(file),
        "note": note,
        "serial_number": serial,
    }
    _report(work_order, {"evidence": evidence}, at)


@verb(app)
def answer(
    work_order: _Id,
    item: Annotated[str, typer.Argument(metavar="CHECKLIST/ITEM")],
    value: Annotated[str, typer.Argument(help="yes, no, a number, a text or a file's reference")],
    at: _When = "",
) -> None:
    """Answer an item of a checklist 自检."""
    checklist_code, _, item_key = item.partition("/")
    said = {"checklist_code": checklist_code, "item_key": item_key, **_value(value)}
    _report(work_order, {"answer": said}, at)


@verb(app)
def absent(work_order: _Id, note: Annotated[str, typer.Option()] = "", at: _When = "") -> None:
    """Nobody is there, in spite of waiting: the trip was in vain 空跑."""
    _report(work_order, {"customer_absent": {"note": note}}, at)


@verb(app)
def retract(
    work_order: _Id,
    command: Annotated[str, typer.Argument(help="Of the evidence or the answer")],
    reason: Annotated[str, typer.Option()],
    at: _When = "",
) -> None:
    """Take evidence or an answer back; it stays in the record and does not count."""
    _report(work_order, {"retraction": {"command_id": command, "reason": reason}}, at)


@verb(app)
def report(
    work_order: _Id,
    file: Annotated[Path, typer.Argument(help="JSON: device_id, sent_at, commands")],
) -> None:
    """Hand in what a device kept while it was offline 离线补报."""
    try:
        body = json.loads(read_file(file))
    except ValueError as error:
        raise Refused(f"{file} is no JSON: {error}", "INPUT_FILE_UNREADABLE") from error
    _send(work_order, body)


@verb(app)
def flags(
    kind: Annotated[str, typer.Option(help="Such as same_photo, outside_geofence")] = "",
    technician: Annotated[str, typer.Option(help="Only this technician's")] = "",
    work_order: Annotated[str, typer.Option(help="Only of this one")] = "",
    unreviewed: Annotated[bool, typer.Option("--unreviewed", help="Only what waits")] = False,
) -> None:
    """What the office should look at, newest first."""
    query = {
        "kind": enum(on_site_pb2.OnSiteFlagKind.DESCRIPTOR, kind),
        "technician_id": technician,
        "work_order_id": work_order,
        "unreviewed": unreviewed,
    }
    found = first_page("/on-site-flags", on_site_pb2.ListOnSiteFlagsResponse, "flags", query)
    tell(found, lambda found: _flags(found.flags))


@verb(app)
def review(
    flag: Annotated[str, typer.Argument(metavar="FLAG", help="fg_…")],
    verdict: Annotated[str, typer.Argument(help="explained or upheld")],
    reason: Annotated[str, typer.Option(help="Why")],
) -> None:
    """Say what a flag was, once; not by whoever is flagged."""
    body = {"verdict": verdict, "reason": reason}
    done = api().send("POST", f"/on-site-flags/{part(flag)}/review", on_site_pb2.OnSiteFlag, body)
    tell(done, lambda found: _flags([found]))


@verb(app)
def fees(
    technician: Annotated[str, typer.Option(help="Only this technician's")] = "",
    work_order: Annotated[str, typer.Option(help="Only of this one")] = "",
) -> None:
    """Wasted trips 空跑, waiting 等待 and second visits 二次上门, newest first."""
    query = {"technician_id": technician, "work_order_id": work_order}
    found = first_page("/fee-events", on_site_pb2.ListFeeEventsResponse, "fee_events", query)
    tell(found, lambda found: _fees(found.fee_events))


def _clock(work_order: str, what: str, at: str, **more: Any) -> None:
    _report(work_order, {"work_clock": {"verb": f"WORK_CLOCK_VERB_{what}", **more}}, at)


def _why(reason: _Reason, party: _Party | None) -> dict[str, str]:
    why = {"reason": f"PAUSE_REASON_{_name(reason)}"}
    return why | ({"party": f"BLAMED_PARTY_{_name(party)}"} if party else {})


def _name(word: StrEnum) -> str:
    return word.value.upper().replace("-", "_")


def _value(written: str) -> dict[str, Any]:
    if written in ("yes", "no"):
        return {"yes": written == "yes"}
    if written.startswith("fl_"):
        return {"file_id": written}
    plain = written.removeprefix("-").replace(".", "", 1)
    return {"number": written} if plain.isdecimal() else {"text": written}


def _report(work_order: str, act: dict[str, Any], at: str) -> None:
    """Report one command."""
    now = SystemClock().now()
    happened = instant(at) if at else now
    command = {
        "command_id": f"cli-{secrets.token_hex(8)}",
        "occurred_at": happened.isoformat(),
        **act,
    }
    _send(work_order, {"device_id": "cli", "sent_at": now.isoformat(), "commands": [command]})


def _send(work_order: str, body: Any) -> None:
    path = f"/work-orders/{part(work_order)}/on-site/reports"
    tell(api().send("POST", path, on_site_pb2.OnSiteReport, body), _standings)


def _standings(report: on_site_pb2.OnSiteReport) -> list[RenderableType]:
    rows = table("command", "outcome", "why", "known", "flags")
    for standing in report.standings:
        rows.add_row(
            standing.command_id,
            state(standing, "outcome"),
            text(" ".join(filter(None, (standing.reason, standing.message)))),
            "✓" if standing.known_before else "",
            _kinds(standing),
        )
    return [rows, _work_time(report.work_time)]


def _kinds(standing: on_site_pb2.CommandStanding) -> str:
    return " ".join(state(on_site_pb2.OnSiteFlag(kind=kind), "kind") for kind in standing.flags)


def _work_time(worked: on_site_pb2.WorkTime) -> RenderableType:
    waiting = (f"{state(each, 'party')} {each.waited_minutes}" for each in worked.waiting)
    return facts(
        ("clock", state(worked)),
        ("arrived", time(worked.arrived_at)),
        ("left", time(worked.left_at)),
        ("worked minutes", str(worked.worked_minutes)),
        ("waited minutes", ", ".join(waiting)),
    )


def _record(record: on_site_pb2.OnSiteRecord) -> list[RenderableType]:
    rows = table("happened", "command", "what", "outcome", "where", "why")
    for entry in record.entries:
        rows.add_row(
            time(entry.occurred_at) or time(entry.received_at),
            entry.command.command_id,
            _what(entry.command),
            state(entry.standing, "outcome"),
            _where(entry),
            text(entry.standing.reason),
        )
    found = table("checklist", "item", "answer", "good")
    for filled in record.checklists:
        for item in filled.items:
            found.add_row(
                f"{text(filled.name)} v{filled.version}",
                text(item.item.text),
                text(_said(item.answer)),
                "✗" if item.at_fault else "✓" if item.HasField("answer") else "",
            )
    extras = table("extra", "state", "note", "total")
    for extra in record.extras:
        extras.add_row(extra.extra_id, state(extra), text(extra.note), money(extra.total))
    sealed = record.seal
    seal = facts(
        ("sealed", time(sealed.sealed_at)),
        ("digest", sealed.digest),
        ("intact", ("✓" if sealed.intact else "✗") if sealed.digest else ""),
    )
    parts = [rows, _work_time(record.work_time), seal]
    parts += [each for each in (found, extras) if each.row_count]
    if record.flags:
        parts.append(_flags(record.flags))
    if record.fee_events:
        parts.append(_fees(record.fee_events))
    return list(parts)


def _what(command: on_site_pb2.OnSiteCommand) -> str:
    match command.WhichOneof("act"):
        case "work_clock":
            verb_name = on_site_pb2.WorkClockVerb.Name(command.work_clock.verb)
            return verb_name.removeprefix("WORK_CLOCK_VERB_").lower()
        case "evidence":
            kind = on_site_pb2.EvidenceKind.Name(command.evidence.kind)
            return f"{kind.removeprefix('EVIDENCE_KIND_').lower()} {command.evidence.file_id}"
        case "answer":
            return f"{command.answer.checklist_code}/{command.answer.item_key}"
        case other:
            return (other or "?").replace("_", " ")


def _where(entry: on_site_pb2.OnSiteEntry) -> str:
    if not entry.HasField("geofence"):
        return ""
    where, metres = state(entry.geofence, "finding"), entry.geofence.distance_m
    known = metres or entry.geofence.finding == on_site_pb2.GEOFENCE_FINDING_INSIDE
    return f"{where} {metres} m" if known else where


def _said(answer: on_site_pb2.ChecklistAnswer) -> str:
    kind = answer.WhichOneof("value")
    if kind == "yes":
        return "yes" if answer.yes else "no"
    return str(getattr(answer, kind)) if kind else ""


def _flags(found: Iterable[on_site_pb2.OnSiteFlag]) -> RenderableType:
    rows = table("flag", "raised", "what", "measured", "work order", "who", "same as", "said")
    for flag in found:
        said = f"{word(flag.verdict)} {text(flag.review_reason)}" if flag.verdict else ""
        rows.add_row(
            flag.flag_id,
            moment(flag.raised_at),
            state(flag, "kind"),
            str(flag.measured),
            f"{flag.work_order_id} {flag.command_id}",
            flag.technician_id,
            f"{flag.other_work_order_id} {flag.other_command_id}".strip(),
            said,
        )
    return rows


def _fees(found: Iterable[on_site_pb2.FeeEvent]) -> RenderableType:
    rows = table("happened", "fee", "charged to", "minutes", "work order", "rule", "void")
    for fee in found:
        rows.add_row(
            moment(fee.occurred_at),
            state(fee, "kind"),
            state(fee, "charged_party"),
            str(fee.minutes or ""),
            fee.work_order_id,
            fee.rule_id,
            "✓" if fee.void else "",
        )
    return rows
