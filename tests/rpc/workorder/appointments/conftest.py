"""Slots of a zone of its own for every test.

bookings    calendars, reservations and appointments of that zone; `await bookings.call("ReserveSlot", …)`
            makes an idempotency key where none is given, `bookings.refused(…)` gives the refusal
"""

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from kit.authn import SYSTEM, Actor
from kit.clock import SHANGHAI
from kit.errors import ServiceError
from kit.rpc.convert import instant_to_proto
from kit.rpc.methods import find_method, request_class
from protos.common.v1.place_pb2 import Place
from protos.workorder.v1 import appointment_pb2 as pb
from protos.workorder.v1 import workorder_pb2
from tests.rpc.workorder.conftest import CHAOYANG, Desk

_zones = itertools.count(1)


@dataclass
class Bookings:
    desk: Desk
    zone: str

    async def call(self, rpc: str, by: Actor = SYSTEM, **fields: Any) -> Any:
        name = f"workorder.v1.AppointmentService/{rpc}"
        message = request_class(find_method(name))
        if "idempotency_key" in message.DESCRIPTOR.fields_by_name:
            fields.setdefault("idempotency_key", f"booking-{next(self.desk.numbers)}")
        if by not in self.desk.callers:
            self.desk.callers[by] = self.desk.served.as_(by)
        return await self.desk.callers[by].call(name, message(**fields))

    async def refused(self, rpc: str, by: Actor = SYSTEM, **fields: Any) -> ServiceError:
        with pytest.raises(ServiceError) as refusal:
            await self.call(rpc, by, **fields)
        return refusal.value

    async def calendar(self, *capacities: int, **fields: Any) -> pb.SlotCalendar:
        """Slots of two hours from nine on, every day of the week."""
        given = {"territory_code": self.zone, "service_kind": "any", **fields}
        slots = [
            pb.SlotTemplate(
                weekday=weekday,
                start_minute=540 + 120 * position,
                end_minute=660 + 120 * position,
                capacity=capacity,
            )
            for weekday in range(1, 8)
            for position, capacity in enumerate(capacities)
        ]
        calendar = await self.call(
            "PutSlotCalendar", slot_calendar=pb.SlotCalendar(slots=slots, **given)
        )
        assert isinstance(calendar, pb.SlotCalendar)
        return calendar

    def day(self, days: int = 1) -> str:
        return (self._today() + timedelta(days=days)).date().isoformat()

    def at(self, hour: int, days: int = 1) -> Timestamp:
        """An hour in Shanghai, tomorrow unless said otherwise."""
        instant = instant_to_proto(self._today() + timedelta(days=days, hours=hour))
        assert instant is not None
        return instant

    def _today(self) -> datetime:
        now = self.desk.clock.now().astimezone(SHANGHAI)
        return now.replace(hour=0, minute=0, second=0, microsecond=0)

    def case(self, name: str) -> str:
        """A case of this test alone."""
        return f"{name}_{self.zone}"

    async def order(self, **fields: Any) -> workorder_pb2.WorkOrder:
        return await self.desk.order(place=self.place(), case_id=self.case("ca_1"), **fields)

    async def accepted(self, **fields: Any) -> workorder_pb2.WorkOrder:
        return await self.desk.accepted(place=self.place(), case_id=self.case("ca_1"), **fields)

    def place(self) -> Place:
        place = Place()
        place.CopyFrom(CHAOYANG)
        place.zone_codes[:] = [self.zone]
        return place

    async def reserve(self, work_order_id: str, hour: int = 9, **fields: Any) -> pb.SlotReservation:
        fields.setdefault("window_start", self.at(hour))
        held = await self.call("ReserveSlot", work_order_id=work_order_id, **fields)
        assert isinstance(held, pb.SlotReservation)
        return held

    async def for_case(self, case_id: str, hour: int = 9, **fields: Any) -> pb.SlotReservation:
        """A slot for a case that has no work order yet."""
        held = await self.call("ReserveSlot", **self.of_case(case_id, hour), **fields)
        assert isinstance(held, pb.SlotReservation)
        return held

    def of_case(self, case_id: str, hour: int = 9) -> dict[str, Any]:
        return {
            "case_id": self.case(case_id),
            "customer_id": "cu_li",
            "place_codes": [self.zone, "110105"],
            "window_start": self.at(hour),
        }

    async def confirm(self, reservation_id: str, **fields: Any) -> pb.SlotReservation:
        confirmed = await self.call("ConfirmSlot", reservation_id=reservation_id, **fields)
        assert isinstance(confirmed, pb.SlotReservation)
        return confirmed

    async def slots(self, by: Actor = SYSTEM, **fields: Any) -> list[pb.Slot]:
        """Tomorrow's slots of the zone, closed ones too."""
        fields.setdefault("place_codes", [self.zone])
        fields.setdefault("starts_from", self.at(0))
        fields.setdefault("starts_before", self.at(24))
        fields.setdefault("include_closed", True)
        found = await self.call("ListSlots", by, **fields)
        return list(found.slots)

    async def left(self) -> list[int]:
        return [slot.remaining for slot in await self.slots()]

    async def standing(self, work_order_id: str) -> pb.AppointmentStanding:
        standing = await self.call("GetAppointment", work_order_id=work_order_id)
        assert isinstance(standing, pb.AppointmentStanding)
        return standing

    def counted(self) -> list[tuple[int, int]]:
        """The database's own count of each slot of the zone, beside the reservations that it counts."""
        rows = self.desk.rows(
            "SELECT taken, (SELECT count(*) FROM slot_reservation r"
            " WHERE (r.territory_code, r.service_kind, r.window_start)"
            " = (s.territory_code, s.service_kind, s.window_start)"
            " AND r.state IN ('held', 'confirmed'))"
            " FROM slot s WHERE territory_code = %s ORDER BY window_start",
            self.zone,
        )
        return [(taken, live) for taken, live in rows]

    def events(self, aggregate_type: str, aggregate_id: str) -> list[str]:
        rows = self.desk.rows(
            "SELECT payload_type FROM domain_event WHERE aggregate_type = %s AND aggregate_id = %s"
            " ORDER BY aggregate_sequence",
            aggregate_type,
            aggregate_id,
        )
        return [payload for (payload,) in rows]


@pytest.fixture
def bookings(desk: Desk) -> Bookings:
    return Bookings(desk, f"ZONE-{next(_zones)}")
