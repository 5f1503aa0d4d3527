from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from kit.authn import Actor
from kit.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from kit.rpc.convert import instant_to_proto
from protos.directory.v1 import directory_pb2 as pb
from protos.directory.v1 import directory_pb2_grpc
from tests.rpc.conftest import Served
from tests.rpc.directory.conftest import NOW, events_of

if TYPE_CHECKING:
    from protos.directory.v1.directory_pb2_grpc import DirectoryServiceAsyncStub as Stub


async def hire(
    stub: "Stub", *person_ids: str, state: "pb.PersonState.ValueType" = pb.PERSON_STATE_ACTIVE
) -> None:
    for person_id in person_ids:
        person = pb.Person(person_id=person_id, display_name="某人", roles=["sales"], state=state)
        key = f"hire {person_id} {state}"
        await stub.PutPerson(pb.PutPersonRequest(idempotency_key=key, person=person))


def leave(
    person_id: str, to: str = "", reason: str = "合同到期", days_ago: float = 0
) -> pb.LeavePersonRequest:
    return pb.LeavePersonRequest(
        idempotency_key=f"leave {person_id} {to} {reason} {days_ago}",
        person_id=person_id,
        left_at=instant_to_proto(NOW - timedelta(days=days_ago)),
        successor_person_id=to,
        reason=reason,
    )


async def takers(stub: "Stub", *person_ids: str) -> list[str]:
    answer = await stub.ResolveAssignees(pb.ResolveAssigneesRequest(person_ids=person_ids))
    return list(answer.person_ids)


async def test_whoever_leaves_hands_over_and_the_event_says_to_whom(
    directory: Served, stub: "Stub"
) -> None:
    await hire(stub, "pe_old", "pe_new")
    left = await stub.LeavePerson(leave("pe_old", "pe_new", days_ago=1))
    assert left.state == pb.PERSON_STATE_LEFT
    assert left.successor_person_id == "pe_new"
    assert left.left_at == instant_to_proto(NOW - timedelta(days=1))
    assert await stub.GetPerson(pb.GetPersonRequest(person_id="pe_old")) == left
    [event] = await events_of(directory, "pe_old", pb.PersonLeft)
    assert event == pb.PersonLeft(
        person_id="pe_old", left_at=left.left_at, successor_person_id="pe_new", reason="合同到期"
    )
    assert (await events_of(directory, "pe_old", pb.PersonPut))[-1].person == left
    assert await takers(stub, "pe_old") == ["pe_new"]


async def test_without_a_time_they_leave_now_and_without_a_successor_to_nobody(
    stub: "Stub",
) -> None:
    await hire(stub, "pe_brief")
    left = await stub.LeavePerson(
        pb.LeavePersonRequest(idempotency_key="brief", person_id="pe_brief", reason="辞职")
    )
    assert left.left_at == instant_to_proto(NOW)
    assert await takers(stub, "pe_brief") == []


async def test_a_role_is_not_inherited(stub: "Stub") -> None:
    await hire(stub, "pe_seller")
    heir = pb.Person(person_id="pe_cook", display_name="某人", roles=["warehouse"])
    await stub.PutPerson(pb.PutPersonRequest(idempotency_key="cook", person=heir))
    await stub.LeavePerson(leave("pe_seller", "pe_cook"))
    answer = await stub.ResolveAssignees(pb.ResolveAssigneesRequest(role="sales"))
    assert not {"pe_seller", "pe_cook"} & set(answer.person_ids)


async def test_leaving_happens_once(stub: "Stub") -> None:
    await hire(stub, "pe_once", "pe_first", "pe_second")
    request = leave("pe_once", "pe_first")
    assert await stub.LeavePerson(request) == await stub.LeavePerson(request)
    with pytest.raises(FailedPrecondition, match="PERSON_LEFT") as refusal:
        await stub.LeavePerson(leave("pe_once", "pe_second"))
    assert refusal.value.field == "person_id"


async def test_a_successor_is_somebody_who_is_here(stub: "Stub") -> None:
    await hire(stub, "pe_leaver", "pe_away")
    await stub.LeavePerson(leave("pe_away"))
    with pytest.raises(FailedPrecondition, match="PERSON_LEFT") as left:
        await stub.LeavePerson(leave("pe_leaver", "pe_away"))
    assert left.value.field == "successor_person_id"
    with pytest.raises(NotFound, match="PERSON_UNKNOWN") as unknown:
        await stub.LeavePerson(leave("pe_leaver", "pe_nobody"))
    assert unknown.value.field == "successor_person_id"


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (leave("pe_stays", days_ago=-1), "left_at"),
        (leave("pe_stays", "pe_stays"), "successor_person_id"),
        (leave("pe_stays", reason=" "), "reason"),
    ],
)
async def test_a_wrong_field_of_a_leaving_is_named_and_they_stay(
    stub: "Stub", request_: pb.LeavePersonRequest, field: str
) -> None:
    await hire(stub, "pe_stays")
    with pytest.raises(InvalidArgument, match="PERSON_LEAVING_INVALID") as refusal:
        await stub.LeavePerson(request_)
    assert refusal.value.field == field
    assert await takers(stub, "pe_stays") == ["pe_stays"]


async def test_whoever_is_put_as_left_leaves_too(directory: Served, stub: "Stub") -> None:
    await hire(stub, "pe_put")
    await hire(stub, "pe_put", state=pb.PERSON_STATE_LEFT)
    [event] = await events_of(directory, "pe_put", pb.PersonLeft)
    assert (event.successor_person_id, event.left_at) == ("", instant_to_proto(NOW))


async def test_a_change_without_a_state_does_not_bring_anybody_back(stub: "Stub") -> None:
    await hire(stub, "pe_ex", "pe_exs_heir")
    await stub.LeavePerson(leave("pe_ex", "pe_exs_heir"))
    renamed = pb.Person(person_id="pe_ex", display_name="新名")
    put = await stub.PutPerson(pb.PutPersonRequest(idempotency_key="renamed", person=renamed))
    assert (put.state, put.successor_person_id) == (pb.PERSON_STATE_LEFT, "pe_exs_heir")


async def test_whoever_is_put_as_active_again_is_back(stub: "Stub") -> None:
    await hire(stub, "pe_back", "pe_backs_heir")
    await stub.LeavePerson(leave("pe_back", "pe_backs_heir"))
    person = pb.Person(person_id="pe_back", display_name="回来", state=pb.PERSON_STATE_ACTIVE)
    put = await stub.PutPerson(pb.PutPersonRequest(idempotency_key="rehired", person=person))
    assert not put.HasField("left_at")
    assert put.successor_person_id == ""
    assert await takers(stub, "pe_back") == ["pe_back"]


async def test_supervisors_do_not_let_people_go(directory: Served) -> None:
    supervisor = Actor("pe_chen", frozenset({"supervisor"}))
    stub = directory.stub(directory_pb2_grpc.DirectoryServiceStub, supervisor)
    with pytest.raises(PermissionDenied, match="ROLE_REQUIRED"):
        await stub.LeavePerson(leave("pe_victim"))  # type: ignore[misc]  # aio
