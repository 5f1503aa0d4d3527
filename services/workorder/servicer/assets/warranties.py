"""Warranties: given, voided, judged by."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from protos.workorder.v1 import asset_pb2 as pb
from services.workorder.convert.assets import assets as protos
from services.workorder.convert.places import instant_if_given
from services.workorder.domain.assets import asset, warranty
from services.workorder.domain.registry import registry
from services.workorder.servicer.assets.assets import AssetRpcs
from services.workorder.servicer.base import Context
from services.workorder.store.assets import assets, warranties


class WarrantyRpcs(AssetRpcs):
    """Who pays for work on an asset."""

    async def AddWarranty(
        self, request: pb.AddWarrantyRequest, context: Context
    ) -> pb.AssetWarranty:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*asset.WARRANTORS)
        row = await assets.read(session, request.asset_id, lock=True)
        asset.check_in_use(row.asset_id, row.retired_at is not None)
        given = protos.warranty_from_proto(request, row, now, actor.person_id)
        await warranties.add(session, row, given)
        await self._changed_asset(row)
        return protos.warranty_to_proto(given)

    async def VoidWarranty(
        self, request: pb.VoidWarrantyRequest, context: Context
    ) -> pb.AssetWarranty:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*asset.WARRANTORS)
        given = await warranties.locked(session, request.warranty_id)
        if given.voided_at is None:
            reason = registry.require_reason(request.reason)
            await warranties.void(session, given, now, actor.person_id, reason)
            await self._changed_asset(await assets.read(session, given.asset_id, lock=True))
        return protos.warranty_to_proto(given)

    async def CheckWarranty(
        self, request: pb.CheckWarrantyRequest, context: Context
    ) -> pb.WarrantyVerdict:
        row = await self._seen(request.asset_id)
        at = instant_if_given(request.at, present=request.HasField("at"), field="at")
        day = warranty.day_of(at or self._clock.now())
        return protos.verdict_to_proto(row, warranty.verdict(protos.periods_of(row), day))
