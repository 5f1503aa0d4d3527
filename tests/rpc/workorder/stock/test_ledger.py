"""Parts come in, move, go out; every level is the sum of it, and refusals change nothing."""

from datetime import timedelta

import pytest

from kit.authn import Actor
from protos.common.v1.money_pb2 import Money
from protos.workorder.v1 import stock_pb2
from tests.rpc.workorder.stock.conftest import FINANCE, WAREHOUSE, Yard, line


async def test_what_comes_in_at_two_prices_goes_out_at_the_average(yard: Yard) -> None:
    await yard.receive(yard.fuse, 10, 100)
    await yard.receive(yard.fuse, 10, 200)
    moved = await yard.call(
        "StockService/TransferStock",
        from_stockroom_id=yard.central,
        to_stockroom_id=yard.van,
        stock_lines=[line(yard.fuse, 5)],
        reason="上车",
    )
    assert moved.stock_movements[0].cost == Money(currency="CNY", amount_minor=750)
    there = await yard.level(yard.van, yard.fuse)
    assert (there.on_hand, there.free, there.stock_value.amount_minor) == (5, 5, 750)
    left = await yard.level(yard.central, yard.fuse)
    assert (left.on_hand, left.stock_value.amount_minor) == (15, 2_250)
    await yard.sound()


async def test_the_same_delivery_told_twice_comes_in_once(yard: Yard) -> None:
    receipt = stock_pb2.StockReceipt(item_code=yard.fuse, quantity=3)
    again = {"idempotency_key": f"delivery-{yard.fuse}", "stockroom_id": yard.central}
    for _ in range(2):
        await yard.call("StockService/ReceiveStock", stock_receipts=[receipt], **again)
    assert await yard.free(yard.central, yard.fuse) == 3


async def test_a_new_item_is_taken_on_by_its_name_and_an_unknown_code_is_refused(
    yard: Yard,
) -> None:
    code = f"NEW-{yard.fuse}"
    receipt = stock_pb2.StockReceipt(item_code=code, quantity=2)
    into = {"stockroom_id": yard.central}
    refusal = await yard.refused("StockService/ReceiveStock", stock_receipts=[receipt], **into)
    assert (refusal.reason, refusal.field) == (
        "STOCK_ITEM_UNKNOWN",
        "stock_receipts[0].item_code",
    )
    receipt.item_name = "新件"
    await yard.call("StockService/ReceiveStock", stock_receipts=[receipt], **into)
    found = await yard.call("StockService/ListStockItems", search=code.lower())
    assert [item.name for item in found.stock_items] == ["新件"]
    assert await yard.free(yard.central, code) == 2


async def test_a_delivery_comes_in_whole_or_not_at_all(yard: Yard) -> None:
    receipts = [
        stock_pb2.StockReceipt(item_code=yard.fuse, quantity=2),
        stock_pb2.StockReceipt(item_code=yard.pump, quantity=1),
    ]
    refusal = await yard.refused(
        "StockService/ReceiveStock", stockroom_id=yard.central, stock_receipts=receipts
    )
    assert refusal.field == "stock_receipts[1].serial_numbers"
    assert await yard.free(yard.central, yard.fuse) == 0


async def test_a_serial_number_is_received_once_and_found_where_it_is(yard: Yard) -> None:
    await yard.receive(yard.pump, 1, 90_000, "SN1")
    receipt = stock_pb2.StockReceipt(item_code=yard.pump, quantity=1, serial_numbers=["SN1"])
    refusal = await yard.refused(
        "StockService/ReceiveStock", stockroom_id=yard.van, stock_receipts=[receipt]
    )
    assert refusal.reason == "STOCK_UNIT_ELSEWHERE"
    assert yard.central in refusal.message
    await yard.call(
        "StockService/TransferStock",
        from_stockroom_id=yard.central,
        to_stockroom_id=yard.van,
        stock_lines=[line(yard.pump, 1, "SN1")],
        reason="上车",
    )
    found = await yard.call("StockService/ListStockUnits", item_code=yard.pump)
    assert [unit.stockroom_id for unit in found.stock_units] == [yard.van]
    scrapped = line(yard.pump, 1, "SN1")
    refusal = await yard.refused(
        "StockService/ScrapStock",
        stockroom_id=yard.central,
        stock_lines=[scrapped],
        reason="进水",
    )
    assert refusal.reason == "STOCK_UNIT_ELSEWHERE"
    await yard.call(
        "StockService/ScrapStock", stockroom_id=yard.van, stock_lines=[scrapped], reason="进水"
    )
    await yard.sound()


async def test_no_more_goes_out_than_is_there(yard: Yard) -> None:
    await yard.receive(yard.fuse, 2)
    refusal = await yard.refused(
        "StockService/ScrapStock",
        stockroom_id=yard.central,
        stock_lines=[line(yard.fuse, 3)],
        reason="受潮",
    )
    assert (refusal.reason, refusal.details) == ("STOCK_SHORT", {yard.fuse: "2/3"})
    assert await yard.free(yard.central, yard.fuse) == 2


async def test_the_ledger_is_listed_newest_first_by_pages_and_by_what_is_asked(yard: Yard) -> None:
    for quantity in (1, 2, 3):
        yard.desk.clock.advance(timedelta(minutes=1))
        await yard.receive(yard.fuse, quantity)
    await yard.receive(yard.pump, 1, 0, "SN1")
    listed: list[int] = []
    token = ""
    while True:
        page = await yard.call(
            "StockService/ListStockMovements",
            stockroom_id=yard.central,
            item_code=yard.fuse,
            page={"page_size": 2, "page_token": token},
        )
        listed += [each.quantity for each in page.stock_movements]
        token = page.page.next_page_token
        if not token:
            break
    assert listed == [3, 2, 1]
    others = await yard.call("StockService/ListStockMovements", stockroom_id=yard.van)
    assert not others.stock_movements
    since = await yard.call(
        "StockService/ListStockMovements", item_code=yard.fuse, moved_from=yard.desk.later()
    )
    assert [each.quantity for each in since.stock_movements] == [3]


async def test_levels_are_found_by_words_and_by_pages(yard: Yard) -> None:
    await yard.receive(yard.fuse, 2)
    await yard.receive(yard.pump, 1, 0, "SN1")
    await yard.receive(yard.fuse, 5, room=yard.van)
    seen: list[tuple[str, str]] = []
    token = ""
    while True:
        page = await yard.call(
            "StockService/ListStockLevels",
            search=yard.fuse.lower(),
            page={"page_size": 1, "page_token": token},
        )
        seen += [(each.stockroom_id, each.item_code) for each in page.stock_levels]
        token = page.page.next_page_token
        if not token:
            break
    assert seen == [(yard.central, yard.fuse), (yard.van, yard.fuse)]
    many = await yard.call("StockService/ListStockLevels", item_code=yard.fuse, least_free=3)
    assert [each.stockroom_id for each in many.stock_levels] == [yard.van]


async def test_costs_are_told_to_finance_and_not_to_technicians(yard: Yard) -> None:
    await yard.receive(yard.fuse, 2, 100, room=yard.van)
    assert (await yard.level(yard.van, yard.fuse, FINANCE)).stock_value.amount_minor == 200
    theirs = await yard.level(yard.van, yard.fuse, yard.zhang)
    assert theirs.on_hand == 2
    assert not theirs.HasField("stock_value")
    moved = await yard.call("StockService/ListStockMovements", yard.zhang, stockroom_id=yard.van)
    assert [each.HasField("cost") for each in moved.stock_movements] == [False]


async def test_a_technician_moves_what_is_in_their_vehicle_and_nothing_else(yard: Yard) -> None:
    await yard.receive(yard.fuse, 2)
    taken = {"stock_lines": [line(yard.fuse, 1)], "reason": "拿一个"}
    refusal = await yard.refused(
        "StockService/ScrapStock", yard.zhang, stockroom_id=yard.central, **taken
    )
    assert refusal.reason == "STOCKROOM_UNKNOWN"
    levels = await yard.call("StockService/ListStockLevels", yard.zhang, item_code=yard.fuse)
    assert not levels.stock_levels
    await yard.receive(yard.fuse, 2, room=yard.van)
    await yard.call("StockService/ScrapStock", yard.zhang, stockroom_id=yard.van, **taken)
    refusal = await yard.refused("StockService/ScrapStock", FINANCE, stockroom_id=yard.van, **taken)
    assert refusal.reason == "STOCKROOM_NOT_YOURS"


@pytest.mark.parametrize(
    "rpc",
    ["ListStockLevels", "ListStockMovements", "ListStockItems", "ListStockrooms", "ListStockUnits"],
)
async def test_customers_know_of_no_stock(yard: Yard, rpc: str) -> None:
    customer = Actor("cu_li", frozenset({"customer"}))
    assert (await yard.refused(f"StockService/{rpc}", customer)).reason == "ROLE_REQUIRED"


async def test_a_stockroom_keeps_its_kind_and_a_technician_has_one_vehicle(yard: Yard) -> None:
    room = stock_pb2.Stockroom(
        stockroom_id=yard.central, kind=stock_pb2.STOCKROOM_KIND_RETURNS, name="x", active=True
    )
    refusal = await yard.refused("StockService/PutStockroom", stockroom=room)
    assert refusal.reason == "STOCKROOM_KIND_FIXED"
    other = stock_pb2.Stockroom(
        stockroom_id=f"{yard.van}_2",
        kind=stock_pb2.STOCKROOM_KIND_VEHICLE,
        name="第二辆",
        technician_id=yard.zhang.person_id,
        active=True,
    )
    refusal = await yard.refused("StockService/PutStockroom", stockroom=other)
    assert refusal.reason == "STOCKROOM_VEHICLE_TAKEN"


async def test_an_item_in_stock_does_not_begin_to_be_followed_by_serial_numbers(
    yard: Yard,
) -> None:
    await yard.receive(yard.fuse, 1)
    item = stock_pb2.StockItem(item_code=yard.fuse, name="保险丝", serial_tracked=True)
    refusal = await yard.refused("StockService/PutStockItem", stock_item=item)
    assert refusal.reason == "STOCK_ITEM_IN_STOCK"


async def test_every_change_of_a_level_is_told(yard: Yard) -> None:
    await yard.receive(yard.fuse, 4)
    told = yard.events("StockChanged", f"{yard.central}/{yard.fuse}")
    assert told == [("", WAREHOUSE.person_id)]


async def test_what_has_fallen_to_its_reorder_point_is_suggested(yard: Yard) -> None:
    point = stock_pb2.ReorderPoint(
        stockroom_id=yard.van, item_code=yard.fuse, reorder_at=3, order_up_to=10
    )
    await yard.call("StockService/PutReorderPoint", yard.zhang, reorder_point=point)
    await yard.receive(yard.fuse, 4, room=yard.van)
    only = {"stockroom_id": yard.van}
    above = await yard.call("StockService/ListReorderSuggestions", **only)
    assert not above.reorder_suggestions
    await yard.call(
        "StockService/ScrapStock",
        stockroom_id=yard.van,
        stock_lines=[line(yard.fuse, 2)],
        reason="受潮",
    )
    (below,) = (await yard.call("StockService/ListReorderSuggestions", **only)).reorder_suggestions
    assert (below.free, below.on_the_way, below.suggested_quantity) == (2, 0, 8)
    await yard.requested(yard.fuse, 8)
    after = await yard.call("StockService/ListReorderSuggestions", **only)
    assert not after.reorder_suggestions
