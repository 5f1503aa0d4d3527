"""A town of its own for each test: a zone with technicians and work that nobody else sees."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from google.protobuf.any_pb2 import Any as AnyMessage

from kit.authn import SYSTEM, Actor
from kit.clock import SHANGHAI
from kit.rpc.convert import instant_from_proto, instant_to_proto
from protos.common.v1.place_pb2 import Location, Place
from protos.directory.v1 import directory_pb2
from protos.events.v1 import events_pb2
from protos.workorder.v1 import day_plan_pb2 as pb
from protos.workorder.v1 import workorder_pb2
from tests.rpc.workorder.conftest import DISPATCHER, Desk

_numbers = count(1)
#: Where no technician of any other test works.
_DISTRICT = "469005"
#: A kilometre to the north, in degrees.
KILOMETRE = 0.009


@dataclass
class Town:
    desk: Desk
    zone: str = field(default_factory=lambda: f"PL-TOWN-{next(_numbers)}")

    @property
    def tomorrow(self) -> str:
        day = self.desk.clock.now().astimezone(SHANGHAI).date() + timedelta(days=1)
        return day.isoformat()

    def at(self, hour: float, days: int = 1) -> datetime:
        midnight = (
            self.desk.clock.now()
            .astimezone(SHANGHAI)
            .replace(hour=0, minute=0, second=0, microsecond=0)
        )
        return midnight + timedelta(days=days, hours=hour)

    async def technician(self, kilometres: float = 0, **fields: Any) -> str:
        fields.setdefault("territory_codes", [self.zone])
        return await self.desk.technician(home=_here(kilometres), **fields)

    async def work(self, kilometres: float = 0, **fields: Any) -> str:
        """A work order that waits; the id."""
        place = Place(
            adcode=_DISTRICT, adcode_path=[_DISTRICT, "460000", "CN"],
            zone_codes=[self.zone], zones_known=True,
        )  # fmt: skip
        fields.setdefault("location", _here(kilometres))
        return (await self.desk.order(place=place, **fields)).work_order_id

    async def agreed(
        self, technician_id: str, begins: float, ends: float, kilometres: float = 0, days: int = 1
    ) -> str:
        """A work order that a technician took, with an agreed window; the id."""
        desk, order = self.desk, await self.work(kilometres)
        await desk.call("OfferWorkOrder", **desk.offer(order, technician_id))
        await desk.call("AcceptOffer", work_order_id=order, technician_id=technician_id)
        window = workorder_pb2.Appointment(
            window_start=instant_to_proto(self.at(begins, days)),
            window_end=instant_to_proto(self.at(ends, days)),
        )
        await desk.call("ScheduleAppointment", work_order_id=order, appointment=window)
        return order

    async def propose(self, by: Actor = DISPATCHER, **asked: Any) -> pb.DayPlan:
        asked = {
            "day": self.tomorrow,
            "region_code": self.zone,
            "search_milliseconds": 300,
            **asked,
        }
        plan: pb.DayPlan = await self.call("ProposeDayPlan", by, **asked)
        return plan

    async def rows(self, plan: pb.DayPlan) -> dict[str, pb.DayPlanRow]:
        answer = await self.call("ListDayPlanRows", day_plan_id=plan.day_plan_id)
        return {row.work_order_id: row for row in answer.rows}

    async def accept(
        self, plan: pb.DayPlan, *work_order_ids: str, by: Actor = DISPATCHER
    ) -> pb.AcceptDayPlanResponse:
        answer: pb.AcceptDayPlanResponse = await self.call(
            "AcceptDayPlan", by, day_plan_id=plan.day_plan_id, work_order_ids=work_order_ids
        )
        return answer

    async def planned(self, by: Actor = DISPATCHER, **asked: Any) -> dict[str, pb.PlannedVisit]:
        answer = await self.call("ListPlannedVisits", by, **{"day": self.tomorrow, **asked})
        return {visit.work_order_id: visit for visit in answer.planned_visits}

    async def absent(self, technician_id: str, begins: float, ends: float) -> None:
        """Somebody tells the directory that they are away tomorrow."""
        absence = directory_pb2.Absence(
            absence_id=f"ab_{self.zone}_{technician_id}",
            person_id=technician_id,
            starts_at=instant_to_proto(self.at(begins)),
            ends_at=instant_to_proto(self.at(ends)),
        )
        payload = AnyMessage()
        payload.Pack(directory_pb2.AbsencePut(absence=absence))
        event = events_pb2.DomainEvent(
            event_id=f"ev_{absence.absence_id}",
            aggregate_type="absence",
            aggregate_id=absence.absence_id,
            aggregate_sequence=1,
            occurred_at=instant_to_proto(self.desk.clock.now()),
            payload=payload,
        )
        request = events_pb2.ApplyEventsRequest(source="directory", events=[event])
        await self.desk.served.as_(SYSTEM).call("events.v1.ProjectionService/ApplyEvents", request)

    async def call(self, rpc: str, by: Actor = DISPATCHER, **fields: Any) -> Any:
        return await self.desk.call(f"DayPlanService/{rpc}", by, **fields)

    async def refused(self, rpc: str, by: Actor = DISPATCHER, **fields: Any) -> str:
        return (await self.desk.refused(f"DayPlanService/{rpc}", by, **fields)).reason


def hour_of(row: pb.DayPlanRow | pb.PlannedVisit) -> float:
    """When it begins, in hours of the day in Shanghai."""
    at = instant_from_proto(row.begins_at).astimezone(SHANGHAI)
    return at.hour + at.minute / 60


def _here(kilometres: float) -> Location:
    return Location(longitude=116.46, latitude=39.92 + kilometres * KILOMETRE)
