"""Technicians: put, read, listed."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.rpc.convert import decode_page_token, page_info, page_size
from protos.workorder.v1 import workorder_pb2 as pb
from protos.workorder.v1.workorder_pb2_grpc import WorkOrderServiceServicer
from services.workorder.convert.places import instant_if_given
from services.workorder.convert.registry import technicians as technician_protos
from services.workorder.domain import access
from services.workorder.servicer.base import Context, Rpcs
from services.workorder.store.registry import technicians


class TechnicianRpcs(Rpcs, WorkOrderServiceServicer):
    """Who does the work."""

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
        rows = await technicians.page(current_session(), after, size + 1, _wanted(request))
        return pb.ListTechniciansResponse(
            technicians=[technician_protos.to_proto(row) for row in rows[:size]],
            page=page_info([row.technician_id for row in rows], size),
        )


def _wanted(request: pb.ListTechniciansRequest) -> technicians.Wanted:
    return technicians.Wanted(
        outlet_id=request.outlet_id,
        team_id=request.team_id,
        skill_code=request.skill_code,
        tag=request.tag,
        territory_code=request.territory_code,
        certificate_expires_by=instant_if_given(
            request.certificate_expires_by,
            present=request.HasField("certificate_expires_by"),
            field="certificate_expires_by",
        ),
        active_only=request.active_only,
    )
