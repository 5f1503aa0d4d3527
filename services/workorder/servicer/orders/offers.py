"""Dispatch: candidates ranked, the work offered, the offer answered."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.ids import new_id
from protos.workorder.v1 import workorder_pb2 as pb
from protos.workorder.v1.workorder_pb2_grpc import WorkOrderServiceServicer
from services.workorder.convert.dispatch import decisions as decision_protos
from services.workorder.convert.orders import offers
from services.workorder.domain import access
from services.workorder.domain.dispatch import matching
from services.workorder.domain.dispatch.decision import Decision
from services.workorder.domain.dispatch.scoring import EVALUATOR
from services.workorder.domain.orders import intake, work_order
from services.workorder.domain.orders.work_order import Verb
from services.workorder.domain.registry import capacity
from services.workorder.servicer.base import Context
from services.workorder.servicer.dispatch.matching import MatchingRpcs
from services.workorder.store.dispatch import decisions, parts_at_hand, policies, relations
from services.workorder.store.orders import work_orders
from services.workorder.store.planning import planned_visits
from services.workorder.store.registry import teams, technicians
from services.workorder.tables.planning import PlannedVisitRow

_CANDIDATES: Final = 10
_MOST_CANDIDATES: Final = 50


class OfferRpcs(MatchingRpcs, WorkOrderServiceServicer):
    """Who is asked to go, and what they answer."""

    async def RankCandidates(
        self, request: pb.RankCandidatesRequest, context: Context
    ) -> pb.DispatchDecision:
        actor, now, session = current_actor(), self._clock.now(), current_session()
        actor.require_role(*access.DISPATCH)
        limit = _candidate_limit(request.limit)
        wishes = decision_protos.wishes_from_proto(request, now)
        row = await self._read(request.work_order_id)
        work_order.require_possible(work_orders.progress_of(row), Verb.RANK)
        policy = policies.policy_of(await policies.in_force(session, now))
        known_there = await relations.relations_to(session, row.customer_id, row.address_id, now)
        parts = await parts_at_hand.needed(session, row.work_order_id)
        team = await teams.member_ids(session, wishes.team_id) if wishes.team_id else ()
        need = decision_protos.need_of(row, wishes, known_there, parts, policy, now, team)
        found, known = await self._survey(need, policy)
        planned = await planned_visits.of(session, row.work_order_id)
        kinds = await parts_at_hand.kinds_at_hand(session, parts, found.technician_ids)
        decision = Decision(
            decision_id=new_id("dd", now),
            work_order_id=row.work_order_id,
            policy=policy,
            ranking=matching.rank(found, need, policy, kinds),
            decided_at=now,
            need=need,
            known=known,
            evaluator=EVALUATOR,
            planned_technician_id=_planned(planned, found.technician_ids),
        )
        await decisions.add(session, decision, actor.person_id)
        return await _reply(decision, limit)

    async def GetDispatchDecision(
        self, request: pb.GetDispatchDecisionRequest, context: Context
    ) -> pb.DispatchDecision:
        current_actor().require_role(*access.DISPATCH)
        decision = await decisions.read(current_session(), request.decision_id)
        await self._read(decision.work_order_id)  # of the actor's regions
        return await _reply(decision, _MOST_CANDIDATES)

    async def OfferWorkOrder(
        self, request: pb.OfferWorkOrderRequest, context: Context
    ) -> pb.WorkOrder:
        actor, now, session = current_actor(), self._clock.now(), current_session()
        actor.require_role(*access.DISPATCH)
        offer = offers.row_from_proto(request, now, actor.person_id)
        row = await self._locked(request.work_order_id)
        before, made = work_orders.progress_of(row), offers.offer_of(offer)
        after = work_order.offer(before, made, now, beside=request.beside_others)
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


async def _reply(decision: Decision, limit: int) -> pb.DispatchDecision:
    best = decision.places()[:limit]
    ids = [decision.ranking.technician_ids[place] for place in best]
    names = await technicians.names(current_session(), ids)
    return decision_protos.to_proto(decision, names, best)


def _planned(planned: PlannedVisitRow | None, passed: Collection[str]) -> str:
    """Whom the plan of the day sends, if they can still go."""
    return planned.technician_id if planned and planned.technician_id in passed else ""


def _candidate_limit(limit: int) -> int:
    if not 0 <= limit <= _MOST_CANDIDATES:
        raise InvalidArgument(
            "DISPATCH_LIMIT_INVALID",
            f"limit is 1 to {_MOST_CANDIDATES}, or 0 for {_CANDIDATES}",
            field="limit",
        )
    return limit or _CANDIDATES
