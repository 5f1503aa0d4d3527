"""Customers and their personal data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import AlreadyExists, FailedPrecondition
from kit.ids import new_id
from kit.rpc.convert import page_info, page_size
from protos.directory.v1 import directory_pb2 as pb
from services.directory import vault
from services.directory.convert.customers import (
    address_from_proto,
    customer_from_proto,
    customer_to_proto,
    held_data,
)
from services.directory.convert.places import location_from_proto
from services.directory.domain.address_text import chosen, parse_address
from services.directory.domain.customers import (
    check_address_detail,
    check_customer,
    check_purpose,
)
from services.directory.index import load_names
from services.directory.servicer.base import Context, Rpcs, page_start, record_event, shanghai_day
from services.directory.store import customers
from services.directory.store.rows import add
from services.directory.tables import CustomerRow, DataKeyRow, PersonalDataRow, RevealRow

_MEETS_CUSTOMERS: Final = (
    "technician", "designer", "sales", "customer_service", "shop_manager", "outlet_manager",
    "dispatcher", "supervisor", "admin",
)  # fmt: skip
_KNOWS_CUSTOMERS: Final = (*_MEETS_CUSTOMERS, "technical_director", "finance", "hq")


class CustomerRpcs(Rpcs):
    """Customers and their personal data."""

    async def CreateCustomer(
        self, request: pb.CreateCustomerRequest, context: Context
    ) -> pb.Customer:
        current_actor().require_role(*_KNOWS_CUSTOMERS)
        session, now = current_session(), self._clock.now()
        check_customer(request.name, request.phone)
        customer_id = request.customer_id or new_id("cu", now)
        if await customers.customer_exists(session, customer_id):
            raise AlreadyExists(
                "CUSTOMER_EXISTS", f"customer {customer_id!r} exists", field="customer_id"
            )
        row = customer_from_proto(request, customer_id, now, current_actor().person_id)
        key = vault.new_data_key()
        wrapped = await self._keys.wrap(key, customer_id)
        await add(session, row, DataKeyRow(customer_id=customer_id, wrapped_key=wrapped))
        await self._keep(key, customer_id, customer_id, "name", request.name)
        await self._keep(key, customer_id, customer_id, "phone", request.phone)
        for number, address in enumerate(request.addresses):
            await self._keep_address(key, customer_id, address, f"addresses[{number}]")
        event = pb.CustomerCreated(customer_id=customer_id)
        await record_event(event, "customer", customer_id, now)
        return (await self._masked([row]))[0]

    async def GetCustomer(self, request: pb.GetCustomerRequest, context: Context) -> pb.Customer:
        current_actor().require_role(*_KNOWS_CUSTOMERS)
        row = await customers.customer(current_session(), request.customer_id)
        return (await self._masked([row]))[0]

    async def ListCustomers(
        self, request: pb.ListCustomersRequest, context: Context
    ) -> pb.ListCustomersResponse:
        current_actor().require_role(*_KNOWS_CUSTOMERS)
        after, size = page_start(request.page), page_size(request.page)
        rows = await customers.customers(current_session(), after, size + 1)
        return pb.ListCustomersResponse(
            customers=await self._masked(rows[:size]),
            page=page_info([row.customer_id for row in rows], size),
        )

    async def AddAddress(self, request: pb.AddAddressRequest, context: Context) -> pb.Address:
        current_actor().require_role(*_KNOWS_CUSTOMERS)
        session = current_session()
        row = await customers.customer(session, request.customer_id)
        wrapped = await customers.wrapped_keys(session, [row.customer_id])
        if row.customer_id not in wrapped:
            raise _shredded("customer_id")
        key = await self._keys.unwrap(wrapped[row.customer_id], row.customer_id)
        address_id = await self._keep_address(key, row.customer_id, request.address, "address")
        customer = (await self._masked([row]))[0]
        return next(known for known in customer.addresses if known.address_id == address_id)

    async def RevealPersonalData(
        self, request: pb.RevealPersonalDataRequest, context: Context
    ) -> pb.RevealPersonalDataResponse:
        actor, session = current_actor(), current_session()
        actor.require_role(*_MEETS_CUSTOMERS)
        check_purpose(request.purpose)
        row = await customers.personal_datum(session, request.reference)
        wrapped = await customers.wrapped_keys(session, [row.customer_id])
        clear = await vault.open_rows(self._keys, wrapped, [row])
        if row.reference not in clear:
            raise _shredded("reference")
        revealed = RevealRow(
            person_id=actor.person_id,
            reference=row.reference,
            purpose=request.purpose,
            revealed_at=self._clock.now(),
        )
        await add(session, revealed)
        return pb.RevealPersonalDataResponse(clear_text=clear[row.reference])

    async def _keep(
        self, key: bytes, customer_id: str, holder_id: str, kind: str, text: str
    ) -> None:
        reference = new_id("pd", self._clock.now())
        row = PersonalDataRow(
            reference=reference,
            customer_id=customer_id,
            holder_id=holder_id,
            kind=kind,
            sealed=vault.seal_text(key, text.strip(), reference),
        )
        await add(current_session(), row)

    async def _keep_address(
        self, key: bytes, customer_id: str, address: pb.NewAddress, field: str
    ) -> str:
        now, detail, adcode = self._clock.now(), address.detail, address.adcode
        check_address_detail(detail, f"{field}.detail")
        if not adcode:
            parsed = parse_address(detail, load_names(shanghai_day(now)))
            adcode, detail = chosen(parsed, f"{field}.detail").place.adcode, parsed.detail
            check_address_detail(detail, f"{field}.detail")
        point = location_from_proto(address, field)
        place = await self._resolve(adcode, point, now, f"{field}.adcode")
        address_id = new_id("ad", now)
        row = address_from_proto(address, address_id, customer_id, point, place)
        await add(current_session(), row)
        await self._keep(key, customer_id, address_id, "address", detail)
        return address_id

    async def _masked(self, rows: Sequence[CustomerRow]) -> list[pb.Customer]:
        session, ids = current_session(), [row.customer_id for row in rows]
        sealed = await customers.personal_data(session, ids)
        clear = await vault.open_rows(
            self._keys, await customers.wrapped_keys(session, ids), sealed
        )
        addresses = await customers.addresses(session, ids)
        held = held_data(sealed, clear)
        return [customer_to_proto(row, addresses, held) for row in rows]


def _shredded(field: str) -> FailedPrecondition:
    return FailedPrecondition(
        "PERSONAL_DATA_SHREDDED",
        "this customer's personal data was destroyed and cannot be read again",
        field=field,
    )
