"""Maintenance plans: promised, paused, resumed, ended, and who sees them."""

from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct

from kit.authn import Actor
from protos.workorder.v1 import maintenance_pb2 as pb
from protos.workorder.v1.workorder_pb2 import WorkOrderLine
from tests.rpc.workorder.conftest import CUSTOMER_SERVICE
from tests.rpc.workorder.maintenance.conftest import Contracts

ACTIVE, PAUSED = pb.MAINTENANCE_PLAN_STATE_ACTIVE, pb.MAINTENANCE_PLAN_STATE_PAUSED
ENDED = pb.MAINTENANCE_PLAN_STATE_ENDED


async def test_a_plan_is_kept_as_the_contract_says(contracts: Contracts) -> None:
    inputs = Struct()
    inputs.update({"channel": "contract", "floor": 3})
    told = [pb.VisitInput(input="day", fact=pb.VISIT_FACT_DUE_ON)]
    recurrence = contracts.recurrence(season_months=[3, 2], window_days=5, visit_count=8)
    plan = await contracts.plan(
        CUSTOMER_SERVICE, recurrence=recurrence, flow_inputs=inputs, visit_inputs=told, lead_days=7
    )
    assert (plan.state, plan.revision, plan.claimed_count) == (ACTIVE, 1, 0)
    assert plan.created_by_person_id == "pe_service"
    kept = await contracts.get(plan)
    assert kept.flow_inputs == inputs
    assert list(kept.visit_inputs) == told
    assert (kept.recurrence.every, list(kept.recurrence.season_months)) == (10, [2, 3])
    assert kept.lines[0].quantity == 2
    assert [change.verb for change in kept.changes] == ["create"]
    listed = await contracts.call("ListMaintenancePlans", customer_id=contracts.customer_id)
    assert [each.plan_id for each in listed.plans] == [plan.plan_id]


async def test_a_contract_of_long_ago_keeps_its_own_days(contracts: Contracts) -> None:
    recurrence = contracts.recurrence(first_visit_on=contracts.on(-95))
    plan = await contracts.plan(recurrence=recurrence)
    assert plan.next_visit_on == contracts.on(5)


async def test_a_plan_pauses_goes_on_and_ends_and_says_why(contracts: Contracts) -> None:
    plan = await contracts.plan()
    this: dict[str, Any] = {"plan_id": plan.plan_id}
    assert (await contracts.refused("PauseMaintenancePlan", **this)).reason == (
        "WORK_ORDER_REASON_MISSING"
    )
    paused = await contracts.call("PauseMaintenancePlan", **this, reason="客户装修")
    assert paused.state == PAUSED
    twice = await contracts.refused("PauseMaintenancePlan", **this, reason="客户装修")
    assert twice.reason == "MAINTENANCE_PLAN_STATE_FORBIDS"
    assert (await contracts.call("ResumeMaintenancePlan", **this)).state == ACTIVE
    ended = await contracts.call("EndMaintenancePlan", **this, reason="合同终止")
    assert (ended.state, ended.next_visit_on) == (ENDED, "")
    history = (await contracts.get(plan)).changes
    assert [(each.revision, each.verb, each.reason) for each in history] == [
        (1, "create", ""), (2, "pause", "客户装修"), (3, "resume", ""), (4, "end", "合同终止"),
    ]  # fmt: skip
    over = await contracts.refused("ResumeMaintenancePlan", **this)
    assert over.reason == "MAINTENANCE_PLAN_STATE_FORBIDS"


async def test_days_are_looked_at_before_anything_is_promised(contracts: Contracts) -> None:
    recurrence = pb.Recurrence(
        every=1, unit=pb.RECURRENCE_UNIT_MONTH, first_visit_on="2027-12-31", window_days=3
    )
    found = await contracts.call("PreviewMaintenanceVisits", recurrence=recurrence, limit=3)
    assert [(day.due_on, day.last_day) for day in found.days] == [
        ("2027-12-31", "2028-01-02"), ("2028-01-31", "2028-02-02"), ("2028-02-29", "2028-03-02"),
    ]  # fmt: skip
    plan = await contracts.plan(recurrence=contracts.recurrence(visit_count=2))
    to_come = await contracts.call("PreviewMaintenanceVisits", plan_id=plan.plan_id)
    assert [day.due_on for day in to_come.days] == [contracts.on(0), contracts.on(10)]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": " "}, "title"),
        ({"customer_id": ""}, "customer_id"),
        ({"lines": []}, "lines"),
        ({"lines": [WorkOrderLine(item_code="x")]}, "lines[0].quantity"),
        ({"place": None}, "place.adcode"),
        ({"flow_code": ""}, "flow_code"),
        ({"lead_days": 400}, "lead_days"),
        ({"recurrence": None}, "recurrence.unit"),
        ({"recurrence": pb.Recurrence(every=1, unit=pb.RECURRENCE_UNIT_DAY)},
         "recurrence.first_visit_on"),
        ({"recurrence": pb.Recurrence(
            every=1, unit=pb.RECURRENCE_UNIT_DAY, first_visit_on="2020-01-01", ends_on="2020-02-01"
        )}, "recurrence.ends_on"),
        ({"visit_inputs": [pb.VisitInput(input="day")]}, "visit_inputs[0].fact"),
        ({"visit_inputs": [pb.VisitInput(fact=pb.VISIT_FACT_DUE_ON)]}, "visit_inputs[0].input"),
    ],
)  # fmt: skip
async def test_a_contract_that_says_nonsense_is_refused_by_its_field(
    contracts: Contracts, fields: dict[str, object], field: str
) -> None:
    refusal = await contracts.refused("CreateMaintenancePlan", **contracts.contract(**fields))
    assert refusal.field == field


async def test_customers_see_their_own_plans_and_change_none(contracts: Contracts) -> None:
    plan = await contracts.plan()
    this: dict[str, Any] = {"plan_id": plan.plan_id}
    theirs = Actor(contracts.customer_id, frozenset({"customer"}))
    assert (await contracts.call("GetMaintenancePlan", theirs, **this)).plan_id == plan.plan_id
    refusal = await contracts.refused("EndMaintenancePlan", theirs, **this, reason="不要了")
    assert refusal.reason == "ROLE_REQUIRED"
    stranger = Actor("cu_wang", frozenset({"customer"}))
    assert (await contracts.refused("GetMaintenancePlan", stranger, **this)).reason == (
        "MAINTENANCE_PLAN_UNKNOWN"
    )
    listed = await contracts.call("ListMaintenancePlans", stranger)
    assert not listed.plans
    visits = await contracts.call("ListMaintenanceVisits", stranger)
    assert not visits.visits


async def test_an_office_of_elsewhere_sees_and_changes_nothing(contracts: Contracts) -> None:
    plan = await contracts.plan()
    shanghai = Actor("pe_sh", frozenset({"supervisor"}), region_adcodes=("310000",))
    for rpc in ("GetMaintenancePlan", "ResumeMaintenancePlan"):
        refusal = await contracts.refused(rpc, shanghai, plan_id=plan.plan_id)
        assert refusal.reason == "MAINTENANCE_PLAN_UNKNOWN"
    here = Actor("pe_bj", frozenset({"supervisor"}), region_adcodes=("110000",))
    listed = await contracts.call("ListMaintenancePlans", here, customer_id=contracts.customer_id)
    assert [each.plan_id for each in listed.plans] == [plan.plan_id]


async def test_technicians_know_nothing_of_contracts(contracts: Contracts) -> None:
    zhang = Actor("pe_zhang", frozenset({"technician"}))
    assert (await contracts.refused("ListMaintenancePlans", zhang)).reason == "ROLE_REQUIRED"
