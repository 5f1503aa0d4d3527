"""Lists of work orders by what people know of them, and boards of all."""

from datetime import timedelta
from typing import Any

import pytest

from kit.authn import Actor
from kit.rpc.convert import instant_to_proto
from protos.common.v1.money_pb2 import Money
from protos.common.v1.page_pb2 import PageRequest
from protos.common.v1.place_pb2 import Place
from protos.workorder.v1 import orders_pb2
from protos.workorder.v1 import workorder_pb2 as pb
from tests.rpc.workorder.conftest import CUSTOMER, DISPATCHER, Desk, technician
from tests.rpc.workorder.orders.conftest import at

HANGZHOU = Place(
    adcode="330106", adcode_path=["330106", "330100", "330000", "CN-EAST", "CN"],
    place_name="浙江省杭州市西湖区",
)  # fmt: skip


def own(desk: Desk) -> str:
    """A customer that no other test knows."""
    return f"cu_{next(desk.numbers)}"


async def ids(desk: Desk, by: Actor = DISPATCHER, **wanted: Any) -> list[str]:
    found = await desk.call("ListWorkOrders", by, **wanted)
    return [each.work_order_id for each in found.work_orders]


async def test_every_filter_finds_what_it_should_and_no_more(desk: Desk) -> None:
    customer, number = own(desk), next(desk.numbers)
    wanted = await desk.order(
        customer_id=customer, stage="aftersale", priority=1, asset_id=f"as_{number}",
        outlet_id=f"ol_{number}", title=f"修理热水器{number}", place=HANGZHOU,
        source=pb.WORK_ORDER_SOURCE_SCAN, case_id=f"ca_own_{number}",
        lines=[pb.WorkOrderLine(item_code=f"item_{number}", name="换镁棒", quantity=1)],
        due_at=desk.later(hours=1),
    )  # fmt: skip
    other = await desk.order(customer_id=customer)
    filters: list[dict[str, Any]] = [
        {"stage": "aftersale"},
        {"priority": 1},
        {"asset_id": f"as_{number}"},
        {"outlet_id": f"ol_{number}"},
        {"region_code": "330000"},
        {"region_code": "CN-EAST"},
        {"source": pb.WORK_ORDER_SOURCE_SCAN},
        {"case_id": f"ca_own_{number}"},
        {"item_code": f"item_{number}"},
        {"text": "热水器"},
        {"text": "镁棒 西湖"},
        {"text": f"热水器{number}"},
        {"text": wanted.work_order_id[-8:]},
        {"text": wanted.work_order_id.upper()},
        {"stage": "aftersale", "region_code": "330106", "states": [pb.WORK_ORDER_STATE_CREATED]},
    ]
    for each in filters:
        assert await ids(desk, customer_id=customer, **each) == [wanted.work_order_id], each
    nothing: list[dict[str, Any]] = [
        {"text": "器热"},
        {"text": "热水器 冰箱"},
        {"stage": "presale"},
        {"region_code": "340000"},
        {"states": [pb.WORK_ORDER_STATE_OFFERED, pb.WORK_ORDER_STATE_CANCELLED]},
        {"overdue_only": True},
        {"created_before": instant_to_proto(desk.clock.now())},
    ]
    for each in nothing:
        assert await ids(desk, customer_id=customer, **each) == [], each
    both = sorted((other.work_order_id, wanted.work_order_id), reverse=True)
    assert await ids(desk, customer_id=customer, open_only=True) == both
    assert (
        await ids(desk, customer_id=customer, created_from=instant_to_proto(desk.clock.now()))
        == both
    )


async def test_what_is_due_and_not_done_is_overdue(desk: Desk) -> None:
    customer = own(desk)
    late = await desk.order(customer_id=customer, due_at=desk.later(minutes=5))
    await desk.order(customer_id=customer, due_at=desk.later(hours=5))
    desk.clock.advance(timedelta(minutes=6))
    assert await ids(desk, customer_id=customer, overdue_only=True) == [late.work_order_id]
    await desk.call("CancelWorkOrder", work_order_id=late.work_order_id, reason="x")
    assert await ids(desk, customer_id=customer, overdue_only=True) == []


async def paged(desk: Desk, **wanted: Any) -> list[str]:
    """All pages of two."""
    found, token = [], ""
    while True:
        page = await desk.call(
            "ListWorkOrders", page=PageRequest(page_size=2, page_token=token), **wanted
        )
        found += [each.work_order_id for each in page.work_orders]
        token = page.page.next_page_token
        if not token:
            return found


async def test_lists_begin_with_what_was_asked_for_page_by_page(desk: Desk) -> None:
    customer = own(desk)
    orders = [
        await desk.order(customer_id=customer, priority=priority, due_at=desk.later(hours=hours))
        for priority, hours in ((3, 4), (1, 5), (2, 1), (1, 2), (5, 3))
    ]
    made = [each.work_order_id for each in orders]
    newest = sorted(made, reverse=True)
    assert await paged(desk, customer_id=customer) == newest
    urgent = sorted(orders, key=lambda each: (each.priority, each.work_order_id))
    assert await paged(desk, customer_id=customer, sorting=pb.WORK_ORDER_SORTING_PRIORITY) == [
        each.work_order_id for each in urgent
    ]
    due = [made[n] for n in (2, 3, 4, 0, 1)]
    assert await paged(desk, customer_id=customer, sorting=pb.WORK_ORDER_SORTING_DUE) == due


async def test_technicians_see_first_what_earns_most(desk: Desk) -> None:
    technician_id = await desk.technician()
    offered = []
    for amount in (9_900, 25_000, 16_800):
        order = await desk.order()
        await desk.call(
            "OfferWorkOrder",
            **desk.offer(
                order.work_order_id,
                technician_id,
                earning_total=Money(currency="CNY", amount_minor=amount),
            ),
        )
        offered.append(order.work_order_id)
    by_earning = await ids(desk, technician(technician_id), sorting=pb.WORK_ORDER_SORTING_EARNING)
    assert by_earning == [offered[1], offered[2], offered[0]]
    pages = await paged(desk, technician_id=technician_id, sorting=pb.WORK_ORDER_SORTING_EARNING)
    assert pages == by_earning
    refusal = await desk.refused("ListWorkOrders", sorting=pb.WORK_ORDER_SORTING_EARNING)
    assert refusal.reason == "WORK_ORDER_SORTING_INVALID"


async def test_how_many_there_are_is_said_where_it_is_asked(desk: Desk) -> None:
    customer = own(desk)
    for _ in range(3):
        await desk.order(customer_id=customer)
    page = PageRequest(page_size=1)
    asked = await desk.call("ListWorkOrders", customer_id=customer, page=page, count=True)
    assert (len(asked.work_orders), asked.total) == (1, 3)
    assert (await desk.call("ListWorkOrders", customer_id=customer, page=page)).total == 0


async def test_nobody_finds_what_they_may_not_know_of(desk: Desk) -> None:
    number = next(desk.numbers)
    outlet = f"ol_{number}"
    order = await desk.order(outlet_id=outlet, place=HANGZHOU)
    east = Actor("pe_east", frozenset({"supervisor"}), region_adcodes=("CN-EAST",))
    north = Actor("pe_north", frozenset({"supervisor"}), region_adcodes=("110000",))
    assert await ids(desk, east, outlet_id=outlet) == [order.work_order_id]
    assert await ids(desk, north, outlet_id=outlet) == []
    assert order.work_order_id in await ids(desk, CUSTOMER)
    assert await ids(desk, technician("pe_nobody"), outlet_id=outlet) == []


def count_of(board: orders_pb2.Board, **wanted: Any) -> int:
    return sum(
        each.count
        for each in board.counts
        if all(getattr(each, name) == value for name, value in wanted.items())
    )


async def test_a_board_counts_what_is_open_and_what_ended_today(desk: Desk) -> None:
    outlet = f"ol_{next(desk.numbers)}"
    await desk.order(outlet_id=outlet, due_at=desk.later(minutes=1))
    await desk.order(outlet_id=outlet, place=HANGZHOU)
    await desk.scheduled(outlet_id=outlet)
    off = await desk.order(outlet_id=outlet)
    await desk.call("CancelWorkOrder", work_order_id=off.work_order_id, reason="x")
    desk.clock.advance(timedelta(minutes=40))
    board = await desk.call(
        at("GetBoard"),
        outlet_id=outlet,
        grouping=orders_pb2.BOARD_GROUPING_REGION,
        stuck_limit=10,
    )
    assert board.open_count == 3
    created, cancelled = pb.WORK_ORDER_STATE_CREATED, pb.WORK_ORDER_STATE_CANCELLED
    assert count_of(board, group="110000", state=created) == 1
    assert count_of(board, group="330000", state=created) == 1
    assert count_of(board, group="110000", state=cancelled) == 1
    assert sum(each.overdue_count for each in board.counts) == 1
    assert [(each.usual_minutes, each.minutes_in_state) for each in board.stuck] == [
        (30, 40), (30, 40),
    ]  # fmt: skip
    within = await desk.call(
        at("GetBoard"),
        outlet_id=outlet,
        region_code="330000",
        grouping=orders_pb2.BOARD_GROUPING_REGION,
    )
    assert [(each.group, each.count) for each in within.counts] == [("330100", 1)]


@pytest.mark.parametrize("grouping", orders_pb2.BoardGrouping.values())
async def test_every_way_to_group_counts_the_same(desk: Desk, grouping: int) -> None:
    outlet = f"ol_{next(desk.numbers)}"
    for place in (HANGZHOU, None):
        await desk.order(outlet_id=outlet, **({"place": place} if place else {}))
    board = await desk.call(at("GetBoard"), outlet_id=outlet, grouping=grouping)
    assert sum(each.count for each in board.counts) == board.open_count == 2


async def test_a_board_of_one_region_knows_nothing_of_others(desk: Desk) -> None:
    outlet = f"ol_{next(desk.numbers)}"
    await desk.order(outlet_id=outlet, place=HANGZHOU)
    await desk.order(outlet_id=outlet)
    east = Actor("pe_east", frozenset({"supervisor"}), region_adcodes=("CN-EAST",))
    board = await desk.call(at("GetBoard"), east, outlet_id=outlet, stuck_limit=5)
    assert board.open_count == 1
    refusal = await desk.refused(at("GetBoard"), CUSTOMER)
    assert refusal.reason == "ROLE_REQUIRED"


async def test_figures_say_how_fast_and_well_work_was_done(desk: Desk) -> None:
    outlet = f"ol_{next(desk.numbers)}"
    begun = desk.clock.now()
    technician_id = await desk.technician()
    order = await desk.offered(technician_id, outlet_id=outlet)
    desk.clock.advance(timedelta(minutes=28))
    theirs: dict[str, Any] = {"work_order_id": order.work_order_id, "technician_id": technician_id}
    await desk.call("AcceptOffer", **theirs)
    await desk.call(
        "ScheduleAppointment",
        work_order_id=order.work_order_id,
        appointment=desk.window(hours=1),
    )
    desk.clock.advance(timedelta(minutes=32))
    await desk.call("CheckIn", **theirs)
    desk.clock.advance(timedelta(minutes=45))
    code = order.completion_code
    await desk.call("CompleteWork", **theirs, completion_code=code)
    await desk.call("RecordAcceptance", work_order_id=order.work_order_id, rating=5)
    figures = await desk.call(
        at("GetServiceFigures"),
        outlet_id=outlet,
        grouping=orders_pb2.BOARD_GROUPING_OUTLET,
        done_from=instant_to_proto(begun),
        done_before=desk.later(minutes=1),
    )
    (one,) = figures.figures
    assert (one.group, one.done_count, one.rated_count, one.rating_hundredths) == (
        outlet, 1, 1, 500,
    )  # fmt: skip
    assert (one.response_seconds, one.visit_seconds, one.cycle_seconds) == (
        28 * 60, 45 * 60, 105 * 60,
    )  # fmt: skip
    assert figures.total.done_count == 1
    assert figures.before.done_count == 0


async def test_the_hours_to_come_are_expected_from_the_weeks_before(desk: Desk) -> None:
    city = Place(adcode="540102", adcode_path=["540102", "540100", "540000"])
    for _ in range(2):
        await desk.order(place=city)
    desk.clock.advance(timedelta(days=6, hours=23))
    found = await desk.call(at("ForecastArrivals"), region_code="540000", days=1, weeks=2)
    assert len(found.hours) == 24
    (peak,) = [each for each in found.hours if each.peak]
    assert (peak.expected_hundredths, peak.most_count, peak.least_count) == (100, 2, 0)
    refusal = await desk.refused(at("ForecastArrivals"), days=15)
    assert (refusal.reason, refusal.field) == ("FORECAST_INVALID", "days")
