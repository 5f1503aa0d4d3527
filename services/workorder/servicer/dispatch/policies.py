"""The versions of the dispatch policy, and what another one would have decided."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.rpc import events
from kit.rpc.convert import decode_page_token, page_info, page_size
from protos.workorder.v1 import dispatch_pb2 as pb
from protos.workorder.v1.dispatch_pb2_grpc import DispatchServiceServicer
from services.workorder.convert.dispatch import policies as protos
from services.workorder.domain import access
from services.workorder.domain.dispatch.decision import Decision
from services.workorder.domain.dispatch.policy import Policy
from services.workorder.servicer.base import Context
from services.workorder.servicer.dispatch.matching import MatchingRpcs
from services.workorder.store.dispatch import decisions, policies

_MOST_TRIED: Final = 100


class PolicyRpcs(MatchingRpcs, DispatchServiceServicer):
    """What weighs how much."""

    async def PutDispatchPolicy(
        self, request: pb.PutDispatchPolicyRequest, context: Context
    ) -> pb.DispatchPolicy:
        actor, now = current_actor(), self._clock.now()
        actor.require_role(*access.POLICY_KEEPERS)
        row = protos.row_from_proto(request.policy, now, actor.person_id)
        await policies.add(current_session(), row)
        policy = protos.to_proto(row)
        await events.record(
            pb.DispatchPolicyPut(policy=policy),
            aggregate=("dispatch_policy", row.policy_version),
            occurred_at=now,
        )
        return policy

    async def GetDispatchPolicy(
        self, request: pb.GetDispatchPolicyRequest, context: Context
    ) -> pb.DispatchPolicy:
        current_actor().require_role(*access.OFFICE, "technician")
        session = current_session()
        if request.policy_version:
            return protos.to_proto(await policies.read(session, request.policy_version))
        return protos.to_proto(await policies.in_force(session, self._clock.now()))

    async def ListDispatchPolicies(
        self, request: pb.ListDispatchPoliciesRequest, context: Context
    ) -> pb.ListDispatchPoliciesResponse:
        current_actor().require_role(*access.OFFICE, "technician")
        size = page_size(request.page)
        (before,) = decode_page_token(request.page, 1) or ("",)
        rows = await policies.page(current_session(), _instant(before), size + 1)
        return pb.ListDispatchPoliciesResponse(
            policies=[protos.to_proto(row) for row in rows[:size]],
            page=page_info([row.effective_from.isoformat() for row in rows], size),
        )

    async def TryDispatchPolicy(
        self, request: pb.TryDispatchPolicyRequest, context: Context
    ) -> pb.TryDispatchPolicyResponse:
        current_actor().require_role(*access.POLICY_KEEPERS)
        policy = protos.policy_from_proto(request.policy)
        if len(request.work_order_ids) > _MOST_TRIED:
            raise InvalidArgument(
                "DISPATCH_LIMIT_INVALID",
                f"try a policy on at most {_MOST_TRIED} work orders",
                field="work_order_ids",
            )
        asked = sorted(set(request.work_order_ids))
        found = await decisions.newest(current_session(), asked, _MOST_TRIED)
        tried = [_tried(each, policy) for each in found if each.ranking.technician_ids]
        return pb.TryDispatchPolicyResponse(
            decisions=tried,
            changed_count=sum(
                each.first_technician_id != each.tried_first_technician_id for each in tried
            ),
        )


def _tried(decision: Decision, policy: Policy) -> pb.TriedDecision:
    """What became of a decision's candidates by another policy."""
    assert decision.need is not None  # the store gives no other ones
    road_factor = decision.policy.road_factor_basis_points
    again = decision.ranking.again(decision.need, policy, road_factor).technician_ids
    first = decision.ranking.technician_ids[0]
    return pb.TriedDecision(
        work_order_id=decision.work_order_id,
        decision_id=decision.decision_id,
        first_technician_id=first,
        tried_first_technician_id=again[0],
        tried_rank_of_first=again.index(first) + 1,
    )


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidArgument(
            "PAGE_TOKEN_INVALID", "pass next_page_token as it was given", field="page.page_token"
        ) from None
