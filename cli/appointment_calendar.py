"""`gongdan appointment calendar`: what can be promised, and on which days it differs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, Final

import typer
from rich.console import RenderableType

from cli.output import moment, state, table, tell, text
from cli.pages import first_page
from cli.verb import api, noun, verb
from protos.workorder.v1 import appointment_pb2

app = noun("calendar", "Calendars of slots 时段日历: every week's slots, and days that differ.")

_SLOT: Final = re.compile(r"([1-7])(?:-([1-7]))?/(\d\d):(\d\d)-(\d\d):(\d\d)=(\d+)")
_Territory = Annotated[str, typer.Argument(metavar="TERRITORY", help="Adcode, zone or outlet")]
_Kind = Annotated[str, typer.Option(help="A skill such as aircon_install, or any")]
_Day = Annotated[str, typer.Argument(metavar="DAY", help="2027-02-06")]
_At = Annotated[str, typer.Option("--at", help="Only the slot that begins then: 09:00")]
_Why = Annotated[str, typer.Option("--reason", help="Why")]


@verb(app)
def put(
    territory: _Territory,
    slots: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SLOT]…", help="1-5/09:00-11:00=4: Monday to Friday, four visits"),
    ] = None,
    kind: _Kind = "any",
    start: Annotated[str, typer.Option("--from", help="The first day it counts; today")] = "",
    opens: Annotated[int, typer.Option(help="How many days ahead a slot opens; 30")] = 0,
    closes: Annotated[int, typer.Option(help="How many minutes before it closes")] = 0,
    hold: Annotated[int, typer.Option(help="How many minutes it is held; 30")] = 0,
) -> None:
    """The slots of every week; without any the wider territory's count again."""
    body = {
        "territory_code": territory,
        "service_kind": kind,
        "effective_from": start,
        "slots": [template for written in slots or () for template in _templates(written)],
        "opens_days_before": opens,
        "closes_minutes_before": closes,
        "hold_minutes": hold,
    }
    made = api().send("POST", "/slot-calendars", appointment_pb2.SlotCalendar, body)
    tell(made, lambda calendar: _calendars([calendar]))


@verb(app, "list")
def list_calendars(
    territory: Annotated[str, typer.Option(help="Only of this territory")] = "",
    kind: Annotated[str, typer.Option(help="Only of this kind of service")] = "",
) -> None:
    """Every version, the last one first."""
    query = {"territory_code": territory, "service_kind": kind}
    found = first_page(
        "/slot-calendars", appointment_pb2.ListSlotCalendarsResponse, "slot_calendars", query
    )
    tell(found, lambda found: _calendars(found.slot_calendars))


@verb(app)
def close(territory: _Territory, day: _Day, reason: _Why, kind: _Kind = "", at: _At = "") -> None:
    """A day, or one of its slots, takes no visits: a holiday, a blackout 停约."""
    _differ(territory, day, at, {"kind": _override("CLOSED"), "service_kind": kind}, reason)


@verb(app, "open")
def open_day(
    territory: _Territory,
    day: _Day,
    reason: _Why,
    extra: Annotated[int, typer.Option(help="So many visits more, or fewer, in each slot")] = 0,
    kind: _Kind = "",
    at: _At = "",
) -> None:
    """A day is open, with more or fewer visits 加量."""
    said = {"kind": _override("OPEN"), "service_kind": kind, "extra_capacity": extra}
    _differ(territory, day, at, said, reason)


@verb(app)
def withdraw(
    territory: _Territory, day: _Day, reason: _Why, kind: _Kind = "", at: _At = ""
) -> None:
    """What was said of a day is taken back 撤回."""
    _differ(territory, day, at, {"kind": _override("WITHDRAWN"), "service_kind": kind}, reason)


@verb(app)
def days(
    territory: Annotated[str, typer.Option(help="Only of this territory")] = "",
    start: Annotated[str, typer.Option("--from", help="2027-02-01")] = "",
    until: Annotated[str, typer.Option(help="2027-02-28")] = "",
) -> None:
    """Days that differ, the one said last first."""
    query = {"territory_code": territory, "first_day": start, "last_day": until}
    found = first_page(
        "/slot-overrides", appointment_pb2.ListSlotOverridesResponse, "slot_overrides", query
    )
    tell(found, lambda found: _overrides(found.slot_overrides))


def _differ(territory: str, day: str, at: str, said: dict[str, Any], reason: str) -> None:
    body = {"territory_code": territory, "day": day, "reason": reason, **said}
    if at:
        hours, _, minutes = at.partition(":")
        body["start_minute"] = _minute(hours, minutes)
    made = api().send("POST", "/slot-overrides", appointment_pb2.SlotOverride, body)
    tell(made, lambda override: _overrides([override]))


def _templates(written: str) -> list[dict[str, int]]:
    found = _SLOT.fullmatch(written)
    if found is None:
        raise typer.BadParameter(f"{written!r} is no slot; write 1-5/09:00-11:00=4")
    first, last, *clock, capacity = found.groups()
    return [
        {
            "weekday": weekday,
            "start_minute": _minute(clock[0], clock[1]),
            "end_minute": _minute(clock[2], clock[3]),
            "capacity": int(capacity),
        }
        for weekday in range(int(first), int(last or first) + 1)
    ]


def _minute(hours: str, minutes: str) -> int:
    try:
        return int(hours) * 60 + int(minutes)
    except ValueError as error:
        raise typer.BadParameter(f"{hours}:{minutes} is no time; write 09:00") from error


def _override(name: str) -> str:
    return f"SLOT_OVERRIDE_KIND_{name}"


def _calendars(calendars: Iterable[appointment_pb2.SlotCalendar]) -> RenderableType:
    rows = table("calendar", "territory", "kind", "from", "week", "put", "by")
    for each in calendars:
        rows.add_row(
            each.slot_calendar_id,
            text(each.territory_code),
            each.service_kind,
            each.effective_from,
            " ".join(_template(slot) for slot in each.slots) or "–",
            moment(each.put_at),
            each.put_by_person_id,
        )
    return rows


def _template(slot: appointment_pb2.SlotTemplate) -> str:
    return f"{slot.weekday}/{_clock(slot.start_minute)}-{_clock(slot.end_minute)}={slot.capacity}"


def _overrides(overrides: Iterable[appointment_pb2.SlotOverride]) -> RenderableType:
    rows = table("override", "territory", "kind of service", "day", "at", "says", "extra", "why")
    for each in overrides:
        rows.add_row(
            each.slot_override_id,
            text(each.territory_code),
            each.service_kind or "–",
            each.day,
            _clock(each.start_minute) if each.HasField("start_minute") else "",
            state(each, "kind"),
            f"{each.extra_capacity:+d}" if each.extra_capacity else "",
            text(each.reason),
        )
    return rows


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
