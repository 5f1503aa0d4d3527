"""Maintenance plans: promised, paused, resumed, ended."""

from __future__ import annotations

from typing import Final

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.ids import new_id
from kit.rpc import events
from kit.rpc.convert import decode_page_token, page_info, page_size
from protos.workorder.v1 import maintenance_pb2 as pb
from protos.workorder.v1.maintenance_pb2_grpc import MaintenanceServiceServicer
from services.workorder.convert import maintenance as protos
from services.workorder.domain import access
from services.workorder.domain.access import Scope
from services.workorder.domain.appointments.slots import day_of
from services.workorder.domain.maintenance import maintenance
from services.workorder.domain.maintenance.maintenance import PLANNERS, Plan, PlanVerb, VisitState
from services.workorder.domain.orders import intake
from services.workorder.servicer.base import Context, Rpcs
from services.workorder.store import maintenance as store
from services.workorder.tables.maintenance import MaintenancePlanRow, MaintenanceVisitRow

_PREVIEWED: Final = 12
_MOST_PREVIEWED: Final = 100


class PlanRpcs(Rpcs, MaintenanceServiceServicer):
    """What contracts promise."""

    async def CreateMaintenancePlan(
        self, request: pb.CreateMaintenancePlanRequest, context: Context
    ) -> pb.MaintenancePlan:
        actor, now = current_actor(), self._clock.now()
        actor.require_role(*PLANNERS)
        plan = maintenance.begin(
            new_id("mp", now),
            protos.recurrence_from_proto(request.recurrence),
            request.recurrence.visit_count,
            request.lead_days,
            day_of(now),
        )
        row = protos.row_from_proto(request, plan, now, actor.person_id)
        await store.add(current_session(), row, self._change(PlanVerb.CREATE))
        return await self._plan_told(row)

    async def GetMaintenancePlan(
        self, request: pb.GetMaintenancePlanRequest, context: Context
    ) -> pb.MaintenancePlan:
        row = await self._plan(request.plan_id)
        return protos.plan_to_proto(row, await store.changes(current_session(), row.plan_id))

    async def ListMaintenancePlans(
        self, request: pb.ListMaintenancePlansRequest, context: Context
    ) -> pb.ListMaintenancePlansResponse:
        size, (before,) = page_size(request.page), decode_page_token(request.page, 1) or ("",)
        state = protos.plan_state_from_proto(request.state)
        wanted = store.WantedPlans(plan_scope(), request.customer_id, request.asset_id, state)
        rows = await store.page(current_session(), wanted, before, size + 1)
        return pb.ListMaintenancePlansResponse(
            plans=[protos.plan_to_proto(row) for row in rows[:size]],
            page=page_info([row.plan_id for row in rows], size),
        )

    async def PreviewMaintenanceVisits(
        self, request: pb.PreviewMaintenanceVisitsRequest, context: Context
    ) -> pb.PreviewMaintenanceVisitsResponse:
        limit = limit_of(request.limit, _PREVIEWED, _MOST_PREVIEWED)
        if request.plan_id:
            plan = store.plan_of(await self._plan(request.plan_id))
        else:
            current_actor().require_role(*access.OFFICE, "customer")
            recurrence = protos.recurrence_from_proto(request.recurrence)
            count = request.recurrence.visit_count
            plan = maintenance.begin("", recurrence, count, 0, day_of(self._clock.now()))
        return protos.days_to_proto(maintenance.coming(plan, limit))

    async def PauseMaintenancePlan(
        self, request: pb.PauseMaintenancePlanRequest, context: Context
    ) -> pb.MaintenancePlan:
        reason = intake.require_reason(request.reason)
        row = await self._plan_locked(request.plan_id)
        return await self._saved(row, maintenance.pause(store.plan_of(row)), PlanVerb.PAUSE, reason)

    async def ResumeMaintenancePlan(
        self, request: pb.ResumeMaintenancePlanRequest, context: Context
    ) -> pb.MaintenancePlan:
        reason = intake.require_short(request.reason, "reason")
        row = await self._plan_locked(request.plan_id)
        after = maintenance.resume(store.plan_of(row), day_of(self._clock.now()))
        return await self._saved(row, after, PlanVerb.RESUME, reason)

    async def EndMaintenancePlan(
        self, request: pb.EndMaintenancePlanRequest, context: Context
    ) -> pb.MaintenancePlan:
        reason = intake.require_reason(request.reason)
        row = await self._plan_locked(request.plan_id)
        after = maintenance.end(store.plan_of(row))
        for visit in await store.due_visits_of(current_session(), row.plan_id):
            await self._skipped(visit, reason)
        return await self._saved(row, after, PlanVerb.END, reason)

    async def _plan(self, plan_id: str) -> MaintenancePlanRow:
        """The plan, if the actor may know of it."""
        row = await store.read(current_session(), plan_id)
        await self._require_seen(row)
        return row

    async def _plan_locked(self, plan_id: str) -> MaintenancePlanRow:
        """The plan, locked, if the actor may change it."""
        current_actor().require_role(*PLANNERS)
        row = await store.lock(current_session(), plan_id)
        await self._require_seen(row)
        return row

    async def _saved(
        self, row: MaintenancePlanRow, after: Plan, verb: PlanVerb, reason: str = ""
    ) -> pb.MaintenancePlan:
        await store.save(current_session(), row, after, self._change(verb, reason))
        return await self._plan_told(row)

    def _change(self, verb: PlanVerb, reason: str = "") -> store.Change:
        return store.Change(verb, self._clock.now(), current_actor().person_id, reason)

    async def _plan_told(self, row: MaintenancePlanRow) -> pb.MaintenancePlan:
        plan = protos.plan_to_proto(row)
        await events.record(
            pb.MaintenancePlanChanged(plan=plan),
            aggregate=("maintenance_plan", row.plan_id),
            occurred_at=self._clock.now(),
        )
        return plan

    async def _skipped(self, visit: MaintenanceVisitRow, reason: str) -> pb.MaintenanceVisit:
        visit.state, visit.skip_reason = VisitState.SKIPPED, reason
        visit.skipped_at = self._clock.now()
        visit.skipped_by_person_id = current_actor().person_id
        return await self._visit_told(visit)

    async def _visit_told(self, visit: MaintenanceVisitRow) -> pb.MaintenanceVisit:
        await current_session().flush()
        message = protos.visit_to_proto(visit)
        await events.record(
            pb.MaintenanceVisitChanged(visit=message),
            aggregate=("maintenance_visit", visit.visit_id),
            occurred_at=self._clock.now(),
            case_id=visit.case_id or "",
        )
        return message

    async def _require_seen(self, row: MaintenancePlanRow) -> None:
        if not plan_scope().covers("", await self._whose(row.customer_id), row.place_codes()):
            raise maintenance.unknown_plan(row.plan_id)


def plan_scope() -> Scope:
    """What of plans the actor may know of: the office its regions, customers their own.

    Raises:
        PermissionDenied: ``ROLE_REQUIRED``.
    """
    current_actor().require_role(*access.OFFICE, "customer")
    return access.scope_of(current_actor())


def limit_of(limit: int, ordinary: int, most: int) -> int:
    """How many are wanted (``MAINTENANCE_LIMIT_INVALID``)."""
    if not 0 <= limit <= most:
        raise InvalidArgument(
            "MAINTENANCE_LIMIT_INVALID", f"limit is 1 to {most}, or 0 for {ordinary}", field="limit"
        )
    return limit or ordinary
