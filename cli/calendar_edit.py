"""`gongdan calendar edit`: change a calendar's days and hours, after seeing what that would change."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

import typer

from cli.api import Refused, part
from cli.output import screen
from cli.verb import api, asked
from protos.directory.v1 import directory_pb2

_HOURS: Final = re.compile(r"(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)")
_WEEK: Final = re.compile(r"([1-7])(?:-([1-7]))? (.+)")


def edit(
    calendar: Annotated[str, typer.Argument(metavar="CALENDAR")],
    off: Annotated[
        list[str] | None, typer.Option(metavar="DAY[=WHY]", help="休: 2026-12-24=盘点")
    ] = None,
    work: Annotated[
        list[str] | None,
        typer.Option(metavar="DAY[=HOURS]", help="班: 2027-02-20=09:00-12:00,13:00-18:00"),
    ] = None,
    usual: Annotated[
        list[str] | None, typer.Option(metavar="DAY", help="As every week, or as the notice says")
    ] = None,
    week: Annotated[
        list[str] | None, typer.Option(metavar="DAYS HOURS", help="'1-5 09:00-18:00', '7 off'")
    ] = None,
    announced: Annotated[
        list[int] | None,
        typer.Option(metavar="YEAR", help="Its notice is out, and its days are entered"),
    ] = None,
    holidays: Annotated[
        bool | None, typer.Option("--holidays/--no-holidays", help="Lay the national days beneath")
    ] = None,
    preview: Annotated[bool, typer.Option(help="Only say what it would change")] = False,
) -> None:
    """Change days and hours. Open cases whose deadlines reach over them are computed again."""
    put = _as_it_is(calendar)
    days = {each["day"]: each for each in put["overrides"]}
    weekly = {each["weekday"]: each for each in put["weekly"]}
    for each in off or []:
        day, _, label = each.partition("=")
        days[day] = {"day": day, "open": [], "label": label or "休"}
    for each in work or []:
        day, _, hours = each.partition("=")
        opened = _intervals(hours) if hours else _usual_hours(weekly)
        days[day] = {"day": day, "open": opened, "label": "班"}
    for day in usual or []:
        days.pop(day, None)
    for each in week or []:
        weekly |= dict(_weekdays(each))
    put["overrides"] = [days[day] for day in sorted(days)]
    put["weekly"] = [weekly[number] for number in sorted(weekly)]
    put["announced_years"] = sorted({*put["announced_years"], *(announced or [])})
    if holidays is not None:
        put["chinese_holidays"] = holidays
    path = f"/calendars/{part(calendar)}"
    changed = api().plain("POST", f"{path}/preview", put)
    if not preview:
        changed["calendar"] = api().change("PUT", path, put)
    _tell(changed, done=not preview)


def _as_it_is(calendar: str) -> dict[str, Any]:
    """What would be put to leave the calendar as it is; a new one opens as an office does."""
    try:
        found = api().get(f"/calendars/{part(calendar)}", directory_pb2.Calendar).plain
    except Refused as refused:
        if refused.reason != "CALENDAR_UNKNOWN":
            raise
        week = [{"weekday": day, "open": _intervals("09:00-18:00")} for day in range(1, 6)]
        return {"weekly": week, "chinese_holidays": True, "overrides": [], "announced_years": []}
    names = (
        "time_zone", "weekly", "chinese_holidays", "overrides", "announced_years", "version",
    )  # fmt: skip
    return {name: found[name] for name in names}


def _intervals(written: str) -> list[dict[str, int]]:
    """Opening hours, such as ``09:00-12:00,13:00-18:00``; ``off`` are none."""
    if written == "off":
        return []
    found = [_HOURS.fullmatch(each.strip()) for each in written.split(",")]
    if not all(found):
        raise typer.BadParameter(f"{written!r} are no hours; write 09:00-12:00,13:00-18:00")
    return [
        {
            "start_minute": int(hours[1]) * 60 + int(hours[2]),
            "end_minute": int(hours[3]) * 60 + int(hours[4]),
        }
        for hours in found
        if hours
    ]


def _weekdays(written: str) -> list[tuple[int, dict[str, Any]]]:
    found = _WEEK.fullmatch(written)
    if found is None:
        raise typer.BadParameter(f"{written!r} says no weekdays; write '1-5 09:00-18:00'")
    hours = _intervals(found[3])
    days = range(int(found[1]), int(found[2] or found[1]) + 1)
    return [(day, {"weekday": day, "open": hours}) for day in days]


def _usual_hours(weekly: dict[int, dict[str, Any]]) -> list[dict[str, int]]:
    """The hours of the first weekday on which it opens."""
    hours: list[dict[str, int]] = next(
        (weekly[day]["open"] for day in sorted(weekly) if weekly[day]["open"]), []
    )
    return hours


def _tell(changed: dict[str, Any], *, done: bool) -> None:
    if asked().as_json:
        screen().print_json(data=changed)
        return
    version = changed["calendar"]["version"]
    spans = [
        days["first_day"]
        if days["first_day"] == days["last_day"]
        else f"{days['first_day']} … {days['last_day']}"
        for days in changed["changed_days"]
    ]
    many = changed["crossing_count"]
    screen().print(
        f"{'变更为' if done else '将成为'}第 {version} 版；变更的日期：{'、'.join(spans) or '无'}"
    )
    rest = changed["open_count"] - many
    screen().print(f"{many} 个个案的时限{'正在重排' if done else '将重排'}，{rest} 个只换日历")
