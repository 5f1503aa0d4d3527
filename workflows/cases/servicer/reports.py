"""What many cases say together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from grpc.aio import ServicerContext

from kit.authn import current_actor
from kit.clock import Clock
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.rpc.convert import instant_to_proto
from protos.cases.v1 import reports_pb2, reports_pb2_grpc
from workflows.cases.sight import OFFICE_ROLES
from workflows.cases.store import stuck
from workflows.store import existing_version

_DAYS: Final = 30
_MOST_DAYS: Final = 366


class ReportServicer(reports_pb2_grpc.ReportServiceServicer):
    """Serves ``cases.v1.ReportService`` over the schema ``flows``."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def GetStuckPoints(
        self, request: reports_pb2.GetStuckPointsRequest, context: ServicerContext[Any, Any]
    ) -> reports_pb2.StuckPoints:
        current_actor().require_role(*OFFICE_ROLES)
        session, now = current_session(), self._clock.now()
        days = _days(request)
        which = stuck.Which(
            request.flow_code, request.flow_version, now, now - timedelta(days=days)
        )
        open_, incidents = await stuck.count_open(session, which)
        past = await stuck.past(session, which)
        if not (open_ or past.cases):
            await existing_version(session, request.flow_code, request.flow_version)
        points = _points(
            await stuck.standing(session, which),
            await stuck.tasks(session, which),
            await stuck.parties(session, which),
            await stuck.people(session, which),
            past.nodes,
            await stuck.retried(session, which),
        )
        return reports_pb2.StuckPoints(
            flow_code=request.flow_code,
            flow_version=request.flow_version,
            at=instant_to_proto(now),
            open_case_count=open_,
            incident_count=incidents,
            points=points,
            days=days,
            past_case_count=past.cases,
        )


def _days(request: reports_pb2.GetStuckPointsRequest) -> int:
    if not request.flow_code:
        raise InvalidArgument("FLOW_CODE_MISSING", "name the flow", field="flow_code")
    if not 0 <= request.days <= _MOST_DAYS:
        raise InvalidArgument("REPORT_DAYS_INVALID", f"0 to {_MOST_DAYS} days", field="days")
    return request.days or _DAYS


def _points(
    standing: Mapping[str, stuck.Standing],
    tasks: Mapping[str, stuck.NodeTasks],
    parties: Mapping[str, Mapping[str, int]],
    people: Mapping[str, Mapping[str, int]],
    past: Mapping[str, stuck.Spread],
    retried: Mapping[str, int],
) -> list[reports_pb2.StuckPoint]:
    """What is known of each node, where the most time is waited first; at last, nodes of the past
    where nobody stands."""
    nobody = stuck.Standing("", "", stuck.Spread(0, 0, 0, 0))
    points: list[reports_pb2.StuckPoint] = []
    for node in sorted(standing.keys() | past.keys()):
        here, work = standing.get(node, nobody), tasks.get(node, stuck.NodeTasks(0, 0, 0))
        points.append(
            reports_pb2.StuckPoint(
                node=node,
                title=here.title,
                standing=_spread(here.spread),
                user_task_count=work.count,
                overdue_count=work.overdue,
                paused_count=work.paused,
                parties=_waiting_on(parties.get(node, {})),
                people=_waiting_on(people.get(node, {})),
                longest_case_id=here.longest_case_id,
                past=_spread(past[node]) if node in past else None,
                retried_call_count=retried.get(node, 0),
            )
        )
    points.sort(key=lambda each: each.standing.count * each.standing.median_seconds, reverse=True)
    return points


def _spread(spread: stuck.Spread) -> reports_pb2.Spread:
    return reports_pb2.Spread(
        count=spread.count,
        median_seconds=round(spread.median),
        p90_seconds=round(spread.p90),
        longest_seconds=round(spread.longest),
    )


def _waiting_on(counts: Mapping[str, int]) -> list[reports_pb2.WaitingOn]:
    return [
        reports_pb2.WaitingOn(name=name, user_task_count=count) for name, count in counts.items()
    ]
