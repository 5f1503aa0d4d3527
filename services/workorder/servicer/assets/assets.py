"""Assets: registered, changed, moved, retired, read."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import AlreadyExists
from kit.ids import new_id
from kit.rpc.convert import decode_page_token, page_info, page_size
from kit.rpc.events import record
from protos.workorder.v1 import asset_pb2 as pb
from protos.workorder.v1.asset_pb2_grpc import AssetServiceServicer
from services.workorder.convert.assets import assets as protos
from services.workorder.domain import access
from services.workorder.domain.assets import asset, warranty
from services.workorder.domain.assets.asset import Machine
from services.workorder.domain.registry import registry
from services.workorder.servicer.base import Context, Rpcs
from services.workorder.store.assets import assets, scan_codes
from services.workorder.store.assets.assets import Plate
from services.workorder.tables.assets import AssetRow

_RETIRED: Final = "设备已停用 the asset is retired"


class AssetRpcs(Rpcs, AssetServiceServicer):
    """What is installed and repaired, and where."""

    async def RegisterAsset(self, request: pb.RegisterAssetRequest, context: Context) -> pb.Asset:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        customer_id = asset.require_customer(request.customer_id.strip())
        await self._require_keeper(customer_id)
        asset_id = request.asset_id.strip() or new_id("as", now)
        machine = protos.machine_from_proto(request)
        asset.require_machine(machine, asset_id)
        if await assets.find(session, asset_id) is not None:
            raise AlreadyExists(
                "ASSET_EXISTS",
                f"there is an asset {asset_id!r}; change it",
                field="asset_id",
                details={"zh": "此设备编号已存在。"},
            )
        await self._require_possible(machine, asset_id)
        whose = (customer_id, request.address_id.strip())
        row = protos.new_row(asset_id, machine, whose, now, actor.person_id)
        return await self._asset_told(await assets.add(session, row))

    async def ChangeAsset(self, request: pb.ChangeAssetRequest, context: Context) -> pb.Asset:
        row = await self._locked_asset(request.asset_id, request.revision)
        machine = protos.machine_from_proto(request)
        asset.require_machine(machine, row.asset_id)
        await self._require_possible(machine, row.asset_id)
        protos.be(row, machine)
        return await self._changed_asset(row)

    async def MoveAsset(self, request: pb.MoveAssetRequest, context: Context) -> pb.Asset:
        session = current_session()
        current_actor().require_role(*asset.KEEPERS)
        whose = (asset.require_customer(request.customer_id.strip()), request.address_id.strip())
        reason = registry.require_reason(request.reason)
        await assets.lock_parts(session)
        row = await self._locked_asset(request.asset_id, request.revision)
        if row.parent_asset_id:
            raise asset.invalid(
                "asset_id",
                "a part moves with what it is a part of, or is taken out of it first",
                "部件随主设备移动；单独移动请先取消上级设备。",
            )
        for part in await assets.locked_with_parts(session, row.asset_id):
            await self._moved(part, whose, reason)
        return await self._moved(row, whose, reason)

    async def RetireAsset(self, request: pb.RetireAssetRequest, context: Context) -> pb.Asset:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*asset.KEEPERS)
        row = await assets.read(session, request.asset_id, lock=True)
        if row.retired_at is not None:
            return protos.asset_to_proto(row, now)
        registry.check_revision(row.asset_id, request.revision, row.revision)
        row.retire_reason = registry.require_reason(request.reason)
        row.retired_at = now
        code = await scan_codes.locked_of(session, row.asset_id, "", "")
        if code is not None:
            await scan_codes.end(session, code, now, actor.person_id, _RETIRED)
        return await self._changed_asset(row)

    async def GetAsset(self, request: pb.GetAssetRequest, context: Context) -> pb.Asset:
        return protos.asset_to_proto(await self._seen(request.asset_id), self._clock.now())

    async def ListAssets(
        self, request: pb.ListAssetsRequest, context: Context
    ) -> pb.ListAssetsResponse:
        size, now = page_size(request.page), self._clock.now()
        (before,) = decode_page_token(request.page, 1) or ("",)
        rows = await assets.page(current_session(), _wanted(request, now), before, size + 1)
        return pb.ListAssetsResponse(
            assets=[protos.asset_to_proto(row, now) for row in rows[:size]],
            page=page_info([row.asset_id for row in rows], size),
        )

    async def ListAssetMoves(
        self, request: pb.ListAssetMovesRequest, context: Context
    ) -> pb.ListAssetMovesResponse:
        current_actor().require_role(*access.OFFICE)
        row = await assets.read(current_session(), request.asset_id)
        moves = await assets.moves(current_session(), row.asset_id)
        return pb.ListAssetMovesResponse(moves=[protos.move_to_proto(move) for move in moves])

    async def _seen(self, asset_id: str) -> AssetRow:
        """An asset, if the actor may know of it: the office all, technicians where they have work,
        customers their own (``ASSET_UNKNOWN``)."""
        row = await assets.read(current_session(), asset_id)
        if not await self._may_know(row.customer_id):
            raise assets.unknown(asset_id)
        return row

    async def _may_know(self, customer_id: str) -> bool:
        scope = access.scope_of(current_actor())
        if scope.technician_id:
            return await assets.has_work_for(current_session(), scope.technician_id, customer_id)
        return not scope.customer_id or await self._whose(customer_id) == scope.customer_id

    async def _require_keeper(self, customer_id: str) -> None:
        """Who keeps assets, and a technician where they have work."""
        actor = current_actor()
        if not actor.has_role(*asset.KEEPERS):
            actor.require_role(*asset.KEEPERS, "technician")
            if not await self._may_know(customer_id):
                raise asset.invalid(
                    "customer_id",
                    "technicians register assets where they have work",
                    "师傅只能在自己有工单的客户处登记设备。",
                )

    async def _locked_asset(self, asset_id: str, seen: int) -> AssetRow:
        """An asset to be changed, as it was seen and in use."""
        row = await assets.read(current_session(), asset_id, lock=True)
        if not await self._may_know(row.customer_id):
            raise assets.unknown(asset_id)
        await self._require_keeper(row.customer_id)
        registry.check_revision(asset_id, seen, row.revision)
        asset.check_in_use(asset_id, row.retired_at is not None)
        return row

    async def _require_possible(self, machine: Machine, asset_id: str) -> None:
        """Refuse a serial that is taken and parts that would make a loop."""
        session = current_session()
        plate = Plate(machine.brand, machine.model, machine.serial)
        await assets.require_new_plate(session, plate, asset_id)
        if not machine.parent_asset_id:
            return
        await assets.lock_parts(session)
        above = await assets.parents_of(session, machine.parent_asset_id)
        if not above:
            raise asset.invalid("parent_asset_id", "there is no such asset", "没有这台上级设备。")
        if asset_id in above:
            raise asset.invalid(
                "parent_asset_id", "it would be a part of itself", "这样会让设备成为自己的部件。"
            )

    async def _moved(self, row: AssetRow, whose: tuple[str, str], reason: str) -> pb.Asset:
        row.customer_id, row.address_id = whose
        told = await self._changed_asset(row)
        await assets.moved(current_session(), [row], reason)
        return told

    async def _changed_asset(self, row: AssetRow) -> pb.Asset:
        row.revision += 1
        row.put_at, row.put_by_person_id = self._clock.now(), current_actor().person_id
        return await self._asset_told(row)

    async def _asset_told(self, row: AssetRow) -> pb.Asset:
        now = self._clock.now()
        await current_session().flush()
        told = protos.asset_to_proto(row, now)
        await record(
            pb.AssetChanged(asset=told), aggregate=("asset", row.asset_id), occurred_at=now
        )
        return told


def _wanted(request: pb.ListAssetsRequest, now: datetime) -> assets.Wanted:
    """What is asked for, as far as the actor may know of it."""
    scope = access.scope_of(current_actor())
    today = warranty.day_of(now)
    over_by = asset.day_from_text(request.warranty_over_by, "warranty_over_by")
    return assets.Wanted(
        customer_id=scope.customer_id or request.customer_id,
        address_id=request.address_id,
        item_code=request.item_code,
        brand=request.brand,
        model=request.model,
        serial=request.serial,
        parent_asset_id=request.parent_asset_id,
        text=request.text.strip(),
        include_retired=request.include_retired,
        over_between=(today, over_by) if over_by else None,
        technician_id=scope.technician_id,
    )
