"""What the RPCs about customers share: how personal data is sealed, and shown masked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from google.protobuf.message import Message

from kit.coordinates import Point
from kit.db.session import current_session
from kit.ids import new_id
from kit.rpc.answers import M, PersonalAnswers
from protos.directory.v1 import customer_pb2
from protos.directory.v1 import directory_pb2 as pb
from services.directory import vault
from services.directory.convert.customers import (
    HeldData,
    address_from_proto,
    customer_to_proto,
    held_data,
)
from services.directory.convert.masked import masked_fields
from services.directory.convert.places import location_from_proto
from services.directory.domain.address_text import chosen, parse_address
from services.directory.domain.customers import check_address_detail
from services.directory.domain.fingerprints import address_text, name_text, phone_text
from services.directory.domain.places import ResolvedPlace
from services.directory.domain.shredding import shredded
from services.directory.index import load_names
from services.directory.servicer.base import Rpcs, record_event, shanghai_day
from services.directory.store import customers, personal_data
from services.directory.store.customers import NewCustomer
from services.directory.tables.customers import AddressRow, CustomerRow
from services.directory.tables.personal_data import DataKeyRow, PersonalDataRow


class Placed(NamedTuple):
    """An address whose place is known, and what stands there."""

    address: pb.NewAddress
    detail: str
    point: Point | None
    place: ResolvedPlace


class CustomerKeeping(Rpcs, PersonalAnswers):
    """What RPCs about customers are served with."""

    def without_personal(self, answer: M) -> M:
        """The answer with its references alone."""
        kept = type(answer)()
        kept.CopyFrom(answer)
        for each in masked_fields(kept):
            each.message.ClearField(each.field)
        return kept

    async def show_personal(self, answer: Message) -> None:
        """What the references lead to, masked, or that it was shredded."""
        fields = [each for each in masked_fields(answer) if each.reference]
        if not fields:
            return
        references = {each.reference for each in fields}
        rows = await personal_data.by_references(current_session(), references)
        held = {
            each.reference: (kind, each) for (_, kind), each in (await self._held(rows)).items()
        }
        for each in fields:
            kind, datum = held[each.reference]
            setattr(each.message, each.field, datum.masked(kind))

    async def _placed(self, address: pb.NewAddress, field: str) -> Placed:
        """Where an address is: as it says, or as its detail does.

        Raises:
            InvalidArgument: ``ADDRESS_DETAIL_INVALID``, ``PLACE_UNKNOWN``, ``PLACE_AMBIGUOUS``,
                ``LOCATION_INVALID``.
        """
        now, detail, adcode = self._clock.now(), address.detail, address.adcode
        check_address_detail(detail, f"{field}.detail")
        if not adcode:
            parsed = parse_address(detail, load_names(shanghai_day(now)))
            adcode, detail = chosen(parsed, f"{field}.detail").place.adcode, parsed.detail
            check_address_detail(detail, f"{field}.detail")
        point = location_from_proto(address, field)
        place = await self._resolve(adcode, point, now, f"{field}.adcode")
        return Placed(address, detail.strip(), point, place)

    async def _made(
        self, row: CustomerRow, name: str, phone: str, placed: Iterable[Placed]
    ) -> NewCustomer:
        """A customer with a key of their own, under which all of it is sealed."""
        key, customer_id = vault.new_data_key(), row.customer_id
        wrapped = await self._keys.wrap(key, customer_id)
        addresses: list[AddressRow] = []
        sealed = [
            await self._sealed(key, customer_id, customer_id, "name", name, name_text(name)),
            await self._sealed(key, customer_id, customer_id, "phone", phone, phone_text(phone)),
        ]
        for one in placed:
            address, detail = await self._address(key, customer_id, one)
            addresses.append(address)
            sealed.append(detail)
        return NewCustomer(
            row, DataKeyRow(customer_id=customer_id, wrapped_key=wrapped), addresses, sealed
        )

    async def _address(
        self, key: bytes, customer_id: str, placed: Placed
    ) -> tuple[AddressRow, PersonalDataRow]:
        """An address, and its detail sealed."""
        address_id = new_id("ad", self._clock.now())
        row = address_from_proto(
            placed.address, address_id, customer_id, placed.point, placed.place
        )
        mark = address_text(row.adcode, placed.detail)
        return row, await self._sealed(key, customer_id, address_id, "address", placed.detail, mark)

    async def _sealed(
        self, key: bytes, customer_id: str, holder_id: str, kind: str, text: str, mark: str
    ) -> PersonalDataRow:
        """Something personal under a reference of its own, to be found by its mark."""
        reference = new_id("pd", self._clock.now())
        return PersonalDataRow(
            reference=reference,
            customer_id=customer_id,
            holder_id=holder_id,
            kind=kind,
            sealed=vault.seal_text(key, text.strip(), reference),
            fingerprint=await self._keys.fingerprint(mark),
        )

    async def _key_of(self, customer_id: str, field: str = "customer_id") -> bytes:
        """The key of a customer's personal data.

        Raises:
            FailedPrecondition: ``PERSONAL_DATA_SHREDDED``.
        """
        wrapped = await personal_data.wrapped_keys(current_session(), [customer_id])
        if customer_id not in wrapped:
            raise shredded(field)
        return await self._keys.unwrap(wrapped[customer_id], customer_id)

    async def _held(self, rows: Sequence[PersonalDataRow]) -> HeldData:
        """What is sealed in some rows, opened where there is a key."""
        owners = {row.customer_id for row in rows}
        wrapped = await personal_data.wrapped_keys(current_session(), owners)
        return held_data(rows, await vault.open_rows(self._keys, wrapped, rows))

    async def _changed(self, row: CustomerRow, *changed: str) -> None:
        """Count a change of a customer, and tell of it."""
        session = current_session()
        await session.flush()
        revision = await customers.raise_revision(session, row.customer_id)
        await session.refresh(row)
        event = customer_pb2.CustomerChanged(
            customer_id=row.customer_id, revision=revision, changed=changed
        )
        await record_event(event, "customer", row.customer_id, self._clock.now())

    async def _masked(self, rows: Sequence[CustomerRow]) -> list[pb.Customer]:
        """Customers with the addresses that have not ended, those of merged ones too."""
        session = current_session()
        survivors = await customers.family(session, [row.customer_id for row in rows])
        addresses = [
            address
            for address in await customers.addresses(session, survivors)
            if address.ended_at is None
        ]
        holders = [row.customer_id for row in rows] + [each.address_id for each in addresses]
        held = await self._held(await personal_data.of_holders(session, holders))
        return [
            customer_to_proto(
                row,
                [each for each in addresses if survivors[each.customer_id] == row.customer_id],
                held,
            )
            for row in rows
        ]

    async def _masked_by_id(self, customer_ids: Collection[str]) -> dict[str, pb.Customer]:
        """Customers by their ids, as ``_masked`` shows them."""
        rows = await customers.by_id(current_session(), customer_ids)
        return {one.customer_id: one for one in await self._masked(list(rows.values()))}
