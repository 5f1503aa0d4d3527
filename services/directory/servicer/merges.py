"""Merges of customers who are the same, and undoing them."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import FailedPrecondition
from kit.ids import new_id
from kit.rpc.convert import page_info, page_size
from protos.directory.v1 import customer_pb2 as pb
from services.directory.convert.customer_profiles import merge_to_proto
from services.directory.domain.customer_access import MERGES_CUSTOMERS
from services.directory.domain.merging import check_reason, check_two, check_types, check_undo
from services.directory.domain.shredding import shredded
from services.directory.servicer.base import Context, page_start, record_event
from services.directory.servicer.customer_base import CustomerKeeping
from services.directory.store import customers, merges, personal_data
from services.directory.store.rows import add
from services.directory.tables.customers import CustomerMergeRow, CustomerRow


class MergeRpcs(CustomerKeeping):
    """Make two customers one, and two again."""

    async def MergeCustomers(
        self, request: pb.MergeCustomersRequest, context: Context
    ) -> pb.CustomerMerge:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*MERGES_CUSTOMERS)
        reason = check_reason(request.reason)
        check_two(request.survivor_customer_id, request.merged_customer_id, "merged_customer_id")
        named = [request.survivor_customer_id, request.merged_customer_id]
        await customers.hold(session, named)
        survivor = await self._alone(request.survivor_customer_id, "survivor_customer_id")
        merged = await self._alone(request.merged_customer_id, "merged_customer_id")
        check_types(survivor.customer_type, merged.customer_type)
        row = CustomerMergeRow(
            merge_id=new_id("mg", now),
            survivor_customer_id=survivor.customer_id,
            merged_customer_id=merged.customer_id,
            reason=reason,
            merged_at=now,
            merged_by_person_id=actor.person_id,
        )
        await add(session, row)
        await merges.move(session, merged.customer_id, survivor.customer_id)
        return await self._told(row)

    async def SplitCustomers(
        self, request: pb.SplitCustomersRequest, context: Context
    ) -> pb.CustomerMerge:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*MERGES_CUSTOMERS)
        reason = check_reason(request.reason)
        row = await merges.merge_of(session, request.merge_id)
        check_undo(row.merged_at, row.undone_at, now)
        await customers.hold(session, [row.survivor_customer_id, row.merged_customer_id])
        row.undone_at, row.undone_by_person_id, row.undo_reason = now, actor.person_id, reason
        await session.flush()
        await merges.take_out(session, row.merged_customer_id)
        return await self._told(row)

    async def ListCustomerMerges(
        self, request: pb.ListCustomerMergesRequest, context: Context
    ) -> pb.ListCustomerMergesResponse:
        current_actor().require_role(*MERGES_CUSTOMERS)
        size = page_size(request.page)
        rows = await merges.merges(
            current_session(), request.customer_id, page_start(request.page), size + 1
        )
        return pb.ListCustomerMergesResponse(
            merges=[merge_to_proto(row) for row in rows[:size]],
            page=page_info([row.merge_id for row in rows], size),
        )

    async def _alone(self, customer_id: str, field: str) -> CustomerRow:
        """A customer who was not merged into another one and whose personal data there is."""
        session = current_session()
        row = await customers.survivor(session, customer_id, field)
        if row.customer_id != customer_id:
            raise FailedPrecondition(
                "CUSTOMER_MERGED",
                f"{customer_id!r} was merged into {row.customer_id!r} already; name that one",
                field=field,
            )
        if not await personal_data.wrapped_keys(session, [customer_id]):
            raise shredded(field)
        return row

    async def _told(self, row: CustomerMergeRow) -> pb.CustomerMerge:
        merge = merge_to_proto(row)
        await record_event(
            pb.CustomerMergeChanged(merge=merge),
            "customer",
            row.survivor_customer_id,
            self._clock.now(),
        )
        return merge
