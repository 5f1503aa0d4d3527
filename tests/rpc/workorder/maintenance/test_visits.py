"""Visits that fall due: each once, in time, whoever asks how often."""

import asyncio
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct

from protos.workorder.v1 import maintenance_pb2 as pb
from tests.rpc.workorder.conftest import DISPATCHER
from tests.rpc.workorder.maintenance.conftest import Contracts

DUE, STARTED = pb.MAINTENANCE_VISIT_STATE_DUE, pb.MAINTENANCE_VISIT_STATE_STARTED
SKIPPED = pb.MAINTENANCE_VISIT_STATE_SKIPPED


async def test_a_visit_falls_due_so_many_days_ahead_of_its_day(contracts: Contracts) -> None:
    recurrence = contracts.recurrence(first_visit_on=contracts.on(8), window_days=3)
    plan = await contracts.plan(lead_days=7, recurrence=recurrence)
    assert await contracts.claim() == []
    contracts.days_pass(1)
    (due,) = await contracts.claim()
    (visit,) = await contracts.visits(plan)
    assert (visit.visit_id, visit.visit_number, visit.state) == (due.visit_id, 1, DUE)
    assert (visit.due_on, visit.last_day) == (contracts.on(7), contracts.on(9))
    now = await contracts.get(plan)
    assert (now.claimed_count, now.next_visit_on) == (1, contracts.on(17))
    assert now.changes[-1].verb == "claim"


async def test_a_case_is_told_what_the_contract_says_and_the_visits_own_facts(
    contracts: Contracts,
) -> None:
    inputs = Struct()
    inputs.update({"channel": "contract", "floor": 3})
    facts = {
        "customer": pb.VISIT_FACT_CUSTOMER_ID,
        "day": pb.VISIT_FACT_DUE_ON,
        "number": pb.VISIT_FACT_VISIT_NUMBER,
        "jobs": pb.VISIT_FACT_LINES,
    }
    told = [pb.VisitInput(input=name, fact=fact) for name, fact in facts.items()]
    await contracts.plan(flow_inputs=inputs, visit_inputs=told)
    (due,) = await contracts.claim()
    assert (due.flow_code, due.title, due.adcode) == ("maintenance", "空调保养 · 1", "110105")
    assert MessageToDict(due.inputs) == {
        "channel": "contract",
        "floor": 3,
        "customer": contracts.customer_id,
        "day": contracts.on(0),
        "number": 1,
        "jobs": [{"item_code": "aircon_maintenance", "name": "空调保养", "quantity": 2}],
    }


async def test_whoever_asks_again_gets_what_is_not_started_and_nothing_new(
    contracts: Contracts,
) -> None:
    plan = await contracts.plan()
    (due,) = await contracts.claim()
    assert await contracts.claim() == [due]
    started = await contracts.call("RecordVisitStarted", visit_id=due.visit_id, case_id="ca_9")
    assert (started.state, started.case_id) == (STARTED, "ca_9")
    assert await contracts.claim() == []
    again = await contracts.call("RecordVisitStarted", visit_id=due.visit_id, case_id="ca_9")
    assert again == started
    other = await contracts.refused("RecordVisitStarted", visit_id=due.visit_id, case_id="ca_8")
    assert other.reason == "MAINTENANCE_VISIT_SETTLED"
    assert len(await contracts.visits(plan)) == 1


async def test_of_many_who_ask_at_once_each_visit_comes_once(contracts: Contracts) -> None:
    plans = [await contracts.plan(lead_days=25) for _ in range(8)]
    await asyncio.gather(*(contracts.claim() for _ in range(6)))
    for plan in plans:
        visits = await contracts.visits(plan)
        assert [visit.visit_number for visit in visits] == [1, 2, 3]
        assert [visit.due_on for visit in visits] == [contracts.on(days) for days in (0, 10, 20)]
        assert (await contracts.get(plan)).revision == 2


async def test_what_is_late_is_caught_up(contracts: Contracts) -> None:
    plan = await contracts.plan()
    contracts.days_pass(25)
    assert len(await contracts.claim()) == 3
    assert [visit.due_on for visit in await contracts.visits(plan)] == [
        contracts.on(days) for days in (-25, -15, -5)
    ]


async def test_after_the_last_visit_of_the_contract_the_plan_ends(contracts: Contracts) -> None:
    plan = await contracts.plan(recurrence=contracts.recurrence(visit_count=2), lead_days=30)
    due = await contracts.claim()
    assert len(due) == 2
    now = await contracts.get(plan)
    assert (now.state, now.next_visit_on) == (pb.MAINTENANCE_PLAN_STATE_ENDED, "")
    assert await contracts.claim() == due, "they are still to be started"


async def test_while_a_plan_is_paused_nothing_is_begun(contracts: Contracts) -> None:
    plan = await contracts.plan()
    (due,) = await contracts.claim()
    this: dict[str, Any] = {"plan_id": plan.plan_id}
    await contracts.call("PauseMaintenancePlan", **this, reason="客户装修")
    contracts.days_pass(25)
    assert await contracts.claim() == []
    await contracts.call("ResumeMaintenancePlan", **this)
    assert await contracts.claim() == [due], "the 10th and the 20th day are passed over"
    contracts.days_pass(5)
    assert len(await contracts.claim()) == 2
    assert [visit.visit_number for visit in await contracts.visits(plan)] == [1, 2]


async def test_an_ended_plan_skips_what_was_not_begun(contracts: Contracts) -> None:
    plan = await contracts.plan()
    await contracts.claim()
    await contracts.call("EndMaintenancePlan", plan_id=plan.plan_id, reason="合同终止")
    assert await contracts.claim() == []
    (visit,) = await contracts.visits(plan)
    assert (visit.state, visit.skip_reason) == (SKIPPED, "合同终止")


async def test_a_visit_is_skipped_while_it_has_no_case(contracts: Contracts) -> None:
    plan = await contracts.plan(lead_days=10)
    first, second = await contracts.claim()
    skipped = await contracts.call(
        "SkipMaintenanceVisit", DISPATCHER, visit_id=first.visit_id, reason="设备已拆除"
    )
    assert skipped.state == SKIPPED
    assert await contracts.claim() == [second]
    await contracts.call("RecordVisitStarted", visit_id=second.visit_id, case_id="ca_10")
    late = await contracts.refused(
        "SkipMaintenanceVisit", visit_id=second.visit_id, reason="设备已拆除"
    )
    assert late.reason == "MAINTENANCE_VISIT_SETTLED"
    listed = await contracts.call(
        "ListMaintenanceVisits", plan_id=plan.plan_id, state=SKIPPED, last_day=contracts.on(5)
    )
    assert [visit.visit_id for visit in listed.visits] == [first.visit_id]


async def test_a_case_that_was_under_way_when_its_visit_was_skipped_counts(
    contracts: Contracts,
) -> None:
    await contracts.plan()
    (due,) = await contracts.claim()
    await contracts.call("SkipMaintenanceVisit", visit_id=due.visit_id, reason="设备已拆除")
    started = await contracts.call("RecordVisitStarted", visit_id=due.visit_id, case_id="ca_11")
    assert (started.state, started.skip_reason) == (STARTED, "")


async def test_a_visit_that_cannot_be_begun_says_why_until_it_is(contracts: Contracts) -> None:
    plan = await contracts.plan()
    (due,) = await contracts.claim()
    for _ in range(2):
        fault = "FLOW_UNKNOWN: there is no flow"
        await contracts.call("RecordVisitFault", visit_id=due.visit_id, fault=fault)
    (visit,) = await contracts.visits(plan)
    assert (visit.state, visit.fault_count) == (DUE, 2)
    assert "FLOW_UNKNOWN" in visit.fault
    assert await contracts.claim() == [due]
    await contracts.call("RecordVisitStarted", visit_id=due.visit_id, case_id="ca_12")
    (visit,) = await contracts.visits(plan)
    assert (visit.state, visit.fault) == (STARTED, "")


async def test_visits_come_by_pages_in_the_order_of_their_days(contracts: Contracts) -> None:
    plan = await contracts.plan(lead_days=40)
    await contracts.claim()
    days: list[str] = []
    token = ""
    while True:
        page = await contracts.call(
            "ListMaintenanceVisits",
            plan_id=plan.plan_id,
            page={"page_size": 2, "page_token": token},
        )
        days += [visit.due_on for visit in page.visits]
        token = page.page.next_page_token
        if not token:
            break
    assert days == [contracts.on(number) for number in (0, 10, 20, 30, 40)]


async def test_only_the_product_itself_claims_and_records(contracts: Contracts) -> None:
    for rpc in ("ClaimDueVisits", "RecordVisitStarted", "RecordVisitFault"):
        assert (await contracts.refused(rpc, DISPATCHER)).reason == "ROLE_REQUIRED"
    assert (await contracts.refused("RecordVisitStarted", case_id="ca_1")).reason == (
        "MAINTENANCE_VISIT_UNKNOWN"
    )
