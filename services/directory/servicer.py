"""The RPCs of the directory: facts from the request, rows from the store, a decision, save, reply."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from google.protobuf.message import Message
from grpc.aio import ServicerContext

from kit.authn import current_actor
from kit.clock import SHANGHAI, Clock
from kit.db.session import current_session
from kit.errors import AlreadyExists, FailedPrecondition, InvalidArgument
from kit.ids import new_id
from kit.rpc.convert import decode_page_token, instant_to_proto, page_info, page_size
from kit.rpc.events import record
from protos.common.v1 import page_pb2, place_pb2
from protos.directory.v1 import directory_pb2 as pb
from protos.directory.v1 import directory_pb2_grpc
from services.directory import store, vault
from services.directory.convert import calendars, customers, people, places
from services.directory.domain.calendar import check_definition, lay_out
from services.directory.domain.coordinates import Point
from services.directory.domain.customers import (
    check_address_detail,
    check_customer,
    check_purpose,
)
from services.directory.domain.people import STAFF_ROLES, check_outlet, check_person, rank_assignees
from services.directory.domain.places import PlaceTable, ResolvedPlace, city_tier
from services.directory.domain.zones import check_boundary, zones_at
from services.directory.tables import (
    CityTierRow,
    CustomerRow,
    DataKeyRow,
    PersonalDataRow,
    RevealRow,
)

_KEEPS_PEOPLE: Final = ("hq", "admin")
_KEEPS_PLACES: Final = ("pricing_manager", "hq", "admin")
_KEEPS_CALENDARS: Final = ("hq", "admin")
_MEETS_CUSTOMERS: Final = (
    "technician", "designer", "sales", "customer_service", "shop_manager", "outlet_manager",
    "dispatcher", "supervisor", "admin",
)  # fmt: skip
_KNOWS_CUSTOMERS: Final = (*_MEETS_CUSTOMERS, "technical_director", "finance", "hq")

Context = ServicerContext[Any, Any]


class DirectoryServicer(directory_pb2_grpc.DirectoryServiceServicer):
    """People, outlets, customers, places and calendars."""

    def __init__(self, clock: Clock, place_table: PlaceTable, keys: vault.KeyService) -> None:
        self._clock = clock
        self._place_table = place_table
        self._keys = keys

    # People and outlets

    async def PutPerson(self, request: pb.PutPersonRequest, context: Context) -> pb.Person:
        current_actor().require_role(*_KEEPS_PEOPLE)
        session, now, wanted = current_session(), self._clock.now(), request.person
        check_person(wanted.display_name, wanted.roles)
        self._check_regions(wanted.region_adcodes, now, "person")
        if wanted.outlet_id:
            await store.outlet(session, wanted.outlet_id, "person.outlet_id")
        row = people.person_from_proto(wanted, wanted.person_id or new_id("pe", now))
        if row.wecom_userid:
            member = await store.person_with_wecom_userid(session, row.wecom_userid)
            if member is not None and member.person_id != row.person_id:
                raise AlreadyExists(
                    "PERSON_WECOM_USERID_TAKEN",
                    f"WeCom member {row.wecom_userid!r} is person {member.person_id!r} already",
                    field="person.wecom_userid",
                )
        person = people.person_to_proto(await store.put(session, row))
        await self._record(pb.PersonPut(person=person), "person", row.person_id, now)
        return person

    async def GetPerson(self, request: pb.GetPersonRequest, context: Context) -> pb.Person:
        current_actor().require_role(*STAFF_ROLES)
        return people.person_to_proto(await store.person(current_session(), request.person_id))

    async def ListPeople(
        self, request: pb.ListPeopleRequest, context: Context
    ) -> pb.ListPeopleResponse:
        current_actor().require_role(*STAFF_ROLES)
        after, size = _after(request.page), page_size(request.page)
        rows = await store.people(current_session(), request.role, after, size + 1)
        return pb.ListPeopleResponse(
            people=[people.person_to_proto(row) for row in rows[:size]],
            page=page_info([row.person_id for row in rows], size),
        )

    async def ResolveAssignees(
        self, request: pb.ResolveAssigneesRequest, context: Context
    ) -> pb.ResolveAssigneesResponse:
        current_actor().require_role(*STAFF_ROLES)
        path: Sequence[str] = ()
        if request.region_adcode:
            path = self._path(request.region_adcode, self._clock.now(), "region_adcode")
        holders = await store.active_holders(current_session(), request.role, request.outlet_id)
        return pb.ResolveAssigneesResponse(person_ids=rank_assignees(holders, path))

    async def PutOutlet(self, request: pb.PutOutletRequest, context: Context) -> pb.Outlet:
        current_actor().require_role(*_KEEPS_PEOPLE)
        now = self._clock.now()
        check_outlet(request.outlet.name, request.outlet.cooperation_mode)
        self._check_regions(request.outlet.region_adcodes, now, "outlet")
        row = people.outlet_from_proto(
            request.outlet, request.outlet.outlet_id or new_id("ou", now)
        )
        return people.outlet_to_proto(await store.put(current_session(), row))

    async def ListOutlets(
        self, request: pb.ListOutletsRequest, context: Context
    ) -> pb.ListOutletsResponse:
        current_actor().require_role(*STAFF_ROLES)
        after, size = _after(request.page), page_size(request.page)
        rows = await store.outlets(current_session(), after, size + 1)
        return pb.ListOutletsResponse(
            outlets=[people.outlet_to_proto(row) for row in rows[:size]],
            page=page_info([row.outlet_id for row in rows], size),
        )

    # Customers and their personal data

    async def CreateCustomer(
        self, request: pb.CreateCustomerRequest, context: Context
    ) -> pb.Customer:
        current_actor().require_role(*_KNOWS_CUSTOMERS)
        session, now = current_session(), self._clock.now()
        check_customer(request.name, request.phone)
        customer_id = request.customer_id or new_id("cu", now)
        if await store.customer_exists(session, customer_id):
            raise AlreadyExists(
                "CUSTOMER_EXISTS", f"customer {customer_id!r} exists", field="customer_id"
            )
        row = customers.customer_from_proto(request, customer_id, now, current_actor().person_id)
        key = vault.new_data_key()
        wrapped = await self._keys.wrap(key, customer_id)
        await store.add(session, row, DataKeyRow(customer_id=customer_id, wrapped_key=wrapped))
        await self._keep(key, customer_id, customer_id, "name", request.name)
        await self._keep(key, customer_id, customer_id, "phone", request.phone)
        for number, address in enumerate(request.addresses):
            await self._keep_address(key, customer_id, address, f"addresses[{number}]")
        event = pb.CustomerCreated(customer_id=customer_id)
        await self._record(event, "customer", customer_id, now)
        return (await self._masked([row]))[0]

    async def GetCustomer(self, request: pb.GetCustomerRequest, context: Context) -> pb.Customer:
        current_actor().require_role(*_KNOWS_CUSTOMERS)
        row = await store.customer(current_session(), request.customer_id)
        return (await self._masked([row]))[0]

    async def ListCustomers(
        self, request: pb.ListCustomersRequest, context: Context
    ) -> pb.ListCustomersResponse:
        current_actor().require_role(*_KNOWS_CUSTOMERS)
        after, size = _after(request.page), page_size(request.page)
        rows = await store.customers(current_session(), after, size + 1)
        return pb.ListCustomersResponse(
            customers=await self._masked(rows[:size]),
            page=page_info([row.customer_id for row in rows], size),
        )

    async def AddAddress(self, request: pb.AddAddressRequest, context: Context) -> pb.Address:
        current_actor().require_role(*_KNOWS_CUSTOMERS)
        session = current_session()
        row = await store.customer(session, request.customer_id)
        wrapped = await store.wrapped_keys(session, [row.customer_id])
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
        row = await store.personal_datum(session, request.reference)
        wrapped = await store.wrapped_keys(session, [row.customer_id])
        clear = await vault.open_rows(self._keys, wrapped, [row])
        if row.reference not in clear:
            raise _shredded("reference")
        revealed = RevealRow(
            person_id=actor.person_id,
            reference=row.reference,
            purpose=request.purpose,
            revealed_at=self._clock.now(),
        )
        await store.add(session, revealed)
        return pb.RevealPersonalDataResponse(clear_text=clear[row.reference])

    # Places

    async def ResolvePlace(
        self, request: pb.ResolvePlaceRequest, context: Context
    ) -> place_pb2.Place:
        current_actor().require_role(*STAFF_ROLES)
        if request.address_id:
            row = await store.address(current_session(), request.address_id)
            return places.place_to_proto(row)
        point = places.location_from_proto(request)
        return places.place_to_proto(await self._resolve(request.adcode, point, "adcode"))

    async def PutZone(self, request: pb.PutZoneRequest, context: Context) -> pb.Zone:
        current_actor().require_role(*_KEEPS_PLACES)
        row, boundary = places.zone_from_proto(request.zone)
        check_boundary(boundary)
        if not row.zone_code or not row.name:
            raise InvalidArgument(
                "ZONE_NAME_MISSING", "a zone needs a code and a name", field="zone"
            )
        return places.zone_to_proto(await store.put(current_session(), row))

    async def ListZones(
        self, request: pb.ListZonesRequest, context: Context
    ) -> pb.ListZonesResponse:
        current_actor().require_role(*STAFF_ROLES)
        zones = await store.zones(current_session())
        return pb.ListZonesResponse(zones=[places.zone_to_proto(row) for row in zones])

    async def PutCityTier(self, request: pb.PutCityTierRequest, context: Context) -> pb.CityTier:
        current_actor().require_role(*_KEEPS_PLACES)
        wanted = request.city_tier
        self._path(wanted.adcode, self._clock.now(), "city_tier.adcode")
        if not wanted.city_tier:
            raise InvalidArgument(
                "CITY_TIER_MISSING", "name a tier, such as tier1", field="city_tier.city_tier"
            )
        row = CityTierRow(adcode=wanted.adcode, city_tier=wanted.city_tier)
        await store.put(current_session(), row)
        return wanted

    # Calendars

    async def GetCalendar(self, request: pb.GetCalendarRequest, context: Context) -> pb.Calendar:
        definition = calendars.definition_from_row(
            await store.calendar(current_session(), request.calendar_code)
        )
        first = request.first_year or self._clock.now().astimezone(SHANGHAI).year
        return calendars.calendar_to_proto(
            lay_out(definition, first, request.last_year or first + 1)
        )

    async def PutCalendar(self, request: pb.PutCalendarRequest, context: Context) -> pb.Calendar:
        current_actor().require_role(*_KEEPS_CALENDARS)
        now = self._clock.now()
        definition = calendars.definition_from_proto(request)
        check_definition(definition)
        row = calendars.definition_to_row(definition, now, current_actor().person_id)
        await store.add(current_session(), row)
        event = pb.CalendarChanged(
            calendar_code=definition.calendar_code, changed_at=instant_to_proto(now)
        )
        await self._record(event, "calendar", definition.calendar_code, now)
        this_year = now.astimezone(SHANGHAI).year
        return calendars.calendar_to_proto(lay_out(definition, this_year, this_year + 1))

    # Shared steps

    def _path(self, adcode: str, now: datetime, field: str) -> tuple[str, ...]:
        return self._place_table.path(adcode, now.astimezone(SHANGHAI).date(), field)

    def _check_regions(self, adcodes: Sequence[str], now: datetime, holder: str) -> None:
        for number, adcode in enumerate(adcodes):
            self._path(adcode, now, f"{holder}.region_adcodes[{number}]")

    async def _resolve(self, adcode: str, point: Point | None, field: str) -> ResolvedPlace:
        session = current_session()
        path = self._path(adcode, self._clock.now(), field)
        tiers = await store.city_tiers(session, path)
        zone_codes: tuple[str, ...] = ()
        if point is not None:
            zone_codes = zones_at(point, map(places.zone_shape, await store.zones(session)))
        return ResolvedPlace(
            path[0], path, zone_codes, city_tier(path, tiers), self._place_table.name(path)
        )

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
        await store.add(current_session(), row)

    async def _keep_address(
        self, key: bytes, customer_id: str, address: pb.NewAddress, field: str
    ) -> str:
        check_address_detail(address.detail, f"{field}.detail")
        point = places.location_from_proto(address, field)
        place = await self._resolve(address.adcode, point, f"{field}.adcode")
        address_id = new_id("ad", self._clock.now())
        row = customers.address_from_proto(address, address_id, customer_id, point, place)
        await store.add(current_session(), row)
        await self._keep(key, customer_id, address_id, "address", address.detail)
        return address_id

    async def _masked(self, rows: Sequence[CustomerRow]) -> list[pb.Customer]:
        session, ids = current_session(), [row.customer_id for row in rows]
        sealed = await store.personal_data(session, ids)
        clear = await vault.open_rows(self._keys, await store.wrapped_keys(session, ids), sealed)
        addresses = await store.addresses(session, ids)
        held = customers.held_data(sealed, clear)
        return [customers.customer_to_proto(row, addresses, held) for row in rows]

    async def _record(self, event: Message, noun: str, noun_id: str, now: datetime) -> None:
        await record(event, aggregate=(noun, noun_id), occurred_at=now)


def _shredded(field: str) -> FailedPrecondition:
    return FailedPrecondition(
        "PERSONAL_DATA_SHREDDED",
        "this customer's personal data was destroyed and cannot be read again",
        field=field,
    )


def _after(page: page_pb2.PageRequest) -> str:
    token = decode_page_token(page, parts=1)
    return token[0] if token else ""
