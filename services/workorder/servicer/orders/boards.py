"""Boards, figures and forecasts: all work orders at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from kit.authn import current_actor
from kit.db.session import current_session
from kit.rpc.convert import instant_from_proto, instant_to_proto
from protos.workorder.v1 import orders_pb2 as pb
from protos.workorder.v1.orders_pb2_grpc import WorkOrderDeskServiceServicer
from services.workorder.convert.orders import boards as protos
from services.workorder.domain import access
from services.workorder.domain.orders import board, forecast
from services.workorder.servicer.base import Context, Rpcs
from services.workorder.store.orders import boards
from services.workorder.store.orders.boards import Figure, Wanted


class BoardRpcs(Rpcs, WorkOrderDeskServiceServicer):
    """How all of them stand."""

    async def GetBoard(self, request: pb.GetBoardRequest, context: Context) -> pb.Board:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        wanted = _wanted(request)
        limit = board.require_stuck_limit(request.stuck_limit)
        ended = board.ended_within(
            _instant(request, "ended_from"), _instant(request, "ended_before"), now
        )
        open_ones = await boards.count_open(session, wanted, now)
        ended_ones = await boards.count_ended(session, wanted, ended, now)
        stuck = await boards.stuck(session, wanted, now, limit) if limit else []
        return pb.Board(
            counts=[
                protos.count_to_proto(each.group, each.state, each.count, each.overdue)
                for each in (*open_ones, *ended_ones)
            ],
            stuck=[protos.stuck_to_proto(row, now, actor) for row in stuck],
            open_count=sum(each.count for each in open_ones),
            counted_at=instant_to_proto(now),
        )

    async def GetServiceFigures(
        self, request: pb.GetServiceFiguresRequest, context: Context
    ) -> pb.ServiceFigures:
        session, wanted = current_session(), _wanted(request)
        since, until = board.done_within(
            _instant(request, "done_from"), _instant(request, "done_before"), self._clock.now()
        )
        before = (since - (until - since), since)
        groups = await boards.figures(session, wanted, (since, until))
        together = await boards.figures(session, wanted.together(), (since, until))
        earlier = await boards.figures(session, wanted.together(), before)
        return pb.ServiceFigures(
            figures=map(_figure, groups), total=_only(together), before=_only(earlier)
        )

    async def ForecastArrivals(
        self, request: pb.ForecastArrivalsRequest, context: Context
    ) -> pb.ForecastArrivalsResponse:
        actor, session = current_actor(), current_session()
        actor.require_role(*access.OFFICE)
        days, weeks = forecast.require_days(request.days), forecast.require_weeks(request.weeks)
        first_hour = forecast.hour_of(self._clock.now())
        since = first_hour - timedelta(weeks=weeks)
        wanted = Wanted(access.scope_of(actor), region_code=request.region_code)
        counts = await boards.arrivals(session, wanted, since, first_hour)
        hours = forecast.forecast(counts, first_hour, days, weeks)
        return pb.ForecastArrivalsResponse(hours=map(protos.hour_to_proto, hours), weeks=weeks)


def _wanted(request: pb.GetBoardRequest | pb.GetServiceFiguresRequest) -> Wanted:
    actor = current_actor()
    actor.require_role(*access.OFFICE)
    return Wanted(
        access.scope_of(actor),
        protos.grouping_from_proto(request.grouping),
        request.region_code,
        request.outlet_id,
        request.team_id,
        request.stage,
    )


def _instant(
    request: pb.GetBoardRequest | pb.GetServiceFiguresRequest, field: str
) -> datetime | None:
    if not request.HasField(field):  # type: ignore[arg-type]  # by its name
        return None
    return instant_from_proto(getattr(request, field), field)


def _only(figures: Iterable[Figure]) -> pb.ServiceFigure:
    """The figure of all together; nothing was done when there is none."""
    return next(map(_figure, figures), pb.ServiceFigure())


def _figure(figure: Figure) -> pb.ServiceFigure:
    return pb.ServiceFigure(
        group=figure.group,
        done_count=figure.done,
        response_seconds=figure.response_seconds,
        visit_seconds=figure.visit_seconds,
        cycle_seconds=figure.cycle_seconds,
        rated_count=figure.rated,
        rating_hundredths=figure.stars * 100 // figure.rated if figure.rated else 0,
        second_visit_count=figure.second_visits,
        rework_count=figure.reworks,
    )
