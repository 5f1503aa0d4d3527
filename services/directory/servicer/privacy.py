"""Who saw personal data, and how it is destroyed."""

from __future__ import annotations

from kit.authn import current_actor
from kit.clock import Clock
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.ids import new_id
from kit.rpc.convert import decode_page_token, instant_to_proto, page_info, page_size
from protos.common.v1 import page_pb2
from protos.directory.v1 import privacy_pb2 as pb
from protos.directory.v1.privacy_pb2_grpc import PrivacyServiceServicer
from services.directory.convert.privacy import reveal_to_proto, shredding_to_proto
from services.directory.domain.customer_access import ASKS_SHREDDING, KEEPS_PRIVACY
from services.directory.domain.interactions import shown_since
from services.directory.domain.merging import check_reason
from services.directory.domain.shredding import (
    check_open,
    check_shredding,
    inactive_years,
    shredded,
)
from services.directory.servicer.base import Context, page_start, record_event
from services.directory.store import customers, interactions, personal_data, privacy
from services.directory.store.rows import add
from services.directory.tables.personal_data import ShreddingRow


class PrivacyServicer(PrivacyServiceServicer):
    """Audit and destruction of personal data."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def ListReveals(
        self, request: pb.ListRevealsRequest, context: Context
    ) -> pb.ListRevealsResponse:
        current_actor().require_role(*KEEPS_PRIVACY)
        session, size = current_session(), page_size(request.page)
        row = await customers.survivor(session, request.customer_id)
        members = await customers.family(session, [row.customer_id])
        seen = await privacy.reveals(session, members, _number_start(request.page), size + 1)
        return pb.ListRevealsResponse(
            reveals=[reveal_to_proto(*each) for each in seen[:size]],
            page=page_info([str(each.reveal_number) for each, _ in seen], size),
        )

    async def RequestShredding(
        self, request: pb.RequestShreddingRequest, context: Context
    ) -> pb.Shredding:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*ASKS_SHREDDING)
        reason = check_reason(request.reason)
        customer = await customers.survivor(session, request.customer_id)
        await customers.hold(session, [customer.customer_id])
        if not await personal_data.wrapped_keys(session, [customer.customer_id]):
            raise shredded("customer_id")
        asked = await privacy.open_shredding(session, customer.customer_id)
        if asked is None:
            asked = ShreddingRow(
                shredding_id=new_id("sh", now),
                customer_id=customer.customer_id,
                reason=reason,
                requested_at=now,
                requested_by_person_id=actor.person_id,
                decision_reason="",
            )
            await add(session, asked)
        return shredding_to_proto(asked)

    async def ShredCustomer(
        self, request: pb.ShredCustomerRequest, context: Context
    ) -> pb.Shredding:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*KEEPS_PRIVACY)
        row = await privacy.shredding(session, request.shredding_id)
        check_open(row.decision)
        survivor = await customers.survivor(session, row.customer_id)
        await customers.hold(session, [survivor.customer_id])
        members = await customers.family(session, [survivor.customer_id])
        check_shredding(
            row.requested_by_person_id,
            actor.person_id,
            await interactions.under_way(session, members),
            despite=request.despite_open_work,
        )
        row.decision, row.decided_at, row.decided_by_person_id = "shredded", now, actor.person_id
        await personal_data.destroy_keys(session, members)
        for customer_id in sorted(members):
            await record_event(
                pb.CustomerShredded(customer_id=customer_id, shredding_id=row.shredding_id),
                "customer",
                customer_id,
                now,
            )
        return shredding_to_proto(row)

    async def RefuseShredding(
        self, request: pb.RefuseShreddingRequest, context: Context
    ) -> pb.Shredding:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*ASKS_SHREDDING)
        reason = check_reason(request.reason)
        row = await privacy.shredding(session, request.shredding_id)
        check_open(row.decision)
        row.decision, row.decided_at, row.decided_by_person_id = "refused", now, actor.person_id
        row.decision_reason = reason
        await session.flush()
        return shredding_to_proto(row)

    async def ListShreddings(
        self, request: pb.ListShreddingsRequest, context: Context
    ) -> pb.ListShreddingsResponse:
        current_actor().require_role(*ASKS_SHREDDING)
        size = page_size(request.page)
        rows = await privacy.shreddings(
            current_session(), page_start(request.page), size + 1, open_only=request.open_only
        )
        return pb.ListShreddingsResponse(
            shreddings=[shredding_to_proto(row) for row in rows[:size]],
            page=page_info([row.shredding_id for row in rows], size),
        )

    async def ListInactiveCustomers(
        self, request: pb.ListInactiveCustomersRequest, context: Context
    ) -> pb.ListInactiveCustomersResponse:
        current_actor().require_role(*ASKS_SHREDDING)
        size, years = page_size(request.page), inactive_years(request.years)
        found = await privacy.inactive(
            current_session(),
            shown_since(self._clock.now(), years),
            page_start(request.page),
            size + 1,
        )
        return pb.ListInactiveCustomersResponse(
            inactive_customers=[
                pb.InactiveCustomer(
                    customer_id=each.customer_id,
                    registered_at=instant_to_proto(each.registered_at),
                    last_interaction_at=instant_to_proto(each.last_interaction_at),
                )
                for each in found[:size]
            ],
            page=page_info([each.customer_id for each in found], size),
        )


def _number_start(page: page_pb2.PageRequest) -> int | None:
    token = decode_page_token(page, parts=1)
    if token is None:
        return None
    if not token[0].isdecimal():
        raise InvalidArgument(
            "PAGE_TOKEN_INVALID", "pass next_page_token as it was given", field="page.page_token"
        )
    return int(token[0])
