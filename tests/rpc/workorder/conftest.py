"""The workorder service served for real.

desk      the service behind a clock that tests move; `await desk.call("AcceptOffer", …)` makes an
          idempotency key where none is given, `desk.refused(…)` gives the refusal
desk.order(), .offered(), .accepted(), .scheduled(), .in_progress(), .completed()
          a new work order brought to that state
"""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from kit.authn import SYSTEM, Actor
from kit.clock import FixedClock
from kit.errors import ServiceError
from kit.rpc.client import RpcCaller
from kit.rpc.convert import instant_to_proto
from kit.rpc.methods import find_method, request_class
from protos.common.v1.money_pb2 import Money
from protos.common.v1.place_pb2 import Location, Place
from protos.workorder.v1 import workorder_pb2 as pb
from services.workorder.main import mounts
from tests.rpc.conftest import Serve, Served

#: Nine in the morning in Shanghai.
MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CHAOYANG = Place(
    adcode="110105", adcode_path=["110105", "110100", "110000", "CN-NORTH", "CN"],
    zone_codes=["BJ-RING5"], city_tier="tier1", place_name="北京市朝阳区",
    resolved_at=Timestamp(seconds=int(MORNING.timestamp())), zones_known=True,
)  # fmt: skip
HERE = Location(longitude=116.46, latitude=39.92)

DISPATCHER = Actor("pe_dispatcher", frozenset({"dispatcher"}))
CUSTOMER_SERVICE = Actor("pe_service", frozenset({"customer_service"}))
CUSTOMER = Actor("cu_li", frozenset({"customer"}))


def technician(technician_id: str) -> Actor:
    return Actor(technician_id, frozenset({"technician"}))


@dataclass
class Desk:
    served: Served
    clock: FixedClock
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    callers: dict[Actor, RpcCaller] = field(default_factory=dict)

    async def call(self, rpc: str, by: Actor = SYSTEM, **fields: Any) -> Any:
        service, _, method = rpc.rpartition("/")
        name = f"workorder.v1.{service or 'WorkOrderService'}/{method}"
        message = request_class(find_method(name))
        if "idempotency_key" in message.DESCRIPTOR.fields_by_name:
            fields.setdefault("idempotency_key", f"key-{next(self.numbers)}")
        if by not in self.callers:
            self.callers[by] = self.served.as_(by)
        return await self.callers[by].call(name, message(**fields))

    async def refused(self, rpc: str, by: Actor = SYSTEM, **fields: Any) -> ServiceError:
        with pytest.raises(ServiceError) as refusal:
            await self.call(rpc, by, **fields)
        return refusal.value

    def later(self, **passed: float) -> Any:
        return instant_to_proto(self.clock.now() + timedelta(**passed))

    async def technician(self, **fields: Any) -> str:
        """A new technician of Chaoyang who installs air conditioners; the id."""
        fields.setdefault("technician_id", f"pe_tech_{next(self.numbers):05}")
        fields.setdefault("skills", [pb.Skill(skill_code="aircon_install", level=2)])
        fields.setdefault("territory_codes", ["110105"])
        fields.setdefault("daily_capacity", 4)
        given = pb.Technician(
            **{
                "display_name": "张师傅",
                "outlet_id": "ol_chaoyang",
                "cooperation_mode": "direct",
                "home": HERE,
                "rating_hundredths": 450,
                "active": True,
                **fields,
            }
        )
        await self.call("PutTechnician", technician=given)
        return given.technician_id

    def creation(self, **fields: Any) -> dict[str, Any]:
        """What a good CreateWorkOrder says."""
        return {
            "case_id": "ca_1",
            "stage": "install",
            "title": "标准空调安装",
            "customer_id": "cu_li",
            "address_id": "ad_1",
            "place": CHAOYANG,
            "location": HERE,
            "floor": 3,
            "lines": [
                pb.WorkOrderLine(item_code="aircon_standard", name="标准空调安装", quantity=1)
            ],
            "quote_id": "qt_1",
            "required_skills": ["aircon_install"],
            **fields,
        }

    async def order(self, **fields: Any) -> pb.WorkOrder:
        return message(await self.call("CreateWorkOrder", **self.creation(**fields)))

    def offer(self, work_order_id: str, technician_id: str, **fields: Any) -> dict[str, Any]:
        """What a good OfferWorkOrder says."""
        return {
            "work_order_id": work_order_id,
            "technician_id": technician_id,
            "earning_id": "ea_1",
            "earning_total": Money(currency="CNY", amount_minor=16800),
            "expires_at": self.later(minutes=30),
            **fields,
        }

    async def offered(self, technician_id: str = "", **fields: Any) -> pb.WorkOrder:
        technician_id = technician_id or await self.technician()
        order = await self.order(**fields)
        return message(
            await self.call("OfferWorkOrder", **self.offer(order.work_order_id, technician_id))
        )

    async def accepted(self, technician_id: str = "", **fields: Any) -> pb.WorkOrder:
        order = await self.offered(technician_id, **fields)
        return message(await self.call("AcceptOffer", **theirs(order)))

    def window(self, **starts: float) -> pb.Appointment:
        start = self.clock.now() + timedelta(**starts)
        return pb.Appointment(
            window_start=instant_to_proto(start),
            window_end=instant_to_proto(start + timedelta(hours=2)),
        )

    async def scheduled(self, technician_id: str = "", **fields: Any) -> pb.WorkOrder:
        order = await self.accepted(technician_id, **fields)
        return message(
            await self.call(
                "ScheduleAppointment",
                work_order_id=order.work_order_id,
                appointment=self.window(hours=2),
            )
        )

    async def in_progress(self, technician_id: str = "", **fields: Any) -> pb.WorkOrder:
        order = await self.scheduled(technician_id, **fields)
        return message(await self.call("CheckIn", **theirs(order), location=HERE))

    async def completed(self, technician_id: str = "", **fields: Any) -> pb.WorkOrder:
        order = await self.in_progress(technician_id, **fields)
        return message(
            await self.call("CompleteWork", **theirs(order), completion_code=order.completion_code)
        )

    async def get(self, work_order_id: str, by: Actor = SYSTEM) -> pb.WorkOrder:
        return message(await self.call("GetWorkOrder", by, work_order_id=work_order_id))

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.served.database_url) as connection:
            connection.execute("SET search_path = workorder")
            return connection.execute(query, parameters).fetchall()


def message(answer: Message) -> pb.WorkOrder:
    assert isinstance(answer, pb.WorkOrder)
    return answer


def theirs(order: pb.WorkOrder) -> dict[str, Any]:
    """The work order and the technician whose it is."""
    return {"work_order_id": order.work_order_id, "technician_id": order.offer.technician_id}


@pytest.fixture(scope="session")
async def _desk(serve: Serve) -> Desk:
    clock = FixedClock(MORNING)
    return Desk(await serve("workorder", mounts(clock)), clock)


@pytest.fixture
def desk(_desk: Desk) -> Desk:
    """The service; every test begins on the next morning, with everybody's day empty."""
    _desk.clock.advance(timedelta(days=1))
    since_morning = (_desk.clock.now() - MORNING) % timedelta(days=1)
    _desk.clock.advance(-since_morning)
    return _desk
