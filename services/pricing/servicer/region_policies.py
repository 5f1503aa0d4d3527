"""What regions go by beside their prices."""

from __future__ import annotations

from kit.authn import current_actor
from kit.clock import Clock
from kit.db.session import current_session
from kit.errors import NotFound
from kit.ids import new_id
from kit.rpc.convert import page_info, page_size
from kit.rpc.events import record
from protos.pricing.v1 import policy_pb2 as pb
from protos.pricing.v1.policy_pb2_grpc import PolicyServiceServicer
from services.pricing.convert.policies import (
    cycle_from_proto,
    instant_of,
    region_policy_from_row,
    region_policy_to_proto,
)
from services.pricing.convert.quotes import places_of
from services.pricing.domain.policies.region_policies import check_region_policy, policy_at
from services.pricing.servicer.base import KEEPS_PRICES, QUOTES, Context, number_start
from services.pricing.store import region_policies
from services.pricing.tables import RegionPolicyRow


class RegionPolicyRpcs(PolicyServiceServicer):
    """Put and find them."""

    _clock: Clock

    async def PutRegionPolicy(
        self, request: pb.PutRegionPolicyRequest, context: Context
    ) -> pb.RegionPolicy:
        actor, now, wanted = current_actor(), self._clock.now(), request.region_policy
        actor.require_role(*KEEPS_PRICES)
        cycle = cycle_from_proto(wanted.settlement_cycle)
        begins_at = instant_of(wanted, "effective_from", "region_policy.effective_from") or now
        row = RegionPolicyRow(
            region_policy_id=new_id("rp", now),
            place_code=wanted.place_code,
            effective_from=begins_at,
            settlement_cycle=check_region_policy(wanted.place_code, cycle, begins_at, now),
            discount_note=wanted.discount_note.strip(),
            put_at=now,
            put_by_person_id=actor.person_id,
        )
        await region_policies.add(current_session(), row)
        put = region_policy_to_proto(row)
        await record(
            pb.RegionPolicyPut(region_policy=put),
            aggregate=("region_policy", row.place_code),
            occurred_at=now,
        )
        return put

    async def ListRegionPolicies(
        self, request: pb.ListRegionPoliciesRequest, context: Context
    ) -> pb.ListRegionPoliciesResponse:
        current_actor().require_role(*QUOTES)
        size, before = page_size(request.page), number_start(request.page)
        rows = await region_policies.page(current_session(), request.place_code, before, size + 1)
        return pb.ListRegionPoliciesResponse(
            region_policies=[region_policy_to_proto(row) for row in rows[:size]],
            page=page_info([str(row.policy_number) for row in rows], size),
        )

    async def GetRegionPolicy(
        self, request: pb.GetRegionPolicyRequest, context: Context
    ) -> pb.RegionPolicy:
        current_actor().require_role(*QUOTES)
        at, places = instant_of(request, "at") or self._clock.now(), places_of(request.place)
        rows = {
            row.region_policy_id: row
            for row in await region_policies.of_places(current_session(), places, at)
        }
        found = policy_at(map(region_policy_from_row, rows.values()), places, at)
        if found is None:
            raise NotFound(
                "PRICING_REGION_POLICY_MISSING",
                "neither the place nor a region it lies in has a policy then",
                field="place",
            )
        return region_policy_to_proto(rows[found.region_policy_id])
