"""What a workflow has to tell before it ends gets through: to the read model, and to the case."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import temporalio.client
from sqlalchemy import text
from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.worker import (
    Interceptor,
    SignalExternalWorkflowInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

from protos.cases.v1 import cases_pb2
from tests.workflow.company import COMPLETION_CODE
from tests.workflow.conftest import Office, eventually
from tests.workflow.flows import MEASURE
from tests.workflow.test_field_work import begun, on_site
from workflows.client import StartedCase
from workflows.worker import make_worker


async def break_read_model(office: Office, change: str) -> None:
    async with office.database.transaction() as session:
        await session.execute(text(f'ALTER TABLE "case" {change}'))


async def test_a_case_that_the_read_model_refuses_is_told_again_each_minute_and_ends_then(
    office: Office,
) -> None:
    office.company.people = {"designer": ["pe_li"]}
    case = await office.start(MEASURE)
    task = await office.task_of("pe_li", case)
    # A case that is completed, state 2, divides by nothing.
    await break_read_model(office, "ADD CONSTRAINT broken CHECK (1 / (state - 2) < 9) NOT VALID")
    try:
        assert (await office.act(task, "complete", "pe_li", form={"note": "好"})).applied
        await office.settled(case)
        await office.pass_time(minutes=5)
        assert (await office.cases.describe(case.workflow_id)).status == "RUNNING"
        assert await office.acts(case) == []
    finally:
        await break_read_model(office, "DROP CONSTRAINT broken")
    assert await office.outcome(case) == "completed"
    assert [act.verb for act in await office.acts(case)] == ["complete"]
    await office.case_in(case, "CASE_STATE_COMPLETED")


WAITING = """
language: "1.0"
code: waiting
name: 等一等
stages: [{id: visit, name: 回访}]
start: later
nodes:
  - {id: later, kind: wait, stage: visit, name: 一小时后, duration: 1h}
  - {id: called, kind: end, name: 完成}
edges:
  - {from: later, to: called}
"""


async def told_in_task(office: Office, case: StartedCase) -> int:
    last = text("SELECT told_in_task FROM case_recorder WHERE case_id = :case_id")
    async with office.database.transaction() as session:
        found: int = await session.scalar(last, {"case_id": case.case_id})
    return found


async def test_what_a_lost_workflow_task_told_gives_way_to_the_one_in_the_history(
    office: Office,
) -> None:
    case = await office.start(WAITING)

    async def waits() -> list[HistoryEvent] | None:
        history = await office.history(case.workflow_id)
        kinds = [event.event_type for event in history]
        return history if EventType.EVENT_TYPE_TIMER_STARTED in kinds else None

    history = await eventually(waits, "the case waits")
    # What a worker tells of the task that the timer begins, which then comes to nothing.
    told = await office.case(case)
    told.state, told.revision = cases_pb2.CASE_STATE_CANCELLED, told.revision + 5
    timer_fires, scheduled, started = (len(history) + n for n in (1, 2, 3))
    run = await told_in_task(office, case) // 100_000
    lost = cases_pb2.RecordCaseRequest(
        idempotency_key="lost", case=told, told_in_task=run * 100_000 + started
    )
    reply = await office.caller.call("cases.v1.CaseService/RecordCase", lost)
    assert isinstance(reply, cases_pb2.RecordCaseResponse)
    assert reply.recorded
    await office.pass_time(hours=2)
    assert await office.outcome(case) == "completed"
    events = {event.event_id: event for event in await office.history(case.workflow_id)}
    assert events[timer_fires].HasField("timer_fired_event_attributes")
    assert events[scheduled].HasField("workflow_task_scheduled_event_attributes")
    await office.case_in(case, "CASE_STATE_COMPLETED")


class _Slow(temporalio.client.Interceptor, Interceptor):
    """What a workflow tells another takes a while, as over a bad network."""

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor]:
        return _SlowInbound


class _SlowInbound(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(_SlowOutbound(outbound))


class _SlowOutbound(WorkflowOutboundInterceptor):
    async def signal_external_workflow(self, input: SignalExternalWorkflowInput) -> None:
        await workflow.sleep(timedelta(seconds=2))
        await super().signal_external_workflow(input)


async def test_a_field_work_that_is_cancelled_while_it_reports_is_heard_by_its_case(
    real_office: Office,
) -> None:
    office = real_office
    office.company.people = {"sales": ["pe_wang"], "supervisor": ["pe_chen"]}
    office.company.technicians = ["pe_tian"]
    own: dict[str, Any] = {**office.temporal.config(), "interceptors": [_Slow()]}
    slow = temporalio.client.Client(**own)
    async with make_worker(slow, office.caller, "test"):
        case = await begun(office)
        work = await on_site(office, case)
        done = {"completion_code": COMPLETION_CODE}
        assert (await office.act(work, "complete", "pe_tian", form=done)).applied
        field_work = office.temporal.get_workflow_handle(work.workflow_id)
        await field_work.cancel()
        assert await field_work.result() == "completed"
        assert await office.outcome(case) == "completed"
