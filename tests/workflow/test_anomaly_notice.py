"""An anomaly that was raised is told to the supervisors of its district, once."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

import pytest

from kit.clock import SystemClock
from kit.db import events
from kit.errors import NotFound
from kit.ids import new_id
from protos.notify.v1 import notify_pb2
from protos.workorder.v1 import anomaly_pb2
from tests.workflow.conftest import Office, eventually
from workflows.client import TASK_QUEUE
from workflows.relay.relay import Relay

_numbers = count(1)
_TEMPLATE = "anomaly_raised"


def anomaly(severity: anomaly_pb2.AnomalySeverity.ValueType) -> anomaly_pb2.Anomaly:
    found = anomaly_pb2.Anomaly(
        anomaly_id=f"an_told_{next(_numbers)}",
        kind=anomaly_pb2.ANOMALY_KIND_REPEATED_RETURNS,
        subject_kind=anomaly_pb2.ANOMALY_SUBJECT_KIND_ADDRESS,
        subject_id="ad_1",
        severity=severity,
        place_code="110105",
        technician_id="pe_zhang",
    )
    found.raised_at.FromDatetime(datetime(2026, 11, 23, 1, 5, tzinfo=UTC))
    return found


async def happen(
    office: Office,
    found: anomaly_pb2.Anomaly,
    previous: anomaly_pb2.AnomalyState.ValueType = anomaly_pb2.ANOMALY_STATE_UNSPECIFIED,
) -> None:
    now = datetime.now(UTC)
    payload = anomaly_pb2.AnomalyChanged(anomaly=found, previous_state=previous)
    event = events.NewEvent(
        event_id=new_id("ev", now),
        aggregate_type="anomaly",
        aggregate_id=found.anomaly_id,
        occurred_at=now,
        case_id="",
        acting_person_id="system",
        payload_type=payload.DESCRIPTOR.full_name,
        payload=payload.SerializeToString(),
    )
    async with office.database.transaction() as session:
        await events.append(session, event)


def relay_of(office: Office) -> Relay:
    return Relay(office.database, office.caller, office.temporal, SystemClock(), TASK_QUEUE)


@pytest.mark.parametrize(
    ("severity", "urgency"),
    [
        (anomaly_pb2.ANOMALY_SEVERITY_HIGH, notify_pb2.URGENCY_URGENT),
        (anomaly_pb2.ANOMALY_SEVERITY_LOW, notify_pb2.URGENCY_NORMAL),
    ],
)
async def test_its_supervisors_are_told_what_was_found_however_often_it_is_delivered(
    real_office: Office, severity: anomaly_pb2.AnomalySeverity.ValueType, urgency: int
) -> None:
    office, relay = real_office, relay_of(real_office)
    office.company.people = {"supervisor": ["pe_chen"], "outlet_manager": ["pe_wu", "pe_chen"]}
    found = anomaly(severity)
    for _ in range(2):
        await happen(office, found)

    def messages() -> list[object]:
        told = office.company.messages_to("pe_chen", _TEMPLATE)
        return [each for each in told if each.variables["anomaly"] == found.anomaly_id]

    async def is_told() -> bool | None:
        return bool(messages()) or None

    async with office.worker():
        await relay.tell_anomalies()
        await eventually(is_told, "the supervisor is told")
        await happen(office, found, anomaly_pb2.ANOMALY_STATE_OPEN)
        await relay.tell_anomalies()
        handle = office.temporal.get_workflow_handle(f"anomaly-notice:{found.anomaly_id}")
        await handle.result()
    assert len(messages()) == 1
    message = office.company.messages_to("pe_chen", _TEMPLATE)[-1]
    assert message.variables["what"] == "反复退单"
    assert message.variables["about"] == "地址 ad_1"
    assert message.variables["raised_at"] == "2026-11-23 09:05"
    assert message.urgency == urgency
    assert message.recipient_person_ids == ["pe_chen", "pe_wu"], "who is both is told once"


async def test_supervisors_are_told_though_nobody_knows_the_technicians_outlet(
    real_office: Office,
) -> None:
    office, relay = real_office, relay_of(real_office)
    office.company.people = {"supervisor": ["pe_chen"], "outlet_manager": ["pe_wu"]}
    office.company.refuse["GetTechnician"] = NotFound("TECHNICIAN_UNKNOWN", "there is none")
    found = anomaly(anomaly_pb2.ANOMALY_SEVERITY_LOW)
    await happen(office, found)
    async with office.worker():
        await relay.tell_anomalies()
        handle = office.temporal.get_workflow_handle(f"anomaly-notice:{found.anomaly_id}")
        await handle.result()
    (message,) = office.company.messages_to("pe_chen", _TEMPLATE)
    assert message.recipient_person_ids == ["pe_chen"]
