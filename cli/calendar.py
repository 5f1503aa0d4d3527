"""`gongdan calendar`: working hours, holidays and make-up days."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import facts, table, tell, text
from cli.verb import api, noun, verb
from kit.clock import SHANGHAI, SystemClock
from protos.directory.v1 import directory_pb2

app = noun("calendar", "Business calendars 日历: working time, holidays, 调休.")

_WEEKDAYS: Final = " 一二三四五六日"


@verb(app)
def show(
    calendar: Annotated[str, typer.Argument()] = "standard",
    year: Annotated[int, typer.Option(help="Default: this one")] = 0,
) -> None:
    """A calendar's weekly hours and the days that differ."""
    year = year or SystemClock().now().astimezone(SHANGHAI).year
    query = {"first_year": year, "last_year": year}

    def shown(found: directory_pb2.Calendar) -> list[RenderableType]:
        head = facts(
            ("calendar", found.calendar_code),
            ("version", found.version_hash[:16]),
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


def _hours(intervals: Iterable[directory_pb2.OpenInterval]) -> str:
    return ", ".join(
        f"{_minute(each.start_minute)}–{_minute(each.end_minute)}" for each in intervals
    )


def _minute(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
