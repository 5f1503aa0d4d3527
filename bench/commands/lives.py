"""Many work orders at once, brought from their creation to their completion, command by command."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

import grpc

from bench.serving import Metadata
from kit.clock import SystemClock
from kit.rpc.convert import instant_to_proto
from protos.common.v1.money_pb2 import Money
from protos.common.v1.place_pb2 import Location, Place
from protos.workorder.v1 import workorder_pb2 as pb
from protos.workorder.v1.workorder_pb2_grpc import WorkOrderServiceStub

CALLERS: Final = 32
ORDERS: Final = 96
TECHNICIANS: Final = 256
COMMANDS: Final = (
    "CreateWorkOrder", "OfferWorkOrder", "AcceptOffer", "ScheduleAppointment", "CheckIn",
    "CompleteWork",
)  # fmt: skip

_HERE: Final = Location(longitude=116.46, latitude=39.92)
_PLACE: Final = Place(
    adcode="110105",
    adcode_path=["110105", "110100", "110000", "CN-NORTH", "CN"],
    zone_codes=["BJ-RING5"],
    city_tier="tier1",
    place_name="北京市朝阳区",
    zones_known=True,
)


class Lives:
    """So many work orders, each command asked for all of them before the next one."""

    def __init__(self, channel: grpc.aio.Channel, metadata: Metadata) -> None:
        self._stub: Any = WorkOrderServiceStub(channel)
        self._metadata = metadata
        self._clock = SystemClock()
        self._keys = itertools.count()
        self._orders: list[pb.WorkOrder] = []

    async def hire(self) -> None:
        """Put the technicians."""
        for number in range(TECHNICIANS):
            technician = pb.Technician(
                technician_id=_technician(number),
                display_name=f"师傅{number}",
                outlet_id="ou_bench",
                cooperation_mode="direct",
                skills=[pb.Skill(skill_code="aircon_install", level=3)],
                territory_codes=["110000"],
                home=_HERE,
                daily_capacity=100,
                rating_hundredths=450,
                active=True,
            )
            await self._ask("PutTechnician", pb.PutTechnicianRequest(technician=technician))

    async def run(self, command: str) -> float:
        """Ask one command for every work order; give how many were answered in a second."""
        requests = [self._request(command, number) for number in range(ORDERS)]
        waiting = iter(enumerate(requests))
        answers: list[pb.WorkOrder] = [pb.WorkOrder()] * ORDERS
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(CALLERS):
                group.create_task(self._caller(command, waiting, answers))
        taken = time.perf_counter() - began
        self._orders = answers
        return ORDERS / taken

    async def _caller(
        self, command: str, waiting: Iterator[tuple[int, Any]], answers: list[pb.WorkOrder]
    ) -> None:
        for number, request in waiting:
            answers[number] = await self._ask(command, request)

    async def _ask(self, command: str, request: Any) -> Any:
        request.idempotency_key = f"bench/{command}/{next(self._keys)}"
        return await getattr(self._stub, command)(request, metadata=self._metadata, timeout=60)

    def _request(self, command: str, number: int) -> Any:
        make: dict[str, Callable[[int], Any]] = {
            "CreateWorkOrder": self._creation,
            "OfferWorkOrder": self._offer,
            "AcceptOffer": lambda each: pb.AcceptOfferRequest(**self._theirs(each)),
            "ScheduleAppointment": self._appointment,
            "CheckIn": lambda each: pb.CheckInRequest(**self._theirs(each), location=_HERE),
            "CompleteWork": lambda each: pb.CompleteWorkRequest(
                **self._theirs(each),
                completion_code=self._orders[each].completion_code,
                summary="安装完成，试机正常",
            ),
        }
        return make[command](number)

    def _creation(self, number: int) -> pb.CreateWorkOrderRequest:
        return pb.CreateWorkOrderRequest(
            case_id=f"ca_{next(self._keys)}",
            stage="install",
            title="标准空调安装",
            customer_id=f"cu_{number}",
            address_id=f"ad_{number}",
            place=_PLACE,
            location=_HERE,
            floor=3,
            lines=[pb.WorkOrderLine(item_code="AC-INSTALL-STD", name="标准空调安装", quantity=1)],
            quote_id=f"qt_{number}",
            required_skills=["aircon_install"],
        )

    def _offer(self, number: int) -> pb.OfferWorkOrderRequest:
        return pb.OfferWorkOrderRequest(
            **self._theirs(number),
            earning_id=f"ea_{number}",
            earning_total=Money(currency="CNY", amount_minor=16_800),
            expires_at=instant_to_proto(self._clock.now() + timedelta(minutes=30)),
        )

    def _appointment(self, number: int) -> pb.ScheduleAppointmentRequest:
        start = self._clock.now() + timedelta(hours=2)
        window = pb.Appointment(
            window_start=instant_to_proto(start),
            window_end=instant_to_proto(start + timedelta(hours=2)),
        )
        order = self._orders[number].work_order_id
        return pb.ScheduleAppointmentRequest(work_order_id=order, appointment=window)

    def _theirs(self, number: int) -> dict[str, Any]:
        return {
            "work_order_id": self._orders[number].work_order_id,
            "technician_id": _technician(number % TECHNICIANS),
        }


def _technician(number: int) -> str:
    return f"pe_bench_{number:03}"
