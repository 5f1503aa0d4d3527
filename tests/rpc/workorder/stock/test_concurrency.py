"""Many at once on a real PostgreSQL: stock is never negative, and every sum holds."""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable
from typing import Any

from protos.workorder.v1 import part_pb2
from tests.rpc.workorder.stock.conftest import Yard, line
from tests.rpc.workorder.test_concurrency import outcomes

#: As many as have a connection of their own: whoever waits, waits for parts and nothing else.
AT_ONCE = asyncio.Semaphore(16)


async def in_turn(call: Awaitable[Any], at_once: asyncio.Semaphore) -> Any:
    async with at_once:
        return await call


def lowest(yard: Yard) -> list[tuple[Any, ...]]:
    """The least of every level there is."""
    return yard.desk.rows(
        "SELECT min(on_hand), min(reserved), min(on_hand - reserved), min(value_minor)"
        " FROM stock_level"
    )


async def test_the_last_parts_are_taken_once(yard: Yard) -> None:
    await yard.receive(yard.fuse, 5, 100, room=yard.van)
    order = await yard.in_progress()
    part = part_pb2.UsedPart(item_code=yard.fuse, quantity=1)
    use = {
        "work_order_id": order,
        "technician_id": yard.zhang.person_id,
        "used_parts": [part],
    }
    ended = await outcomes(
        [yard.call("PartService/UseParts", yard.zhang, **use) for _ in range(12)]
    )
    assert ended == {"done": 5, "STOCK_SHORT": 7}
    level = yard.desk.rows(
        "SELECT on_hand, value_minor FROM stock_level WHERE stockroom_id = %s", yard.van
    )
    assert level == [(0, 0)]
    await yard.sound()


async def test_one_unit_wanted_by_many_goes_to_one(yard: Yard) -> None:
    await yard.receive(yard.pump, 1, 0, "SN1")
    calls: list[Awaitable[Any]] = [
        yard.call(
            "StockService/TransferStock",
            from_stockroom_id=yard.central,
            to_stockroom_id=yard.van,
            stock_lines=[line(yard.pump, 1, "SN1")],
            reason="上车",
        )
        for _ in range(8)
    ]
    ended = await outcomes(calls)
    assert ended["done"] == 1
    assert ended["STOCK_UNIT_ELSEWHERE"] == 7


async def test_requests_for_the_same_parts_are_allocated_as_far_as_they_reach(yard: Yard) -> None:
    await yard.receive(yard.fuse, 10)
    asked = [await yard.requested(yard.fuse, 3) for _ in range(6)]
    ended = await outcomes(
        [yard.do("AllocateParts", each, from_stockroom_id=yard.central) for each in asked]
    )
    assert ended == {"done": 3, "STOCK_SHORT": 3}
    assert await yard.free(yard.central, yard.fuse) == 1


async def test_whatever_happens_at_once_no_level_is_negative_and_every_sum_holds(
    yard: Yard,
) -> None:
    """Receipts, transfers to and fro, uses, reservations, releases and requests, two items, all mixed:
    nobody waits in a circle, and what is short is refused and nothing else."""
    order = await yard.in_progress()
    chance = random.Random(7)
    other = f"{yard.fuse}-2"
    for item in (yard.fuse, other):
        receipt = {"item_code": item, "quantity": 6, "item_name": "保险丝"}
        for room in (yard.central, yard.van):
            await yard.call(
                "StockService/ReceiveStock", stockroom_id=room, stock_receipts=[receipt]
            )
    asked = [await yard.allocated(yard.fuse, 1) for _ in range(3)]

    def both(*quantities: int) -> list[Any]:
        pairs = list(zip((yard.fuse, other), quantities, strict=True))
        chance.shuffle(pairs)
        return [line(item, quantity) for item, quantity in pairs]

    def transfer(source: str, target: str) -> Awaitable[Any]:
        return yard.call(
            "StockService/TransferStock",
            from_stockroom_id=source,
            to_stockroom_id=target,
            stock_lines=both(chance.randint(1, 3), chance.randint(1, 3)),
            reason="调拨",
        )

    def use() -> Awaitable[Any]:
        parts = [
            part_pb2.UsedPart(item_code=each.item_code, quantity=each.quantity)
            for each in both(1, 2)
        ]
        return yard.call(
            "PartService/UseParts",
            yard.zhang,
            work_order_id=order,
            technician_id=yard.zhang.person_id,
            used_parts=parts,
        )

    async def hold_and_release() -> None:
        held = await yard.call(
            "StockService/ReserveParts",
            work_order_id=order,
            stockroom_id=chance.choice((yard.central, yard.van)),
            stock_lines=both(1, 1),
        )
        await asyncio.sleep(0)
        await yard.call("StockService/ReleaseParts", reservation_id=held.reservation_id)

    makers: list[Callable[[], Awaitable[Any]]] = [
        lambda: transfer(yard.central, yard.van),
        lambda: transfer(yard.van, yard.central),
        use,
        hold_and_release,
        lambda: yard.receive(chance.choice((yard.fuse, other)), 1, chance.randint(0, 999)),
    ]
    calls = [make() for make in itertools.islice(itertools.cycle(makers), 60)]
    calls += [yard.do("DispatchParts", each) for each in asked]
    ended = await outcomes([in_turn(call, AT_ONCE) for call in calls])
    assert set(ended) <= {"done", "STOCK_SHORT"}
    assert ended["done"] > 20
    ((on_hand, reserved, free, value),) = lowest(yard)
    assert min(on_hand, reserved, free, value) >= 0
    await yard.sound()
