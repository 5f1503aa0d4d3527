"""Serves ``cases.v1.ReplanningService``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from grpc.aio import ServicerContext

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument, PermissionDenied
from kit.rpc.convert import instant_from_proto, instant_to_proto
from protos.cases.v1 import replanning_pb2, replanning_pb2_grpc
from protos.directory.v1 import directory_pb2
from workflows.cases.sight import OFFICE_ROLES
from workflows.cases.store.replanning import Stale, count_stale, list_stale

Context = ServicerContext[Any, Any]

_LIMIT: Final = 200
_MOST: Final = 1_000


class ReplanningServicer(replanning_pb2_grpc.ReplanningServiceServicer):
    """Which open cases a calendar's edit concerns."""

    async def ListStaleCases(
        self, request: replanning_pb2.ListStaleCasesRequest, context: Context
    ) -> replanning_pb2.ListStaleCasesResponse:
        if not current_actor().is_system:
            raise PermissionDenied("CASE_REPLANNING_FORBIDDEN", "only the product itself asks this")
        crossing = _times(request.crossing, request.time_zone)
        after = None
        if request.HasField("after"):
            due = request.after.next_due_at
            known = request.after.HasField("next_due_at")
            after = (instant_from_proto(due) if known else None, request.after.case_id)
        rows = await list_stale(
            current_session(),
            Stale(request.calendar_code, request.version, crossing, tuple(request.case_ids)),
            after,
            min(request.limit or _LIMIT, _MOST),
        )
        return replanning_pb2.ListStaleCasesResponse(
            cases=[
                replanning_pb2.StaleCase(
                    case_id=row.case_id,
                    workflow_id=row.workflow_id,
                    next_due_at=instant_to_proto(row.clock_next_due_at),
                )
                for row in rows
            ]
        )

    async def CountStaleCases(
        self, request: replanning_pb2.CountStaleCasesRequest, context: Context
    ) -> replanning_pb2.CountStaleCasesResponse:
        current_actor().require_role(*OFFICE_ROLES)
        crossing = _times(request.crossing, request.time_zone)
        wanted = Stale(request.calendar_code, request.version, crossing)
        crossing_count, open_count = await count_stale(current_session(), wanted)
        return replanning_pb2.CountStaleCasesResponse(
            crossing_count=crossing_count, open_count=open_count
        )


def _times(
    days: Iterable[directory_pb2.CalendarDays], time_zone: str
) -> tuple[tuple[datetime, datetime], ...]:
    """Days of a time zone, each span from an instant to an instant."""
    try:
        zone = ZoneInfo(time_zone or "Asia/Shanghai")
        spans = [
            (date.fromisoformat(each.first_day), date.fromisoformat(each.last_day)) for each in days
        ]
    except (KeyError, ValueError, OSError) as error:
        raise InvalidArgument(
            "CALENDAR_DAYS_MALFORMED",
            f"days are written 2026-10-10, in a time zone such as Asia/Shanghai: {error}",
            field="crossing",
        ) from error
    return tuple(
        (
            datetime.combine(first, time(), tzinfo=zone),
            datetime.combine(last + timedelta(days=1), time(), tzinfo=zone),
        )
        for first, last in spans
    )
