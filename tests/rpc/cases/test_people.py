"""What a case lets whom do, who was copied to, for whom it waited, and hand-overs, over the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kit.authn import Actor
from kit.errors import InvalidArgument, NotFound, PermissionDenied
from protos.cases.v1 import cases_pb2
from tests.rpc.cases.telling import CLERK, NOW, TECHNICIAN, act, case, cases_for, record, task
from tests.rpc.conftest import Served

if TYPE_CHECKING:
    from protos.cases.v1.cases_pb2_grpc import CaseServiceAsyncStub

SUPERVISOR = Actor("pe_zhu", frozenset({"supervisor"}))


def allowed(
    *verbs: str, to: tuple[str, ...] = (), roles: tuple[str, ...] = (), anybody: bool = False
) -> cases_pb2.Allowance:
    return cases_pb2.Allowance(verbs=verbs, person_ids=to, roles=roles, anybody=anybody)


def a_copy(key: str, *people: str) -> cases_pb2.Act:
    copied = act(key)
    copied.verb = "copy_to"
    copied.named_person_ids.extend(people)
    return copied


def after_waiting(key: str, seconds: int, party: str, *people: str) -> cases_pb2.Act:
    done = act(key)
    done.waited.CopyFrom(cases_pb2.Waited(party=party, person_ids=people, working_seconds=seconds))
    done.waited.since.FromDatetime(NOW)
    done.waited.until.FromDatetime(NOW)
    return done


async def test_everybody_sees_the_verbs_that_are_open_to_them(
    system: CaseServiceAsyncStub, served: Served
) -> None:
    open_task = task("a/1", "pe_sun")
    open_task.allowances.extend(
        [
            allowed("claim", "complete", to=("pe_sun",)),
            allowed("transfer", "skip", roles=("supervisor",)),
            allowed("urge", "comment", anybody=True),
        ]
    )
    told = case("ca_verbs", 1, open_task)
    told.allowances.append(allowed("cancel", to=("pe_wang",), roles=("supervisor",)))
    await record(system, told)
    request = cases_pb2.GetCaseRequest(case_id="ca_verbs")
    mine = await cases_for(served, CLERK).GetCase(request)
    assert list(mine.user_tasks[0].my_verbs) == ["claim", "complete", "urge", "comment"]
    assert list(mine.my_verbs) == []
    managed = await cases_for(served, SUPERVISOR).GetCase(request)
    assert list(managed.user_tasks[0].my_verbs) == ["transfer", "skip", "urge", "comment"]
    assert list(managed.my_verbs) == ["cancel"]
    listed = await cases_for(served, CLERK).ListUserTasks(
        cases_pb2.ListUserTasksRequest(person_id="pe_sun", case_id="ca_verbs")
    )
    assert list(listed.user_tasks[0].my_verbs) == ["claim", "complete", "urge", "comment"]


async def test_a_field_works_task_is_open_to_its_technician_alone(
    system: CaseServiceAsyncStub, served: Served
) -> None:
    await record(system, case("ca_offer", 1, task("offer/1", "pe_tian")))
    request = cases_pb2.GetCaseRequest(case_id="ca_offer")
    theirs = await cases_for(served, TECHNICIAN).GetCase(request)
    assert list(theirs.user_tasks[0].my_verbs) == ["claim", "complete"]
    seen = await cases_for(served, CLERK).GetCase(request)
    assert list(seen.user_tasks[0].my_verbs) == []


async def test_who_signs_stands_in_and_pauses_comes_back_as_it_was_told(
    system: CaseServiceAsyncStub,
) -> None:
    told = task("a/1", "pe_b")
    told.signers.add(person_id="pe_a", votes=2, in_favour=True, by_rule="when_applicant")
    told.signers[0].signed_at.FromDatetime(NOW)
    told.signers.add(person_id="pe_b", votes=1, added_by_person_id="pe_a")
    told.substitutions.add(person_id="pe_b", on_behalf_of_person_id="pe_c")
    told.delegations.add(person_id="pe_x", delegated_by_person_id="pe_b")
    told.votes_needed = 2
    told.pause.reason, told.pause.title = "parts", "等备件"
    told.pause.paused_at.FromDatetime(NOW)
    await record(system, case("ca_signed", 1, told))
    (kept,) = (await system.GetCase(cases_pb2.GetCaseRequest(case_id="ca_signed"))).user_tasks
    for name in ("signers", "substitutions", "delegations", "votes_needed", "pause"):
        assert getattr(kept, name) == getattr(told, name)


async def test_who_was_copied_to_may_read_the_case_and_finds_it_in_a_list(
    system: CaseServiceAsyncStub, served: Served
) -> None:
    await record(system, case("ca_copied", 1), a_copy("k1", "pe_tian", "pe_x"))
    await record(system, case("ca_copied", 2), a_copy("k2", "pe_x", "pe_y"))
    technician = cases_for(served, TECHNICIAN)
    found = await technician.GetCase(cases_pb2.GetCaseRequest(case_id="ca_copied"))
    assert list(found.copied_to_person_ids) == ["pe_tian", "pe_x", "pe_y"]
    assert not found.data.fields
    listed = await technician.ListCases(
        cases_pb2.ListCasesRequest(
            person_id="pe_tian", involvement=cases_pb2.CASE_INVOLVEMENT_COPIED
        )
    )
    assert [each.case_id for each in listed.cases] == ["ca_copied"]


@pytest.mark.parametrize(
    ("involvement", "case_ids"),
    [
        (cases_pb2.CASE_INVOLVEMENT_STARTED, ["ca_theirs"]),
        (cases_pb2.CASE_INVOLVEMENT_ACTED, ["ca_done"]),
        (cases_pb2.CASE_INVOLVEMENT_COPIED, []),
    ],
)
async def test_a_person_lists_what_they_started_and_what_they_did(
    system: CaseServiceAsyncStub,
    served: Served,
    involvement: cases_pb2.CaseInvolvement.ValueType,
    case_ids: list[str],
) -> None:
    me = Actor("pe_me", frozenset({"technician"}))
    theirs, done = case("ca_theirs"), act("k1")
    theirs.started_by_person_id = done.acting_person_id = "pe_me"
    await record(system, theirs)
    await record(system, case("ca_done"), done)
    request = cases_pb2.ListCasesRequest(person_id="pe_me", involvement=involvement)
    listed = await cases_for(served, me).ListCases(request)
    assert [each.case_id for each in listed.cases] == case_ids


async def test_others_cases_are_the_offices_to_list(served: Served) -> None:
    request = cases_pb2.ListCasesRequest(
        person_id="pe_sun", involvement=cases_pb2.CASE_INVOLVEMENT_ACTED
    )
    with pytest.raises(PermissionDenied):
        await cases_for(served, TECHNICIAN).ListCases(request)
    await cases_for(served, SUPERVISOR).ListCases(request)
    with pytest.raises(InvalidArgument) as refused:
        await cases_for(served, CLERK).ListCases(cases_pb2.ListCasesRequest(person_id="pe_sun"))
    assert refused.value.reason == "CASE_INVOLVEMENT_MISSING"


async def test_ones_own_act_is_found_by_its_key_and_nobody_elses(
    system: CaseServiceAsyncStub, served: Served
) -> None:
    await record(system, case("ca_act"), act("k1", "好"))
    request = cases_pb2.GetActRequest(case_id="ca_act", act_key="k1")
    li = Actor("pe_li", frozenset({"designer"}))
    assert (await cases_for(served, li).GetAct(request)).comment == "好"
    with pytest.raises(NotFound) as refused:
        await cases_for(served, CLERK).GetAct(request)
    assert refused.value.reason == "ACT_UNKNOWN"


async def test_waiting_is_summed_up_for_each_party(system: CaseServiceAsyncStub) -> None:
    await record(
        system,
        case("ca_waited"),
        after_waiting("k1", 60, "designer", "pe_li"),
        after_waiting("k2", 30, "warehouse"),
        after_waiting("k3", 40, "designer", "pe_li"),
        after_waiting("k4", 5, "", "pe_a", "pe_b"),
    )
    found = await system.GetCase(cases_pb2.GetCaseRequest(case_id="ca_waited"))
    assert {each.party: each.working_seconds for each in found.waiting_charges} == {
        "designer": 100,
        "warehouse": 30,
        "pe_a": 5,
        "pe_b": 5,
    }


async def test_a_hand_over_is_kept_as_it_was_last_told(
    system: CaseServiceAsyncStub, served: Served
) -> None:
    hand_over = cases_pb2.HandOver(
        hand_over_id="ho_1", from_person_id="pe_li", to_person_id="pe_sun"
    )
    hand_over.started_at.FromDatetime(NOW)
    for count in (0, 3):
        hand_over.handed_over_count = count
        await system.RecordHandOver(
            cases_pb2.RecordHandOverRequest(idempotency_key=f"ho_1/{count}", hand_over=hand_over)
        )
    request = cases_pb2.GetHandOverRequest(hand_over_id="ho_1")
    kept = await cases_for(served, SUPERVISOR).GetHandOver(request)
    assert (kept.handed_over_count, kept.to_person_id) == (3, "pe_sun")
    assert not kept.HasField("ended_at")
    with pytest.raises(PermissionDenied):
        await cases_for(served, TECHNICIAN).GetHandOver(request)
    with pytest.raises(PermissionDenied) as refused:
        await cases_for(served, SUPERVISOR).RecordHandOver(
            cases_pb2.RecordHandOverRequest(idempotency_key="forged", hand_over=hand_over)
        )
    assert refused.value.reason == "HAND_OVER_FORBIDDEN"
