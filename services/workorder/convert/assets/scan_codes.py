"""Printed codes, between messages and rows."""

from __future__ import annotations

from datetime import datetime

from kit.rpc.convert import instant_to_proto
from protos.workorder.v1 import asset_pb2 as pb
from services.workorder.convert.assets.assets import periods_of
from services.workorder.domain.assets import scan_code, warranty
from services.workorder.tables.assets import AssetRow, ScanCodeRow


def row_from_proto(message: pb.IssueScanCodeRequest, now: datetime, person_id: str) -> ScanCodeRow:
    """A new code (``SCAN_CODE_INVALID``, naming the field)."""
    scan_code.require_one_target(message.asset_id, message.customer_id)
    return ScanCodeRow(
        scan_code=scan_code.new_scan_code(),
        asset_id=message.asset_id or None,
        customer_id=message.customer_id,
        address_id=message.address_id if message.customer_id else "",
        place_name=message.place_name.strip(),
        flow_code=scan_code.require_flow(message.flow_code),
        issued_at=now,
        issued_by_person_id=person_id,
        ended_at=None,
        ended_by_person_id="",
        end_reason="",
    )


def to_proto(row: ScanCodeRow) -> pb.ScanCode:
    """A code on the wire."""
    return pb.ScanCode(
        scan_code=row.scan_code,
        asset_id=row.asset_id or "",
        customer_id=row.customer_id,
        address_id=row.address_id,
        place_name=row.place_name,
        flow_code=row.flow_code,
        issued_at=instant_to_proto(row.issued_at),
        issued_by_person_id=row.issued_by_person_id,
        ended_at=instant_to_proto(row.ended_at),
        ended_by_person_id=row.ended_by_person_id,
        end_reason=row.end_reason,
    )


def target_to_proto(
    row: ScanCodeRow, asset: AssetRow | None, now: datetime, *, knows_whose: bool
) -> pb.ScanTarget:
    """What a code stands for; whose it is and where, only to those who may know."""
    target = pb.ScanTarget(
        scan_code=row.scan_code, flow_code=row.flow_code, place_name=row.place_name
    )
    if asset is not None:
        found = warranty.verdict(periods_of(asset), warranty.day_of(now))
        target.asset_id, target.asset_name = asset.asset_id, asset.name
        target.brand, target.model, target.item_code = asset.brand, asset.model, asset.item_code
        target.in_warranty = found.in_warranty
    if knows_whose:
        holder = asset or row
        target.customer_id, target.address_id = holder.customer_id, holder.address_id
        target.serial = asset.serial if asset else ""
    return target
