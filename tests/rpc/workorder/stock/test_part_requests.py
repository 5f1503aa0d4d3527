"""配件申请: asked for, approved by somebody else, allocated, dispatched, received, used or returned."""

from typing import Any

from kit.authn import SYSTEM, Actor
from protos.workorder.v1 import part_pb2
from tests.rpc.workorder.stock.conftest import OTHER_WAREHOUSE, WAREHOUSE, Yard, line

STATE = part_pb2.PartRequestState


async def test_a_part_goes_from_the_central_stockroom_into_the_appliance(yard: Yard) -> None:
    await yard.receive(yard.pump, 1, 90_000, "SN1")
    order = await yard.in_progress()
    asked = await yard.requested(yard.pump, 1, work_order_id=order, purpose="异响")
    assert asked.state == STATE.PART_REQUEST_STATE_REQUESTED
    assert list(asked.possible_verbs) == ["approve", "reject", "cancel"]
    await yard.do("ApprovePartRequest", asked)
    held = await yard.do("AllocateParts", asked, from_stockroom_id=yard.central)
    assert held.HasField("reserved_until")
    assert await yard.free(yard.central, yard.pump) == 0
    await yard.do("DispatchParts", asked, stock_lines=[line(yard.pump, 1, "SN1")])
    under_way = await yard.level(yard.van, yard.pump)
    assert under_way.on_hand == 0
    transit = await yard.level(f"{yard.van}:transit", yard.pump)
    assert (transit.on_hand, transit.stock_value.amount_minor) == (1, 90_000)
    there = await yard.do("ReceiveParts", asked, yard.zhang)
    assert there.state == STATE.PART_REQUEST_STATE_RECEIVED
    level = await yard.level(yard.van, yard.pump)
    assert (level.on_hand, level.reserved) == (1, 1)
    part = part_pb2.UsedPart(
        item_code=yard.pump, quantity=1, serial_numbers=["SN1"], in_warranty=True
    )
    use = await yard.call(
        "PartService/UseParts",
        yard.zhang,
        work_order_id=order,
        technician_id=yard.zhang.person_id,
        used_parts=[part],
    )
    assert use.part_use_lines[0].core_return_id
    done = await yard.call("PartService/GetPartRequest", part_request_id=asked.part_request_id)
    assert done.state == STATE.PART_REQUEST_STATE_CLOSED
    assert done.part_request_lines[0].used_quantity == 1
    history = yard.desk.rows(
        "SELECT verb, from_state, to_state FROM part_request_change WHERE part_request_id = %s"
        " ORDER BY revision",
        asked.part_request_id,
    )
    assert history == [
        ("request", None, "requested"),
        ("approve", "requested", "approved"),
        ("allocate", "approved", "allocated"),
        ("dispatch", "allocated", "dispatched"),
        ("receive", "dispatched", "received"),
        ("use", "received", "closed"),
    ]
    assert len(yard.events("PartRequestChanged", asked.part_request_id)) == len(history)
    await yard.sound()


async def test_nobody_approves_what_they_asked_for_themselves(yard: Yard) -> None:
    asked = await yard.call(
        "PartService/RequestParts",
        WAREHOUSE,
        to_stockroom_id=yard.van,
        stock_lines=[line(yard.pump, 1)],
    )
    for rpc, more in (("ApprovePartRequest", {}), ("RejectPartRequest", {"reason": "不需要"})):
        refusal = await yard.refused(
            f"PartService/{rpc}", WAREHOUSE, part_request_id=asked.part_request_id, **more
        )
        assert refusal.reason == "PART_REQUEST_OWN_APPROVAL"
    approved = await yard.do("ApprovePartRequest", asked, OTHER_WAREHOUSE)
    assert approved.decided_by_person_id == OTHER_WAREHOUSE.person_id


async def test_a_flow_names_who_asked_and_who_approved(yard: Yard) -> None:
    asked = await yard.call(
        "PartService/RequestParts",
        SYSTEM,
        case_id="ca_7",
        technician_id=yard.zhang.person_id,
        stock_lines=[line(yard.pump, 1)],
        requested_by_person_id=yard.zhang.person_id,
    )
    by_them = {"part_request_id": asked.part_request_id}
    refusal = await yard.refused(
        "PartService/ApprovePartRequest",
        SYSTEM,
        approved_by_person_id=yard.zhang.person_id,
        **by_them,
    )
    assert refusal.reason == "PART_REQUEST_OWN_APPROVAL"
    refusal = await yard.refused(
        "PartService/ApprovePartRequest", WAREHOUSE, approved_by_person_id="pe_else", **by_them
    )
    assert (refusal.reason, refusal.field) == ("PART_REQUEST_NOT_YOURS", "approved_by_person_id")
    approved = await yard.call(
        "PartService/ApprovePartRequest", SYSTEM, approved_by_person_id="pe_boss", **by_them
    )
    assert approved.decided_by_person_id == "pe_boss"
    assert yard.events("PartRequestChanged", asked.part_request_id) == [
        ("ca_7", "system"),
        ("ca_7", "system"),
    ]


async def test_what_is_short_goes_on_waiting_for_stock(yard: Yard) -> None:
    await yard.receive(yard.fuse, 2)
    asked = await yard.requested(yard.fuse, 3)
    assert asked.state == STATE.PART_REQUEST_STATE_APPROVED
    from_there = {"part_request_id": asked.part_request_id, "from_stockroom_id": yard.central}
    refusal = await yard.refused("PartService/AllocateParts", **from_there)
    assert (refusal.reason, refusal.details) == ("STOCK_SHORT", {yard.fuse: "2/3"})
    await yard.receive(yard.fuse, 1)
    held = await yard.call("PartService/AllocateParts", **from_there)
    assert held.state == STATE.PART_REQUEST_STATE_ALLOCATED


async def test_less_than_was_asked_for_may_be_approved(yard: Yard) -> None:
    await yard.receive(yard.pump, 1, 0, "SN1")
    asked = await yard.requested(yard.pump, 3)
    fewer = part_pb2.ApprovedQuantity(item_code=yard.pump, quantity=1)
    await yard.do("ApprovePartRequest", asked, approved_quantities=[fewer])
    held = await yard.do("AllocateParts", asked, from_stockroom_id=yard.central)
    (of,) = held.part_request_lines
    assert (of.quantity, of.approved_quantity) == (3, 1)
    assert await yard.free(yard.central, yard.pump) == 0


async def test_what_did_not_arrive_is_written_off_with_its_cost(yard: Yard) -> None:
    await yard.receive(yard.fuse, 3, 100)
    asked = await yard.allocated(yard.fuse, 3)
    await yard.do("DispatchParts", asked)
    two: dict[str, Any] = {
        "part_request_id": asked.part_request_id,
        "stock_lines": [line(yard.fuse, 2)],
    }
    refusal = await yard.refused("PartService/ReceiveParts", yard.zhang, **two)
    assert refusal.reason == "PART_REQUEST_DISCREPANCY_UNEXPLAINED"
    done = await yard.call(
        "PartService/ReceiveParts", yard.zhang, discrepancy_note="箱子破了", **two
    )
    assert done.state == STATE.PART_REQUEST_STATE_CLOSED
    assert await yard.free(yard.van, yard.fuse) == 2
    assert (await yard.level(f"{yard.van}:transit", yard.fuse)).on_hand == 0
    moved = await yard.call("StockService/ListStockMovements", document_id=asked.part_request_id)
    costs = sorted(each.cost.amount_minor for each in moved.stock_movements)
    assert costs == [100, 200, 300]
    await yard.sound()


async def test_what_was_not_used_goes_back_or_stays_as_free_stock(yard: Yard) -> None:
    await yard.receive(yard.fuse, 5, 100)
    order = await yard.in_progress()
    asked = await yard.received(yard.fuse, 5, work_order_id=order)
    assert await yard.free(yard.van, yard.fuse) == 0
    back = {"stock_lines": [line(yard.fuse, 2)], "reason": "用不上"}
    some = await yard.do("ReturnParts", asked, yard.zhang, **back)
    assert some.state == STATE.PART_REQUEST_STATE_RECEIVED
    assert await yard.free(yard.central, yard.fuse) == 2
    closed = await yard.do("ClosePartRequest", asked, yard.zhang)
    assert closed.state == STATE.PART_REQUEST_STATE_CLOSED
    assert await yard.free(yard.van, yard.fuse) == 3
    await yard.sound()


async def test_a_cancelled_request_gives_back_what_it_held(yard: Yard) -> None:
    await yard.receive(yard.fuse, 2)
    asked = await yard.allocated(yard.fuse, 2)
    assert await yard.free(yard.central, yard.fuse) == 0
    gone = await yard.do("CancelPartRequest", asked, yard.zhang, reason="客户退单")
    assert gone.state == STATE.PART_REQUEST_STATE_CANCELLED
    assert await yard.free(yard.central, yard.fuse) == 2
    refusal = await yard.refused("PartService/DispatchParts", part_request_id=asked.part_request_id)
    assert refusal.reason == "PART_REQUEST_STATE_FORBIDS"


async def test_what_is_dispatched_names_its_units(yard: Yard) -> None:
    await yard.receive(yard.pump, 2, 0, "SN1", "SN2")
    asked = await yard.allocated(yard.pump, 1)
    this = {"part_request_id": asked.part_request_id}
    refusal = await yard.refused("PartService/DispatchParts", **this)
    assert refusal.reason == "STOCK_SERIALS_MISMATCH"
    elsewhere = [line(yard.pump, 1, "SN9")]
    refusal = await yard.refused("PartService/DispatchParts", stock_lines=elsewhere, **this)
    assert refusal.reason == "STOCK_UNIT_ELSEWHERE"
    sent = await yard.do("DispatchParts", asked, stock_lines=[line(yard.pump, 1, "SN2")])
    assert list(sent.part_request_lines[0].dispatched_serials) == ["SN2"]


async def test_technicians_ask_for_their_own_vehicle_and_know_of_their_own_requests(
    yard: Yard,
) -> None:
    stranger = Actor("pe_stranger", frozenset({"technician"}))
    refusal = await yard.refused(
        "PartService/RequestParts",
        stranger,
        to_stockroom_id=yard.van,
        stock_lines=[line(yard.fuse, 1)],
    )
    assert refusal.reason == "STOCKROOM_UNKNOWN"
    asked = await yard.requested(yard.fuse, 1)
    refusal = await yard.refused(
        "PartService/GetPartRequest", stranger, part_request_id=asked.part_request_id
    )
    assert refusal.reason == "PART_REQUEST_UNKNOWN"
    for who, count in ((stranger, 0), (yard.zhang, 1), (WAREHOUSE, 1)):
        listed = await yard.call("PartService/ListPartRequests", who, stockroom_id=yard.van)
        assert len(listed.part_requests) == count
    refusal = await yard.refused(
        "PartService/AllocateParts",
        yard.zhang,
        part_request_id=asked.part_request_id,
        from_stockroom_id=yard.central,
    )
    assert refusal.reason == "STOCKROOM_UNKNOWN"


async def test_a_cancelled_case_stumbles_over_no_request_but_one_on_its_way(yard: Yard) -> None:
    await yard.receive(yard.fuse, 2)
    order = await yard.in_progress()
    asked = await yard.allocated(yard.fuse, 2, work_order_id=order)
    await yard.do("DispatchParts", asked)
    this = {"part_request_id": asked.part_request_id}
    refusal = await yard.refused("PartService/CancelPartRequest", SYSTEM, **this)
    assert refusal.reason == "PART_REQUEST_STATE_FORBIDS"
    await yard.do("ReceiveParts", asked, yard.zhang)
    ended = await yard.call("PartService/CancelPartRequest", SYSTEM, **this)
    assert ended.state == STATE.PART_REQUEST_STATE_CLOSED
    assert await yard.free(yard.van, yard.fuse) == 2
    again = await yard.call("PartService/CancelPartRequest", SYSTEM, **this)
    assert again == ended
