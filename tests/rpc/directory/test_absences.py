import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from kit.authn import Actor
from kit.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
)
from kit.rpc.convert import instant_to_proto
from protos.directory.v1 import directory_pb2 as pb
from protos.directory.v1 import directory_pb2_grpc
from tests.rpc.conftest import Served
from tests.rpc.directory.conftest import NOW, events_of

if TYPE_CHECKING:
    from protos.directory.v1.directory_pb2_grpc import DirectoryServiceAsyncStub as Stub


@pytest.fixture(autouse=True, scope="module")
async def people(stub: "Stub") -> None:
    for person_id in ("pe_wang", "pe_li", "pe_sun", "pe_gone"):
        person = pb.Person(person_id=person_id, display_name="某人", roles=["sales"])
        await stub.PutPerson(pb.PutPersonRequest(idempotency_key=person_id, person=person))
    gone = pb.LeavePersonRequest(idempotency_key="gone", person_id="pe_gone", reason="离职")
    await stub.LeavePerson(gone)


def absence(
    person_id: str,
    first: float = 0,
    last: float | None = 1,
    *,
    proxy: str = "",
    absence_id: str = "",
    reason: str = "年假",
) -> pb.PutAbsenceRequest:
    declared = pb.Absence(
        absence_id=absence_id,
        person_id=person_id,
        starts_at=instant_to_proto(NOW + timedelta(days=first)),
        ends_at=None if last is None else instant_to_proto(NOW + timedelta(days=last)),
        proxy_person_id=proxy,
        reason=reason,
    )
    return pb.PutAbsenceRequest(idempotency_key=f"absence {declared}", absence=declared)


async def cancel(stub: "Stub", declared: pb.Absence) -> pb.Absence:
    key = f"cancel {declared.absence_id}"
    return await stub.CancelAbsence(
        pb.CancelAbsenceRequest(idempotency_key=key, absence_id=declared.absence_id)
    )


def acting(directory: Served, person_id: str, *roles: str) -> "Stub":
    actor = Actor(person_id, frozenset(roles))
    return directory.stub(directory_pb2_grpc.DirectoryServiceStub, actor)  # type: ignore[return-value]  # aio


async def test_a_proxy_takes_the_tasks_until_the_absence_is_cancelled(
    directory: Served, stub: "Stub"
) -> None:
    declared = await stub.PutAbsence(absence("pe_wang", -1, 5, proxy="pe_li"))
    assert declared.absence_id.startswith("ab_")
    asked = pb.ResolveAssigneesRequest(person_ids=["pe_wang", "pe_sun"])
    answer = await stub.ResolveAssignees(asked)
    assert list(answer.person_ids) == ["pe_li", "pe_sun"]
    assert list(answer.substitutions) == [
        pb.Substitution(person_id="pe_li", on_behalf_of_person_id="pe_wang")
    ]
    cancelled = await cancel(stub, declared)
    assert cancelled.cancelled_at == instant_to_proto(NOW)
    answer = await stub.ResolveAssignees(asked)
    assert list(answer.person_ids) == ["pe_wang", "pe_sun"]
    assert list(answer.substitutions) == []
    [put] = await events_of(directory, declared.absence_id, pb.AbsencePut)
    assert put.absence == declared
    [off] = await events_of(directory, declared.absence_id, pb.AbsenceCancelled)
    assert off.absence == cancelled


async def test_a_role_is_played_by_proxies_too_and_nobody_is_named_twice(stub: "Stub") -> None:
    declared = await stub.PutAbsence(absence("pe_wang", 0, 1, proxy="pe_li"))
    answer = await stub.ResolveAssignees(pb.ResolveAssigneesRequest(role="sales"))
    assert list(answer.person_ids) == ["pe_li", "pe_sun"]
    assert [stand_in.on_behalf_of_person_id for stand_in in answer.substitutions] == ["pe_wang"]
    asked = pb.ResolveAssigneesRequest(role="sales", exclude_person_ids=["pe_li"])
    answer = await stub.ResolveAssignees(asked)
    assert list(answer.person_ids) == ["pe_sun", "pe_wang"]
    await cancel(stub, declared)


async def test_an_absence_to_come_changes_nothing_yet(stub: "Stub") -> None:
    declared = await stub.PutAbsence(absence("pe_wang", 1, 2, proxy="pe_li"))
    answer = await stub.ResolveAssignees(pb.ResolveAssigneesRequest(person_ids=["pe_wang"]))
    assert list(answer.person_ids) == ["pe_wang"]
    await cancel(stub, declared)


async def test_an_absence_is_listed_until_it_is_past(stub: "Stub") -> None:
    declared = await stub.PutAbsence(absence("pe_sun", 3, None))
    mine = pb.ListAbsencesRequest(person_id="pe_sun")
    assert list((await stub.ListAbsences(mine)).absences) == [declared]
    cancelled = await cancel(stub, declared)
    assert list((await stub.ListAbsences(mine)).absences) == []
    mine.include_past = True
    assert list((await stub.ListAbsences(mine)).absences) == [cancelled]


async def test_without_times_the_absence_is_from_now_until_further_notice(stub: "Stub") -> None:
    sick = pb.Absence(person_id="pe_sun", reason="病假")
    declared = await stub.PutAbsence(pb.PutAbsenceRequest(idempotency_key="sick", absence=sick))
    assert declared.starts_at == instant_to_proto(NOW)
    assert not declared.HasField("ends_at")
    await cancel(stub, declared)


async def test_an_absence_can_be_made_longer_by_its_id(stub: "Stub") -> None:
    declared = await stub.PutAbsence(absence("pe_li", 10, 11, absence_id="ab_leave"))
    longer = await stub.PutAbsence(absence("pe_li", 10, 13, absence_id="ab_leave"))
    assert (longer.absence_id, declared.absence_id) == ("ab_leave", "ab_leave")
    assert longer.ends_at == instant_to_proto(NOW + timedelta(days=13))
    with pytest.raises(InvalidArgument, match="ABSENCE_INVALID") as refusal:
        await stub.PutAbsence(absence("pe_sun", 10, 13, absence_id="ab_leave"))
    assert refusal.value.field == "absence.absence_id"


async def test_nobody_is_absent_twice_at_a_time_even_in_the_past(stub: "Stub") -> None:
    declared = await stub.PutAbsence(absence("pe_li", -3, 3))
    for first, last in ((2, 4), (-5, 1), (-1, None)):
        with pytest.raises(AlreadyExists, match="ABSENCE_OVERLAPS") as refusal:
            await stub.PutAbsence(absence("pe_li", first, last))
        assert refusal.value.field == "absence.starts_at"
    await cancel(stub, declared)


async def test_of_two_absences_declared_at_once_one_is_refused(stub: "Stub") -> None:
    done = await asyncio.gather(
        *(stub.PutAbsence(absence("pe_li", 50 + day, 52 + day)) for day in range(2)),
        return_exceptions=True,
    )
    [refusal] = [answer for answer in done if isinstance(answer, BaseException)]
    assert isinstance(refusal, AlreadyExists)
    assert refusal.reason == "ABSENCE_OVERLAPS"


async def test_what_is_over_is_neither_changed_nor_cancelled(stub: "Stub") -> None:
    declared = await stub.PutAbsence(absence("pe_sun", 20, 21, absence_id="ab_off"))
    await cancel(stub, declared)
    with pytest.raises(FailedPrecondition, match="ABSENCE_OVER"):
        await stub.PutAbsence(absence("pe_sun", 20, 22, absence_id="ab_off"))
    again = pb.CancelAbsenceRequest(idempotency_key="cancel again", absence_id="ab_off")
    with pytest.raises(FailedPrecondition, match="ABSENCE_OVER"):
        await stub.CancelAbsence(again)
    again = pb.CancelAbsenceRequest(idempotency_key="cancel nothing", absence_id="ab_none")
    with pytest.raises(NotFound, match="ABSENCE_UNKNOWN"):
        await stub.CancelAbsence(again)


@pytest.mark.parametrize(
    ("request_", "reason", "field"),
    [
        (absence("pe_nobody"), "PERSON_UNKNOWN", "absence.person_id"),
        (absence("pe_gone"), "PERSON_LEFT", "absence.person_id"),
        (absence("pe_wang", proxy="pe_nobody"), "PERSON_UNKNOWN", "absence.proxy_person_id"),
        (absence("pe_wang", proxy="pe_gone"), "PERSON_LEFT", "absence.proxy_person_id"),
        (absence("pe_wang", proxy="pe_wang"), "ABSENCE_INVALID", "absence.proxy_person_id"),
        (absence("pe_wang", 2, 1), "ABSENCE_INVALID", "absence.ends_at"),
    ],
)
async def test_a_wrong_field_of_an_absence_is_named(
    stub: "Stub", request_: pb.PutAbsenceRequest, reason: str, field: str
) -> None:
    with pytest.raises((InvalidArgument, NotFound, FailedPrecondition)) as refusal:
        await stub.PutAbsence(request_)
    assert (refusal.value.reason, refusal.value.field) == (reason, field)


async def test_people_declare_and_cancel_their_own_absences(directory: Served) -> None:
    wang = acting(directory, "pe_wang", "sales")
    declared = await wang.PutAbsence(absence("pe_wang", 30, 31))
    with pytest.raises(PermissionDenied, match="ABSENCE_NOT_YOURS"):
        await cancel(acting(directory, "pe_li", "sales"), declared)
    await cancel(wang, declared)


async def test_only_supervisors_declare_others_absent(directory: Served) -> None:
    with pytest.raises(PermissionDenied, match="ABSENCE_NOT_YOURS"):
        await acting(directory, "pe_li", "sales").PutAbsence(absence("pe_wang", 40, 41))
    chen = acting(directory, "pe_chen", "supervisor")
    assert (await chen.PutAbsence(absence("pe_wang", 40, 41))).person_id == "pe_wang"
