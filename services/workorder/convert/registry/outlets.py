"""Outlets' profiles, between messages and rows."""

from __future__ import annotations

from datetime import datetime

from kit.rpc.convert import instant_to_proto
from protos.workorder.v1 import registry_pb2 as pb
from services.workorder.convert.places import instant_if_given, point_from_proto, point_to_proto
from services.workorder.domain.registry import registry
from services.workorder.domain.registry.registry import Contract
from services.workorder.tables.registry import OutletProfileRow

_AT = "outlet_profile"


def row_from_proto(
    message: pb.OutletProfile, before: OutletProfileRow | None, now: datetime, person_id: str
) -> OutletProfileRow:
    """A profile as it will be kept.

    Raises:
        InvalidArgument: ``REGISTRY_INVALID`` or a ``LOCATION_…``, naming the field.
    """
    at = point_from_proto(
        message.location, present=message.HasField("location"), field=f"{_AT}.location"
    )
    contract = Contract(
        _instant(message, "contract_valid_from"), _instant(message, "contract_valid_until")
    )
    registry.require_contract(contract, f"{_AT}.contract_valid_until")
    suspend_reason = registry.require_text(message.suspend_reason, f"{_AT}.suspend_reason")
    if message.suspended:
        suspend_reason = registry.require_reason(suspend_reason, f"{_AT}.suspend_reason")
    return OutletProfileRow(
        outlet_id=registry.require_code(message.outlet_id, f"{_AT}.outlet_id"),
        revision=before.revision + 1 if before else 1,
        name=registry.require_name(message.name, f"{_AT}.name"),
        cooperation_modes=registry.require_modes(
            message.cooperation_modes, f"{_AT}.cooperation_modes"
        ),
        brand_codes=registry.require_codes(message.brand_codes, f"{_AT}.brand_codes"),
        territory_codes=registry.require_codes(message.territory_codes, f"{_AT}.territory_codes"),
        contract_number=registry.require_text(message.contract_number, f"{_AT}.contract_number"),
        contract_valid_from=contract.valid_from,
        contract_valid_until=contract.valid_until,
        suspended=message.suspended,
        suspend_reason=suspend_reason if message.suspended else "",
        agent_id=_code(message, "agent_id"),
        stock_location_id=_code(message, "stock_location_id"),
        longitude=at and at.longitude,
        latitude=at and at.latitude,
        put_at=now,
        put_by_person_id=person_id,
    )


def to_proto(row: OutletProfileRow) -> pb.OutletProfile:
    """A profile on the wire."""
    return pb.OutletProfile(
        outlet_id=row.outlet_id,
        revision=row.revision,
        name=row.name,
        cooperation_modes=row.cooperation_modes,
        brand_codes=row.brand_codes,
        territory_codes=row.territory_codes,
        contract_number=row.contract_number,
        contract_valid_from=instant_to_proto(row.contract_valid_from),
        contract_valid_until=instant_to_proto(row.contract_valid_until),
        suspended=row.suspended,
        suspend_reason=row.suspend_reason,
        agent_id=row.agent_id,
        stock_location_id=row.stock_location_id,
        location=point_to_proto(row.longitude, row.latitude),
        put_at=instant_to_proto(row.put_at),
        put_by_person_id=row.put_by_person_id,
    )


def _instant(message: pb.OutletProfile, name: str) -> datetime | None:
    field = f"{_AT}.{name}"
    return instant_if_given(getattr(message, name), present=message.HasField(name), field=field)  # type: ignore[arg-type]  # a name of its fields


def _code(message: pb.OutletProfile, name: str) -> str:
    return registry.require_code(getattr(message, name), f"{_AT}.{name}", optional=True)
