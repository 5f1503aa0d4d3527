"""Maintenance plans of a customer of their own for every test.

contracts    `await contracts.plan(…)` makes a plan, `.claim()` gives its visits that are due, `.call(…)` and
             `.refused(…)` any RPC
"""

import itertools
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from kit.authn import SYSTEM, Actor
from kit.errors import ServiceError
from kit.rpc.methods import find_method, request_class
from protos.workorder.v1 import maintenance_pb2 as pb
from protos.workorder.v1.workorder_pb2 import WorkOrderLine
from services.workorder.domain.appointments.slots import day_of
from tests.rpc.workorder.conftest import CHAOYANG, Desk

_customers = itertools.count(1)


@dataclass
class Contracts:
    desk: Desk
    customer_id: str

    async def call(self, rpc: str, by: Actor = SYSTEM, **fields: Any) -> Any:
        name = f"workorder.v1.MaintenanceService/{rpc}"
        message = request_class(find_method(name))
        if "idempotency_key" in message.DESCRIPTOR.fields_by_name:
            fields.setdefault("idempotency_key", f"maintenance-{next(self.desk.numbers)}")
        if by not in self.desk.callers:
            self.desk.callers[by] = self.desk.served.as_(by)
        return await self.desk.callers[by].call(name, message(**fields))

    async def refused(self, rpc: str, by: Actor = SYSTEM, **fields: Any) -> ServiceError:
        with pytest.raises(ServiceError) as refusal:
            await self.call(rpc, by, **fields)
        return refusal.value

    def today(self) -> date:
        return day_of(self.desk.clock.now())

    def on(self, days: int) -> str:
        return (self.today() + timedelta(days=days)).isoformat()

    def recurrence(self, **fields: Any) -> pb.Recurrence:
        """Every ten days from today on."""
        given = {
            "every": 10,
            "unit": pb.RECURRENCE_UNIT_DAY,
            "first_visit_on": self.on(0),
            **fields,
        }
        return pb.Recurrence(**given)

    def contract(self, **fields: Any) -> dict[str, Any]:
        """What a good CreateMaintenancePlan says."""
        return {
            "title": "空调保养",
            "contract_number": "HT-1",
            "customer_id": self.customer_id,
            "address_id": "ad_1",
            "asset_id": "as_1",
            "place": CHAOYANG,
            "lines": [WorkOrderLine(item_code="aircon_maintenance", name="空调保养", quantity=2)],
            "recurrence": self.recurrence(),
            "flow_code": "maintenance",
            **fields,
        }

    async def plan(self, by: Actor = SYSTEM, **fields: Any) -> pb.MaintenancePlan:
        plan = await self.call("CreateMaintenancePlan", by, **self.contract(**fields))
        assert isinstance(plan, pb.MaintenancePlan)
        return plan

    async def claim(self) -> list[pb.DueVisit]:
        """The visits of this customer that are due, whoever else's are."""
        found: list[pb.DueVisit] = []
        after = ""
        while True:
            page = await self.call("ClaimDueVisits", after_visit_id=after, limit=100)
            found += page.due_visits
            if not page.due_visits:
                return [each for each in found if each.customer_id == self.customer_id]
            after = page.due_visits[-1].visit_id

    async def visits(self, plan: pb.MaintenancePlan) -> list[pb.MaintenanceVisit]:
        listed = await self.call("ListMaintenanceVisits", plan_id=plan.plan_id)
        return list(listed.visits)

    async def get(self, plan: pb.MaintenancePlan) -> pb.MaintenancePlan:
        found = await self.call("GetMaintenancePlan", plan_id=plan.plan_id)
        assert isinstance(found, pb.MaintenancePlan)
        return found

    def days_pass(self, days: int) -> None:
        self.desk.clock.advance(timedelta(days=days))


@pytest.fixture
async def contracts(desk: Desk) -> Contracts:
    """Nothing of earlier tests falls due any more."""
    made = Contracts(desk, f"cu_contract_{next(_customers)}")
    listed = await made.call("ListMaintenancePlans", page={"page_size": 200})
    for plan in listed.plans:
        if plan.state != pb.MAINTENANCE_PLAN_STATE_ENDED:
            await made.call("EndMaintenancePlan", plan_id=plan.plan_id, reason="test is over")
    return made
