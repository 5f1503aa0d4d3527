"""Customers whom the directory made one: their work orders, assets and plans are found together."""

import itertools
from typing import Any

from kit.authn import Actor
from protos.directory.v1 import customer_pb2
from protos.events.v1 import events_pb2
from protos.workorder.v1 import asset_pb2, workorder_pb2
from tests.rpc.workorder.conftest import Desk, theirs
from tests.rpc.workorder.registry.asking import ask

_numbers = itertools.count()


async def tell(desk: Desk, *merges: customer_pb2.CustomerMerge) -> int:
    told = []
    for merge in merges:
        event = events_pb2.DomainEvent(event_id=f"ev_merge_{next(_numbers)}", aggregate_sequence=1)
        event.payload.Pack(customer_pb2.CustomerMergeChanged(merge=merge))
        told.append(event)
    request = events_pb2.ApplyEventsRequest(source="directory", events=told)
    answer: Any = await desk.served.as_().call("events.v1.ProjectionService/ApplyEvents", request)
    return int(answer.applied_count)


def merge(survivor: str, merged: str) -> customer_pb2.CustomerMerge:
    return customer_pb2.CustomerMerge(
        merge_id=f"mg_{survivor}_{merged}",
        survivor_customer_id=survivor,
        merged_customer_id=merged,
    )


def undone(desk: Desk, made: customer_pb2.CustomerMerge) -> customer_pb2.CustomerMerge:
    after = customer_pb2.CustomerMerge()
    after.CopyFrom(made)
    after.undone_at.CopyFrom(desk.later())
    return after


async def assets_of(desk: Desk, customer_id: str) -> set[str]:
    found: asset_pb2.ListAssetsResponse = await ask(
        desk, "Asset/ListAssets", customer_id=customer_id
    )
    return {each.asset_id for each in found.assets}


async def orders_of(desk: Desk, customer_id: str, **fields: Any) -> set[str]:
    found: workorder_pb2.ListWorkOrdersResponse = await desk.call(
        "ListWorkOrders", customer_id=customer_id, **fields
    )
    return {each.work_order_id for each in found.work_orders}


async def machine(desk: Desk, customer_id: str) -> str:
    made = await ask(desk, "Asset/RegisterAsset", customer_id=customer_id, name="客厅空调")
    return str(made.asset_id)


async def test_lists_by_customer_follow_merges_in_both_directions_until_they_are_undone(
    desk: Desk,
) -> None:
    by_phone, by_wecom, by_shop = "cu_by_phone", "cu_by_wecom", "cu_by_shop"
    ids = (by_phone, by_wecom, by_shop)
    orders = {each: (await desk.order(customer_id=each)).work_order_id for each in ids}
    machines = {each: await machine(desk, each) for each in ids}
    first, second = merge(by_wecom, by_phone), merge(by_shop, by_wecom)

    assert await tell(desk, first, second) == 2
    assert await tell(desk, first) == 0
    for each in ids:
        assert await orders_of(desk, each) == set(orders.values())
        assert await orders_of(desk, each, stage="install") == set(orders.values())
        assert await assets_of(desk, each) == set(machines.values())

    assert await tell(desk, undone(desk, second)) == 1
    assert await orders_of(desk, by_shop) == {orders[by_shop]}
    assert await assets_of(desk, by_phone) == {machines[by_phone], machines[by_wecom]}


async def test_what_was_undone_stays_undone_in_whatever_order_it_is_told(desk: Desk) -> None:
    made = merge("cu_late", "cu_later")
    theirs = await machine(desk, "cu_late")
    await machine(desk, "cu_later")
    await tell(desk, undone(desk, made))
    assert await tell(desk, made) == 0
    assert await assets_of(desk, "cu_late") == {theirs}


async def test_a_customer_sees_and_opens_what_is_under_their_other_id(desk: Desk) -> None:
    order = await desk.order(customer_id="cu_old_id")
    asset_id = await machine(desk, "cu_old_id")
    await tell(desk, merge("cu_new_id", "cu_old_id"))
    customer, stranger = (
        Actor(person_id, frozenset({"customer"})) for person_id in ("cu_new_id", "cu_stranger")
    )
    seen = await desk.call("ListWorkOrders", by=customer)
    assert [each.work_order_id for each in seen.work_orders] == [order.work_order_id]
    assert (await desk.get(order.work_order_id, customer)).title == order.title
    assert (await ask(desk, "Asset/GetAsset", customer, asset_id=asset_id)).asset_id == asset_id
    hidden = await desk.refused("GetWorkOrder", by=stranger, work_order_id=order.work_order_id)
    assert hidden.reason == "WORK_ORDER_UNKNOWN"


async def test_finished_work_for_a_merged_customer_is_work_for_the_same_customer(
    desk: Desk,
) -> None:
    before = await desk.in_progress(customer_id="cu_twice_a")
    await desk.call(
        "CompleteWork",
        **theirs(before),
        completion_code=before.completion_code,
        summary="更换排水泵",
    )
    again = await desk.order(customer_id="cu_twice_b")
    await tell(desk, merge("cu_twice_b", "cu_twice_a"))
    found = await ask(
        desk, "WorkOrderDesk/SuggestSolutions", work_order_id=again.work_order_id, limit=20
    )
    reasons = {
        each.work_order_id: {reason.reason for reason in each.reasons} for each in found.solutions
    }
    assert "same_customer" in reasons[before.work_order_id]
