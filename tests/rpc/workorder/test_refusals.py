"""Each command's refusals: a typed reason, the field at fault, and nothing changed."""

from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from kit.authn import Actor
from kit.rpc.convert import instant_to_proto
from protos.common.v1.money_pb2 import Money
from protos.common.v1.place_pb2 import Location
from protos.workorder.v1 import workorder_pb2 as pb
from tests.rpc.workorder.conftest import (
    CUSTOMER,
    CUSTOMER_SERVICE,
    DISPATCHER,
    Desk,
    technician,
    theirs,
)


def trace(desk: Desk, work_order_id: str) -> list[tuple[Any, ...]]:
    """Everything that is kept about a work order, in an order that a second look repeats."""
    kept = [
        desk.rows("SELECT * FROM work_order WHERE work_order_id = %s", work_order_id),
        desk.rows("SELECT * FROM offer WHERE work_order_id = %s", work_order_id),
        desk.rows("SELECT * FROM work_order_change WHERE work_order_id = %s", work_order_id),
        desk.rows("SELECT event_id FROM domain_event WHERE aggregate_id = %s", work_order_id),
        desk.rows("SELECT * FROM dispatch_decision WHERE work_order_id = %s", work_order_id),
    ]
    return [row for rows in kept for row in sorted(rows, key=repr)]


def commands(desk: Desk, order: pb.WorkOrder, technician_id: str) -> dict[str, dict[str, Any]]:
    """Every command on a work order, with fields that are good in themselves."""
    this = {"work_order_id": order.work_order_id}
    by_technician = {**this, "technician_id": technician_id}
    return {
        "RankCandidates": this,
        "OfferWorkOrder": desk.offer(order.work_order_id, technician_id),
        "AcceptOffer": by_technician,
        "DeclineOffer": {**by_technician, "reason": "太远"},
        "ExpireOffer": by_technician,
        "ScheduleAppointment": {**this, "appointment": desk.window(hours=2)},
        "CheckIn": by_technician,
        "CompleteWork": {**by_technician, "completion_code": order.completion_code},
        "ReissueCompletionCode": {**this, "reason": "客户没收到"},
        "RecordAcceptance": {**this, "rating": 5},
        "CancelWorkOrder": {**this, "reason": "客户退单"},
    }


POSSIBLE = {
    "order": {"RankCandidates", "OfferWorkOrder", "ReissueCompletionCode", "CancelWorkOrder"},
    "offered": {
        "AcceptOffer", "DeclineOffer", "ExpireOffer", "ReissueCompletionCode", "CancelWorkOrder",
    },
    "accepted": {"ScheduleAppointment", "ReissueCompletionCode", "CancelWorkOrder"},
    "scheduled": {"ScheduleAppointment", "CheckIn", "ReissueCompletionCode", "CancelWorkOrder"},
    "in_progress": {"CompleteWork", "ReissueCompletionCode", "CancelWorkOrder"},
    "completed": {"RecordAcceptance", "CancelWorkOrder"},
}  # fmt: skip


@pytest.mark.parametrize("state", POSSIBLE)
async def test_a_state_refuses_every_command_it_does_not_allow(desk: Desk, state: str) -> None:
    zhang = await desk.technician()
    bring = getattr(desk, state)
    order = await (bring() if state == "order" else bring(zhang))
    before = trace(desk, order.work_order_id)
    for rpc, fields in commands(desk, order, zhang).items():
        if rpc not in POSSIBLE[state]:
            refusal = await desk.refused(rpc, **fields)
            assert (rpc, refusal.reason) == (rpc, "WORK_ORDER_STATE_FORBIDS")
            assert refusal.field == "work_order_id"
    assert trace(desk, order.work_order_id) == before


async def test_a_cancelled_work_order_refuses_everything(desk: Desk) -> None:
    order = await desk.accepted()
    await desk.call("CancelWorkOrder", work_order_id=order.work_order_id, reason="客户退单")
    before = trace(desk, order.work_order_id)
    for rpc, fields in commands(desk, order, order.technician_id).items():
        assert (rpc, (await desk.refused(rpc, **fields)).reason) == (
            rpc,
            "WORK_ORDER_STATE_FORBIDS",
        )
    assert trace(desk, order.work_order_id) == before


async def test_a_work_order_that_is_not_there_is_unknown_to_every_command(desk: Desk) -> None:
    zhang = await desk.technician()
    nobodys = pb.WorkOrder(work_order_id="wo_nobodys", completion_code="123456")
    for rpc, fields in commands(desk, nobodys, zhang).items():
        refusal = await desk.refused(rpc, **fields)
        assert (rpc, refusal.reason, refusal.field) == (rpc, "WORK_ORDER_UNKNOWN", "work_order_id")
    refusal = await desk.refused("GetWorkOrder", work_order_id="wo_nobodys")
    assert refusal.reason == "WORK_ORDER_UNKNOWN"


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"earning_id": ""}, "WORK_ORDER_EARNING_MISSING", "earning_id"),
        ({"earning_total": None}, "WORK_ORDER_EARNING_MISSING", "earning_total"),
        (
            {"earning_total": Money(currency="CNY", amount_minor=-1)},
            "WORK_ORDER_EARNING_MISSING",
            "earning_total.amount_minor",
        ),
        (
            {"earning_total": Money(currency="XXX", amount_minor=1)},
            "MONEY_CURRENCY_UNKNOWN",
            "earning_total.currency",
        ),
        ({"expires_at": None}, "WORK_ORDER_OFFER_EXPIRY_PAST", "expires_at"),
        ({"expires_at": Timestamp(seconds=10**12)}, "INSTANT_INVALID", "expires_at"),
        ({"technician_id": "pe_nobody"}, "TECHNICIAN_UNKNOWN", "technician_id"),
        ({"technician_id": ""}, "TECHNICIAN_UNKNOWN", "technician_id"),
    ],
)
async def test_a_faulty_offer_is_refused(
    desk: Desk, fields: dict[str, Any], reason: str, field: str
) -> None:
    order = await desk.order()
    before = trace(desk, order.work_order_id)
    offer = desk.offer(order.work_order_id, await desk.technician())
    refusal = await desk.refused("OfferWorkOrder", **{**offer, **fields})
    assert (refusal.reason, refusal.field) == (reason, field)
    assert trace(desk, order.work_order_id) == before


async def test_a_technician_who_takes_no_work_is_offered_none(desk: Desk) -> None:
    order = await desk.order()
    zhang = await desk.technician(active=False)
    refusal = await desk.refused("OfferWorkOrder", **desk.offer(order.work_order_id, zhang))
    assert (refusal.reason, refusal.field) == ("TECHNICIAN_INACTIVE", "technician_id")


async def test_a_full_day_refuses_another_offer_and_the_next_day_takes_it(desk: Desk) -> None:
    zhang = await desk.technician(daily_capacity=2)
    await desk.accepted(zhang)
    await desk.offered(zhang)
    order = await desk.order()
    refusal = await desk.refused("OfferWorkOrder", **desk.offer(order.work_order_id, zhang))
    assert (refusal.reason, refusal.field) == ("TECHNICIAN_CAPACITY_REACHED", "technician_id")
    desk.clock.advance(timedelta(days=1))
    await desk.call("OfferWorkOrder", **desk.offer(order.work_order_id, zhang))


async def test_a_cancelled_work_order_gives_its_place_in_the_day_back(desk: Desk) -> None:
    zhang = await desk.technician(daily_capacity=1)
    order = await desk.accepted(zhang)
    await desk.call("CancelWorkOrder", work_order_id=order.work_order_id, reason="客户退单")
    await desk.offered(zhang)


async def test_an_offer_that_ran_out_gives_its_place_in_the_day_back(desk: Desk) -> None:
    zhang = await desk.technician(daily_capacity=1)
    await desk.offered(zhang)
    desk.clock.advance(timedelta(minutes=31))
    await desk.offered(zhang)


async def test_an_offer_is_refused_after_the_capacity_was_taken_away(desk: Desk) -> None:
    zhang = await desk.technician(daily_capacity=1)
    order = await desk.offered(zhang)
    await desk.technician(technician_id=zhang, daily_capacity=0)
    refusal = await desk.refused("AcceptOffer", **theirs(order))
    assert refusal.reason == "TECHNICIAN_CAPACITY_REACHED"


async def test_a_late_accept_is_refused_before_and_after_the_offer_is_ended(desk: Desk) -> None:
    order = await desk.offered()
    zhang = technician(order.offer.technician_id)
    desk.clock.advance(timedelta(minutes=30))
    refusal = await desk.refused("AcceptOffer", zhang, **theirs(order))
    assert refusal.reason == "WORK_ORDER_OFFER_EXPIRED"
    await desk.call("ExpireOffer", **theirs(order))
    refusal = await desk.refused("AcceptOffer", zhang, **theirs(order))
    assert refusal.reason == "WORK_ORDER_STATE_FORBIDS"


async def test_an_offer_to_another_can_be_neither_accepted_nor_declined_nor_ended(
    desk: Desk,
) -> None:
    order = await desk.offered()
    wang = await desk.technician()
    before = trace(desk, order.work_order_id)
    for rpc in ("AcceptOffer", "DeclineOffer", "ExpireOffer"):
        refusal = await desk.refused(rpc, **commands(desk, order, wang)[rpc])
        assert (refusal.reason, refusal.field) == ("WORK_ORDER_NOT_YOURS", "technician_id")
    assert trace(desk, order.work_order_id) == before


async def test_a_technician_cannot_act_in_anothers_name(desk: Desk) -> None:
    order = await desk.offered()
    wang = technician(await desk.technician())
    refusal = await desk.refused("AcceptOffer", wang, **theirs(order))
    assert refusal.reason == "WORK_ORDER_NOT_YOURS"
    at_work = await desk.in_progress()
    complete = {**theirs(at_work), "completion_code": at_work.completion_code}
    assert (await desk.refused("CompleteWork", wang, **complete)).reason == "WORK_ORDER_NOT_YOURS"
    own_name = {**complete, "technician_id": wang.person_id}
    assert (await desk.refused("CompleteWork", wang, **own_name)).reason == "WORK_ORDER_NOT_YOURS"
    visit = {"work_order_id": at_work.work_order_id, "appointment": desk.window(hours=2)}
    assert (await desk.refused("ScheduleAppointment", wang, **visit)).reason == (
        "WORK_ORDER_NOT_YOURS"
    )


@pytest.mark.parametrize("rpc", ["CancelWorkOrder", "ReissueCompletionCode"])
async def test_what_needs_a_reason_says_so(desk: Desk, rpc: str) -> None:
    order = await desk.offered()
    fields = commands(desk, order, order.offer.technician_id)[rpc]
    refusal = await desk.refused(rpc, **{**fields, "reason": " "})
    assert (refusal.reason, refusal.field) == ("WORK_ORDER_REASON_MISSING", "reason")


async def test_an_appointment_must_end_after_it_starts_and_lie_ahead(desk: Desk) -> None:
    order = await desk.accepted()
    now = desk.clock.now()
    for start, end in (
        (now + timedelta(hours=2), now + timedelta(hours=2)),
        (now + timedelta(hours=2), now + timedelta(hours=1)),
        (now - timedelta(hours=2), now - timedelta(hours=1)),
    ):
        window = pb.Appointment(
            window_start=instant_to_proto(start), window_end=instant_to_proto(end)
        )
        refusal = await desk.refused(
            "ScheduleAppointment", work_order_id=order.work_order_id, appointment=window
        )
        assert refusal.reason == "WORK_ORDER_APPOINTMENT_INVALID"
        assert refusal.field == "appointment.window_end"
    refusal = await desk.refused("ScheduleAppointment", work_order_id=order.work_order_id)
    assert refusal.reason == "WORK_ORDER_APPOINTMENT_INVALID"


async def test_a_check_in_from_nowhere_is_refused(desk: Desk) -> None:
    order = await desk.scheduled()
    for location, reason in (
        (Location(longitude=999), "LOCATION_INVALID"),
        (Location(coordinate_system="BD-09"), "LOCATION_SYSTEM_UNSUPPORTED"),
    ):
        refusal = await desk.refused("CheckIn", **theirs(order), location=location)
        assert refusal.reason == reason
    assert (await desk.get(order.work_order_id)).state == pb.WORK_ORDER_STATE_SCHEDULED


async def test_a_rating_of_six_stars_is_refused(desk: Desk) -> None:
    order = await desk.completed()
    refusal = await desk.refused(
        "RecordAcceptance", CUSTOMER, work_order_id=order.work_order_id, rating=6
    )
    assert (refusal.reason, refusal.field) == ("WORK_ORDER_RATING_INVALID", "rating")


async def test_anothers_customer_cannot_accept_the_work(desk: Desk) -> None:
    order = await desk.completed()
    stranger = Actor("cu_stranger", frozenset({"customer"}))
    refusal = await desk.refused(
        "RecordAcceptance", stranger, work_order_id=order.work_order_id, rating=1
    )
    assert refusal.reason == "WORK_ORDER_UNKNOWN"


ALLOWED = {
    "RankCandidates": DISPATCHER,
    "OfferWorkOrder": DISPATCHER,
    "ExpireOffer": DISPATCHER,
    "ReissueCompletionCode": CUSTOMER_SERVICE,
    "RecordAcceptance": CUSTOMER,
    "CancelWorkOrder": CUSTOMER_SERVICE,
}


@pytest.mark.parametrize("rpc", ALLOWED)
async def test_a_command_is_open_to_its_roles_only(desk: Desk, rpc: str) -> None:
    zhang = await desk.technician()
    order = await (desk.completed(zhang) if rpc == "RecordAcceptance" else desk.order())
    if rpc == "ExpireOffer":
        order = await desk.offered(zhang)
    fields = commands(desk, order, zhang)[rpc]
    for stranger in (technician(zhang), Actor("pe_marketing", frozenset({"marketing"}))):
        assert (await desk.refused(rpc, stranger, **fields)).reason == "ROLE_REQUIRED"
    await desk.call(rpc, ALLOWED[rpc], **fields)


async def test_the_office_of_another_region_knows_nothing_of_the_work_order(desk: Desk) -> None:
    order = await desk.order()
    east = Actor("pe_east", frozenset({"dispatcher"}), region_adcodes=("310000",))
    north = Actor("pe_north", frozenset({"dispatcher"}), region_adcodes=("CN-NORTH",))
    fields = {"work_order_id": order.work_order_id, "reason": "客户退单"}
    assert (await desk.refused("CancelWorkOrder", east, **fields)).reason == "WORK_ORDER_UNKNOWN"
    await desk.call("CancelWorkOrder", north, **fields)
