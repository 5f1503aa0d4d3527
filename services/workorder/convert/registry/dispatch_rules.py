"""Who must not, or shall, be sent to whom, between messages and rows."""

from __future__ import annotations

from datetime import datetime

from kit.ids import new_id
from kit.rpc.convert import instant_to_proto
from protos.workorder.v1 import registry_pb2 as pb
from services.workorder.convert.places import instant_if_given
from services.workorder.domain.registry import registry
from services.workorder.domain.registry.registry import Who
from services.workorder.tables.registry import DispatchExclusionRow, DispatchPreferenceRow

_Named = (
    pb.AddExclusionRequest
    | pb.AddPreferenceRequest
    | pb.ListExclusionsRequest
    | pb.ListPreferencesRequest
)


def who_of(message: _Named) -> Who:
    """Who is named, and to whom they would be sent (``REGISTRY_INVALID``)."""
    return Who(
        technician_id=_code(message.technician_id, "technician_id"),
        outlet_id=_code(message.outlet_id, "outlet_id"),
        customer_id=_code(message.customer_id, "customer_id"),
        address_id=_code(message.address_id, "address_id"),
    )


def exclusion_from_proto(
    message: pb.AddExclusionRequest, now: datetime, person_id: str
) -> DispatchExclusionRow:
    """A new exclusion (``REGISTRY_INVALID``, naming the field)."""
    who = who_of(message)
    registry.require_excluded(who)
    from_at = (
        instant_if_given(message.from_at, present=message.HasField("from_at"), field="from_at")
        or now
    )
    until_at = instant_if_given(
        message.until_at, present=message.HasField("until_at"), field="until_at"
    )
    registry.require_lasting(from_at, until_at, now)
    return DispatchExclusionRow(
        exclusion_id=new_id("dx", now),
        technician_id=who.technician_id,
        outlet_id=who.outlet_id,
        customer_id=who.customer_id,
        address_id=who.address_id,
        reason=registry.require_reason(message.reason),
        from_at=from_at,
        until_at=until_at,
        recorded_at=now,
        recorded_by_person_id=person_id,
        ended_at=None,
        ended_by_person_id="",
        end_reason="",
    )


def exclusion_to_proto(row: DispatchExclusionRow) -> pb.DispatchExclusion:
    """An exclusion on the wire."""
    return pb.DispatchExclusion(
        exclusion_id=row.exclusion_id,
        technician_id=row.technician_id,
        outlet_id=row.outlet_id,
        customer_id=row.customer_id,
        address_id=row.address_id,
        reason=row.reason,
        from_at=instant_to_proto(row.from_at),
        until_at=instant_to_proto(row.until_at),
        recorded_at=instant_to_proto(row.recorded_at),
        recorded_by_person_id=row.recorded_by_person_id,
        ended_at=instant_to_proto(row.ended_at),
        ended_by_person_id=row.ended_by_person_id,
        end_reason=row.end_reason,
    )


def preference_from_proto(
    message: pb.AddPreferenceRequest, now: datetime, person_id: str
) -> DispatchPreferenceRow:
    """A new preference (``REGISTRY_INVALID``, naming the field)."""
    who = who_of(message)
    registry.require_preferred(who)
    return DispatchPreferenceRow(
        preference_id=new_id("dp", now),
        customer_id=who.customer_id,
        address_id=who.address_id,
        technician_id=who.technician_id,
        outlet_id=who.outlet_id,
        reason=registry.require_text(message.reason, "reason"),
        recorded_at=now,
        recorded_by_person_id=person_id,
        ended_at=None,
        ended_by_person_id="",
        end_reason="",
    )


def preference_to_proto(row: DispatchPreferenceRow) -> pb.DispatchPreference:
    """A preference on the wire."""
    return pb.DispatchPreference(
        preference_id=row.preference_id,
        customer_id=row.customer_id,
        address_id=row.address_id,
        technician_id=row.technician_id,
        outlet_id=row.outlet_id,
        reason=row.reason,
        recorded_at=instant_to_proto(row.recorded_at),
        recorded_by_person_id=row.recorded_by_person_id,
        ended_at=instant_to_proto(row.ended_at),
        ended_by_person_id=row.ended_by_person_id,
        end_reason=row.end_reason,
    )


def _code(text: str, field: str) -> str:
    return registry.require_code(text, field, optional=True)
