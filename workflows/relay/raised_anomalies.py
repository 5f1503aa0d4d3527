"""What an anomaly's event tells those who decide about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Final

from protos.events.v1 import events_pb2
from protos.workorder.v1 import anomaly_pb2
from workflows.language.times import shanghai_text
from workflows.system.anomaly_notice import RaisedAnomaly

_KINDS: Final[Mapping[int, str]] = {
    anomaly_pb2.ANOMALY_KIND_REPEATED_RETURNS: "反复退单",
    anomaly_pb2.ANOMALY_KIND_SAME_PHOTO: "重复照片",
    anomaly_pb2.ANOMALY_KIND_IMPOSSIBLE_TRAVEL: "行程不可能",
    anomaly_pb2.ANOMALY_KIND_OVERCHARGE: "多收费",
    anomaly_pb2.ANOMALY_KIND_DIVERSION: "窜货",
    anomaly_pb2.ANOMALY_KIND_OUT_OF_TERRITORY: "越区作业",
}
_SUBJECTS: Final[Mapping[int, str]] = {
    anomaly_pb2.ANOMALY_SUBJECT_KIND_ADDRESS: "地址",
    anomaly_pb2.ANOMALY_SUBJECT_KIND_ASSET: "设备",
    anomaly_pb2.ANOMALY_SUBJECT_KIND_TECHNICIAN: "师傅",
    anomaly_pb2.ANOMALY_SUBJECT_KIND_SERIAL: "序列号",
}


def raised_anomaly_of(event: events_pb2.DomainEvent) -> RaisedAnomaly | None:
    """The anomaly that an event tells was raised; None: of something else, or of what became of one."""
    changed = anomaly_pb2.AnomalyChanged()
    if not event.payload.Unpack(changed) or changed.previous_state:
        return None
    anomaly = changed.anomaly
    return RaisedAnomaly(
        anomaly_id=anomaly.anomaly_id,
        what=_KINDS.get(anomaly.kind, "异常"),
        about=f"{_SUBJECTS.get(anomaly.subject_kind, '')} {anomaly.subject_id}".strip(),
        region_code=anomaly.place_code,
        technician_id=anomaly.technician_id,
        raised_at=shanghai_text(anomaly.raised_at.ToDatetime(tzinfo=UTC)),
        urgent=anomaly.severity == anomaly_pb2.ANOMALY_SEVERITY_HIGH,
    )
