"""Maintenance visits that fall due: each starts one case, whatever is cut off in between."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from google.protobuf.struct_pb2 import Struct
from temporalio.client import WorkflowHandle

from kit.errors import FailedPrecondition, Unavailable
from protos.cases.v1 import cases_pb2
from protos.workorder.v1 import maintenance_pb2
from tests.workflow.conftest import Office, eventually
from tests.workflow.flows import MEASURE
from workflows.client import TASK_QUEUE
from workflows.client.schedules import SCHEDULES, keep_schedules
from workflows.system.due_visits import DUE_VISITS, DueVisits
from workflows.system.sweep import SWEEP, Sweep


def falls_due(office: Office, visit_id: str, flow_code: str, **inputs: str) -> None:
    """A visit of a customer of its own."""
    given = Struct()
    given.update(inputs)
    office.company.due_visits[visit_id] = maintenance_pb2.DueVisit(
        visit_id=visit_id,
        plan_id="mp_1",
        flow_code=flow_code,
        title=f"保养 {visit_id}",
        customer_id=f"cu_of_{visit_id}",
        adcode="110105",
        inputs=given,
    )


async def begin_round(office: Office, name: str) -> WorkflowHandle[object, int]:
    return await office.temporal.start_workflow(
        DUE_VISITS, DueVisits(), id=f"due_visits:{name}", task_queue=TASK_QUEUE, result_type=int
    )


async def round_of(office: Office, name: str) -> int:
    """One round; the result is how many cases it started."""
    return await (await begin_round(office, name)).result()


async def case_of(office: Office, visit_id: str) -> cases_pb2.Case:
    """The one case of a visit's customer, once the read model knows it."""

    async def look() -> list[cases_pb2.Case]:
        request = cases_pb2.ListCasesRequest(customer_id=f"cu_of_{visit_id}")
        page = await office.caller.call("cases.v1.CaseService/ListCases", request)
        assert isinstance(page, cases_pb2.ListCasesResponse)
        return list(page.cases)

    (case,) = await eventually(look, f"the case of {visit_id} is known")
    return case


async def test_every_visit_that_is_due_becomes_a_case_of_its_flow(office: Office) -> None:
    office.company.people = {"designer": ["pe_li"]}
    flow = await office.publish(MEASURE)
    for visit_id in ("mv_a1", "mv_a2", "mv_a3"):
        falls_due(office, visit_id, flow.flow_code)
    assert await round_of(office, "a") == 3
    for visit_id in ("mv_a1", "mv_a2", "mv_a3"):
        case = await case_of(office, visit_id)
        assert case.case_id == office.company.begun[visit_id]
        assert (case.title, case.started_by_person_id) == (f"保养 {visit_id}", "system")
    assert await round_of(office, "a again") == 0


async def test_many_visits_are_begun_page_by_page(office: Office) -> None:
    office.company.people = {"designer": ["pe_li"]}
    flow = await office.publish(MEASURE)
    for number in range(45):
        falls_due(office, f"mv_b{number:02}", flow.flow_code)
    assert await round_of(office, "b") == 45
    assert len(set(office.company.begun.values())) == 45
    assert office.company.calls["ClaimDueVisits"] == 4


async def test_a_round_that_is_cut_off_before_it_has_told_starts_no_second_case(
    office: Office,
) -> None:
    office.company.people = {"designer": ["pe_li"]}
    flow = await office.publish(MEASURE)
    falls_due(office, "mv_c", flow.flow_code)
    office.company.refuse["RecordVisitStarted"] = Unavailable("DOWN", "not now")
    cut_off = await begin_round(office, "c")
    first = await case_of(office, "mv_c")
    await cut_off.terminate("the machine is gone")
    office.company.refuse.clear()
    assert await round_of(office, "c again") == 1
    assert office.company.begun["mv_c"] == first.case_id
    assert (await case_of(office, "mv_c")).case_id == first.case_id


async def test_a_visit_that_cannot_be_begun_says_why_and_stops_no_other(office: Office) -> None:
    office.company.people = {"designer": ["pe_li"]}
    flow = await office.publish(MEASURE)
    falls_due(office, "mv_d1", "no_such_flow")
    falls_due(office, "mv_d2", flow.flow_code, unheard_of="x")
    falls_due(office, "mv_d3", flow.flow_code)
    assert await round_of(office, "d") == 1
    assert office.company.begun.keys() == {"mv_d3"}
    assert "FLOW_UNKNOWN" in office.company.faults["mv_d1"]
    assert "CASE_FORM_INVALID" in office.company.faults["mv_d2"]


async def test_a_visit_that_the_service_has_settled_stops_no_other(office: Office) -> None:
    office.company.people = {"designer": ["pe_li"]}
    flow = await office.publish(MEASURE)
    for visit_id in ("mv_e1", "mv_e2"):
        falls_due(office, visit_id, flow.flow_code)
    office.company.refuse["RecordVisitStarted"] = FailedPrecondition(
        "MAINTENANCE_VISIT_SETTLED", "it was started as another case"
    )
    assert await round_of(office, "e") == 2


async def test_what_is_over_is_swept_until_nothing_is_left(office: Office) -> None:
    office.company.expiring = [500, 500, 7]
    rounds = await office.temporal.execute_workflow(
        SWEEP,
        Sweep("workorder.v1.AppointmentService/ExpireSlots"),
        id="sweep:test",
        task_queue=TASK_QUEUE,
        result_type=int,
    )
    assert rounds == 3
    assert office.company.expiring == []


@pytest.fixture
async def scheduled(real_office: Office) -> AsyncIterator[Office]:
    """The real server with the product's schedules, which are gone afterwards."""
    async with real_office.worker():
        await keep_schedules(real_office.temporal)
        yield real_office
        for schedule_id in SCHEDULES:
            await real_office.temporal.get_schedule_handle(schedule_id).delete()


async def test_the_schedule_begins_a_round_and_operations_may_pause_it(scheduled: Office) -> None:
    scheduled.company.people = {"designer": ["pe_li"]}
    flow = await scheduled.publish(MEASURE)
    falls_due(scheduled, "mv_s", flow.flow_code)
    schedule = scheduled.temporal.get_schedule_handle("due_visits")
    await schedule.trigger()
    case = await case_of(scheduled, "mv_s")
    assert scheduled.company.due_visits["mv_s"].flow_code == case.flow_code
    await schedule.pause(note="盘点")
    await keep_schedules(scheduled.temporal)
    assert (await schedule.describe()).schedule.state.paused, "a new start leaves it as it is"
