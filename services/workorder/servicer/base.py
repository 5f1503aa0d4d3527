"""What the RPCs of every noun share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from grpc.aio import ServicerContext

from kit.authn import current_actor
from kit.clock import Clock
from kit.db.session import current_session
from kit.rpc import events
from protos.workorder.v1 import workorder_pb2 as pb
from services.workorder.convert.orders import work_orders as protos
from services.workorder.domain import access
from services.workorder.domain.orders import work_order
from services.workorder.domain.orders.work_order import Progress, State, Verb
from services.workorder.store import same_customers
from services.workorder.store.orders import work_orders
from services.workorder.tables.work_orders import WorkOrderRow

Context = ServicerContext[Any, Any]


class Rpcs:
    """What a noun's RPCs are served with."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def _read(self, work_order_id: str) -> WorkOrderRow:
        """The work order, if the actor may know of it."""
        scope = access.scope_of(current_actor())
        row = await work_orders.read(current_session(), work_order_id)
        shares = scope.technician_id in row.technician_ids()
        holder = scope.technician_id if shares else row.technician_id()
        if not scope.covers(holder, await self._whose(row.customer_id), row.place_codes()):
            raise work_order.unknown(work_order_id)
        return row

    async def _whose(self, customer_id: str) -> str:
        """A customer, by the id of the one who asks when both are the same."""
        asking = access.scope_of(current_actor()).customer_id
        if asking and await same_customers.are_same(current_session(), customer_id, asking):
            return asking
        return customer_id

    async def _locked(self, work_order_id: str) -> WorkOrderRow:
        """The work order, locked, if the actor may know of it. To technicians the transitions
        themselves say what became of an offer that was theirs."""
        scope = replace(access.scope_of(current_actor()), technician_id="")
        row = await work_orders.lock(current_session(), work_order_id)
        if not scope.covers("", await self._whose(row.customer_id), row.place_codes()):
            raise work_order.unknown(work_order_id)
        return row

    async def _changed(
        self,
        row: WorkOrderRow,
        after: Progress,
        verb: Verb,
        reason: str = "",
        *,
        reason_code: str = "",
        details: Mapping[str, str] | None = None,
    ) -> pb.WorkOrder:
        """Save what a transition made, tell the world, reply.

        Args:
            details: what changed beside the state, by name.
        """
        previous = protos.state_to_proto(State(row.state))
        person_id, now = current_actor().person_id, self._clock.now()
        change = work_orders.Change(verb, now, person_id, reason, reason_code, details or {})
        await work_orders.save(current_session(), row, after, change)
        return await self._told(row, previous)

    async def _told(self, row: WorkOrderRow, previous: pb.WorkOrderState.ValueType) -> pb.WorkOrder:
        await events.record(
            pb.WorkOrderChanged(work_order=protos.to_event_proto(row), previous_state=previous),
            aggregate=("work_order", row.work_order_id),
            occurred_at=self._clock.now(),
            case_id=row.case_id,
        )
        return protos.to_proto(row, current_actor())
