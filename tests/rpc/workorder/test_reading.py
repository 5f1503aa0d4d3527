"""Lists and single work orders, as each role may see them."""

from datetime import timedelta
from typing import Any

import pytest

from kit.authn import Actor
from protos.common.v1.page_pb2 import PageRequest
from protos.common.v1.place_pb2 import Place
from protos.workorder.v1 import workorder_pb2 as pb
from tests.rpc.workorder.conftest import CUSTOMER, DISPATCHER, Desk, technician, theirs


async def ids(desk: Desk, by: Actor = DISPATCHER, **fields: Any) -> list[str]:
    answer = await desk.call("ListWorkOrders", by, **fields)
    return [order.work_order_id for order in answer.work_orders]


async def test_a_list_shows_the_newest_first_page_by_page(desk: Desk) -> None:
    made = [(await desk.order(case_id="ca_pages")).work_order_id for _ in range(5)]
    pages, token = [], ""
    while True:
        answer = await desk.call(
            "ListWorkOrders",
            DISPATCHER,
            case_id="ca_pages",
            page=PageRequest(page_size=2, page_token=token),
        )
        pages.append([order.work_order_id for order in answer.work_orders])
        token = answer.page.next_page_token
        if not token:
            break
    newest_first = sorted(made, reverse=True)
    assert pages == [newest_first[:2], newest_first[2:4], newest_first[4:]]


async def test_a_work_order_made_meanwhile_neither_shifts_nor_repeats_the_next_page(
    desk: Desk,
) -> None:
    made = []
    for _ in range(4):
        made.append((await desk.order(case_id="ca_shift")).work_order_id)
        desk.clock.advance(timedelta(seconds=1))
    first = await desk.call("ListWorkOrders", case_id="ca_shift", page=PageRequest(page_size=2))
    await desk.order(case_id="ca_shift")
    rest = await ids(
        desk, case_id="ca_shift", page=PageRequest(page_token=first.page.next_page_token)
    )
    assert rest == [made[1], made[0]]


async def test_a_list_is_filtered_by_state_technician_and_case(desk: Desk) -> None:
    zhang, wang = await desk.technician(), await desk.technician()
    created = await desk.order(case_id="ca_filter")
    offered = await desk.offered(zhang, case_id="ca_filter")
    accepted = await desk.accepted(wang, case_id="ca_filter")
    elsewhere = await desk.accepted(wang, case_id="ca_elsewhere")
    assert await ids(desk, case_id="ca_filter", state=pb.WORK_ORDER_STATE_CREATED) == [
        created.work_order_id
    ]
    assert await ids(desk, technician_id=zhang) == [offered.work_order_id]
    assert set(await ids(desk, technician_id=wang)) == {
        accepted.work_order_id,
        elsewhere.work_order_id,
    }
    assert await ids(desk, technician_id=wang, case_id="ca_filter") == [accepted.work_order_id]


async def test_a_technician_sees_what_is_offered_to_or_held_by_them_and_no_longer_what_they_declined(
    desk: Desk,
) -> None:
    zhang = await desk.technician()
    them = technician(zhang)
    held = await desk.accepted(zhang)
    offered = await desk.offered(zhang)
    anothers = await desk.offered()
    assert set(await ids(desk, them)) == {held.work_order_id, offered.work_order_id}
    assert await ids(desk, them, technician_id=anothers.offer.technician_id) == []
    refusal = await desk.refused("GetWorkOrder", them, work_order_id=anothers.work_order_id)
    assert refusal.reason == "WORK_ORDER_UNKNOWN"

    await desk.call("DeclineOffer", them, **theirs(offered), reason="太远")
    assert await ids(desk, them) == [held.work_order_id]
    refusal = await desk.refused("GetWorkOrder", them, work_order_id=offered.work_order_id)
    assert refusal.reason == "WORK_ORDER_UNKNOWN"


async def test_a_technician_reads_floor_notes_and_earning_before_accepting(desk: Desk) -> None:
    order = await desk.offered(floor=17, notes="家里有狗")
    seen = await desk.get(order.work_order_id, technician(order.offer.technician_id))
    assert (seen.floor, seen.notes) == (17, "家里有狗")
    assert seen.offer.earning_total.amount_minor == 16800


async def test_a_customer_sees_their_own_work_order_but_not_what_it_earns(desk: Desk) -> None:
    order = await desk.accepted()
    seen = await desk.get(order.work_order_id, CUSTOMER)
    assert seen.technician_id == order.technician_id
    assert not seen.offer.HasField("earning_total")
    assert seen.offer.earning_id == ""
    stranger = Actor("cu_stranger", frozenset({"customer"}))
    refusal = await desk.refused("GetWorkOrder", stranger, work_order_id=order.work_order_id)
    assert refusal.reason == "WORK_ORDER_UNKNOWN"
    assert await ids(desk, stranger) == []


async def test_the_office_sees_its_own_regions_only(desk: Desk) -> None:
    shanghai = Place(adcode="310101", adcode_path=["310101", "310000", "CN-EAST"])
    there = await desk.order(case_id="ca_regions", place=shanghai)
    here = await desk.order(case_id="ca_regions")
    for region, seen in (("CN-EAST", there), ("110105", here), ("BJ-RING5", here)):
        actor = Actor("pe_regional", frozenset({"supervisor"}), region_adcodes=(region,))
        assert await ids(desk, actor, case_id="ca_regions") == [seen.work_order_id]
        assert (await desk.get(seen.work_order_id, actor)).work_order_id == seen.work_order_id


async def test_who_has_no_role_here_sees_no_list(desk: Desk) -> None:
    refusal = await desk.refused("ListWorkOrders", Actor("pe_m", frozenset({"marketing"})))
    assert refusal.reason == "ROLE_REQUIRED"


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"page": PageRequest(page_size=201)}, "PAGE_SIZE_INVALID", "page.page_size"),
        ({"page": PageRequest(page_token="!")}, "PAGE_TOKEN_INVALID", "page.page_token"),
        ({"state": 99}, "WORK_ORDER_STATE_UNKNOWN", "state"),
    ],
)
async def test_a_list_that_makes_no_sense_is_refused(
    desk: Desk, fields: dict[str, Any], reason: str, field: str
) -> None:
    refusal = await desk.refused("ListWorkOrders", **fields)
    assert (refusal.reason, refusal.field) == (reason, field)
