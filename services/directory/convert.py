"""Between messages, rows and decisions; the only place that knows two of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

from kit.calendar import Hours
from kit.errors import InvalidArgument
from protos.common.v1 import place_pb2
from protos.directory.v1 import directory_pb2 as pb
from services.directory.domain.calendar import CalendarDefinition, CalendarYears, Day
from services.directory.domain.coordinates import GCJ_02, Point, check_point
from services.directory.domain.masking import SHREDDED, mask_address, mask_name, mask_phone
from services.directory.domain.places import ResolvedPlace
from services.directory.domain.zones import ZoneShape
from services.directory.tables import (
    AddressRow,
    CalendarDefinitionRow,
    CustomerRow,
    OutletRow,
    PersonalDataRow,
    PersonRow,
    ZoneRow,
)

_PERSON_STATES: Final = {"active": pb.PERSON_STATE_ACTIVE, "left": pb.PERSON_STATE_LEFT}
_CUSTOMER_TYPES: Final = {
    "person": pb.CUSTOMER_TYPE_PERSON,
    "shop": pb.CUSTOMER_TYPE_SHOP,
    "company": pb.CUSTOMER_TYPE_COMPANY,
}


def person_from_proto(message: pb.Person, person_id: str) -> PersonRow:
    """A person as they will be kept; active when nothing else is said."""
    return PersonRow(
        person_id=person_id,
        display_name=message.display_name,
        roles=list(message.roles),
        region_adcodes=list(message.region_adcodes),
        outlet_id=message.outlet_id or None,
        leader_person_id=message.leader_person_id or None,
        wecom_userid=message.wecom_userid or None,
        state="left" if message.state == pb.PERSON_STATE_LEFT else "active",
    )


def person_to_proto(row: PersonRow) -> pb.Person:
    """A person on the wire."""
    return pb.Person(
        person_id=row.person_id,
        display_name=row.display_name,
        roles=row.roles,
        region_adcodes=row.region_adcodes,
        outlet_id=row.outlet_id or "",
        leader_person_id=row.leader_person_id or "",
        wecom_userid=row.wecom_userid or "",
        state=_PERSON_STATES[row.state],
    )


def outlet_from_proto(message: pb.Outlet, outlet_id: str) -> OutletRow:
    """An outlet as it will be kept; run by the company itself when nothing else is said."""
    return OutletRow(
        outlet_id=outlet_id,
        name=message.name,
        region_adcodes=list(message.region_adcodes),
        cooperation_mode=message.cooperation_mode or "direct",
    )


def outlet_to_proto(row: OutletRow) -> pb.Outlet:
    """An outlet on the wire."""
    return pb.Outlet(
        outlet_id=row.outlet_id,
        name=row.name,
        region_adcodes=row.region_adcodes,
        cooperation_mode=row.cooperation_mode,
    )


def customer_from_proto(
    message: pb.CreateCustomerRequest, customer_id: str, now: datetime, by_person_id: str
) -> CustomerRow:
    """A customer as they will be kept; a person when nothing else is said."""
    names = {number: name for name, number in _CUSTOMER_TYPES.items()}
    return CustomerRow(
        customer_id=customer_id,
        customer_type=names.get(message.customer_type, "person"),
        customer_level=message.customer_level or "standard",
        registered_at=now,
        registered_by_person_id=by_person_id,
    )


class Held(NamedTuple):
    """One personal datum: its reference, and its clear text unless it was shredded."""

    reference: str
    clear_text: str | None


def held_data(
    rows: Iterable[PersonalDataRow], clear: Mapping[str, str]
) -> dict[tuple[str, str], Held]:
    """Personal data by the one it describes and its kind."""
    return {
        (row.holder_id, row.kind): Held(row.reference, clear.get(row.reference)) for row in rows
    }


def customer_to_proto(
    row: CustomerRow, addresses: Iterable[AddressRow], held: Mapping[tuple[str, str], Held]
) -> pb.Customer:
    """A customer on the wire, everything personal masked."""
    name, phone = held[row.customer_id, "name"], held[row.customer_id, "phone"]
    return pb.Customer(
        customer_id=row.customer_id,
        customer_type=_CUSTOMER_TYPES[row.customer_type],
        customer_level=row.customer_level,
        name_masked=SHREDDED if name.clear_text is None else mask_name(name.clear_text),
        phone_masked=SHREDDED if phone.clear_text is None else mask_phone(phone.clear_text),
        name_ref=name.reference,
        phone_ref=phone.reference,
        addresses=[
            address_to_proto(address, held[address.address_id, "address"])
            for address in addresses
            if address.customer_id == row.customer_id
        ],
    )


def address_from_proto(
    message: pb.NewAddress, address_id: str, customer_id: str, place: ResolvedPlace, field: str
) -> AddressRow:
    """An address as it will be kept, without its detail."""
    point = location_from_proto(message, field)
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
        floor=message.floor,
    )


def address_to_proto(row: AddressRow, detail: Held) -> pb.Address:
    """An address on the wire, unit and room hidden."""
    message = pb.Address(
        address_id=row.address_id,
        customer_id=row.customer_id,
        detail_masked=SHREDDED if detail.clear_text is None else mask_address(detail.clear_text),
        detail_ref=detail.reference,
        place=place_of_address(row),
        floor=row.floor,
    )
    if row.longitude is not None and row.latitude is not None:
        message.location.longitude = row.longitude
        message.location.latitude = row.latitude
        message.location.coordinate_system = row.coordinate_system or GCJ_02
    return message


def place_of_address(row: AddressRow) -> place_pb2.Place:
    """The place snapshot kept with an address."""
    return place_pb2.Place(
        adcode=row.adcode,
        adcode_path=row.adcode_path,
        zone_codes=row.zone_codes,
        city_tier=row.city_tier,
    )


def place_to_proto(place: ResolvedPlace) -> place_pb2.Place:
    """A freshly resolved place on the wire."""
    return place_pb2.Place(
        adcode=place.adcode,
        adcode_path=place.adcode_path,
        zone_codes=place.zone_codes,
        city_tier=place.city_tier,
    )


def location_from_proto(
    message: pb.NewAddress | pb.ResolvePlaceRequest, field: str = ""
) -> Point | None:
    """Where on the map, if it was said.

    Raises:
        InvalidArgument: ``LOCATION_INVALID``.
    """
    if not message.HasField("location"):
        return None
    return check_point(_point(message.location), f"{field}.location".lstrip("."))


def _point(message: place_pb2.Location) -> Point:
    return Point(message.longitude, message.latitude, message.coordinate_system or GCJ_02)


def zone_from_proto(message: pb.Zone) -> tuple[ZoneRow, list[Point]]:
    """A zone as it will be kept, and its boundary to check; each point is in the zone's system."""
    system = message.coordinate_system or GCJ_02
    points = [Point(point.longitude, point.latitude, system) for point in message.boundary]
    row = ZoneRow(
        zone_code=message.zone_code,
        name=message.name,
        coordinate_system=system,
        boundary=[[point.longitude, point.latitude] for point in points],
    )
    return row, points


def zone_shape(row: ZoneRow) -> ZoneShape:
    """A zone as points are tested against it."""
    return ZoneShape(
        row.zone_code, [Point(lon, lat, row.coordinate_system) for lon, lat in row.boundary]
    )


def zone_to_proto(row: ZoneRow) -> pb.Zone:
    """A zone on the wire."""
    return pb.Zone(
        zone_code=row.zone_code,
        name=row.name,
        coordinate_system=row.coordinate_system,
        boundary=[
            place_pb2.Location(longitude=lon, latitude=lat, coordinate_system=row.coordinate_system)
            for lon, lat in row.boundary
        ],
    )


def definition_from_proto(message: pb.PutCalendarRequest) -> CalendarDefinition:
    """What the company wrote down about a calendar.

    Raises:
        InvalidArgument: ``CALENDAR_WEEKDAY_INVALID``, ``CALENDAR_DAY_MALFORMED``.
    """
    return CalendarDefinition(
        calendar_code=message.calendar_code,
        time_zone=message.time_zone or "Asia/Shanghai",
        weekly=_weekly(message.weekly),
        chinese_holidays=message.chinese_holidays,
        overrides=tuple(
            Day(_day(override.day, number), _hours(override.open), override.label)
            for number, override in enumerate(message.overrides)
        ),
    )


def _weekly(messages: Sequence[pb.WeekdayHours]) -> tuple[Hours, ...]:
    """Monday first; a weekday that is not named is closed."""
    weekly: list[Hours] = [()] * 7
    named: set[int] = set()
    for number, message in enumerate(messages):
        if not 1 <= message.weekday <= 7 or message.weekday in named:
            raise InvalidArgument(
                "CALENDAR_WEEKDAY_INVALID",
                "weekdays are 1 (Monday) to 7 (Sunday), each named once",
                field=f"weekly[{number}].weekday",
            )
        named.add(message.weekday)
        weekly[message.weekday - 1] = _hours(message.open)
    return tuple(weekly)


def _hours(intervals: Iterable[pb.OpenInterval]) -> Hours:
    return tuple((interval.start_minute, interval.end_minute) for interval in intervals)


def _day(text: str, number: int) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidArgument(
            "CALENDAR_DAY_MALFORMED",
            f"{text!r} is no date; write it as 2026-10-10",
            field=f"overrides[{number}].day",
        ) from error


def definition_to_row(
    definition: CalendarDefinition, now: datetime, by_person_id: str
) -> CalendarDefinitionRow:
    """A calendar's definition as it will be kept."""
    return CalendarDefinitionRow(
        calendar_code=definition.calendar_code,
        time_zone=definition.time_zone,
        weekly=[list(hours) for hours in definition.weekly],
        chinese_holidays=definition.chinese_holidays,
        overrides=[[day.day.isoformat(), day.hours, day.label] for day in definition.overrides],
        defined_at=now,
        defined_by_person_id=by_person_id,
    )


def definition_from_row(row: CalendarDefinitionRow) -> CalendarDefinition:
    """A calendar's definition as it is computed with."""
    return CalendarDefinition(
        calendar_code=row.calendar_code,
        time_zone=row.time_zone,
        weekly=tuple(_stored_hours(hours) for hours in row.weekly),
        chinese_holidays=row.chinese_holidays,
        overrides=tuple(
            Day(date.fromisoformat(day), _stored_hours(hours), label)
            for day, hours, label in row.overrides
        ),
    )


def _stored_hours(hours: list[list[int]]) -> Hours:
    return tuple((start, end) for start, end in hours)


def calendar_to_proto(calendar: CalendarYears) -> pb.Calendar:
    """A calendar laid out for some years, on the wire."""
    definition = calendar.definition
    return pb.Calendar(
        calendar_code=definition.calendar_code,
        version_hash=calendar.version_hash,
        time_zone=definition.time_zone,
        weekly=[
            pb.WeekdayHours(weekday=number, open=_intervals(hours))
            for number, hours in enumerate(definition.weekly, start=1)
        ],
        days=[
            pb.DayOverride(day=day.day.isoformat(), open=_intervals(day.hours), label=day.label)
            for day in calendar.days
        ],
        provisional_years=calendar.provisional_years,
    )


def _intervals(hours: Hours) -> list[pb.OpenInterval]:
    return [pb.OpenInterval(start_minute=start, end_minute=end) for start, end in hours]
