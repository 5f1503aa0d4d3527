"""Calls that a service does not answer: made again for as long as it takes, and seen meanwhile."""

from __future__ import annotations

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from protos.cases.v1 import incidents_pb2
from tests.workflow.conftest import Office, eventually
from tests.workflow.flows import INSTALL, LOOK_UPS
from workflows.client import StartedCase
from workflows.worker import WORKFLOWS

QUOTE = "pricing.v1.PricingService/Quote"
LOOK_UP = "directory.v1.DirectoryService/ResolveAssignees"
ACCEPT = "workorder.v1.WorkOrderService/AcceptOffer"


@pytest.fixture(autouse=True)
def people(office: Office) -> None:
    office.company.people = {"sales": ["pe_wang"]}
    office.company.technicians = ["pe_tian"]


async def retried(office: Office, case: StartedCase) -> list[incidents_pb2.RetriedCall]:
    request = incidents_pb2.ListRetriedCallsRequest(case_id=case.case_id)
    page = await office.caller.call("cases.v1.IncidentService/ListRetriedCalls", request)
    assert isinstance(page, incidents_pb2.ListRetriedCallsResponse)
    return list(page.retried_calls)


async def seen_retrying(
    office: Office, case: StartedCase, attempts: int = 1
) -> incidents_pb2.RetriedCall:
    """The one call of a case that is made again, once operations see so many attempts."""

    async def look() -> incidents_pb2.RetriedCall | None:
        await office.pass_time(seconds=10)
        calls = await retried(office, case)
        return calls[0] if calls and calls[0].attempt_count >= attempts else None

    return await eventually(look, "operations see the call")


async def not_retrying(office: Office, case: StartedCase) -> None:
    async def look() -> bool:
        await office.pass_time(seconds=10)
        return not await retried(office, case)

    await eventually(look, "nothing is made again any more")


async def replays(office: Office, workflow_id: str) -> None:
    """A worker without a cache takes the case up."""
    handle = office.temporal.get_workflow_handle(workflow_id)
    history: WorkflowHistory = await handle.fetch_history()
    replayer = Replayer(
        workflows=WORKFLOWS,
        data_converter=office.temporal.data_converter,
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    await replayer.replay_workflow(history)


async def test_a_planned_call_that_is_made_again_is_seen_with_its_last_error_until_it_ends(
    office: Office,
) -> None:
    case = await office.start(INSTALL)
    task = await office.task_of("pe_wang", case)
    office.company.down = {"pricing"}
    await office.act(task, "complete", "pe_wang", form={"units": 1})
    call = await seen_retrying(office, case)
    assert (call.rpc, call.reason, call.message) == (
        QUOTE,
        "SERVICE_UNAVAILABLE",
        "pricing is down",
    )
    assert (call.node, call.workflow_id) == ("quote", case.workflow_id)
    assert call.attempt_count in (2, 4, 8)
    seen = await office.case(case)
    assert any("仍在重试" in text and "pricing is down" in text for text in seen.waiting_for)
    assert [node.node for node in seen.nodes if node.retrying] == ["quote"]
    later = await seen_retrying(office, case, attempts=call.attempt_count + 1)
    assert later.attempt_count == 2 * call.attempt_count, "it is told each time that it has doubled"
    assert later.since == call.since
    office.company.down = set()
    await not_retrying(office, case)
    assert office.company.calls["Quote"] == 1
    await replays(office, case.workflow_id)


async def test_a_chained_call_that_is_made_again_is_seen_too(office: Office) -> None:
    office.company.down = {"directory"}
    case = await office.start(LOOK_UPS)
    assert (await seen_retrying(office, case)).rpc == LOOK_UP
    office.company.down = set()
    assert await office.outcome(case) == "completed"
    await not_retrying(office, case)
    await replays(office, case.workflow_id)


async def test_a_call_of_field_work_that_is_made_again_is_seen_under_its_case(
    office: Office,
) -> None:
    case = await office.start(INSTALL)
    task = await office.task_of("pe_wang", case)
    await office.act(task, "complete", "pe_wang", form={"units": 1})
    offer = await office.task_of("pe_tian", case, "offer")
    office.company.down = {"workorder"}
    pending = await office.act(offer, "accept", "pe_tian")
    assert pending.refusal is not None
    assert pending.refusal.reason == "CASE_ACT_PENDING"
    call = await seen_retrying(office, case)
    assert (call.rpc, call.workflow_id) == (ACCEPT, offer.workflow_id)
    office.company.down = set()
    await not_retrying(office, case)
    await office.task_for("pe_tian", case, "schedule")
    await replays(office, offer.workflow_id)
