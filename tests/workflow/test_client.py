"""The door to cases: one case a key, typed refusals, and no Temporal error gets through."""

import asyncio
from typing import Any

import pytest
from temporalio.client import (
    Client,
    Interceptor,
    OutboundInterceptor,
    StartWorkflowUpdateInput,
    WorkflowUpdateHandle,
)

from kit.authn import SYSTEM
from kit.clock import SystemClock
from kit.config import Settings
from kit.errors import InvalidArgument, NotFound, Unavailable
from kit.rpc.client import RpcCaller
from protos.flow.v1 import flow_pb2
from tests.payloads import KEYS_FILE
from tests.workflow.conftest import Office
from tests.workflow.flows import BREAKDOWN, INSTALL, MEASURE
from workflows.client import Act, Cases, CaseStart, case_workflow_id

ACT = Act(act_key="k", verb="comment", person="pe_1")
#: So many updates of one workflow Temporal takes at once.
TEMPORAL_TAKES = 10


class Gauge(Interceptor):
    """How many updates were under way at once, at most."""

    def __init__(self) -> None:
        self.under_way = self.most = 0

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        return Counting(next, self)


class Counting(OutboundInterceptor):
    def __init__(self, next: OutboundInterceptor, gauge: Gauge) -> None:
        super().__init__(next)
        self._gauge = gauge

    async def start_workflow_update(
        self, input: StartWorkflowUpdateInput
    ) -> WorkflowUpdateHandle[Any]:
        gauge = self._gauge
        gauge.under_way += 1
        gauge.most = max(gauge.most, gauge.under_way)
        try:
            return await super().start_workflow_update(input)
        finally:
            gauge.under_way -= 1


async def publish(office: Office, source: str) -> None:
    request = flow_pb2.PublishFlowRequest(idempotency_key=f"door-{hash(source)}", source=source)
    await office.caller.call("flow.v1.FlowService/PublishFlow", request)


async def test_the_same_start_key_starts_one_case(office: Office) -> None:
    await publish(office, BREAKDOWN)
    wanted = CaseStart("breakdown", {"work_order_id": "wo_1"}, "pe_1", start_key="once")
    first = await office.cases.start(wanted)
    again = await office.cases.start(wanted)
    assert again == first
    other = await office.cases.start(
        CaseStart("breakdown", {"work_order_id": "wo_1"}, "pe_2", start_key="once")
    )
    assert other.case_id != first.case_id


async def test_a_case_tells_how_it_stands(office: Office) -> None:
    await publish(office, BREAKDOWN)
    case = await office.cases.start(CaseStart("breakdown", {"work_order_id": "wo_2"}, "pe_1"))
    told = await office.cases.describe(case.workflow_id)
    assert (told.status, told.flow_code, told.run_id) == ("RUNNING", "breakdown", case.run_id)
    assert told.standing["case_id"] == case.case_id


async def test_wrong_inputs_start_nothing_and_name_the_field(office: Office) -> None:
    await publish(office, BREAKDOWN)
    with pytest.raises(InvalidArgument) as refused:
        await office.cases.start(CaseStart("breakdown", {"work_order": "?"}, "pe_1"))
    assert refused.value.reason == "CASE_FORM_INVALID"
    assert set(refused.value.details) == {"work_order", "work_order_id"}


async def test_a_flow_or_a_case_that_there_is_not_is_not_found(office: Office) -> None:
    with pytest.raises(NotFound) as refused:
        await office.cases.start(CaseStart("nothing", {}, "pe_1"))
    assert refused.value.reason == "FLOW_UNKNOWN"
    for asking in (office.cases.act("case:ca_x", ACT), office.cases.describe("case:ca_x")):
        with pytest.raises(NotFound) as refused:
            await asking
        assert refused.value.reason == "CASE_UNKNOWN"


async def test_without_temporal_the_door_says_so_and_may_be_tried_again(office: Office) -> None:
    nowhere = Settings(TEMPORAL_ADDRESS="127.0.0.1:1", payload_keys_file=KEYS_FILE)
    cases = await Cases.connect(nowhere, office.caller, SystemClock())
    for asking in (
        cases.ping(),
        cases.act(case_workflow_id("ca_1"), ACT),
        cases.describe(case_workflow_id("ca_1")),
    ):
        with pytest.raises(Unavailable) as refused:
            await asking
        assert refused.value.reason == "CASE_UNAVAILABLE"
        assert refused.value.retryable


async def blind(office: Office) -> Cases:
    """The door while the read model is down."""
    nowhere = RpcCaller.connect({"cases": "127.0.0.1:1"}, office.served.signing.minter, SYSTEM)
    return Cases(office.temporal, nowhere, SystemClock())


async def test_after_the_end_nobody_says_what_was_not_applied_while_the_read_model_is_down(
    office: Office,
) -> None:
    office.company.people = {"designer": ["pe_li"]}
    case = await office.start(MEASURE)
    task = await office.task_of("pe_li", case)
    assert (await office.act(task, "complete", "pe_li", form={"note": "好"})).applied
    await office.outcome(case)
    # Temporal knows an update by its id in one run alone: what an earlier run was told looks like this.
    told = Act("earlier", "comment", "pe_li", task_id=task.user_task_id, comment="好")
    with pytest.raises(Unavailable) as unknown:
        await (await blind(office)).act(case.workflow_id, told)
    assert unknown.value.reason == "CASE_ACT_UNKNOWN"
    assert unknown.value.retryable
    known = await office.cases.act(case.workflow_id, told)
    assert known.refusal is not None
    assert known.refusal.reason == "CASE_OVER"


async def test_who_comes_too_late_is_told_so_by_the_case_itself_while_the_read_model_is_down(
    office: Office,
) -> None:
    office.company.people = {"sales": ["pe_wang", "pe_li"]}
    office.company.technicians = ["pe_tian"]
    case = await office.start(INSTALL)
    task = await office.task_of("pe_wang", case)
    assert (await office.act(task, "complete", "pe_wang", form={"units": 1})).applied
    late = Act("late", "complete", "pe_li", task_id=task.user_task_id, form={"units": 1})
    reply = await (await blind(office)).act(case.workflow_id, late)
    assert reply.refusal is not None
    assert reply.refusal.reason == "CASE_TASK_CLOSED"


async def test_a_temporal_that_does_not_know_its_namespaces_yet_may_be_asked_again(
    real_office: Office,
) -> None:
    await publish(real_office, MEASURE)
    starting = real_office.in_namespace("not_known_yet")
    cases = Cases(starting, real_office.caller, SystemClock())
    for asking in (cases.start(CaseStart("measure", {}, "pe_1")), cases.act("case:ca_1", ACT)):
        with pytest.raises(Unavailable) as refused:
            await asking
        assert refused.value.reason == "CASE_UNAVAILABLE"


async def test_of_many_who_act_at_once_none_is_sent_away(real_office: Office) -> None:
    office, gauge = real_office, Gauge()
    office.company.people = {"designer": ["pe_li"]}
    config: dict[str, Any] = {**office.temporal.config(), "interceptors": [gauge]}
    cases = Cases(Client(**config), office.caller, SystemClock())
    async with office.worker():
        case = await office.start(MEASURE)
        task = await office.task_of("pe_li", case)
        notes = [
            Act(f"note-{n}", "comment", f"pe_{n}", task_id=task.user_task_id, comment="?")
            for n in range(3 * TEMPORAL_TAKES)
        ]
        replies = await asyncio.gather(*(cases.act(case.workflow_id, note) for note in notes))
    assert all(reply.applied for reply in replies)
    assert 1 < gauge.most <= TEMPORAL_TAKES
