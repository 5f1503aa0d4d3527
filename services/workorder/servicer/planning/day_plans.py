"""``DayPlanService``: days planned ahead, what is pinned, and everybody's route."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from kit.authn import current_actor
from kit.clock import SHANGHAI
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.rpc.convert import decode_page_token, encode_page_token, page_size
from protos.common.v1 import page_pb2
from protos.workorder.v1 import day_plan_pb2 as pb
from protos.workorder.v1.day_plan_pb2_grpc import DayPlanServiceServicer
from services.workorder.convert import planning as protos
from services.workorder.convert.registry.technicians import hours_of
from services.workorder.domain import access
from services.workorder.domain.orders.intake import require_reason
from services.workorder.domain.orders.work_order import State
from services.workorder.domain.planning.accepting import Planned
from services.workorder.domain.planning.affected import affected
from services.workorder.domain.planning.calendar_day import shown_day
from services.workorder.servicer.base import Context
from services.workorder.servicer.planning.proposals import ProposalRpcs, day_from
from services.workorder.store.planning import days, planned_visits
from services.workorder.store.planning.planned_visits import By
from services.workorder.store.registry import technicians
from services.workorder.tables.planning import PlannedVisitRow
from services.workorder.tables.work_orders import WorkOrderRow

_Found = Sequence[tuple[PlannedVisitRow, WorkOrderRow]]


class DayPlanServicer(ProposalRpcs, DayPlanServiceServicer):
    """Plans days, and keeps what was accepted of them."""

    async def PinVisit(self, request: pb.PinVisitRequest, context: Context) -> pb.PlannedVisit:
        current_actor().require_role(*access.DISPATCH)
        return await self._pinned(request.work_order_id, require_reason(request.reason))

    async def UnpinVisit(self, request: pb.UnpinVisitRequest, context: Context) -> pb.PlannedVisit:
        current_actor().require_role(*access.DISPATCH)
        return await self._pinned(request.work_order_id, None)

    async def ListPlannedVisits(
        self, request: pb.ListPlannedVisitsRequest, context: Context
    ) -> pb.ListPlannedVisitsResponse:
        scope, session, now = access.scope_of(current_actor()), current_session(), self._clock.now()
        current_actor().require_role(*access.OFFICE, "technician")
        size = page_size(request.page)
        day = shown_day(day_from(request.day, now.astimezone(SHANGHAI).date()), now)
        after = decode_page_token(request.page, 2) or ("", "")
        if after[0]:
            _check_instant(after[1])
        found = await planned_visits.of_time(
            session,
            day.begins,
            day.ends,
            scope.technician_id or request.technician_id,
            scope.region_codes,
            (after[0], after[1]),
            None if request.affected else size + 1,
        )
        why = await self._affected(found, day.begins, day.ends)
        if request.affected:
            found = [each for each in found if why[each[0].work_order_id]]
        shown = found[:size]
        names = await technicians.names(session, {row.technician_id for row, _ in shown})
        page = page_pb2.PageInfo()
        if len(found) > size and not request.affected:
            last = shown[-1][0]
            page.next_page_token = encode_page_token(last.technician_id, last.begins_at.isoformat())
        return pb.ListPlannedVisitsResponse(
            planned_visits=[
                protos.visit_to_proto(row, work_order, names, why[row.work_order_id])
                for row, work_order in (found if request.affected else shown)
            ],
            page=page,
        )

    async def _pinned(self, work_order_id: str, reason: str | None) -> pb.PlannedVisit:
        work_order = await self._read(work_order_id)  # of the actor's regions
        session, now = current_session(), self._clock.now()
        row = await planned_visits.lock(session, work_order_id)
        if (row.pinned_at is None) != (reason is None):
            await planned_visits.pinned(session, row, reason, By(current_actor().person_id, now))
        names = await technicians.names(session, [row.technician_id])
        return protos.visit_to_proto(row, work_order, names, "")

    async def _affected(self, found: _Found, begins: datetime, ends: datetime) -> Mapping[str, str]:
        """Of each planned visit why it cannot be kept; empty: it can."""
        session = current_session()
        ids = {row.technician_id for row, _ in found}
        present = await days.people(session, ids)
        absences = await days.absences(session, ids, begins, ends)
        told: dict[str, str] = {}
        for row, work_order in found:
            technician = present.get(row.technician_id)
            why = affected(
                Planned(row.technician_id, row.begins_at, row.ends_at),
                State(work_order.state),
                hours_of(technician) if technician else None,
                absences.get(row.technician_id, ()),
                self._clock.now(),
            )
            told[row.work_order_id] = why.value if why else ""
        return told


def _check_instant(written: str) -> None:
    try:
        datetime.fromisoformat(written)
    except ValueError as error:
        raise InvalidArgument(
            "PAGE_TOKEN_INVALID", "pass next_page_token as it was given", field="page.page_token"
        ) from error
