"""An anomaly freezes the special policies of its district, once, and they thaw by themselves."""

from datetime import datetime, timedelta

from google.protobuf.any_pb2 import Any as AnyMessage

from kit.clock import FixedClock
from protos.events.v1 import events_pb2
from protos.pricing.v1 import policy_pb2 as pb
from protos.pricing.v1 import policy_pb2_grpc
from protos.workorder.v1 import anomaly_pb2
from tests.rpc.conftest import Served
from tests.rpc.pricing.policies.asking import events_of, key, stamp
from tests.rpc.pricing.policies.test_freezes import apply, freezes_of


def told(anomaly_id: str, until: datetime | None, confirmed: bool = True) -> events_pb2.DomainEvent:
    anomaly = anomaly_pb2.Anomaly(
        anomaly_id=anomaly_id,
        kind=anomaly_pb2.ANOMALY_KIND_DIVERSION,
        place_code="370102",
        frozen_until=stamp(until) if until else None,
        decided_by_person_id="pe_supervisor" if confirmed else "",
    )
    payload = AnyMessage()
    payload.Pack(anomaly_pb2.AnomalyChanged(anomaly=anomaly))
    return events_pb2.DomainEvent(event_id=f"ev_{anomaly_id}", payload=payload)


async def test_a_confirmed_anomaly_freezes_its_district_once_and_thaws_by_time(
    pricing: Served, clock: FixedClock
) -> None:
    policies = policy_pb2_grpc.PolicyServiceStub(pricing.as_().channel("pricing"))
    now = clock.now()
    until = now + timedelta(hours=48)
    assert await apply(pricing, told("an_none", None)) == 0
    assert await apply(pricing, told("an_past", now - timedelta(hours=1))) == 0
    assert await apply(pricing, told("an_1", until), told("an_1", until)) == 1
    assert await apply(pricing, told("an_1", until)) == 0
    (frozen,) = await freezes_of(policies, "370102", now)
    assert (frozen.anomaly_id, frozen.frozen_by_person_id) == ("an_1", "pe_supervisor")
    assert "窜货" in frozen.reason
    (event,) = await events_of(pricing, pb.RegionPolicyFrozen, frozen.freeze_id)
    assert event.freeze == frozen
    assert not await freezes_of(policies, "370102", until)

    clock.advance(timedelta(hours=48))
    thawed = await policies.RecordThaw(
        pb.RecordThawRequest(idempotency_key=key(), freeze_id=frozen.freeze_id)
    )
    assert thawed.thawed_at == stamp(until)
    assert thawed.anomaly_id == "an_1"


async def test_what_somebody_thawed_is_not_frozen_again_by_the_same_word(
    pricing: Served, clock: FixedClock
) -> None:
    policies = policy_pb2_grpc.PolicyServiceStub(pricing.as_().channel("pricing"))
    until = clock.now() + timedelta(hours=24)
    await apply(pricing, told("an_2", until, confirmed=False))
    (frozen,) = await freezes_of(policies, "370102", clock.now())
    assert frozen.frozen_by_person_id == "system"
    await policies.ThawRegionPolicy(
        pb.ThawRegionPolicyRequest(idempotency_key=key(), place_code="370102", reason="查清了")
    )
    assert await apply(pricing, told("an_2", until)) == 0
    assert not await freezes_of(policies, "370102", clock.now())
    assert await apply(pricing, told("an_2", until + timedelta(hours=24))) == 1, "longer: anew"
