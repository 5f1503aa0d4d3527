"""Customers and their personal data."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import AlreadyExists
from kit.ids import new_id
from kit.rpc.convert import instant_to_proto, page_info, page_size
from protos.directory.v1 import directory_pb2 as pb
from services.directory import vault
from services.directory.convert.customers import customer_from_proto
from services.directory.domain.customer_access import KNOWS_CUSTOMERS, MEETS_CUSTOMERS
from services.directory.domain.customers import check_customer, check_purpose
from services.directory.domain.shredding import shown_until, shredded
from services.directory.servicer.base import Context, page_start, record_event
from services.directory.servicer.customer_base import CustomerKeeping
from services.directory.store import customers, personal_data
from services.directory.store.rows import add
from services.directory.tables.personal_data import RevealRow


class CustomerRpcs(CustomerKeeping):
    """Customers and their personal data."""

    async def CreateCustomer(
        self, request: pb.CreateCustomerRequest, context: Context
    ) -> pb.Customer:
        current_actor().require_role(*KNOWS_CUSTOMERS)
        session, now = current_session(), self._clock.now()
        check_customer(request.name, request.phone)
        customer_id = request.customer_id or new_id("cu", now)
        if await customers.customer_exists(session, customer_id):
            raise AlreadyExists(
                "CUSTOMER_EXISTS", f"customer {customer_id!r} exists", field="customer_id"
            )
        row = customer_from_proto(request, customer_id, now, current_actor().person_id)
        placed = [
            await self._placed(address, f"addresses[{number}]")
            for number, address in enumerate(request.addresses)
        ]
        await customers.register(
            session, [await self._made(row, request.name, request.phone, placed)]
        )
        event = pb.CustomerCreated(customer_id=customer_id)
        await record_event(event, "customer", customer_id, now)
        return (await self._masked([row]))[0]

    async def GetCustomer(self, request: pb.GetCustomerRequest, context: Context) -> pb.Customer:
        current_actor().require_role(*KNOWS_CUSTOMERS)
        row = await customers.survivor(current_session(), request.customer_id)
        return (await self._masked([row]))[0]

    async def ListCustomers(
        self, request: pb.ListCustomersRequest, context: Context
    ) -> pb.ListCustomersResponse:
        current_actor().require_role(*KNOWS_CUSTOMERS)
        after, size = page_start(request.page), page_size(request.page)
        wanted = customers.Wanted()
        rows = await customers.customers(current_session(), wanted, after, size + 1)
        return pb.ListCustomersResponse(
            customers=await self._masked(rows[:size]),
            page=page_info([row.customer_id for row in rows], size),
        )

    async def AddAddress(self, request: pb.AddAddressRequest, context: Context) -> pb.Address:
        current_actor().require_role(*KNOWS_CUSTOMERS)
        session = current_session()
        row = await customers.survivor(session, request.customer_id)
        key = await self._key_of(row.customer_id)
        placed = await self._placed(request.address, "address")
        address, detail = await self._address(key, row.customer_id, placed)
        await add(session, address, detail)
        await self._changed(row, "addresses")
        customer = (await self._masked([row]))[0]
        return next(known for known in customer.addresses if known.address_id == address.address_id)

    async def RevealPersonalData(
        self, request: pb.RevealPersonalDataRequest, context: Context
    ) -> pb.RevealPersonalDataResponse:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*MEETS_CUSTOMERS)
        check_purpose(request.purpose)
        row = await personal_data.datum(session, request.reference)
        wrapped = await personal_data.wrapped_keys(session, [row.customer_id])
        clear = await vault.open_rows(self._keys, wrapped, [row])
        if row.reference not in clear:
            raise shredded("reference")
        revealed = RevealRow(
            person_id=actor.person_id,
            reference=row.reference,
            purpose=request.purpose,
            revealed_at=now,
            shown_until=shown_until(now),
        )
        await add(session, revealed)
        return pb.RevealPersonalDataResponse(
            clear_text=clear[row.reference], shown_until=instant_to_proto(revealed.shown_until)
        )
