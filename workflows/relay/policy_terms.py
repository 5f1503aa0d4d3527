"""What pricing's events mean to the workflows that tell of switches and freezes."""

from __future__ import annotations

from datetime import UTC
from typing import NamedTuple

from google.protobuf.timestamp_pb2 import Timestamp

from protos.events.v1 import events_pb2
from protos.pricing.v1 import policy_pb2
from workflows.system.policy_term import PolicyTerm


class Ended(NamedTuple):
    """Somebody has ended what was to last longer, or its end was recorded."""

    policy_id: str
    reason: str


def policy_term_of(event: events_pb2.DomainEvent) -> PolicyTerm | Ended | None:
    """What an event tells of; None: of something else."""
    switched, returned = policy_pb2.PriceModeSwitched(), policy_pb2.PriceModeReturned()
    frozen, thawed = policy_pb2.RegionPolicyFrozen(), policy_pb2.RegionPolicyThawed()
    if event.payload.Unpack(switched):
        return _of_switch(switched)
    if event.payload.Unpack(frozen):
        return _of_freeze(frozen.freeze)
    if event.payload.Unpack(returned):
        return Ended(returned.mode_switch.switch_id, returned.mode_switch.end_reason)
    if event.payload.Unpack(thawed):
        return Ended(thawed.freeze.freeze_id, thawed.freeze.thaw_reason)
    return None


def _of_switch(switched: policy_pb2.PriceModeSwitched) -> PolicyTerm:
    switch = switched.mode_switch
    scope = switch.scope
    return PolicyTerm(
        policy_id=switch.switch_id,
        what=f"价格模式 {switched.mode_label}",
        where=" ".join(
            filter(None, (scope.place_code, scope.sales_channel, scope.cooperation_mode))
        ),
        reason=switch.reason,
        begins_at=_iso(switch.begins_at),
        ends_at=_iso(switch.ends_at) if switch.HasField("ends_at") else "",
        record_end="pricing.v1.PolicyService/RecordPriceModeReturn",
        name_of_id="switch_id",
    )


def _of_freeze(freeze: policy_pb2.Freeze) -> PolicyTerm:
    return PolicyTerm(
        policy_id=freeze.freeze_id,
        what=f"区域特惠冻结 {freeze.place_code}",
        where=freeze.place_code,
        reason=freeze.reason,
        begins_at=_iso(freeze.frozen_at),
        ends_at=_iso(freeze.thaws_at),
        record_end="pricing.v1.PolicyService/RecordThaw",
        name_of_id="freeze_id",
    )


def _iso(instant: Timestamp) -> str:
    return instant.ToDatetime(tzinfo=UTC).isoformat()
