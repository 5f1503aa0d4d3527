"""Outlets' profiles: put, read, listed."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.rpc.convert import decode_page_token, page_info, page_size
from kit.rpc.events import record
from protos.workorder.v1 import registry_pb2 as pb
from protos.workorder.v1.registry_pb2_grpc import RegistryServiceServicer
from services.workorder.convert.places import instant_if_given
from services.workorder.convert.registry import outlets as protos
from services.workorder.domain import access
from services.workorder.domain.registry import registry
from services.workorder.servicer.base import Context, Rpcs
from services.workorder.store.registry import outlets


class OutletRpcs(Rpcs, RegistryServiceServicer):
    """Under which terms outlets work."""

    async def PutOutletProfile(
        self, request: pb.PutOutletProfileRequest, context: Context
    ) -> pb.OutletProfile:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*registry.CONTRACTS)
        wanted = request.outlet_profile
        before = await outlets.find(session, wanted.outlet_id, lock=True)
        registry.check_revision(wanted.outlet_id, wanted.revision, before.revision if before else 0)
        row = protos.row_from_proto(wanted, before, now, actor.person_id)
        put = protos.to_proto(await outlets.put(session, row))
        await record(
            pb.OutletProfilePut(outlet_profile=put),
            aggregate=("outlet_profile", put.outlet_id),
            occurred_at=now,
        )
        return put

    async def GetOutletProfile(
        self, request: pb.GetOutletProfileRequest, context: Context
    ) -> pb.OutletProfile:
        current_actor().require_role(*access.OFFICE)
        return protos.to_proto(await outlets.read(current_session(), request.outlet_id))

    async def ListOutletProfiles(
        self, request: pb.ListOutletProfilesRequest, context: Context
    ) -> pb.ListOutletProfilesResponse:
        current_actor().require_role(*access.OFFICE)
        size = page_size(request.page)
        (after,) = decode_page_token(request.page, 1) or ("",)
        rows = await outlets.page(current_session(), self._wanted(request), after, size + 1)
        return pb.ListOutletProfilesResponse(
            outlet_profiles=[protos.to_proto(row) for row in rows[:size]],
            page=page_info([row.outlet_id for row in rows], size),
        )

    def _wanted(self, request: pb.ListOutletProfilesRequest) -> outlets.Wanted:
        over_by = instant_if_given(
            request.contract_over_by,
            present=request.HasField("contract_over_by"),
            field="contract_over_by",
        )
        return outlets.Wanted(
            text=request.text.strip(),
            agent_id=request.agent_id,
            cooperation_mode=request.cooperation_mode,
            brand_code=request.brand_code,
            territory_code=request.territory_code,
            over_by=over_by,
            open_at=self._clock.now() if request.open_only else None,
        )
