"""Work orders over gRPC: facts from the request, rows from the store, a decision, save, reply."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from grpc.aio import ServicerContext

from kit.authn import current_actor
from kit.clock import Clock
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.ids import new_id
from kit.rpc import events
from kit.rpc.convert import decode_page_token, page_info, page_size
from protos.workorder.v1 import workorder_pb2 as pb
from protos.workorder.v1.workorder_pb2_grpc import WorkOrderServiceServicer
from services.workorder.convert import decisions as decision_protos
from services.workorder.convert import offers, visits
from services.workorder.convert import technicians as technician_protos
from services.workorder.convert import work_orders as protos
from services.workorder.domain import (
    access,
    capacity,
    completion_code,
    dispatch,
    intake,
    work_order,
)
from services.workorder.domain.dispatch import Decision
from services.workorder.domain.work_order import Progress, State, Verb
from services.workorder.store import decisions, technicians, work_orders
from services.workorder.tables import WorkOrderRow

Context = ServicerContext[Any, Any]

_CANDIDATES = 10
_MOST_CANDIDATES = 50


class WorkOrderServicer(WorkOrderServiceServicer):
    """Keeps work orders and technicians, and decides who is offered what."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    # Technicians.

    async def PutTechnician(
        self, request: pb.PutTechnicianRequest, context: Context
    ) -> pb.Technician:
        actor = current_actor()
        actor.require_role(*access.STAFFING)
        row = technician_protos.row_from_proto(
            request.technician, self._clock.now(), actor.person_id
        )
        await technicians.put(current_session(), row)
        return technician_protos.to_proto(row)

    async def GetTechnician(
        self, request: pb.GetTechnicianRequest, context: Context
    ) -> pb.Technician:
        access.require_technician(current_actor(), request.technician_id, *access.OFFICE)
        row = await technicians.read(current_session(), request.technician_id)
        return technician_protos.to_proto(row)

    async def ListTechnicians(
        self, request: pb.ListTechniciansRequest, context: Context
    ) -> pb.ListTechniciansResponse:
        current_actor().require_role(*access.OFFICE)
        size = page_size(request.page)
        (after,) = decode_page_token(request.page, 1) or ("",)
        rows = await technicians.page(current_session(), after, size + 1)
        return pb.ListTechniciansResponse(
            technicians=[technician_protos.to_proto(row) for row in rows[:size]],
            page=page_info([row.technician_id for row in rows], size),
        )

    # Work orders.

    async def CreateWorkOrder(
        self, request: pb.CreateWorkOrderRequest, context: Context
    ) -> pb.WorkOrder:
        actor, now = current_actor(), self._clock.now()
        actor.require_role(*access.INTAKE)
        row = protos.row_from_proto(request, now, actor.person_id)
        change = work_orders.Change("create", now, actor.person_id)
        await work_orders.add(current_session(), row, change)
        return await self._told(row, pb.WORK_ORDER_STATE_UNSPECIFIED)

    async def GetWorkOrder(self, request: pb.GetWorkOrderRequest, context: Context) -> pb.WorkOrder:
        return protos.to_proto(await self._read(request.work_order_id), current_actor())

    async def ListWorkOrders(
        self, request: pb.ListWorkOrdersRequest, context: Context
    ) -> pb.ListWorkOrdersResponse:
        actor = current_actor()
        size = page_size(request.page)
        (before,) = decode_page_token(request.page, 1) or ("",)
        wanted = work_orders.Wanted(
            access.scope_of(actor),
            protos.state_from_proto(request.state) or "",
            request.technician_id,
            request.case_id,
        )
        rows = await work_orders.page(current_session(), wanted, before, size + 1)
        return pb.ListWorkOrdersResponse(
            work_orders=[protos.to_proto(row, actor) for row in rows[:size]],
            page=page_info([row.work_order_id for row in rows], size),
        )

    async def CancelWorkOrder(
        self, request: pb.CancelWorkOrderRequest, context: Context
    ) -> pb.WorkOrder:
        current_actor().require_role(*access.PLANNING)
        reason = intake.require_reason(request.reason)
        row = await self._locked(request.work_order_id)
        after = work_order.cancel(work_orders.progress_of(row))
        row.cancel_reason = reason
        return await self._changed(row, after, Verb.CANCEL, reason)

    # Dispatch.

    async def RankCandidates(
        self, request: pb.RankCandidatesRequest, context: Context
    ) -> pb.DispatchDecision:
        actor, now, session = current_actor(), self._clock.now(), current_session()
        actor.require_role(*access.DISPATCH)
        limit = _candidate_limit(request.limit)
        row = await self._read(request.work_order_id)
        work_order.require_possible(work_orders.progress_of(row), Verb.RANK)
        excluded = sorted(set(request.excluded_technician_ids))
        need = decision_protos.need_of(row, excluded, now)
        pool = await technicians.pool(session, [skill.code for skill in need.required_skills], now)
        policy = await decisions.policy_at(session, now)
        decision = Decision(
            new_id("dd", now), row.work_order_id, policy, dispatch.rank(pool, need, policy), now
        )
        await decisions.add(session, decision, excluded, actor.person_id)
        best = replace(decision.ranking, candidates=decision.ranking.candidates[:limit])
        return await _decision_reply(replace(decision, ranking=best))

    async def GetDispatchDecision(
        self, request: pb.GetDispatchDecisionRequest, context: Context
    ) -> pb.DispatchDecision:
        current_actor().require_role(*access.DISPATCH)
        decision = await decisions.read(current_session(), request.decision_id)
        await self._read(decision.work_order_id)  # of the actor's regions
        return await _decision_reply(decision)

    async def OfferWorkOrder(
        self, request: pb.OfferWorkOrderRequest, context: Context
    ) -> pb.WorkOrder:
        actor, now, session = current_actor(), self._clock.now(), current_session()
        actor.require_role(*access.DISPATCH)
        offer = offers.row_from_proto(request, now, actor.person_id)
        row = await self._locked(request.work_order_id)
        after = work_order.offer(work_orders.progress_of(row), offers.offer_of(offer), now)
        workday = await technicians.lock_workday(session, request.technician_id, now)
        capacity.require_room(workday, more=1)
        work_orders.add_offer(session, row, offer)
        return await self._changed(row, after, Verb.OFFER)

    async def AcceptOffer(self, request: pb.AcceptOfferRequest, context: Context) -> pb.WorkOrder:
        access.require_technician(current_actor(), request.technician_id, *access.DISPATCH)
        now = self._clock.now()
        row = await self._locked(request.work_order_id)
        after = work_order.accept(work_orders.progress_of(row), request.technician_id, now)
        workday = await technicians.lock_workday(current_session(), request.technician_id, now)
        capacity.require_room(workday, more=0)  # the open offer is counted already
        return await self._changed(row, after, Verb.ACCEPT)

    async def DeclineOffer(self, request: pb.DeclineOfferRequest, context: Context) -> pb.WorkOrder:
        access.require_technician(current_actor(), request.technician_id, *access.DISPATCH)
        reason = intake.require_short(request.reason, "reason")
        row = await self._locked(request.work_order_id)
        after = work_order.decline(work_orders.progress_of(row), request.technician_id)
        return await self._changed(row, after, Verb.DECLINE, reason)

    async def ExpireOffer(self, request: pb.ExpireOfferRequest, context: Context) -> pb.WorkOrder:
        current_actor().require_role(*access.DISPATCH)
        row = await self._locked(request.work_order_id)
        after = work_order.expire(work_orders.progress_of(row), request.technician_id)
        return await self._changed(row, after, Verb.EXPIRE)

    # The visit.

    async def ScheduleAppointment(
        self, request: pb.ScheduleAppointmentRequest, context: Context
    ) -> pb.WorkOrder:
        row = await self._locked(request.work_order_id)
        access.require_technician(current_actor(), row.technician_id(), *access.PLANNING)
        after = work_order.schedule(work_orders.progress_of(row))
        visits.set_appointment(row, request, self._clock.now())
        return await self._changed(row, after, Verb.SCHEDULE)

    async def CheckIn(self, request: pb.CheckInRequest, context: Context) -> pb.WorkOrder:
        access.require_technician(current_actor(), request.technician_id)
        row = await self._locked(request.work_order_id)
        after = work_order.check_in(work_orders.progress_of(row), request.technician_id)
        visits.set_check_in(row, request, self._clock.now())
        return await self._changed(row, after, Verb.CHECK_IN)

    async def CompleteWork(self, request: pb.CompleteWorkRequest, context: Context) -> pb.WorkOrder:
        access.require_technician(current_actor(), request.technician_id)
        row = await self._locked(request.work_order_id)
        after = work_order.complete(
            work_orders.progress_of(row), request.technician_id, request.completion_code
        )
        if after.state is not State.COMPLETED:
            return await self._changed(row, after, Verb.COMPLETE, "wrong completion code")
        visits.set_completion(row, request, self._clock.now())
        return await self._changed(row, after, Verb.COMPLETE)

    async def ReissueCompletionCode(
        self, request: pb.ReissueCompletionCodeRequest, context: Context
    ) -> pb.WorkOrder:
        current_actor().require_role(*access.CODE_KEEPERS)
        reason = intake.require_reason(request.reason)
        row = await self._locked(request.work_order_id)
        code = completion_code.new_code()
        after = work_order.reissue_code(work_orders.progress_of(row), code)
        return await self._changed(row, after, Verb.REISSUE_CODE, reason)

    async def RecordAcceptance(
        self, request: pb.RecordAcceptanceRequest, context: Context
    ) -> pb.WorkOrder:
        current_actor().require_role(*access.CUSTOMER_SIDE)
        row = await self._locked(request.work_order_id)
        after = work_order.record_acceptance(work_orders.progress_of(row), request.rating)
        visits.set_acceptance(row, request, self._clock.now())
        return await self._changed(row, after, Verb.RECORD_ACCEPTANCE)

    async def _read(self, work_order_id: str) -> WorkOrderRow:
        """The work order, if the actor may know of it."""
        scope = access.scope_of(current_actor())
        row = await work_orders.read(current_session(), work_order_id)
        if not scope.covers(row.technician_id(), row.customer_id, row.place_codes()):
            raise work_order.unknown(work_order_id)
        return row

    async def _locked(self, work_order_id: str) -> WorkOrderRow:
        """The work order, locked, if the actor may know of it. To technicians the transitions
        themselves say what became of an offer that was theirs."""
        scope = replace(access.scope_of(current_actor()), technician_id="")
        row = await work_orders.lock(current_session(), work_order_id)
        if not scope.covers("", row.customer_id, row.place_codes()):
            raise work_order.unknown(work_order_id)
        return row

    async def _changed(
        self, row: WorkOrderRow, after: Progress, verb: Verb, reason: str = ""
    ) -> pb.WorkOrder:
        """Save what a transition made, tell the world, reply."""
        previous = protos.state_to_proto(State(row.state))
        change = work_orders.Change(verb, self._clock.now(), current_actor().person_id, reason)
        await work_orders.save(current_session(), row, after, change)
        return await self._told(row, previous)

    async def _told(self, row: WorkOrderRow, previous: pb.WorkOrderState.ValueType) -> pb.WorkOrder:
        await events.record(
            pb.WorkOrderChanged(work_order=protos.to_event_proto(row), previous_state=previous),
            aggregate=("work_order", row.work_order_id),
            occurred_at=self._clock.now(),
            case_id=row.case_id,
        )
        return protos.to_proto(row, current_actor())


async def _decision_reply(decision: Decision) -> pb.DispatchDecision:
    ids = [candidate.technician_id for candidate in decision.ranking.candidates]
    names = await technicians.names(current_session(), ids)
    return decision_protos.to_proto(decision, names)


def _candidate_limit(limit: int) -> int:
    if not 0 <= limit <= _MOST_CANDIDATES:
        raise InvalidArgument(
            "DISPATCH_LIMIT_INVALID",
            f"limit is 1 to {_MOST_CANDIDATES}, or 0 for {_CANDIDATES}",
            field="limit",
        )
    return limit or _CANDIDATES
