"""Who may price locally."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.ids import new_id
from kit.rpc.convert import page_info, page_size
from kit.rpc.events import record
from protos.pricing.v1 import draft_pb2 as pb
from services.pricing.convert.delegations import (
    delegation_from_proto,
    delegation_to_proto,
    delegation_to_row,
)
from services.pricing.domain.delegation import delegation_problems
from services.pricing.domain.items import check_revision
from services.pricing.domain.refusing import refuse
from services.pricing.servicer.base import KEEPS_PRICES, Context, page_start
from services.pricing.servicer.draft_base import DraftRpcs
from services.pricing.store import drafts


class DelegationRpcs(DraftRpcs):
    """Delegations, put by headquarters."""

    async def PutPriceDelegation(
        self, request: pb.PutPriceDelegationRequest, context: Context
    ) -> pb.PriceDelegation:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role("hq", "admin")
        wanted = request.delegation
        refuse(delegation_problems(delegation_from_proto(wanted), "delegation"))
        if bool(wanted.person_id) == bool(wanted.role):
            raise InvalidArgument(
                "PRICING_DELEGATION_INVALID",
                "name a person or a role, one of the two",
                field="delegation.person_id",
            )
        before = None
        if wanted.delegation_id:
            before = await drafts.delegation(session, wanted.delegation_id, to_change=True)
            check_revision(wanted.delegation_id, wanted.revision, before.revision)
        delegation_id = before.delegation_id if before else new_id("dg", now)
        row = delegation_to_row(wanted, delegation_id, before, now, actor.person_id)
        if row.valid_until is not None and row.valid_until <= row.valid_from:
            raise InvalidArgument(
                "PRICING_DELEGATION_INVALID",
                "it ends before it begins",
                field="delegation.valid_until",
            )
        kept = delegation_to_proto(row)
        await drafts.put_delegation(session, row)
        put = pb.PriceDelegationPut(delegation=kept)
        await record(put, aggregate=("price_delegation", delegation_id), occurred_at=now)
        return kept

    async def ListPriceDelegations(
        self, request: pb.ListPriceDelegationsRequest, context: Context
    ) -> pb.ListPriceDelegationsResponse:
        actor, person_id = current_actor(), request.person_id
        if person_id != actor.person_id:
            actor.require_role(*KEEPS_PRICES)
        size = page_size(request.page)
        rows = await drafts.delegations(
            current_session(),
            request.price_book_code,
            person_id,
            page_start(request.page),
            size + 1,
        )
        return pb.ListPriceDelegationsResponse(
            delegations=[delegation_to_proto(row) for row in rows[:size]],
            page=page_info([row.delegation_id for row in rows], size),
        )
