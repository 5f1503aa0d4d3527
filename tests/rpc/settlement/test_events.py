"""What an earning's changes tell the rest of the product."""

from typing import TYPE_CHECKING, cast

import pytest

from kit.errors import FailedPrecondition
from protos.events.v1 import events_pb2
from protos.events.v1.events_pb2_grpc import EventServiceStub
from protos.settlement.v1 import settlement_pb2 as pb
from tests.rpc.settlement.conftest import Desk, unique
from tests.rpc.settlement.words import line

if TYPE_CHECKING:
    from protos.events.v1.events_pb2_grpc import EventServiceAsyncStub


async def events_of(desk: Desk, earning_id: str) -> list[events_pb2.DomainEvent]:
    stub = cast("EventServiceAsyncStub", desk.served.stub(EventServiceStub))
    reply = await stub.ReadEvents(events_pb2.ReadEventsRequest(limit=1000))
    return [event for event in reply.events if event.aggregate_id == earning_id]


async def test_every_change_is_an_event_of_its_case(settlement: Desk) -> None:
    case = unique("ca")
    earning = await settlement.promise(case_id=case)
    await settlement.lock(earning.earning_id)
    await settlement.cancel(earning.earning_id)
    await settlement.cancel(earning.earning_id)  # changes nothing, so tells nothing

    events = await events_of(settlement, earning.earning_id)
    assert {(event.aggregate_type, event.case_id) for event in events} == {("earning", case)}
    assert [event.aggregate_sequence for event in events] == [1, 2, 3]
    told = []
    for event in events:
        changed = pb.EarningChanged()
        assert event.payload.Unpack(changed)
        told.append((changed.previous_state, changed.earning.state, changed.earning.revision))
    assert told == [
        (pb.EARNING_STATE_UNSPECIFIED, pb.EARNING_STATE_ESTIMATED, 1),
        (pb.EARNING_STATE_ESTIMATED, pb.EARNING_STATE_LOCKED, 2),
        (pb.EARNING_STATE_LOCKED, pb.EARNING_STATE_CANCELLED, 3),
    ]


async def test_an_event_tells_no_more_than_the_technician_may_know(settlement: Desk) -> None:
    earning = await settlement.promise(
        line("base", 200_00), cooperation_mode="franchise", outlet_id="ou_1"
    )
    (event,) = await events_of(settlement, earning.earning_id)
    changed = pb.EarningChanged()
    assert event.payload.Unpack(changed)
    told = changed.earning
    assert (told.lines, told.total) == (earning.lines, earning.total)
    assert [share.party_kind for share in told.shares] == ["technician"]
    assert (told.HasField("settlement_total"), list(told.changes)) == (False, [])


async def test_a_refused_step_tells_nothing(settlement: Desk) -> None:
    earning = await settlement.promise()
    with pytest.raises(FailedPrecondition):
        await settlement.post(earning.earning_id)
    assert len(await events_of(settlement, earning.earning_id)) == 1
