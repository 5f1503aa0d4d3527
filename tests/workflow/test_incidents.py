"""Operations resolve what stands still, on Temporal: the effect is single whatever they choose."""

from __future__ import annotations

from typing import Any

import pytest

from kit.errors import FailedPrecondition, ServiceError
from protos.cases.v1 import incidents_pb2
from protos.settlement.v1 import settlement_pb2
from protos.workorder.v1 import workorder_pb2
from tests.workflow.conftest import Office, eventually
from tests.workflow.flows import INSTALL, ORDER
from workflows.activities.messages import request_from_json
from workflows.client import Act, ActReply, StartedCase

CREATE = "workorder.v1.WorkOrderService/CreateWorkOrder"
#: Tried for some seconds only.
HURRIED = ORDER.replace("code: order", "code: hurried_order").replace(
    "rpc: workorder.v1.WorkOrderService/CreateWorkOrder",
    "rpc: workorder.v1.WorkOrderService/CreateWorkOrder\n    retry: {attempts: 2, first: 1s}",
)


@pytest.fixture(autouse=True)
def people(office: Office) -> None:
    office.company.people = {"sales": ["pe_wang"], "supervisor": ["pe_chen"]}
    office.company.technicians = ["pe_tian"]


async def incident_of(office: Office, case: StartedCase, **more: Any) -> incidents_pb2.Incident:
    async def look() -> incidents_pb2.Incident | None:
        request = incidents_pb2.ListIncidentsRequest(case_id=case.case_id, **more)
        reply = await office.caller.call("cases.v1.IncidentService/ListIncidents", request)
        assert isinstance(reply, incidents_pb2.ListIncidentsResponse)
        return next(iter(reply.incidents), None)

    return await eventually(look, "an incident")


async def resolve(
    office: Office, incident: incidents_pb2.Incident, verb: str, key: str = "", **more: Any
) -> ActReply:
    act = Act(
        act_key=key or f"ops-{verb}-{incident.raised_at.nanos}",
        verb=verb,
        person="pe_ops",
        roles=("ops",),
        incident_id=incident.incident_id,
        comment="查过了",
        **more,
    )
    return await office.send(incident.workflow_id, act)


def refuse(office: Office) -> None:
    office.company.refuse["CreateWorkOrder"] = FailedPrecondition("WORK_ORDER_ODD", "no")


def key_of(case: StartedCase) -> str:
    return f"{case.workflow_id}/work_order/1"


async def make_late(office: Office, case: StartedCase, title: str) -> workorder_pb2.WorkOrder:
    """The case's own first call, come late over a slow network."""
    plain = {
        "idempotency_key": key_of(case),
        "case_id": case.case_id,
        "stage": "install",
        "title": title,
        "customer_id": "cu_1",
        "address_id": "ad_1",
        "place": {"adcode": "110105"},
        "lines": [{"item_code": "AC", "name": "安装", "quantity": 1}],
    }
    reply = await office.caller.call(CREATE, request_from_json(CREATE, plain))
    assert isinstance(reply, workorder_pb2.WorkOrder)
    return reply


async def test_a_case_goes_on_when_operations_try_again(office: Office) -> None:
    refuse(office)
    case = await office.start(ORDER, label="空调")
    incident = await incident_of(office, case)
    assert (incident.reason, list(incident.verbs)) == ("WORK_ORDER_ODD", ["retry", "skip", "move"])
    office.company.refuse.clear()
    assert (await resolve(office, incident, "retry")).applied
    await office.task_of("pe_chen", case)
    assert office.company.calls["CreateWorkOrder"] == 1
    resolved = await incident_of(office, case, resolved=True)
    assert (resolved.resolved_by_person_id, resolved.resolved_with_verb) == ("pe_ops", "retry")
    # The same act once more is the same act.
    assert (await resolve(office, incident, "retry")).applied


async def test_after_another_request_the_first_one_comes_too_late(office: Office) -> None:
    refuse(office)
    case = await office.start(ORDER, label="空调")
    incident = await incident_of(office, case)
    office.company.refuse.clear()
    form = {
        "case_id": case.case_id,
        "stage": "install",
        "title": "改过",
        "customer_id": "cu_1",
        "address_id": "ad_1",
        "place": {"adcode": "110105"},
        "lines": [{"item_code": "AC", "name": "安装", "quantity": 1}],
    }
    assert (await resolve(office, incident, "retry", form=form)).applied
    await office.task_of("pe_chen", case)
    with pytest.raises(ServiceError) as late:
        await make_late(office, case, "空调")
    assert late.value.reason == "IDEMPOTENCY_KEY_CLOSED"
    assert office.company.calls["CreateWorkOrder"] == 1


async def test_a_request_that_was_applied_after_all_is_found_and_no_other_made(
    office: Office,
) -> None:
    office.company.down = {"workorder"}
    case = await office.start(HURRIED, label="空调")
    incident = await incident_of(office, case)
    assert incident.reason == "RPC_GAVE_UP"
    office.company.down = set()
    await make_late(office, case, "空调")
    assert (await resolve(office, incident, "retry", form={"title": "改过"})).applied
    await office.task_of("pe_chen", case)
    assert office.company.calls["CreateWorkOrder"] == 1


async def test_what_was_given_up_and_applied_after_all_is_undone_when_the_case_is_cancelled(
    office: Office,
) -> None:
    office.company.down = {"workorder"}
    case = await office.start(HURRIED, label="空调")
    await incident_of(office, case)
    office.company.down = set()
    await make_late(office, case, "空调")
    cancel = Act(act_key="cancel", verb="cancel", person="pe_chen", roles=("supervisor",))
    assert (await office.send(case.workflow_id, cancel)).applied
    assert await office.outcome(case) == "cancelled"
    assert office.company.undone == ["CancelWorkOrder"]


async def test_a_call_that_is_withdrawn_before_its_service_has_seen_it_is_never_applied(
    office: Office,
) -> None:
    refuse(office)
    case = await office.start(HURRIED, label="空调")
    incident = await incident_of(office, case)
    assert (await resolve(office, incident, "move", to="done")).applied
    assert await office.outcome(case) == "completed"
    assert office.company.undone == []


async def test_a_field_work_that_cannot_take_an_answer_goes_on_when_operations_say_so(
    office: Office,
) -> None:
    case = await office.start(INSTALL)
    odd = f"er_wo_{case.case_id}_pe_tian"
    office.company.earnings[odd] = settlement_pb2.Earning(
        earning_id=odd, technician_id="pe_tian", state=settlement_pb2.EARNING_STATE_ESTIMATED
    )
    task = await office.task_of("pe_wang", case)
    await office.act(task, "complete", "pe_wang", form={"units": 1})
    incident = await incident_of(office, case)
    assert incident.workflow_id.startswith("field_work:")
    assert (incident.trouble, list(incident.verbs)) == ("defect", ["retry", "skip"])
    assert (await resolve(office, incident, "skip")).applied
    # It counts as refused: the field work fails, and its case stands for operations to see.
    of_case = await office.case_in(case, "CASE_STATE_INCIDENT")
    assert of_case.incident


async def test_another_worker_takes_up_a_case_that_stands_still(real_office: Office) -> None:
    office = real_office
    office.company.people = {"supervisor": ["pe_chen"]}
    refuse(office)
    async with office.worker():
        case = await office.start(ORDER, label="空调")
        incident = await incident_of(office, case)
    office.company.refuse.clear()
    async with office.worker():
        assert (await resolve(office, incident, "retry", form={"title": "改过"})).applied
    async with office.worker():
        task = await office.task_of("pe_chen", case)
        assert (await office.act(task, "approve", "pe_chen", form={"note": "good"})).applied
        assert await office.outcome(case) == "completed"
    assert office.company.calls["CreateWorkOrder"] == 1


async def test_operations_hear_once_of_what_many_cases_stand_still_for(office: Office) -> None:
    office.company.people["ops"] = ["pe_ops"]
    refuse(office)
    cases = [await office.start(ORDER, label=f"{number}") for number in range(3)]
    for case in cases:
        await incident_of(office, case)

    async def told() -> bool:
        return office.company.messages_to("pe_ops", "incident_raised") != []

    await eventually(told, "operations are told")
    for case in cases:
        await office.settled(case)
    (message,) = office.company.messages_to("pe_ops", "incident_raised")
    assert "WORK_ORDER_ODD" in message.variables["reason"]
    assert message.case_id in {case.case_id for case in cases}
