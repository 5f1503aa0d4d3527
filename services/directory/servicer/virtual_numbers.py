"""Virtual numbers, which lead to customers without showing theirs."""

from __future__ import annotations

from kit.authn import current_actor
from kit.clock import Clock
from kit.db.session import current_session
from kit.errors import FailedPrecondition, NotFound
from kit.ids import new_id
from kit.rpc.convert import page_info, page_size
from protos.directory.v1 import virtual_number_pb2 as pb
from protos.directory.v1.virtual_number_pb2_grpc import VirtualNumberServiceServicer
from services.directory import vault
from services.directory.convert.virtual_numbers import binding_to_proto
from services.directory.domain.customer_access import KNOWS_CUSTOMERS, MEETS_CUSTOMERS
from services.directory.domain.shredding import shredded
from services.directory.domain.virtual_numbers import expires_at
from services.directory.servicer.base import Context, page_start
from services.directory.store import contacts, customers, personal_data, virtual_numbers
from services.directory.store.rows import add
from services.directory.tables.virtual_numbers import VirtualNumberBindingRow
from services.directory.telephony import VirtualNumbers


class VirtualNumberServicer(VirtualNumberServiceServicer):
    """Bind and release virtual numbers; nobody sees the number behind one."""

    def __init__(
        self, clock: Clock, keys: vault.KeyService, numbers: VirtualNumbers | None
    ) -> None:
        self._clock = clock
        self._keys = keys
        self._numbers = numbers

    async def BindVirtualNumber(
        self, request: pb.BindVirtualNumberRequest, context: Context
    ) -> pb.VirtualNumberBinding:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*MEETS_CUSTOMERS)
        provider, until = self._provider(), expires_at(request.minutes, now)
        customer = await customers.survivor(session, request.customer_id)
        number = await self._number_of(customer.customer_id, request.contact_id)
        binding_id = new_id("vn", now)
        row = VirtualNumberBindingRow(
            binding_id=binding_id,
            virtual_number=await provider.bind(binding_id, number, until),
            customer_id=customer.customer_id,
            contact_id=request.contact_id or None,
            work_order_id=request.work_order_id,
            person_id=actor.person_id,
            bound_at=now,
            expires_at=until,
        )
        await add(session, row)
        return binding_to_proto(row)

    async def ReleaseVirtualNumber(
        self, request: pb.ReleaseVirtualNumberRequest, context: Context
    ) -> pb.VirtualNumberBinding:
        current_actor().require_role(*MEETS_CUSTOMERS)
        session = current_session()
        row = await virtual_numbers.binding(session, request.binding_id)
        if row.released_at is None:
            await self._provider().release(row.binding_id)
            row.released_at = self._clock.now()
            await session.flush()
        return binding_to_proto(row)

    async def ListVirtualNumbers(
        self, request: pb.ListVirtualNumbersRequest, context: Context
    ) -> pb.ListVirtualNumbersResponse:
        current_actor().require_role(*KNOWS_CUSTOMERS)
        session, size = current_session(), page_size(request.page)
        customer = await customers.survivor(session, request.customer_id)
        members = await customers.family(session, [customer.customer_id])
        rows = await virtual_numbers.bindings(session, members, page_start(request.page), size + 1)
        return pb.ListVirtualNumbersResponse(
            bindings=[binding_to_proto(row) for row in rows[:size]],
            page=page_info([row.binding_id for row in rows], size),
        )

    def _provider(self) -> VirtualNumbers:
        if self._numbers is None:
            raise FailedPrecondition(
                "VIRTUAL_NUMBERS_OFF",
                "no provider of virtual numbers is configured; set GONGDAN_VIRTUAL_NUMBERS_URL",
            )
        return self._numbers

    async def _number_of(self, customer_id: str, contact_id: str) -> str:
        """The number of a customer, or of a contact who speaks for them."""
        session = current_session()
        if contact_id:
            members = await customers.family(session, [customer_id])
            links = await contacts.links_of(session, members)
            if contact_id not in {link.contact_id for link in links}:
                raise NotFound(
                    "CONTACT_UNKNOWN",
                    f"{contact_id!r} does not speak for {customer_id!r}",
                    field="contact_id",
                )
        rows = await personal_data.of_holders(session, [contact_id or customer_id])
        (row,) = (each for each in rows if each.kind == "phone")
        wrapped = await personal_data.wrapped_keys(session, [row.customer_id])
        clear = await vault.open_rows(self._keys, wrapped, [row])
        if row.reference not in clear:
            raise shredded("customer_id")
        return clear[row.reference]
