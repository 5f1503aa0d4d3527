"""``ExtraService``: proposed at the door, answered by the customer."""

from __future__ import annotations

from functools import reduce
from operator import add

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import NotFound, PermissionDenied
from kit.money import Money
from kit.rpc import events
from kit.rpc.convert import money_to_proto
from protos.workorder.v1 import extra_pb2 as pb
from protos.workorder.v1.extra_pb2_grpc import ExtraServiceServicer
from services.workorder.convert.on_site import extras as protos
from services.workorder.domain import access
from services.workorder.domain.on_site import extra
from services.workorder.domain.on_site.extra import ExtraState
from services.workorder.domain.orders import intake
from services.workorder.domain.orders.work_order import State
from services.workorder.servicer.base import Context, Rpcs
from services.workorder.store.on_site import extras, on_site_rules
from services.workorder.tables.extras import ExtraRow
from services.workorder.tables.work_orders import WorkOrderRow


class ExtraServicer(Rpcs, ExtraServiceServicer):
    """Keeps what is needed beyond what was agreed, and the customer's word on it."""

    async def ProposeExtra(self, request: pb.ProposeExtraRequest, context: Context) -> pb.Extra:
        actor, now, session = current_actor(), self._clock.now(), current_session()
        order = await self._locked(request.work_order_id)
        access.require_technician(actor, order.technician_id(), *access.DISPATCH)
        extra.require_possible(order.work_order_id, State(order.state))
        rule = await on_site_rules.rule_for(session, order.stage, order.created_at)
        row = protos.row_from_proto(request, order, rule, now, actor.person_id)
        await extras.require_unused(session, row.quote_id)
        await extras.add(session, row)
        return await self._told_extra(row, order)

    async def AnswerExtra(self, request: pb.AnswerExtraRequest, context: Context) -> pb.Extra:
        comment = intake.require_short(request.comment, "comment")
        row, order = await self._open(request.extra_id)
        if current_actor().person_id != await self._whose(order.customer_id):
            raise PermissionDenied(
                "EXTRA_NOT_YOURS",
                "an extra is approved or declined by the customer's own tap",
                field="extra_id",
            )
        state = ExtraState.APPROVED if request.approved else ExtraState.DECLINED
        return await self._end(row, order, state, comment)

    async def WithdrawExtra(self, request: pb.WithdrawExtraRequest, context: Context) -> pb.Extra:
        reason = intake.require_reason(request.reason)
        row, order = await self._open(request.extra_id)
        access.require_technician(current_actor(), row.technician_id, *access.DISPATCH)
        return await self._end(row, order, ExtraState.WITHDRAWN, reason)

    async def ListExtras(
        self, request: pb.ListExtrasRequest, context: Context
    ) -> pb.ListExtrasResponse:
        order = await self._read(request.work_order_id)
        rows = await extras.of_work_order(current_session(), order.work_order_id)
        now = self._clock.now()
        approved = [
            Money(row.currency, row.total_minor) for row in rows if row.state == ExtraState.APPROVED
        ]
        return pb.ListExtrasResponse(
            extras=[protos.to_proto(row, now) for row in rows],
            approved_total=money_to_proto(reduce(add, approved)) if approved else None,
        )

    async def _open(self, extra_id: str) -> tuple[ExtraRow, WorkOrderRow]:
        """An extra that waits for its answer, and its work order, locked."""
        session = current_session()
        work_order_id = await extras.work_order_of(session, extra_id)
        try:
            order = await self._locked(work_order_id)
        except NotFound as error:
            raise extra.unknown(extra_id) from error
        row = await extras.read(session, extra_id)
        state = extra.standing(row.state, row.expires_at, self._clock.now())
        extra.require_open(extra_id, state)
        return row, order

    async def _end(
        self, row: ExtraRow, order: WorkOrderRow, state: ExtraState, comment: str
    ) -> pb.Extra:
        person_id = current_actor().person_id
        await extras.end(
            current_session(),
            row,
            state,
            now=self._clock.now(),
            person_id=person_id,
            comment=comment,
        )
        return await self._told_extra(row, order)

    async def _told_extra(self, row: ExtraRow, order: WorkOrderRow) -> pb.Extra:
        now = self._clock.now()
        told = protos.to_proto(row, now)
        await events.record(
            pb.ExtraChanged(extra=told),
            aggregate=("extra", row.extra_id),
            occurred_at=now,
            case_id=order.case_id,
        )
        return told
