"""Printed codes: issued, ended, resolved."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.rpc.convert import decode_page_token, encode_page_token, page_size
from protos.common.v1 import page_pb2
from protos.workorder.v1 import asset_pb2 as pb
from services.workorder.convert.assets import scan_codes as protos
from services.workorder.domain import access
from services.workorder.domain.assets import asset, scan_code
from services.workorder.domain.registry import registry
from services.workorder.servicer.assets.assets import AssetRpcs
from services.workorder.servicer.base import Context
from services.workorder.store.assets import assets, scan_codes

_REPLACED: Final = "已换发 issued anew"


class ScanCodeRpcs(AssetRpcs):
    """What stands on machines and at doors."""

    async def IssueScanCode(
        self, request: pb.IssueScanCodeRequest, context: Context
    ) -> pb.ScanCode:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*asset.KEEPERS)
        row = protos.row_from_proto(request, now, actor.person_id)
        if row.asset_id is not None:
            machine = await assets.read(session, row.asset_id)
            asset.check_in_use(machine.asset_id, machine.retired_at is not None)
        before = await scan_codes.locked_of(
            session, row.asset_id or "", row.customer_id, row.address_id
        )
        if before is not None:
            await scan_codes.end(session, before, now, actor.person_id, _REPLACED)
        await scan_codes.add(session, row)
        return protos.to_proto(row)

    async def EndScanCode(self, request: pb.EndScanCodeRequest, context: Context) -> pb.ScanCode:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*asset.KEEPERS)
        code = scan_code.normal_code(request.scan_code)
        row = await scan_codes.find(session, code, lock=True)
        if row is None:
            raise scan_code.unknown_code()
        if row.ended_at is None:
            reason = registry.require_reason(request.reason)
            await scan_codes.end(session, row, now, actor.person_id, reason)
        return protos.to_proto(row)

    async def ListScanCodes(
        self, request: pb.ListScanCodesRequest, context: Context
    ) -> pb.ListScanCodesResponse:
        current_actor().require_role(*access.OFFICE)
        size = page_size(request.page)
        rows = await scan_codes.page(
            current_session(),
            request.asset_id,
            request.customer_id,
            include_ended=request.include_ended,
            before=_before(request.page),
            limit=size + 1,
        )
        shown, page = rows[:size], page_pb2.PageInfo()
        if len(rows) > size:
            last = shown[-1]
            page.next_page_token = encode_page_token(last.issued_at.isoformat(), last.scan_code)
        return pb.ListScanCodesResponse(
            scan_codes=[protos.to_proto(row) for row in shown], page=page
        )

    async def ResolveScanCode(
        self, request: pb.ResolveScanCodeRequest, context: Context
    ) -> pb.ScanTarget:
        session, code = current_session(), scan_code.normal_code(request.scan_code)
        row = await scan_codes.find(session, code)
        if row is None or row.ended_at is not None:
            raise scan_code.unknown_code()
        machine = await assets.read(session, row.asset_id) if row.asset_id else None
        customer_id = machine.customer_id if machine else row.customer_id
        # Whoever holds the code may ask, with whatever roles.
        known = current_actor().has_role(*access.OFFICE, "technician", "customer")
        knows_whose = known and await self._may_know(customer_id)
        return protos.target_to_proto(row, machine, self._clock.now(), knows_whose=knows_whose)


def _before(page: page_pb2.PageRequest) -> tuple[datetime, str] | None:
    token = decode_page_token(page, 2)
    if token is None:
        return None
    try:
        return datetime.fromisoformat(token[0]).astimezone(UTC), token[1]
    except ValueError as error:
        raise InvalidArgument(
            "PAGE_TOKEN_INVALID", "pass next_page_token as it was given", field="page.page_token"
        ) from error
