"""Business calendars: what they say, what an edit would change, and their arithmetic."""

from __future__ import annotations

from typing import Any, Final, cast

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from protos.cases.v1 import replanning_pb2
from protos.directory.v1 import directory_pb2
from services.gateway import transcoding
from services.gateway.auth import CallerOf
from services.gateway.edge import Edge, EdgeOf
from services.gateway.rpc_routes import expose

_SERVICE: Final = "directory.v1.DirectoryService"

calendars = APIRouter(prefix="/calendars", tags=["calendars 日历"])
expose(calendars, "GET", "", f"{_SERVICE}/ListCalendars", "All calendars")
expose(
    calendars,
    "GET",
    "/{calendar_code}",
    f"{_SERVICE}/GetCalendar",
    "A business calendar as data, for the years first_year to last_year",
)
expose(
    calendars,
    "GET",
    "/{calendar_code}/versions",
    f"{_SERVICE}/ListCalendarVersions",
    "Every edit of a calendar, the newest first",
)
expose(
    calendars,
    "GET",
    "/{calendar_code}/add",
    f"{_SERVICE}/AddWorkingTime",
    "When so much working time has passed: start=2026-02-13T16:00:00+08:00, duration=28800s",
)
expose(
    calendars,
    "GET",
    "/{calendar_code}/between",
    f"{_SERVICE}/MeasureWorkingTime",
    "The working time from start to end",
)
expose(
    calendars,
    "PUT",
    "/{calendar_code}",
    f"{_SERVICE}/PutCalendar",
    "Create or change a calendar's hours and days",
    example={
        "time_zone": "Asia/Shanghai",
        "weekly": [{"weekday": 1, "open": [{"start_minute": 540, "end_minute": 1080}]}],
        "chinese_holidays": True,
    },
)


@calendars.post(
    "/{calendar_code}/preview", summary="What an edit would change, and for how many cases"
)
async def preview(
    calendar_code: str, request: Request, edge: EdgeOf, caller: CallerOf
) -> JSONResponse:
    """Nothing is changed; the body is what would be put."""
    edit = directory_pb2.PutCalendarRequest()
    given = transcoding.read_json(await request.body())
    transcoding.parse({**given, "calendar_code": calendar_code}, edit)
    changed, count = await preview_edit(edge, edit)
    shown: dict[str, Any] = transcoding.to_json(changed) | transcoding.to_json(count)
    return JSONResponse(shown)


@calendars.get(
    "/{calendar_code}/replanning", summary="How many open cases have still to be told of an edit"
)
async def replanning(calendar_code: str, edge: EdgeOf, caller: CallerOf) -> JSONResponse:
    """None, once all count by the newest version."""
    newest = await edge.caller.call(
        f"{_SERVICE}/GetCalendar", directory_pb2.GetCalendarRequest(calendar_code=calendar_code)
    )
    version = cast(directory_pb2.Calendar, newest).version
    stale, known = await replanned(edge, calendar_code, version)
    return JSONResponse({"version": version, "stale_count": stale, "open_count": known})


async def replanned(edge: Edge, calendar_code: str, version: int) -> tuple[int, int]:
    """How many open cases have still to be told of a version of their calendar, and of how many."""

    async def count(before: int) -> int:
        wanted = replanning_pb2.CountStaleCasesRequest(calendar_code=calendar_code, version=before)
        reply = await edge.caller.call("cases.v1.ReplanningService/CountStaleCases", wanted)
        return cast(replanning_pb2.CountStaleCasesResponse, reply).open_count

    return await count(version), await count(0)


async def preview_edit(
    edge: Edge, edit: directory_pb2.PutCalendarRequest
) -> tuple[directory_pb2.PreviewCalendarResponse, replanning_pb2.CountStaleCasesResponse]:
    """What an edit would make of a calendar, and how many open cases it would concern."""
    wanted = directory_pb2.PreviewCalendarRequest(edit=edit)
    changed = cast(
        directory_pb2.PreviewCalendarResponse,
        await edge.caller.call(f"{_SERVICE}/PreviewCalendar", wanted),
    )
    crossing = replanning_pb2.CountStaleCasesRequest(
        calendar_code=edit.calendar_code,
        crossing=changed.changed_days,
        time_zone=changed.calendar.time_zone,
    )
    count = await edge.caller.call("cases.v1.ReplanningService/CountStaleCases", crossing)
    return changed, cast(replanning_pb2.CountStaleCasesResponse, count)


ROUTERS: Final = (calendars,)
