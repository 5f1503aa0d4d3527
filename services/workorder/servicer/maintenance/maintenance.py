"""``MaintenanceService``: plans, and the visits that fall due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.rpc.convert import decode_page_token, encode_page_token, page_size
from protos.common.v1 import page_pb2
from protos.workorder.v1 import maintenance_pb2 as pb
from services.workorder.convert import maintenance as protos
from services.workorder.domain.appointments.slots import day_of
from services.workorder.domain.maintenance import maintenance
from services.workorder.domain.maintenance.maintenance import PlanVerb, VisitState
from services.workorder.domain.orders import intake
from services.workorder.servicer.base import Context
from services.workorder.servicer.maintenance.maintenance_plans import PlanRpcs, limit_of, plan_scope
from services.workorder.store import maintenance as store
from services.workorder.tables.maintenance import MaintenanceVisitRow

_GIVEN: Final = 20
_MOST_GIVEN: Final = 100


class MaintenanceServicer(PlanRpcs):
    """Keeps plans, and says which visits are due."""

    async def ListMaintenanceVisits(
        self, request: pb.ListMaintenanceVisitsRequest, context: Context
    ) -> pb.ListMaintenanceVisitsResponse:
        size, after = page_size(request.page), _day_before(request.page)
        wanted = store.WantedVisits(
            plan_scope(),
            request.plan_id,
            protos.visit_state_from_proto(request.state),
            protos.day_if_given(request.first_day, "first_day"),
            protos.day_if_given(request.last_day, "last_day"),
        )
        rows = await store.visits(current_session(), wanted, after, size + 1)
        return pb.ListMaintenanceVisitsResponse(
            visits=[protos.visit_to_proto(row) for row in rows[:size]], page=_page(rows, size)
        )

    async def SkipMaintenanceVisit(
        self, request: pb.SkipMaintenanceVisitRequest, context: Context
    ) -> pb.MaintenanceVisit:
        reason, session = intake.require_reason(request.reason), current_session()
        visit = await store.read_visit(session, request.visit_id)
        await self._plan_locked(visit.plan_id)
        visit = await store.lock_visit(session, request.visit_id)
        maintenance.require_skippable(visit.visit_id, VisitState(visit.state))
        return await self._skipped(visit, reason)

    async def ClaimDueVisits(
        self, request: pb.ClaimDueVisitsRequest, context: Context
    ) -> pb.ClaimDueVisitsResponse:
        current_actor().require_role("ops")
        limit, session = limit_of(request.limit, _GIVEN, _MOST_GIVEN), current_session()
        await self._claim(day_of(self._clock.now()))
        found = await store.unstarted(session, request.after_visit_id, limit)
        return pb.ClaimDueVisitsResponse(
            due_visits=[protos.due_visit_to_proto(visit, plan) for visit, plan in found]
        )

    async def RecordVisitStarted(
        self, request: pb.RecordVisitStartedRequest, context: Context
    ) -> pb.MaintenanceVisit:
        current_actor().require_role("ops")
        case_id = intake.require_text(request.case_id, "case_id", at_most=64)
        visit = await store.lock_visit(current_session(), request.visit_id)
        maintenance.require_same_case(visit.visit_id, visit.case_id, case_id)
        if visit.case_id is not None:
            return protos.visit_to_proto(visit)
        visit.state, visit.case_id = VisitState.STARTED, case_id
        visit.started_at, visit.fault = self._clock.now(), ""
        # Its case runs: whoever skipped it meanwhile was too late.
        visit.skipped_at = visit.skipped_by_person_id = None
        visit.skip_reason = ""
        return await self._visit_told(visit)

    async def RecordVisitFault(
        self, request: pb.RecordVisitFaultRequest, context: Context
    ) -> pb.MaintenanceVisit:
        current_actor().require_role("ops")
        fault = intake.require_text(request.fault, "fault", at_most=4_000)
        visit = await store.lock_visit(current_session(), request.visit_id)
        if visit.state != VisitState.DUE:
            return protos.visit_to_proto(visit)
        visit.fault, visit.fault_at = fault, self._clock.now()
        visit.fault_count += 1
        return await self._visit_told(visit)

    async def _claim(self, today: date) -> None:
        """Visits that have fallen due become rows, each once."""
        session = current_session()
        for row in await store.lock_due(session, today):
            before = store.plan_of(row)
            after, due = maintenance.claim(before, today)
            now = self._clock.now()
            await store.add_visits(session, [protos.visit_row(before, each, now) for each in due])
            await self._saved(row, after, PlanVerb.CLAIM)


def _day_before(page: page_pb2.PageRequest) -> tuple[date, str] | None:
    after = decode_page_token(page, 2)
    if after is None:
        return None
    try:
        return date.fromisoformat(after[0]), after[1]
    except ValueError as error:
        raise InvalidArgument(
            "PAGE_TOKEN_INVALID", "pass next_page_token as it was given", field="page.page_token"
        ) from error


def _page(rows: Sequence[MaintenanceVisitRow], size: int) -> page_pb2.PageInfo:
    if len(rows) <= size:
        return page_pb2.PageInfo()
    last = rows[size - 1]
    return page_pb2.PageInfo(
        next_page_token=encode_page_token(last.due_on.isoformat(), last.visit_id)
    )
