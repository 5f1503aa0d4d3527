"""Anomalies that freeze a region, from the events of those who keep them."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from kit.rpc.convert import instant_from_proto
from protos.events.v1 import events_pb2
from protos.workorder.v1 import anomaly_pb2


class AnomalyFreeze(NamedTuple):
    """What an anomaly freezes, and until when.

    Attributes:
        by_person_id: who confirmed it; empty: the rule itself freezes.
    """

    anomaly_id: str
    place_code: str
    reason: str
    until: datetime
    by_person_id: str


_KINDS: Final = {
    anomaly_pb2.ANOMALY_KIND_REPEATED_RETURNS: "反复退单",
    anomaly_pb2.ANOMALY_KIND_SAME_PHOTO: "重复照片",
    anomaly_pb2.ANOMALY_KIND_IMPOSSIBLE_TRAVEL: "行程不可能",
    anomaly_pb2.ANOMALY_KIND_OVERCHARGE: "多收费",
    anomaly_pb2.ANOMALY_KIND_DIVERSION: "窜货",
    anomaly_pb2.ANOMALY_KIND_OUT_OF_TERRITORY: "越区作业",
}


def anomaly_freeze_of(event: events_pb2.DomainEvent) -> AnomalyFreeze | None:
    """The freeze that an event asks for; None: it tells of something else, or freezes nothing."""
    changed = anomaly_pb2.AnomalyChanged()
    if not event.payload.Unpack(changed):
        return None
    anomaly = changed.anomaly
    if not anomaly.place_code or not anomaly.HasField("frozen_until"):
        return None
    return AnomalyFreeze(
        anomaly.anomaly_id,
        anomaly.place_code,
        f"异常保护：{_KINDS.get(anomaly.kind, '异常')} {anomaly.anomaly_id}",
        instant_from_proto(anomaly.frozen_until, "events.payload.frozen_until"),
        anomaly.decided_by_person_id,
    )
