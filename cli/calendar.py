"""`gongdan calendar`: working hours, holidays and make-up days, and how working time is counted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Final

import typer
from google.protobuf.duration_pb2 import Duration
from rich.console import RenderableType

from cli import calendar_edit
from cli.api import part
from cli.output import facts, screen, table, tell, text, time
from cli.times import instant
from cli.verb import api, asked, noun, verb
from kit.clock import SHANGHAI, SystemClock
from kit.rpc.convert import instant_from_proto
from protos.directory.v1 import directory_pb2
from workflows.language.times import shanghai_text
from workflows.language.units import parse_duration

app = noun("calendar", "Business calendars 日历: working time, holidays, 调休.")
verb(app)(calendar_edit.edit)

_WEEKDAYS: Final = " 一二三四五六日"
_Which = Annotated[str, typer.Argument(metavar="CALENDAR")]
_By = Annotated[str, typer.Option(metavar="CALENDAR", help="By which calendar")]


@verb(app, "list")
def list_calendars() -> None:
    """All calendars."""

    def shown(found: directory_pb2.ListCalendarsResponse) -> list[RenderableType]:
        rows = table("calendar", "version", "time zone", "open")
        for each in found.calendars:
            rows.add_row(
                each.calendar_code, str(each.version), each.time_zone, text(_week(each.weekly))
            )
        return [rows]

    tell(api().get("/calendars", directory_pb2.ListCalendarsResponse), shown)


@verb(app)
def show(
    calendar: _Which = "office",
    year: Annotated[int, typer.Option(help="Default: this one")] = 0,
    version: Annotated[int, typer.Option(help="An earlier one. Default: the newest")] = 0,
) -> None:
    """A calendar's weekly hours and the days that differ."""
    year = year or SystemClock().now().astimezone(SHANGHAI).year
    query = {"first_year": year, "last_year": year, "version": version}

    def shown(found: directory_pb2.Calendar) -> list[RenderableType]:
        head = facts(
            ("calendar", found.calendar_code),
            ("version", f"{found.version} ({found.version_hash[:16]})"),
            ("defined", time(found.defined_at)),
            ("time zone", found.time_zone),
            ("provisional", ", ".join(str(each) for each in found.provisional_years)),
        )
        week = table("周", "open")
        for day in found.weekly:
            week.add_row(_WEEKDAYS[day.weekday], _hours(day.open))
        days = table("day", "open", "")
        for override in found.days:
            days.add_row(override.day, _hours(override.open) or "休", text(override.label))
        return [head, week, days]

    path = f"/calendars/{part(calendar)}"
    tell(api().get(path, directory_pb2.Calendar, **query), shown)


@verb(app)
def versions(calendar: _Which = "office") -> None:
    """Every edit of a calendar, the newest first."""

    def shown(found: directory_pb2.ListCalendarVersionsResponse) -> list[RenderableType]:
        rows = table("version", "when", "by", "open", "own days")
        for each in found.calendars:
            rows.add_row(
                str(each.version),
                time(each.defined_at),
                each.defined_by_person_id,
                text(_week(each.weekly)),
                str(len(each.overrides)),
            )
        return [rows]

    path = f"/calendars/{part(calendar)}/versions"
    tell(api().get(path, directory_pb2.ListCalendarVersionsResponse), shown)


@verb(app)
def replanning(calendar: _Which = "office") -> None:
    """How far the open cases have been told of the newest edit."""
    found = api().plain("GET", f"/calendars/{part(calendar)}/replanning")
    if asked().as_json:
        screen().print_json(data=found)
        return
    stale, known = found["stale_count"], found["open_count"]
    how_far = f"还有 {stale} 个未按它计时" if stale else "都按它计时"
    screen().print(
        f"{calendar} 第 {found['version']} 版：{known} 个未结个案{'中' if stale else ''}{how_far}"
    )


@verb(app)
def add(
    start: Annotated[str, typer.Argument(metavar="START", help="2026-02-13T16:00")],
    duration: Annotated[str, typer.Argument(metavar="DURATION", help="8h, 1h30m")],
    calendar: _By = "office",
) -> None:
    """When so much working time has passed, and which day counted how much."""
    try:
        wanted = parse_duration(duration)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="DURATION") from error
    path = f"/calendars/{part(calendar)}/add"
    query = {"start": instant(start).isoformat(), "duration": f"{wanted.total_seconds():.0f}s"}
    tell(api().get(path, directory_pb2.WorkingTime, **query), _explained)


@verb(app)
def between(
    start: Annotated[str, typer.Argument(metavar="FROM", help="2026-02-13T16:00")],
    end: Annotated[str, typer.Argument(metavar="TO")],
    calendar: _By = "office",
) -> None:
    """The working time from an instant to another, and which day counted how much."""
    path = f"/calendars/{part(calendar)}/between"
    query = {"start": instant(start).isoformat(), "end": instant(end).isoformat()}
    tell(api().get(path, directory_pb2.WorkingTime, **query), _explained)


def _explained(found: directory_pb2.WorkingTime) -> list[RenderableType]:
    head = facts(
        ("from", shanghai_text(instant_from_proto(found.start))),
        ("to", shanghai_text(instant_from_proto(found.end))),
        ("working time", _lasting(found.worked)),
        (
            "provisional",
            "是 — the notice of a year on the way is not out" if found.provisional else "",
        ),
    )
    days = table("day", "周", "open", "counted", "")
    for day in found.days:
        note = " ".join(part for part in (day.label, "暂定" if day.provisional else "") if part)
        days.add_row(
            day.day,
            _WEEKDAYS[instant(day.day).isoweekday()],
            _hours(day.open) or "休",
            _lasting(day.worked),
            text(note),
        )
    return [head, days]


def _lasting(duration: Duration) -> str:
    minutes = duration.ToTimedelta() // timedelta(minutes=1)
    return f"{minutes // 60}h{minutes % 60:02d}m" if minutes else "–"


def _week(weekly: Iterable[directory_pb2.WeekdayHours]) -> str:
    """The hours of a week in a line: the days that have the same, together."""
    by_hours: dict[str, str] = {}
    for day in weekly:
        if day.open:
            hours = _hours(day.open)
            by_hours[hours] = by_hours.get(hours, "") + _WEEKDAYS[day.weekday]
    return "; ".join(f"{days} {hours}" for hours, days in by_hours.items())


def _hours(intervals: Iterable[directory_pb2.OpenInterval]) -> str:
    return ", ".join(
        f"{_minute(each.start_minute)}–{_minute(each.end_minute)}" for each in intervals
    )


def _minute(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
