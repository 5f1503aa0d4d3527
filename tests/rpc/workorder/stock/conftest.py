"""The stock served for real, beside work orders.

yard      the services behind a clock that tests move; every test has stockrooms and items of its own:
          ``yard.central``, ``yard.van`` (Zhang's vehicle), ``yard.returns``, ``yard.fuse`` (plain),
          ``yard.pump`` (serial numbers, approval, old part back in 14 days)
yard.call("StockService/ReceiveStock", by, **fields)   makes an idempotency key where none is given
yard.refused(…)                                        gives the refusal
"""

from dataclasses import dataclass
from typing import Any

import pytest

from kit.authn import SYSTEM, Actor
from kit.errors import ServiceError
from kit.rpc.methods import find_method, request_class
from protos.common.v1.money_pb2 import Money
from protos.workorder.v1 import (  # noqa: F401 - their descriptors are looked up by name
    part_pb2,
    stock_count_pb2,
    stock_pb2,
)
from tests.rpc.workorder.conftest import Desk

WAREHOUSE = Actor("pe_chen", frozenset({"warehouse"}))
OTHER_WAREHOUSE = Actor("pe_sun", frozenset({"warehouse"}))
FINANCE = Actor("pe_qian", frozenset({"finance"}))


def line(item_code: str, quantity: int, *serials: str) -> stock_pb2.StockLine:
    return stock_pb2.StockLine(item_code=item_code, quantity=quantity, serial_numbers=serials)


@dataclass
class Yard:
    desk: Desk
    zhang: Actor
    central: str
    van: str
    returns: str
    fuse: str
    pump: str

    async def call(self, rpc: str, by: Actor = WAREHOUSE, /, **fields: Any) -> Any:
        name = f"workorder.v1.{rpc}"
        message = request_class(find_method(name))
        if "idempotency_key" in message.DESCRIPTOR.fields_by_name:
            fields.setdefault("idempotency_key", f"yard-{next(self.desk.numbers)}")
        if by not in self.desk.callers:
            self.desk.callers[by] = self.desk.served.as_(by)
        return await self.desk.callers[by].call(name, message(**fields))

    async def refused(self, rpc: str, by: Actor = WAREHOUSE, /, **fields: Any) -> ServiceError:
        with pytest.raises(ServiceError) as refusal:
            await self.call(rpc, by, **fields)
        return refusal.value

    async def receive(
        self, item: str, quantity: int, unit_cost: int = 0, *serials: str, room: str = ""
    ) -> stock_pb2.StockMovements:
        """Take parts in, into the central stockroom unless another is named."""
        receipt = stock_pb2.StockReceipt(
            item_code=item,
            quantity=quantity,
            unit_cost=Money(currency="CNY", amount_minor=unit_cost),
            serial_numbers=serials,
        )
        made: stock_pb2.StockMovements = await self.call(
            "StockService/ReceiveStock",
            stockroom_id=room or self.central,
            stock_receipts=[receipt],
        )
        return made

    async def level(self, room: str, item: str, by: Actor = WAREHOUSE) -> stock_pb2.StockLevel:
        found = await self.call(
            "StockService/ListStockLevels", by, stockroom_id=room, item_code=item, all_kinds=True
        )
        return found.stock_levels[0] if found.stock_levels else stock_pb2.StockLevel()

    async def free(self, room: str, item: str) -> int:
        return (await self.level(room, item)).free

    async def in_progress(self) -> str:
        """A work order that Zhang is working on; the id."""
        await self.desk.technician(technician_id=self.zhang.person_id, daily_capacity=100)
        return (await self.desk.in_progress(self.zhang.person_id)).work_order_id

    async def requested(self, item: str, quantity: int, **fields: Any) -> part_pb2.PartRequest:
        asked: part_pb2.PartRequest = await self.call(
            "PartService/RequestParts",
            self.zhang,
            **{
                "technician_id": self.zhang.person_id,
                "stock_lines": [line(item, quantity)],
                **fields,
            },
        )
        return asked

    async def do(
        self,
        what: str,
        request: part_pb2.PartRequest,
        by: Actor = WAREHOUSE,
        /,
        **fields: Any,
    ) -> Any:
        return await self.call(
            f"PartService/{what}", by, part_request_id=request.part_request_id, **fields
        )

    async def allocated(self, item: str, quantity: int, **fields: Any) -> part_pb2.PartRequest:
        asked = await self.requested(item, quantity, **fields)
        if asked.needs_approval:
            await self.do("ApprovePartRequest", asked)
        made: part_pb2.PartRequest = await self.do(
            "AllocateParts", asked, from_stockroom_id=self.central
        )
        return made

    async def received(
        self, item: str, quantity: int, *serials: str, **fields: Any
    ) -> part_pb2.PartRequest:
        asked = await self.allocated(item, quantity, **fields)
        named = [line(item, quantity, *serials)] if serials else []
        await self.do("DispatchParts", asked, stock_lines=named)
        made: part_pb2.PartRequest = await self.do("ReceiveParts", asked, self.zhang)
        return made

    async def sound(self) -> None:
        """Every level is the sum of its ledger."""
        proof = await self.call("StockService/VerifyStock")
        assert proof.sound, proof.stock_findings

    def events(self, kind: str, aggregate_id: str) -> list[tuple[Any, ...]]:
        return self.desk.rows(
            "SELECT case_id, acting_person_id FROM domain_event WHERE payload_type = %s"
            " AND aggregate_id = %s ORDER BY aggregate_sequence",
            f"workorder.v1.{kind}",
            aggregate_id,
        )


@pytest.fixture
async def yard(desk: Desk) -> Yard:
    number = next(desk.numbers)
    zhang = Actor(f"pe_zhang_{number}", frozenset({"technician"}), outlet_id=f"ou_{number}")
    made = Yard(
        desk,
        zhang,
        central=f"sr_central_{number}",
        van=f"sr_van_{number}",
        returns=f"sr_returns_{number}",
        fuse=f"FUSE-{number}",
        pump=f"PUMP-{number}",
    )
    kinds = {made.central: "CENTRAL", made.van: "VEHICLE", made.returns: "RETURNS"}
    for stockroom_id, kind in kinds.items():
        room = stock_pb2.Stockroom(
            stockroom_id=stockroom_id,
            kind=stock_pb2.StockroomKind.Value(f"STOCKROOM_KIND_{kind}"),
            name=stockroom_id,
            outlet_id=zhang.outlet_id if kind == "VEHICLE" else "",
            technician_id=zhang.person_id if kind == "VEHICLE" else "",
            place_codes=["110000"],
            four_eyes_above_minor=1_000,
            active=True,
        )
        await made.call("StockService/PutStockroom", SYSTEM, stockroom=room)
    fuse = stock_pb2.StockItem(item_code=made.fuse, name="保险丝")
    pump = stock_pb2.StockItem(
        item_code=made.pump, name="循环泵", serial_tracked=True, needs_approval=True,
        core_return_days=14,
    )  # fmt: skip
    for item in (fuse, pump):
        await made.call("StockService/PutStockItem", stock_item=item)
    return made
