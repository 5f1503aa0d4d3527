"""Customers and their addresses, between messages and rows; everything personal goes out masked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from kit.coordinates import GCJ_02, Point
from protos.directory.v1 import directory_pb2 as pb
from services.directory.convert.places import place_to_proto
from services.directory.domain.masking import SHREDDED, mask_address, mask_name, mask_phone
from services.directory.domain.places import ResolvedPlace
from services.directory.tables.customers import AddressRow, CustomerRow
from services.directory.tables.personal_data import PersonalDataRow

_TO_PROTO: Final = {
    "person": pb.CUSTOMER_TYPE_PERSON,
    "shop": pb.CUSTOMER_TYPE_SHOP,
    "company": pb.CUSTOMER_TYPE_COMPANY,
}
_FROM_PROTO: Final = {number: name for name, number in _TO_PROTO.items()}


def type_from_proto(wanted: pb.CustomerType.ValueType) -> str:
    """What a customer is; empty: it is not said."""
    return _FROM_PROTO.get(wanted, "")


def customer_from_proto(
    message: pb.CreateCustomerRequest, customer_id: str, now: datetime, by_person_id: str
) -> CustomerRow:
    """A customer as they will be kept; a person when nothing else is said."""
    return CustomerRow(
        customer_id=customer_id,
        customer_type=type_from_proto(message.customer_type) or "person",
        customer_level=message.customer_level or "standard",
        registered_at=now,
        registered_by_person_id=by_person_id,
    )


class Held(NamedTuple):
    """One personal datum: its reference, and its clear text unless it was shredded."""

    reference: str
    clear_text: str | None

    @property
    def name_masked(self) -> str:
        """As a name."""
        return SHREDDED if self.clear_text is None else mask_name(self.clear_text)

    @property
    def phone_masked(self) -> str:
        """As a phone number."""
        return SHREDDED if self.clear_text is None else mask_phone(self.clear_text)

    @property
    def address_masked(self) -> str:
        """As the detail of an address."""
        return SHREDDED if self.clear_text is None else mask_address(self.clear_text)

    def masked(self, kind: str) -> str:
        """As what it is: "name", "phone" or "address"."""
        masked: str = getattr(self, f"{kind}_masked")
        return masked


#: Personal data by the one it describes and its kind.
HeldData = Mapping[tuple[str, str], Held]


def held_data(rows: Iterable[PersonalDataRow], clear: Mapping[str, str]) -> HeldData:
    """Personal data by the one it describes and its kind."""
    return {
        (row.holder_id, row.kind): Held(row.reference, clear.get(row.reference)) for row in rows
    }


def customer_to_proto(
    row: CustomerRow, addresses: Iterable[AddressRow], held: HeldData
) -> pb.Customer:
    """A customer with their addresses on the wire, everything personal masked."""
    name, phone = held[row.customer_id, "name"], held[row.customer_id, "phone"]
    return pb.Customer(
        customer_id=row.customer_id,
        customer_type=_TO_PROTO[row.customer_type],
        customer_level=row.customer_level,
        name_masked=name.name_masked,
        phone_masked=phone.phone_masked,
        name_ref=name.reference,
        phone_ref=phone.reference,
        addresses=[
            address_to_proto(address, held[address.address_id, "address"]) for address in addresses
        ],
    )


def address_from_proto(
    message: pb.NewAddress,
    address_id: str,
    customer_id: str,
    point: Point | None,
    place: ResolvedPlace,
) -> AddressRow:
    """An address as it will be kept, without its detail."""
    return AddressRow(
        address_id=address_id,
        customer_id=customer_id,
        longitude=point.longitude if point else None,
        latitude=point.latitude if point else None,
        coordinate_system=point.coordinate_system if point else None,
        adcode=place.adcode,
        adcode_path=list(place.adcode_path),
        zone_codes=list(place.zone_codes),
        city_tier=place.city_tier,
        place_name=place.place_name,
        resolved_at=place.resolved_at,
        former_adcode=place.former_adcode,
        floor=message.floor,
    )


def address_to_proto(row: AddressRow, detail: Held) -> pb.Address:
    """An address on the wire, unit and room hidden."""
    message = pb.Address(
        address_id=row.address_id,
        customer_id=row.customer_id,
        detail_masked=detail.address_masked,
        detail_ref=detail.reference,
        place=place_to_proto(row),
        floor=row.floor,
    )
    if row.longitude is not None and row.latitude is not None:
        message.location.longitude = row.longitude
        message.location.latitude = row.latitude
        message.location.coordinate_system = row.coordinate_system or GCJ_02
    return message
