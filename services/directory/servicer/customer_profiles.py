"""Profiles of customers: what they are, their addresses, and to whom they belong."""

from __future__ import annotations

from typing import Final

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import FailedPrecondition
from kit.rpc.convert import instant_to_proto
from protos.directory.v1 import customer_pb2 as pb
from services.directory import vault
from services.directory.convert.customer_profiles import (
    consent_to_proto,
    contacts_to_proto,
    tags_to_proto,
)
from services.directory.convert.customers import address_to_proto, type_from_proto
from services.directory.domain.customer_access import KEEPS_CUSTOMERS, KNOWS_CUSTOMERS
from services.directory.domain.customer_facts import check_level, check_parent, check_revision
from services.directory.domain.customers import check_name, check_phone
from services.directory.domain.fingerprints import name_text, phone_text
from services.directory.servicer.base import Context
from services.directory.servicer.customer_base import CustomerKeeping
from services.directory.store import contacts, customer_tags, customers, personal_data
from services.directory.store.rows import add
from services.directory.tables.customers import AddressRow, CustomerRow
from services.directory.tables.personal_data import PersonalDataRow

_MOST_CHILDREN: Final = 200


class ProfileRpcs(CustomerKeeping):
    """What is known of one customer, and changes of it."""

    async def GetCustomerProfile(
        self, request: pb.GetCustomerProfileRequest, context: Context
    ) -> pb.CustomerProfile:
        current_actor().require_role(*KNOWS_CUSTOMERS)
        return await self._profile(await customers.survivor(current_session(), request.customer_id))

    async def UpdateCustomer(
        self, request: pb.UpdateCustomerRequest, context: Context
    ) -> pb.CustomerProfile:
        row = await self._kept(request.customer_id)
        check_revision(request.revision, row.revision)
        changed: list[str] = []
        if wanted_type := type_from_proto(request.customer_type):
            row.customer_type = wanted_type
            changed.append("customer_type")
        if level := check_level(request.customer_level):
            row.customer_level = level
            changed.append("customer_level")
        if request.name:
            check_name(request.name)
            await self._correct(row.customer_id, "name", request.name, name_text(request.name))
            changed.append("name")
        if request.phone:
            check_phone(request.phone)
            await self._correct(row.customer_id, "phone", request.phone, phone_text(request.phone))
            changed.append("phone")
        return await self._profile_after(row, *changed)

    async def PutParentCompany(
        self, request: pb.PutParentCompanyRequest, context: Context
    ) -> pb.CustomerProfile:
        row = await self._kept(request.customer_id)
        parent_id: str | None = None
        if request.parent_customer_id:
            parent = await customers.survivor(
                current_session(), request.parent_customer_id, "parent_customer_id"
            )
            check_parent(row.customer_id, parent.customer_id, parent.customer_type)
            parent_id = parent.customer_id
        row.parent_customer_id = parent_id
        return await self._profile_after(row, "parent_customer_id")

    async def ReplaceAddress(
        self, request: pb.ReplaceAddressRequest, context: Context
    ) -> pb.CustomerProfile:
        session = current_session()
        old = await customers.address(session, request.address_id)
        row = await self._kept(old.customer_id)
        key = await self._key_of(row.customer_id, "address_id")
        placed = await self._placed(request.address, "address")
        address, detail = await self._address(key, row.customer_id, placed)
        await add(session, address, detail)
        await self._end(old, address.address_id)
        return await self._profile_after(row, "addresses")

    async def EndAddress(
        self, request: pb.EndAddressRequest, context: Context
    ) -> pb.CustomerProfile:
        old = await customers.address(current_session(), request.address_id)
        row = await self._kept(old.customer_id)
        await self._end(old, None)
        return await self._profile_after(row, "addresses")

    async def _end(self, old: AddressRow, replaced_by: str | None) -> None:
        session, now = current_session(), self._clock.now()
        if not await customers.end_address(session, old.address_id, now, replaced_by):
            raise FailedPrecondition(
                "ADDRESS_ENDED",
                f"address {old.address_id!r} has ended; add another one",
                field="address_id",
            )

    async def _kept(self, customer_id: str) -> CustomerRow:
        """A customer whom the actor is about to change, held until that is done."""
        current_actor().require_role(*KEEPS_CUSTOMERS)
        session = current_session()
        row = await customers.survivor(session, customer_id)
        await customers.hold(session, [row.customer_id])
        return await customers.survivor(session, customer_id)

    async def _correct(self, holder_id: str, kind: str, text: str, mark: str) -> None:
        """Seal another text under the reference that something has."""
        rows = await personal_data.of_holders(current_session(), [holder_id])
        row = next(each for each in rows if each.kind == kind)
        await self._seal_anew(row, text, mark)

    async def _seal_anew(self, row: PersonalDataRow, text: str, mark: str) -> None:
        key = await self._key_of(row.customer_id)
        row.sealed = vault.seal_text(key, text.strip(), row.reference)
        row.fingerprint = await self._keys.fingerprint(mark)
        await current_session().flush()

    async def _profile_after(self, row: CustomerRow, *changed: str) -> pb.CustomerProfile:
        """A customer's profile, after a change of it when anything was changed."""
        if changed:
            await self._changed(row, *changed)
        return await self._profile(row)

    async def _profile(self, row: CustomerRow) -> pb.CustomerProfile:
        session = current_session()
        members = await customers.family(session, [row.customer_id])
        ended = [each for each in await customers.addresses(session, members) if each.ended_at]
        details = await self._held(
            await personal_data.of_holders(session, [each.address_id for each in ended])
        )
        said = await customer_tags.last_consents(session, members)
        (customer,) = await self._masked([row])
        return pb.CustomerProfile(
            customer=customer,
            revision=row.revision,
            registered_at=instant_to_proto(row.registered_at),
            parent_customer_id=row.parent_customer_id or "",
            child_customer_ids=await customers.children(session, members, _MOST_CHILDREN),
            contacts=await self._contacts(list(members)),
            tags=tags_to_proto(await customer_tags.tags_of(session, members)),
            message_consents=[consent_to_proto(each) for each in said],
            ended_addresses=[
                address_to_proto(each, details[each.address_id, "address"]) for each in ended
            ],
            merged_customer_ids=sorted(members.keys() - {row.customer_id}),
            shredded=not await personal_data.wrapped_keys(session, [row.customer_id]),
        )

    async def _contacts(self, customer_ids: list[str]) -> list[pb.Contact]:
        """Who speaks for some customers, masked."""
        session = current_session()
        links = await contacts.links_of(session, customer_ids)
        ids = {link.contact_id for link in links}
        held = await self._held(await personal_data.of_holders(session, ids))
        return contacts_to_proto(links, await contacts.spoken_for(session, ids), held)
