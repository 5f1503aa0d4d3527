"""Contacts of customers, tags, and what customers say about messages."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument, NotFound
from kit.ids import new_id
from protos.directory.v1 import customer_pb2 as pb
from services.directory.convert.customer_profiles import channel_from_proto
from services.directory.domain.customer_access import KNOWS_CUSTOMERS, TAGS_CUSTOMERS
from services.directory.domain.customer_facts import (
    check_contact_role,
    check_remark,
    check_tagging,
    settled_tags,
)
from services.directory.domain.customers import check_name, check_phone
from services.directory.domain.fingerprints import name_text, phone_text
from services.directory.servicer.base import Context, record_event
from services.directory.servicer.customer_profiles import ProfileRpcs
from services.directory.store import contacts, customer_tags, customers
from services.directory.store.rows import add
from services.directory.tables.customers import ContactLinkRow, ContactRow, MessageConsentRow


class ContactRpcs(ProfileRpcs):
    """Who speaks for customers."""

    async def PutContact(
        self, request: pb.PutContactRequest, context: Context
    ) -> pb.CustomerProfile:
        row = await self._kept(request.customer_id)
        if request.contact_id:
            await contacts.contact(current_session(), request.contact_id)
            await self._change(request)
        contact_id = request.contact_id or await self._new_contact(row.customer_id, request)
        await self._link(contact_id, row.customer_id, request.contact_role, request.preferred)
        return await self._profile_after(row, "contacts")

    async def LinkContact(
        self, request: pb.LinkContactRequest, context: Context
    ) -> pb.CustomerProfile:
        row = await self._kept(request.customer_id)
        await contacts.contact(current_session(), request.contact_id)
        await self._link(
            request.contact_id, row.customer_id, request.contact_role, request.preferred
        )
        return await self._profile_after(row, "contacts")

    async def UnlinkContact(
        self, request: pb.UnlinkContactRequest, context: Context
    ) -> pb.CustomerProfile:
        row, session = await self._kept(request.customer_id), current_session()
        members = await customers.family(session, [row.customer_id])
        if not await contacts.remove_link(session, request.contact_id, members):
            raise NotFound(
                "CONTACT_UNKNOWN",
                f"{request.contact_id!r} does not speak for {row.customer_id!r}",
                field="contact_id",
            )
        return await self._profile_after(row, "contacts")

    async def _change(self, request: pb.PutContactRequest) -> None:
        if request.name:
            check_name(request.name)
            await self._correct(request.contact_id, "name", request.name, name_text(request.name))
        if request.phone:
            check_phone(request.phone)
            await self._correct(
                request.contact_id, "phone", request.phone, phone_text(request.phone)
            )

    async def _new_contact(self, customer_id: str, request: pb.PutContactRequest) -> str:
        check_name(request.name)
        check_phone(request.phone)
        now = self._clock.now()
        key, contact_id = await self._key_of(customer_id), new_id("ct", now)
        await add(
            current_session(),
            ContactRow(
                contact_id=contact_id,
                customer_id=customer_id,
                put_at=now,
                put_by_person_id=current_actor().person_id,
            ),
            await self._sealed(
                key, customer_id, contact_id, "name", request.name, name_text(request.name)
            ),
            await self._sealed(
                key, customer_id, contact_id, "phone", request.phone, phone_text(request.phone)
            ),
        )
        return contact_id

    async def _link(self, contact_id: str, customer_id: str, role: str, preferred: bool) -> None:
        link = ContactLinkRow(
            contact_id=contact_id,
            customer_id=customer_id,
            contact_role=check_contact_role(role),
            preferred=preferred,
            linked_at=self._clock.now(),
            linked_by_person_id=current_actor().person_id,
        )
        await contacts.put_link(current_session(), link)


class TagRpcs(ProfileRpcs):
    """Tags, and what customers say about messages."""

    async def TagCustomers(
        self, request: pb.TagCustomersRequest, context: Context
    ) -> pb.TagCustomersResponse:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*TAGS_CUSTOMERS)
        add_tags = settled_tags(request.add_tags, "add_tags")
        remove = settled_tags(request.remove_tags, "remove_tags")
        check_tagging(len(request.customer_ids), add_tags, remove)
        survivors = await customers.survivors(session, request.customer_ids)
        for number, customer_id in enumerate(request.customer_ids):
            if customer_id not in survivors:
                raise NotFound(
                    "CUSTOMER_UNKNOWN",
                    f"there is no customer {customer_id!r}",
                    field=f"customer_ids[{number}]",
                )
        tagged = sorted(set(survivors.values()))
        await customers.hold(session, tagged)
        source = request.tag_source.strip() or "manual"
        changed = await customer_tags.add_tags(
            session, tagged, add_tags, source, now, actor.person_id
        )
        changed |= await customer_tags.remove_tags(session, tagged, remove)
        for customer_id in sorted(changed):
            revision = await customers.raise_revision(session, customer_id)
            event = pb.CustomerChanged(customer_id=customer_id, revision=revision, changed=["tags"])
            await record_event(event, "customer", customer_id, now)
        return pb.TagCustomersResponse(changed_count=len(changed))

    async def ListCustomerTags(
        self, request: pb.ListCustomerTagsRequest, context: Context
    ) -> pb.ListCustomerTagsResponse:
        current_actor().require_role(*KNOWS_CUSTOMERS, *TAGS_CUSTOMERS)
        return pb.ListCustomerTagsResponse(
            tags=[
                pb.CustomerTagCount(tag=tag, customer_count=count)
                for tag, count in await customer_tags.tag_counts(current_session())
            ]
        )

    async def PutMessageConsent(
        self, request: pb.PutMessageConsentRequest, context: Context
    ) -> pb.CustomerProfile:
        row = await self._kept(request.customer_id)
        channel = channel_from_proto(request.message_channel)
        if not channel:
            raise InvalidArgument(
                "MESSAGE_CHANNEL_MISSING", "say of which channel", field="message_channel"
            )
        consent = MessageConsentRow(
            customer_id=row.customer_id,
            message_channel=channel,
            allowed=request.allowed,
            remark=check_remark(request.remark),
            recorded_at=self._clock.now(),
            recorded_by_person_id=current_actor().person_id,
        )
        await add(current_session(), consent)
        return await self._profile_after(row, "message_consents")
