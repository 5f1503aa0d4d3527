import asyncio
from typing import TYPE_CHECKING

import pytest

from kit.authn import Actor
from kit.errors import InvalidArgument, NotFound, PermissionDenied
from protos.common.v1 import page_pb2
from protos.directory.v1 import directory_pb2 as pb
from protos.directory.v1 import directory_pb2_grpc
from tests.rpc.conftest import Served
from tests.rpc.directory.conftest import events_of

if TYPE_CHECKING:
    from protos.directory.v1.directory_pb2_grpc import DirectoryServiceAsyncStub as Stub


async def put_person(
    stub: "Stub", person_id: str, *departments: str, leader: str = ""
) -> pb.Person:
    person = pb.Person(
        person_id=person_id,
        display_name="某人",
        department_ids=departments,
        leader_person_id=leader,
    )
    return await stub.PutPerson(pb.PutPersonRequest(idempotency_key=str(person), person=person))


async def put(
    stub: "Stub", department_id: str, parent: str = "", leader: str = "", name: str = "部门"
) -> pb.Department:
    department = pb.Department(
        department_id=department_id, name=name, parent_id=parent, leader_person_id=leader
    )
    request = pb.PutDepartmentRequest(idempotency_key=str(department), department=department)
    return await stub.PutDepartment(request)


async def leader_of(stub: "Stub", person_id: str, levels: int = 0) -> list[str]:
    answer = await stub.ResolveAssignees(
        pb.ResolveAssigneesRequest(leader_of_person_id=person_id, levels=levels)
    )
    return list(answer.person_ids)


async def test_the_leader_of_a_person_follows_the_organisation(stub: "Stub") -> None:
    await put(stub, "dp_company")
    await put(stub, "dp_service", "dp_company")
    await put(stub, "dp_install", "dp_service")
    await put_person(stub, "pe_boss", "dp_company")
    await put_person(stub, "pe_chief", "dp_service")
    await put_person(stub, "pe_fitter", "dp_install", "dp_company")
    await put(stub, "dp_company", leader="pe_boss")
    await put(stub, "dp_service", "dp_company", "pe_chief")
    assert await leader_of(stub, "pe_fitter") == ["pe_chief"]
    assert await leader_of(stub, "pe_fitter", 2) == ["pe_boss"]
    assert await leader_of(stub, "pe_fitter", 9) == ["pe_boss"]
    assert await leader_of(stub, "pe_chief") == ["pe_boss"]
    assert await leader_of(stub, "pe_boss") == []
    assert await leader_of(stub, "pe_nobody") == []


async def test_a_department_without_an_id_is_given_one_and_each_change_is_an_event(
    directory: Served, stub: "Stub"
) -> None:
    made = await put(stub, "", name="新部门")
    assert made.department_id.startswith("dp_")
    [event] = await events_of(directory, made.department_id, pb.DepartmentPut)
    assert event.department == made


async def test_departments_are_listed_page_by_page(stub: "Stub") -> None:
    for number in range(3):
        await put(stub, f"dp_00{number}")
    page = page_pb2.PageRequest(page_size=2)
    first = await stub.ListDepartments(pb.ListDepartmentsRequest(page=page))
    assert [department.department_id for department in first.departments] == ["dp_000", "dp_001"]
    page.page_token = first.page.next_page_token
    second = await stub.ListDepartments(pb.ListDepartmentsRequest(page=page))
    assert second.departments[0].department_id == "dp_002"


async def test_people_are_listed_by_department(stub: "Stub") -> None:
    await put(stub, "dp_listed")
    await put_person(stub, "pe_in", "dp_listed")
    await put_person(stub, "pe_out")
    listed = await stub.ListPeople(pb.ListPeopleRequest(department_id="dp_listed"))
    assert [person.person_id for person in listed.people] == ["pe_in"]
    assert list(listed.people[0].department_ids) == ["dp_listed"]


async def test_a_department_never_comes_to_be_below_itself(stub: "Stub") -> None:
    await put(stub, "dp_upper")
    await put(stub, "dp_lower", "dp_upper")
    for parent in ("dp_lower", "dp_upper"):
        with pytest.raises(InvalidArgument, match="DEPARTMENT_LOOP") as refusal:
            await put(stub, "dp_upper", parent)
        assert refusal.value.field == "department.parent_id"


async def test_of_two_halves_of_a_loop_put_at_once_one_is_refused(stub: "Stub") -> None:
    await put(stub, "dp_left")
    await put(stub, "dp_right")
    done = await asyncio.gather(
        put(stub, "dp_left", "dp_right"), put(stub, "dp_right", "dp_left"), return_exceptions=True
    )
    [refusal] = [answer for answer in done if isinstance(answer, BaseException)]
    assert isinstance(refusal, InvalidArgument)
    assert refusal.reason == "DEPARTMENT_LOOP"


async def test_nobody_comes_to_lead_themselves(stub: "Stub") -> None:
    await put_person(stub, "pe_up")
    await put_person(stub, "pe_down", leader="pe_up")
    for leader in ("pe_down", "pe_up"):
        with pytest.raises(InvalidArgument, match="PERSON_LEADER_LOOP") as refusal:
            await put_person(stub, "pe_up", leader=leader)
        assert refusal.value.field == "person.leader_person_id"


async def test_what_a_department_or_person_names_must_exist(stub: "Stub") -> None:
    with pytest.raises(NotFound, match="DEPARTMENT_UNKNOWN") as refusal:
        await put(stub, "dp_lost", "dp_nowhere")
    assert refusal.value.field == "department.parent_id"
    with pytest.raises(NotFound, match="PERSON_UNKNOWN") as refusal:
        await put(stub, "dp_lost", leader="pe_nobody")
    assert refusal.value.field == "department.leader_person_id"
    with pytest.raises(NotFound, match="PERSON_UNKNOWN") as refusal:
        await put_person(stub, "pe_lost", leader="pe_nobody")
    assert refusal.value.field == "person.leader_person_id"
    await put(stub, "dp_found")
    with pytest.raises(NotFound, match="DEPARTMENT_UNKNOWN") as refusal:
        await put_person(stub, "pe_lost", "dp_found", "dp_nowhere")
    assert refusal.value.field == "person.department_ids[1]"


async def test_only_head_office_changes_the_organisation(directory: Served) -> None:
    supervisor = Actor("pe_chen", frozenset({"supervisor"}))
    stub = directory.stub(directory_pb2_grpc.DirectoryServiceStub, supervisor)
    await stub.ListDepartments(pb.ListDepartmentsRequest())  # type: ignore[misc]  # aio
    with pytest.raises(PermissionDenied, match="ROLE_REQUIRED"):
        await put(stub, "dp_mine")  # type: ignore[arg-type]  # aio
