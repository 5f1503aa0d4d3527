"""Guides to installing models: added, retired, listed."""

from __future__ import annotations

from typing import Final

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import AlreadyExists
from protos.workorder.v1 import asset_pb2 as pb
from services.workorder.convert.assets import guides as protos
from services.workorder.domain import access
from services.workorder.domain.assets import asset
from services.workorder.servicer.assets.assets import AssetRpcs
from services.workorder.servicer.base import Context
from services.workorder.store.assets import guides

_MOST_TOLD: Final = 200


class GuideRpcs(AssetRpcs):
    """How models are installed."""

    async def AddGuide(self, request: pb.AddGuideRequest, context: Context) -> pb.Guide:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*asset.GUIDE_KEEPERS)
        row = protos.row_from_proto(request, now, actor.person_id)
        if await guides.same(session, row) is not None:
            raise AlreadyExists(
                "GUIDE_VERSION_TAKEN",
                f"there is a version {row.version} already; give this one another, or retire that one",
                field="version",
            )
        await guides.add(session, row)
        return protos.to_proto(row)

    async def RetireGuide(self, request: pb.RetireGuideRequest, context: Context) -> pb.Guide:
        current_actor().require_role(*asset.GUIDE_KEEPERS)
        row = await guides.locked(current_session(), request.guide_id)
        row.retired_at = row.retired_at or self._clock.now()
        return protos.to_proto(row)

    async def ListGuides(
        self, request: pb.ListGuidesRequest, context: Context
    ) -> pb.ListGuidesResponse:
        current_actor().require_role(*access.OFFICE, "technician")
        rows = await guides.listed(current_session(), await self._wanted(request))
        told = protos.in_order(rows) if request.include_past else protos.newest_of_each(rows)
        return pb.ListGuidesResponse(guides=[protos.to_proto(row) for row in told[:_MOST_TOLD]])

    async def _wanted(self, request: pb.ListGuidesRequest) -> guides.Wanted:
        brand, model = request.brand, request.model
        if request.asset_id:
            machine = await self._seen(request.asset_id)
            brand, model = machine.brand, machine.model
        kind = protos.KINDS.get(request.kind)
        return guides.Wanted(
            brand, model, kind or "", request.language, include_retired=request.include_past
        )
