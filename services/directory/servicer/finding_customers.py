"""Customers found by what is not personal, by a phone number, and by each other."""

from __future__ import annotations

from typing import Final

from kit.authn import current_actor
from kit.db.session import current_session
from kit.rpc.convert import decode_page_token, encode_page_token, page_info, page_size
from protos.common.v1 import page_pb2
from protos.directory.v1 import customer_pb2 as pb
from services.directory.convert.customer_profiles import channel_from_proto
from services.directory.convert.customers import type_from_proto
from services.directory.domain.customer_access import (
    KNOWS_CUSTOMERS,
    MERGES_CUSTOMERS,
    TAGS_CUSTOMERS,
    TAKES_CALLS,
)
from services.directory.domain.customer_facts import REACHABLE_UNASKED
from services.directory.domain.customers import check_phone, check_purpose
from services.directory.domain.fingerprints import phone_text
from services.directory.domain.merging import check_reason, check_two
from services.directory.servicer.base import Context, page_start
from services.directory.servicer.customer_profiles import ProfileRpcs
from services.directory.store import customers, merges, personal_data
from services.directory.store.rows import add
from services.directory.tables.customers import DistinctCustomersRow
from services.directory.tables.personal_data import CustomerLookupRow

_MOST_MATCHES: Final = 50


class FindingRpcs(ProfileRpcs):
    """Find customers."""

    async def SearchCustomers(
        self, request: pb.SearchCustomersRequest, context: Context
    ) -> pb.SearchCustomersResponse:
        actor = current_actor()
        actor.require_role(*KNOWS_CUSTOMERS, *TAGS_CUSTOMERS)
        regions = [[request.region_code]] if request.region_code else []
        if actor.region_adcodes:
            regions.append(list(actor.region_adcodes))
        channel = channel_from_proto(request.reachable_by)
        wanted = customers.Wanted(
            customer_type=type_from_proto(request.customer_type),
            customer_level=request.customer_level,
            tags=tuple(request.tags),
            region_codes=regions,
            parent_customer_id=request.parent_customer_id,
            reachable_by=channel,
            reachable_unasked=channel in REACHABLE_UNASKED,
        )
        after, size = page_start(request.page), page_size(request.page)
        rows = await customers.customers(current_session(), wanted, after, size + 1)
        return pb.SearchCustomersResponse(
            customers=await self._masked(rows[:size]),
            page=page_info([row.customer_id for row in rows], size),
        )

    async def FindCustomersByPhone(
        self, request: pb.FindCustomersByPhoneRequest, context: Context
    ) -> pb.FindCustomersByPhoneResponse:
        actor, session = current_actor(), current_session()
        actor.require_role(*TAKES_CALLS)
        check_phone(request.phone)
        check_purpose(request.purpose)
        mark = await self._keys.fingerprint(phone_text(request.phone))
        found = (await personal_data.matches(session, mark))[:_MOST_MATCHES]
        await add(
            session,
            CustomerLookupRow(
                person_id=actor.person_id,
                fingerprint=mark,
                purpose=request.purpose,
                found_customer_ids=[match.customer_id for match in found],
                looked_up_at=self._clock.now(),
            ),
        )
        shown = await self._masked_by_id({match.customer_id for match in found})
        spoken: dict[str, pb.Contact] = {}
        if any(match.contact_id for match in found):
            members = await customers.family(session, shown)
            spoken = {each.contact_id: each for each in await self._contacts(list(members))}
        return pb.FindCustomersByPhoneResponse(
            matches=[
                pb.PhoneMatch(
                    customer=shown[match.customer_id],
                    contact=spoken[match.contact_id] if match.contact_id else None,
                )
                for match in found
            ]
        )

    async def ListDuplicates(
        self, request: pb.ListDuplicatesRequest, context: Context
    ) -> pb.ListDuplicatesResponse:
        current_actor().require_role(*MERGES_CUSTOMERS)
        session, size, customer_id = current_session(), page_size(request.page), ""
        if request.customer_id:
            customer_id = (await customers.survivor(session, request.customer_id)).customer_id
        after = decode_page_token(request.page, parts=2) or ("", "")
        pairs = await merges.duplicates(session, customer_id, (after[0], after[1]), size + 1)
        page = page_pb2.PageInfo()
        if len(pairs) > size:
            page.next_page_token = encode_page_token(*pairs[size - 1][:2])
        shown = await self._masked_by_id({each for pair in pairs[:size] for each in pair[:2]})
        return pb.ListDuplicatesResponse(
            duplicates=[
                pb.Duplicate(
                    first=shown[pair.first_customer_id],
                    second=shown[pair.second_customer_id],
                    reasons=_reasons(pair),
                )
                for pair in pairs[:size]
            ],
            page=page,
        )

    async def DismissDuplicate(
        self, request: pb.DismissDuplicateRequest, context: Context
    ) -> pb.DismissDuplicateResponse:
        actor, session = current_actor(), current_session()
        actor.require_role(*MERGES_CUSTOMERS)
        reason = check_reason(request.reason)
        named = (request.first_customer_id, request.second_customer_id)
        first, second = sorted(
            [
                (await customers.survivor(session, named[0], "first_customer_id")).customer_id,
                (await customers.survivor(session, named[1], "second_customer_id")).customer_id,
            ]
        )
        check_two(first, second, "second_customer_id")
        if not await merges.are_distinct(session, first, second):
            await add(
                session,
                DistinctCustomersRow(
                    first_customer_id=first,
                    second_customer_id=second,
                    reason=reason,
                    dismissed_at=self._clock.now(),
                    dismissed_by_person_id=actor.person_id,
                ),
            )
        return pb.DismissDuplicateResponse()


def _reasons(pair: merges.Pair) -> list[pb.DuplicateReason.ValueType]:
    reasons = []
    if pair.same_phone:
        reasons.append(pb.DUPLICATE_REASON_SAME_PHONE)
    if pair.same_name_and_address:
        reasons.append(pb.DUPLICATE_REASON_SAME_NAME_AND_ADDRESS)
    return reasons
