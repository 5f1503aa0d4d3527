"""A calendar by months, and an edit of it: first what it would change, then the edit itself."""

from __future__ import annotations

import calendar as months
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from kit.clock import SHANGHAI
from kit.errors import InvalidArgument, ServiceError
from protos.cases.v1 import replanning_pb2
from protos.directory.v1 import directory_pb2, directory_pb2_grpc
from services.gateway.pages.base import Visit, VisitOf, back_to
from services.gateway.passwords import new_token
from services.gateway.problems import STATUS_OF_KIND
from services.gateway.routes.calendars import preview_edit, replanned
from workflows.client import OFFICE_ROLES

router = APIRouter(include_in_schema=False)

#: Those whose edits the directory takes.
_KEEPERS: Final = ("hq", "admin")
_ONE_DAY: Final = timedelta(days=1)
_MOST_DAYS: Final = 366


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of the grid.

    Attributes:
        mark: 休 or 班 where it differs from its weekday; else empty.
        own: the company's own, rather than the notice's.
    """

    day: date
    inside: bool
    mark: str
    hours: str
    label: str
    own: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What an edit would change."""

    edit: dict[str, str]
    changed: directory_pb2.PreviewCalendarResponse
    count: replanning_pb2.CountStaleCasesResponse


@router.get("/calendars")
async def all_calendars(visit: VisitOf) -> Response:
    """The first of them; the page leads to the others."""
    listed = await _stub(visit).ListCalendars(directory_pb2.ListCalendarsRequest())
    return back_to(f"/calendars/{listed.calendars[0].calendar_code}" if listed.calendars else "/")


@router.get("/calendars/{calendar_code}")
async def show(visit: VisitOf, calendar_code: str, month: str = "") -> Response:
    """One month of a calendar."""
    return await _page(visit, calendar_code, month)


@router.post("/calendars/{calendar_code}")
async def edit(visit: VisitOf, calendar_code: str, month: str = "") -> Response:
    """Show what an edit of some days would change, or, once that has been seen, make it."""
    form = await visit.form()
    try:
        put = await _edited(visit, calendar_code, form)
        if form["deed"] == "save":
            put.idempotency_key = f"page/{visit.caller.actor.person_id}/{form['edit_key']}"
            await _stub(visit).PutCalendar(put)
            return back_to(f"/calendars/{calendar_code}?month={month}&said=✓")
        seen = Preview(form, *await preview_edit(visit.edge, put))
    except ServiceError as refused:
        return await _page(visit, calendar_code, month, refused=refused)
    return await _page(visit, calendar_code, month, seen)


async def _page(
    visit: Visit,
    calendar_code: str,
    month: str,
    preview: Preview | None = None,
    refused: ServiceError | None = None,
) -> Response:
    first = _first_of(month, visit.edge.clock.now())
    wanted = directory_pb2.GetCalendarRequest(
        calendar_code=calendar_code, first_year=first.year - 1, last_year=first.year + 1
    )
    calendar = await _stub(visit).GetCalendar(wanted)
    listed = await _stub(visit).ListCalendars(directory_pb2.ListCalendarsRequest())
    stale = known = 0
    if visit.caller.actor.has_role(*OFFICE_ROLES):
        stale, known = await replanned(visit.edge, calendar_code, calendar.version)
    return await visit.page(
        "calendar.html",
        status=STATUS_OF_KIND[refused.kind] if refused else 200,
        stale_count=stale,
        open_count=known,
        calendar=calendar,
        calendars=[each.calendar_code for each in listed.calendars],
        month=first,
        before=f"{first - _ONE_DAY:%Y-%m}",
        after=f"{_next_month(first):%Y-%m}",
        weeks=_grid(calendar, first),
        provisional=first.year in calendar.provisional_years,
        editable=visit.caller.actor.has_role(*_KEEPERS),
        preview=preview,
        edit_key=new_token("edit"),
        said=visit.request.query_params.get("said", ""),
        problem=refused,
    )


def _grid(calendar: directory_pb2.Calendar, first: date) -> list[list[Cell]]:
    weekly = {each.weekday: _hours(each.open) for each in calendar.weekly}
    special = {each.day: each for each in calendar.days}
    own = {each.day for each in calendar.overrides}
    cells = []
    for day in months.Calendar().itermonthdates(first.year, first.month):
        usual = weekly.get(day.isoweekday(), "")
        override = special.get(day.isoformat())
        hours = _hours(override.open) if override else usual
        mark = "" if override is None or hours == usual else "班" if hours else "休"
        label = override.label if override else ""
        cells.append(
            Cell(day, day.month == first.month, mark, hours, label, day.isoformat() in own)
        )
    return [cells[at : at + 7] for at in range(0, len(cells), 7)]


async def _edited(
    visit: Visit, calendar_code: str, form: dict[str, str]
) -> directory_pb2.PutCalendarRequest:
    """The calendar as it is, but for the days of the form.

    Raises:
        InvalidArgument: ``CALENDAR_DAYS_MALFORMED``, ``CALENDAR_HOURS_MALFORMED``.
    """
    wanted = directory_pb2.GetCalendarRequest(calendar_code=calendar_code)
    now = await _stub(visit).GetCalendar(wanted)
    days = {each.day: each for each in now.overrides}
    for day in _days(form["first_day"], form["last_day"] or form["first_day"]):
        days.pop(day, None)
        if form["what"] != "usual":
            opened = _intervals(form["hours"]) if form["what"] == "work" else []
            label = form["label"] or {"work": "班", "off": "休"}[form["what"]]
            days[day] = directory_pb2.DayOverride(day=day, open=opened, label=label)
    return directory_pb2.PutCalendarRequest(
        calendar_code=calendar_code,
        time_zone=now.time_zone,
        weekly=now.weekly,
        chinese_holidays=now.chinese_holidays,
        overrides=[days[day] for day in sorted(days)],
        announced_years=now.announced_years,
        version=int(form["version"]),
    )


def _days(first: str, last: str) -> list[str]:
    try:
        begin, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError as error:
        raise _malformed("first_day") from error
    count = (end - begin).days + 1
    if not 1 <= count <= _MOST_DAYS:
        raise _malformed("last_day")
    return [(begin + number * _ONE_DAY).isoformat() for number in range(count)]


def _malformed(field: str) -> InvalidArgument:
    return InvalidArgument(
        "CALENDAR_DAYS_MALFORMED",
        "give the first day and a later last one, at most a year",
        field=field,
    )


def _intervals(written: str) -> list[directory_pb2.OpenInterval]:
    try:
        spans = [
            [datetime.strptime(part.strip(), "%H:%M") for part in span.split("-")]  # noqa: DTZ007 - a time of day
            for span in written.replace("–", "-").split(",")
        ]
        return [
            directory_pb2.OpenInterval(
                start_minute=start.hour * 60 + start.minute, end_minute=end.hour * 60 + end.minute
            )
            for start, end in spans
        ]
    except ValueError as error:
        raise InvalidArgument(
            "CALENDAR_HOURS_MALFORMED", "write hours as 09:00-12:00, 13:00-18:00", field="hours"
        ) from error


def _hours(intervals: Iterable[directory_pb2.OpenInterval]) -> str:
    spans = [(each.start_minute, each.end_minute) for each in intervals]
    return ", ".join(
        f"{start // 60:02d}:{start % 60:02d}–{end // 60:02d}:{end % 60:02d}" for start, end in spans
    )


def _first_of(month: str, now: datetime) -> date:
    """The first day of a month written 2026-02; else of the present one."""
    try:
        return date.fromisoformat(f"{month}-01")
    except ValueError:
        return now.astimezone(SHANGHAI).date().replace(day=1)


def _next_month(first: date) -> date:
    return (first + 31 * _ONE_DAY).replace(day=1)


def _stub(visit: Visit) -> directory_pb2_grpc.DirectoryServiceAsyncStub:
    return directory_pb2_grpc.DirectoryServiceStub(visit.channel("directory"))
