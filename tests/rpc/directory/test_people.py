from typing import TYPE_CHECKING

import pytest

from kit.authn import Actor
from kit.errors import AlreadyExists, InvalidArgument, NotFound, PermissionDenied
from protos.common.v1 import page_pb2
from protos.directory.v1 import directory_pb2 as pb
from protos.directory.v1 import directory_pb2_grpc
from protos.events.v1 import events_pb2
from tests.rpc.conftest import Served

if TYPE_CHECKING:
    from protos.directory.v1.directory_pb2_grpc import DirectoryServiceAsyncStub as Stub


async def put(stub: "Stub", person: pb.Person) -> pb.Person:
    key = f"put {person.person_id} {person.display_name} {person.state}"
    return await stub.PutPerson(pb.PutPersonRequest(idempotency_key=key, person=person))


async def test_a_person_put_can_be_read_and_changed(stub: "Stub") -> None:
    await put(stub, pb.Person(person_id="pe_li", display_name="李师傅", roles=["technician"]))
    changed = await put(
        stub,
        pb.Person(person_id="pe_li", display_name="李大师", roles=["technician", "supervisor"]),
    )
    assert changed.state == pb.PERSON_STATE_ACTIVE
    assert await stub.GetPerson(pb.GetPersonRequest(person_id="pe_li")) == changed


async def test_a_person_without_an_id_is_given_one(stub: "Stub") -> None:
    person = await put(stub, pb.Person(display_name="新人", roles=["sales"]))
    assert person.person_id.startswith("pe_")


async def test_each_change_of_a_person_is_an_event(directory: Served, stub: "Stub") -> None:
    await put(stub, pb.Person(person_id="pe_event", display_name="事件", roles=["ops"]))
    answer = await directory.as_().call(
        "events.v1.EventService/ReadEvents", events_pb2.ReadEventsRequest(limit=1000)
    )
    assert isinstance(answer, events_pb2.ReadEventsResponse)
    event = next(event for event in answer.events if event.aggregate_id == "pe_event")
    payload = pb.PersonPut()
    assert event.payload.Unpack(payload)
    assert (event.aggregate_type, event.acting_person_id) == ("person", "system")
    assert payload.person.display_name == "事件"


async def test_assignees_are_the_active_holders_of_the_role_who_cover_the_place(
    stub: "Stub",
) -> None:
    designers = [
        pb.Person(person_id="pe_d1", display_name="全国", roles=["designer"]),
        pb.Person(person_id="pe_d2", display_name="华北", roles=["designer"],
                  region_adcodes=["CN-NORTH"]),
        pb.Person(person_id="pe_d3", display_name="朝阳", roles=["designer"],
                  region_adcodes=["110105"]),
        pb.Person(person_id="pe_d4", display_name="上海", roles=["designer"],
                  region_adcodes=["310000"]),
        pb.Person(person_id="pe_d5", display_name="离职", roles=["designer"],
                  state=pb.PERSON_STATE_LEFT),
        pb.Person(person_id="pe_d6", display_name="主管", roles=["supervisor"],
                  region_adcodes=["110105"]),
    ]  # fmt: skip
    for designer in designers:
        await put(stub, designer)
    answer = await stub.ResolveAssignees(
        pb.ResolveAssigneesRequest(role="designer", region_adcode="110105")
    )
    assert list(answer.person_ids) == ["pe_d3", "pe_d2", "pe_d1"]


async def test_assignees_can_be_asked_of_one_outlet(stub: "Stub") -> None:
    outlet = pb.Outlet(outlet_id="ou_cy", name="朝阳网点", region_adcodes=["110105"])
    kept = await stub.PutOutlet(pb.PutOutletRequest(idempotency_key="ou_cy", outlet=outlet))
    assert kept.cooperation_mode == "direct"
    await put(stub, pb.Person(person_id="pe_w1", display_name="库管", roles=["warehouse"],
                              outlet_id="ou_cy"))  # fmt: skip
    await put(stub, pb.Person(person_id="pe_w2", display_name="他处", roles=["warehouse"]))
    answer = await stub.ResolveAssignees(
        pb.ResolveAssigneesRequest(role="warehouse", outlet_id="ou_cy")
    )
    assert list(answer.person_ids) == ["pe_w1"]


async def test_people_are_listed_page_by_page(stub: "Stub") -> None:
    for number in range(5):
        await put(stub, pb.Person(person_id=f"pe_a{number}", display_name="代理", roles=["agent"]))
    seen: list[str] = []
    page = page_pb2.PageRequest(page_size=2)
    while True:
        answer = await stub.ListPeople(pb.ListPeopleRequest(role="agent", page=page))
        assert len(answer.people) <= 2
        seen += [person.person_id for person in answer.people]
        if not answer.page.next_page_token:
            break
        page.page_token = answer.page.next_page_token
    assert seen == [f"pe_a{number}" for number in range(5)]


@pytest.mark.parametrize(
    ("person", "reason", "field"),
    [
        (pb.Person(display_name=" "), "PERSON_NAME_MISSING", "person.display_name"),
        (pb.Person(display_name="甲", roles=["king"]), "PERSON_ROLE_UNKNOWN", "person.roles[0]"),
        (
            pb.Person(display_name="甲", region_adcodes=["110105", "nowhere"]),
            "PLACE_UNKNOWN",
            "person.region_adcodes[1]",
        ),
    ],
)
async def test_a_wrong_field_of_a_person_is_named(
    stub: "Stub", person: pb.Person, reason: str, field: str
) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await put(stub, person)
    assert (refusal.value.reason, refusal.value.field) == (reason, field)


async def test_one_wecom_member_is_one_person(stub: "Stub") -> None:
    await put(stub, pb.Person(person_id="pe_x", display_name="甲", wecom_userid="zhangsan"))
    with pytest.raises(AlreadyExists, match="PERSON_WECOM_USERID_TAKEN"):
        await put(stub, pb.Person(person_id="pe_y", display_name="乙", wecom_userid="zhangsan"))


async def test_what_is_not_there_is_not_found(stub: "Stub") -> None:
    with pytest.raises(NotFound, match="PERSON_UNKNOWN"):
        await stub.GetPerson(pb.GetPersonRequest(person_id="pe_nobody"))
    with pytest.raises(NotFound, match="OUTLET_UNKNOWN"):
        await put(stub, pb.Person(display_name="甲", outlet_id="ou_nowhere"))


async def test_only_head_office_changes_people(directory: Served) -> None:
    technician = Actor("pe_li", frozenset({"technician"}))
    stub = directory.stub(directory_pb2_grpc.DirectoryServiceStub, technician)
    request = pb.PutPersonRequest(idempotency_key="mutiny", person=pb.Person(display_name="我"))
    with pytest.raises(PermissionDenied, match="ROLE_REQUIRED"):
        await stub.PutPerson(request)  # type: ignore[misc]  # aio


@pytest.mark.parametrize(
    ("outlet", "reason", "field"),
    [
        (pb.Outlet(name=" "), "OUTLET_NAME_MISSING", "outlet.name"),
        (
            pb.Outlet(name="网点", cooperation_mode="barter"),
            "OUTLET_MODE_UNKNOWN",
            "outlet.cooperation_mode",
        ),
        (
            pb.Outlet(name="网点", region_adcodes=["999999"]),
            "PLACE_UNKNOWN",
            "outlet.region_adcodes[0]",
        ),
    ],
)
async def test_a_wrong_field_of_an_outlet_is_named(
    stub: "Stub", outlet: pb.Outlet, reason: str, field: str
) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await stub.PutOutlet(pb.PutOutletRequest(idempotency_key=reason, outlet=outlet))
    assert (refusal.value.reason, refusal.value.field) == (reason, field)


async def test_outlets_are_listed(stub: "Stub") -> None:
    outlet = pb.Outlet(outlet_id="ou_listed", name="上海网点", cooperation_mode="franchise")
    await stub.PutOutlet(pb.PutOutletRequest(idempotency_key="ou_listed", outlet=outlet))
    listed = await stub.ListOutlets(pb.ListOutletsRequest())
    assert outlet in listed.outlets


async def test_a_region_that_was_merged_is_held_for_what_it_became(stub: "Stub") -> None:
    person = pb.Person(display_name="老", roles=["marketing"], region_adcodes=["330103"])
    person.person_id = "pe_xiacheng"
    await stub.PutPerson(pb.PutPersonRequest(idempotency_key="xiacheng", person=person))
    told = await stub.GetPerson(pb.GetPersonRequest(person_id="pe_xiacheng"))
    assert list(told.region_adcodes) == ["330105"]
    asked = pb.ResolveAssigneesRequest(role="marketing", region_adcode="330105")
    assert list((await stub.ResolveAssignees(asked)).person_ids) == ["pe_xiacheng"]
