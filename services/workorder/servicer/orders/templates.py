"""Templates of work orders: put, retired, read, listed."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.rpc import events
from kit.rpc.convert import decode_page_token, page_info, page_size
from protos.workorder.v1 import orders_pb2 as pb
from protos.workorder.v1.orders_pb2_grpc import WorkOrderDeskServiceServicer
from services.workorder.convert.orders import templates as protos
from services.workorder.domain import access
from services.workorder.domain.orders import template
from services.workorder.servicer.base import Context, Rpcs
from services.workorder.store.orders import templates
from services.workorder.store.registry import teams
from services.workorder.tables.desk import WorkOrderTemplateRow


class TemplateRpcs(Rpcs, WorkOrderDeskServiceServicer):
    """What work orders are made from."""

    async def PutWorkOrderTemplate(
        self, request: pb.PutWorkOrderTemplateRequest, context: Context
    ) -> pb.WorkOrderTemplate:
        actor, session, given = current_actor(), current_session(), request.template
        actor.require_role(*access.DESK_KEEPERS)
        before = await templates.lock_newest(session, given.template_code)
        newest = before.template_version if before else 0
        template.require_newest(given.template_code, given.template_version, newest)
        if given.team_id:
            await teams.read(session, given.team_id)
        row = protos.row_from_proto(given, newest + 1, self._clock.now(), actor.person_id)
        return await self._put(row)

    async def RetireWorkOrderTemplate(
        self, request: pb.RetireWorkOrderTemplateRequest, context: Context
    ) -> pb.WorkOrderTemplate:
        actor = current_actor()
        actor.require_role(*access.DESK_KEEPERS)
        row = await templates.lock_newest(current_session(), request.template_code)
        if row is None:
            raise template.unknown(request.template_code, 0)
        template.require_open(row.template_code, row.retired)
        return await self._put(protos.retired(row, self._clock.now(), actor.person_id))

    async def GetWorkOrderTemplate(
        self, request: pb.GetWorkOrderTemplateRequest, context: Context
    ) -> pb.WorkOrderTemplate:
        current_actor().require_role(*access.OFFICE, "technician")
        return protos.to_proto(
            await templates.read(current_session(), request.template_code, request.template_version)
        )

    async def ListWorkOrderTemplates(
        self, request: pb.ListWorkOrderTemplatesRequest, context: Context
    ) -> pb.ListWorkOrderTemplatesResponse:
        current_actor().require_role(*access.OFFICE)
        size = page_size(request.page)
        (after,) = decode_page_token(request.page, 1) or ("",)
        rows = await templates.page(
            current_session(), request.stage, request.include_retired, after, size + 1
        )
        return pb.ListWorkOrderTemplatesResponse(
            templates=[protos.to_proto(row) for row in rows[:size]],
            page=page_info([row.template_code for row in rows], size),
        )

    async def _put(self, row: WorkOrderTemplateRow) -> pb.WorkOrderTemplate:
        await templates.add(current_session(), row)
        message = protos.to_proto(row)
        await events.record(
            pb.WorkOrderTemplatePut(template=message),
            aggregate=("work_order_template", row.template_code),
            occurred_at=row.put_at,
        )
        return message
