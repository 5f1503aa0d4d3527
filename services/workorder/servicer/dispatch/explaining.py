"""Decisions read again: every candidate, and why this one or why not me."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import FailedPrecondition, NotFound
from kit.rpc.convert import decode_page_token, instant_to_proto, page_info, page_size
from protos.workorder.v1 import dispatch_pb2 as pb
from protos.workorder.v1.dispatch_pb2_grpc import DispatchServiceServicer
from services.workorder.convert.dispatch import decisions as protos
from services.workorder.convert.dispatch.candidates import (
    candidate_to_proto,
    judged,
    placed_candidate,
)
from services.workorder.domain import access
from services.workorder.domain.dispatch import wording
from services.workorder.domain.dispatch.decision import Decision
from services.workorder.domain.dispatch.need import Need, Wishes
from services.workorder.domain.dispatch.policy import Policy
from services.workorder.domain.dispatch.wording import Place
from services.workorder.servicer.base import Context
from services.workorder.servicer.dispatch.matching import MatchingRpcs
from services.workorder.store.dispatch import decisions, facts, parts_at_hand, policies, relations
from services.workorder.store.registry import technicians


class ExplainingRpcs(MatchingRpcs, DispatchServiceServicer):
    """Every decision can be read again, and everybody's part in it computed again."""

    async def ListDispatchDecisions(
        self, request: pb.ListDispatchDecisionsRequest, context: Context
    ) -> pb.ListDispatchDecisionsResponse:
        current_actor().require_role(*access.DISPATCH)
        await self._read(request.work_order_id)  # of the actor's regions
        size = page_size(request.page)
        (before,) = decode_page_token(request.page, 1) or ("",)
        session = current_session()
        found = await decisions.page(session, request.work_order_id, before, size + 1)
        best = [each.ranking.technician_ids[0] for each in found if each.ranking.technician_ids]
        names = await technicians.names(session, best)
        return pb.ListDispatchDecisionsResponse(
            decisions=[
                protos.to_proto(each, names, range(min(1, len(each.ranking.technician_ids))))
                for each in found[:size]
            ],
            page=page_info([each.decision_id for each in found], size),
        )

    async def ListCandidates(
        self, request: pb.ListCandidatesRequest, context: Context
    ) -> pb.ListCandidatesResponse:
        current_actor().require_role(*access.DISPATCH)
        session, size = current_session(), page_size(request.page)
        decision = await decisions.read(session, request.decision_id)
        await self._read(decision.work_order_id)  # of the actor's regions
        (after,) = decode_page_token(request.page, 1) or ("",)
        ids = decision.ranking.technician_ids
        begin = ids.index(after) + 1 if after in ids else 0
        places = range(begin, min(begin + size + 1, len(ids)))
        names = await technicians.names(session, [ids[place] for place in places])
        return pb.ListCandidatesResponse(
            candidates=[
                candidate_to_proto(placed_candidate(decision, place), decision.policy, names)
                for place in places[:size]
            ],
            page=page_info([ids[place] for place in places], size),
        )

    async def ExplainCandidate(
        self, request: pb.ExplainCandidateRequest, context: Context
    ) -> pb.CandidateExplanation:
        actor, session = current_actor(), current_session()
        access.require_technician(actor, request.technician_id, *access.DISPATCH)
        decision = await decisions.read(session, request.decision_id)
        if actor.has_role(*access.DISPATCH):
            await self._read(decision.work_order_id)  # of the actor's regions
        if decision.need is None:
            raise FailedPrecondition(
                "DISPATCH_DECISION_TOO_OLD",
                "of this decision only the candidates were kept; ListCandidates shows them",
                field="decision_id",
            )
        parts = await parts_at_hand.kinds_at(
            session, decision.need.parts, request.technician_id, decision.decided_at
        )
        return await self._explained(decision, decision.need, request.technician_id, parts)

    async def _explained(
        self, decision: Decision, need: Need, technician_id: str, parts: int
    ) -> pb.CandidateExplanation:
        judgement = await self._judge(technician_id, need, decision.policy, parts, decision.known)
        if judgement is None:
            raise _unknown(technician_id)
        ranking = decision.ranking
        ids = ranking.technician_ids
        rank = ids.index(technician_id) + 1 if technician_id in ids else 0
        place = Place(rank, len(ids), int(ranking.score[0]) if ids else 0)
        candidate = (
            placed_candidate(decision, rank - 1)
            if rank
            else judged(judgement, need, decision.policy, ranking.mean_earned)
        )
        chinese, english = (
            wording.candidate_in_words(place, candidate.score, candidate.scores, decision.policy)
            if rank
            else wording.exclusion_in_words(judgement.exclusions)
        )
        names = await technicians.names(current_session(), [technician_id])
        return pb.CandidateExplanation(
            decision_id=decision.decision_id,
            work_order_id=decision.work_order_id,
            policy_version=decision.policy.version,
            decided_at=instant_to_proto(decision.decided_at),
            candidate=candidate_to_proto(candidate, decision.policy, names),
            exclusions=judgement.exclusions,
            rank=place.rank,
            candidate_count=place.candidate_count,
            best_score=place.best_score,
            explanation_zh=chinese,
            explanation_en=english,
        )

    async def CheckAssignment(
        self, request: pb.CheckAssignmentRequest, context: Context
    ) -> pb.CheckAssignmentResponse:
        current_actor().require_role(*access.DISPATCH)
        session, now = current_session(), self._clock.now()
        row = await self._read(request.work_order_id)
        policy = policies.policy_of(await policies.in_force(session, now))
        there = await relations.relations_to(session, row.customer_id, row.address_id, now)
        parts = await parts_at_hand.needed(session, row.work_order_id)
        need = protos.need_of(row, Wishes(), there, parts, policy, now)
        (kinds,) = await parts_at_hand.kinds_at_hand(session, parts, [request.technician_id])
        return await self._checked(request.technician_id, need, policy, kinds)

    async def _checked(
        self, technician_id: str, need: Need, policy: Policy, kinds: int
    ) -> pb.CheckAssignmentResponse:
        session = current_session()
        known = await facts.known_now(session)
        judgement = await self._judge(technician_id, need, policy, kinds, known)
        if judgement is None:
            raise _unknown(technician_id)
        own_earned = int(judgement.values.earned[0])  # alone one is as fair as can be
        candidate = judged(judgement, need, policy, own_earned)
        names = await technicians.names(session, [technician_id])
        chinese, english = wording.exclusion_in_words(judgement.exclusions)
        return pb.CheckAssignmentResponse(
            candidate=candidate_to_proto(candidate, policy, names),
            exclusions=judgement.exclusions,
            explanation_zh=chinese,
            explanation_en=english,
        )


def _unknown(technician_id: str) -> NotFound:
    return NotFound(
        "TECHNICIAN_UNKNOWN",
        f"dispatch knows nothing of technician {technician_id!r}",
        field="technician_id",
    )
