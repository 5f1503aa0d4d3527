"""Second visits, reworks, parts; crews; who gives work back."""

from datetime import timedelta
from typing import Any

import pytest

from kit.clock import SHANGHAI
from protos.workorder.v1 import orders_pb2
from protos.workorder.v1 import workorder_pb2 as pb
from tests.rpc.workorder.conftest import (
    CUSTOMER_SERVICE,
    DISPATCHER,
    Desk,
    technician,
    theirs,
)
from tests.rpc.workorder.orders.conftest import at

REWORK: dict[str, Any] = {
    "link_kind": pb.WORK_ORDER_LINK_KIND_REWORK,
    "blamed_party": orders_pb2.LINK_BLAME_TECHNICIAN,
    "reason": "三天后又漏水",
}


async def linked(desk: Desk, parent: pb.WorkOrder, **fields: Any) -> pb.WorkOrder:
    return await desk.call(  # type: ignore[no-any-return]
        at("CreateLinkedWorkOrder"),
        CUSTOMER_SERVICE,
        parent_work_order_id=parent.work_order_id,
        **{**REWORK, **fields},
    )


async def test_a_rework_has_customer_place_and_lines_of_what_it_follows_from(desk: Desk) -> None:
    done = await desk.completed(notes="有狗", asset_id="as_1")
    again = await linked(desk, done, notes="带梯子")
    for field in ("case_id", "stage", "customer_id", "address_id", "floor", "place", "location",
                  "asset_id", "title", "required_skills", "lines"):  # fmt: skip
        assert getattr(again, field) == getattr(done, field), field
    assert again.parent_work_order_id == done.work_order_id
    assert again.link_kind == pb.WORK_ORDER_LINK_KIND_REWORK
    assert (again.notes, again.quote_id, again.technician_id) == ("有狗\n带梯子", "", "")
    assert again.state == pb.WORK_ORDER_STATE_CREATED
    found = await desk.call("ListWorkOrders", parent_work_order_id=done.work_order_id)
    assert [each.work_order_id for each in found.work_orders] == [again.work_order_id]


async def test_nothing_is_done_again_that_is_not_done(desk: Desk) -> None:
    order = await desk.in_progress()
    refusal = await desk.refused(
        at("CreateLinkedWorkOrder"), parent_work_order_id=order.work_order_id, **REWORK
    )
    assert refusal.reason == "WORK_ORDER_LINK_FORBIDDEN"


def performance(desk: Desk, technician_id: str) -> tuple[Any, ...]:
    today = desk.clock.now().astimezone(SHANGHAI).date()
    (row,) = desk.rows(
        "SELECT orders_done, second_visits, reworks, ratings_sum, ratings_count"
        " FROM technician_performance(%s) WHERE technician_id = %s",
        today,
        technician_id,
    )
    return tuple(int(each) for each in row)


async def test_what_technicians_do_is_counted_with_what_becomes_of_it(desk: Desk) -> None:
    technician_id = await desk.technician()
    done = await desk.completed(technician_id)
    await desk.call("RecordAcceptance", work_order_id=done.work_order_id, rating=4)
    assert performance(desk, technician_id) == (1, 0, 0, 4, 1)
    await linked(desk, done)
    await linked(desk, done)
    assert performance(desk, technician_id) == (1, 0, 1, 4, 1)


async def test_a_second_visit_that_was_agreed_on_site_counts_when_the_first_is_done(
    desk: Desk,
) -> None:
    technician_id = await desk.technician()
    first = await desk.in_progress(technician_id)
    await linked(desk, first, link_kind=pb.WORK_ORDER_LINK_KIND_SECOND_VISIT, reason="缺件")
    code = first.completion_code
    await desk.call("CompleteWork", **theirs(first), completion_code=code)
    assert performance(desk, technician_id) == (1, 1, 0, 0, 0)


async def test_several_technicians_share_a_work_order(desk: Desk) -> None:
    lead, other = await desk.technician(), await desk.technician()
    order = await desk.accepted(lead)
    members = [
        pb.CrewMember(technician_id=lead, share_basis_points=6000),
        pb.CrewMember(technician_id=other, share_basis_points=4000),
    ]
    await desk.refused("GetWorkOrder", technician(other), work_order_id=order.work_order_id)
    shared = await desk.call(
        at("SetCrew"), DISPATCHER, work_order_id=order.work_order_id, crew=members
    )
    assert list(shared.crew) == members
    assert (await desk.get(order.work_order_id, technician(other))).work_order_id
    mine = await desk.call("ListWorkOrders", technician(other))
    assert [each.work_order_id for each in mine.work_orders] == [order.work_order_id]


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (pb.CrewMember(technician_id="pe_nobody", share_basis_points=5000), "TECHNICIAN_UNKNOWN"),
        (pb.CrewMember(technician_id="pe_nobody", share_basis_points=1), "WORK_ORDER_CREW_INVALID"),
    ],
)
async def test_a_crew_that_cannot_be_is_refused(
    desk: Desk, second: pb.CrewMember, reason: str
) -> None:
    order = await desk.accepted()
    lead = pb.CrewMember(technician_id=order.technician_id, share_basis_points=5000)
    refusal = await desk.refused(
        at("SetCrew"), work_order_id=order.work_order_id, crew=[lead, second]
    )
    assert refusal.reason == reason


@pytest.mark.parametrize("bring", ["accepted", "scheduled", "in_progress"])
async def test_work_that_is_given_back_can_be_offered_anew(desk: Desk, bring: str) -> None:
    technician_id, next_one = await desk.technician(daily_capacity=1), await desk.technician()
    order = await getattr(desk, bring)(technician_id)
    released = await desk.call(
        at("ReleaseWorkOrder"),
        technician(technician_id),
        work_order_id=order.work_order_id,
        release_code="technician_ill",
        reason="发烧",
    )
    assert released.state == pb.WORK_ORDER_STATE_CREATED
    assert not released.technician_id
    assert not released.HasField("checked_in_at")
    assert released.appointment == order.appointment
    again = await desk.call(
        "OfferWorkOrder", **desk.offer(order.work_order_id, next_one, earning_id="ea_2")
    )
    assert again.offer.technician_id == next_one
    await desk.offered(technician_id)  # there is room again in their day


async def test_nobody_gives_back_what_is_not_theirs(desk: Desk) -> None:
    order = await desk.accepted()
    refusal = await desk.refused(
        at("ReleaseWorkOrder"),
        technician(await desk.technician()),
        work_order_id=order.work_order_id,
        release_code="other",
        reason="x",
    )
    assert refusal.reason == "WORK_ORDER_NOT_YOURS"


async def test_why_work_is_given_back_or_called_off_is_a_known_code(desk: Desk) -> None:
    order = await desk.accepted()
    known: dict[str, Any] = {"work_order_id": order.work_order_id, "reason": "x"}
    refusal = await desk.refused(at("ReleaseWorkOrder"), release_code="bored", **known)
    assert (refusal.reason, refusal.field) == ("WORK_ORDER_REASON_CODE_UNKNOWN", "release_code")
    refusal = await desk.refused("CancelWorkOrder", cancel_code="bored", **known)
    assert (refusal.reason, refusal.field) == ("WORK_ORDER_REASON_CODE_UNKNOWN", "cancel_code")
    off = await desk.call("CancelWorkOrder", cancel_code="duplicate", **known)
    assert off.cancel_code == "duplicate"


async def test_the_history_tells_who_did_what_when_and_why(desk: Desk) -> None:
    order = await desk.accepted()
    desk.clock.advance(timedelta(minutes=1))
    await desk.call(
        at("ReleaseWorkOrder"),
        DISPATCHER,
        work_order_id=order.work_order_id,
        release_code="no_show",
        reason="没到",
    )
    found = await desk.call(at("ListWorkOrderChanges"), work_order_id=order.work_order_id)
    assert [each.verb for each in found.changes] == ["create", "offer", "accept", "release"]
    last = found.changes[-1]
    assert (last.acting_person_id, last.reason_code, last.reason) == (
        "pe_dispatcher", "no_show", "没到",
    )  # fmt: skip
    assert dict(last.details) == {"technician_id": order.technician_id}
    assert (last.from_state, last.to_state) == (
        pb.WORK_ORDER_STATE_ACCEPTED, pb.WORK_ORDER_STATE_CREATED,
    )  # fmt: skip


async def test_what_helped_before_is_suggested_with_its_reasons(desk: Desk) -> None:
    customer = f"cu_{next(desk.numbers)}"
    asset = f"as_{next(desk.numbers)}"
    before = await desk.in_progress(customer_id=customer, asset_id=asset, title="空调漏水")
    await desk.call(
        "CompleteWork",
        **theirs(before),
        completion_code=before.completion_code,
        summary="更换排水泵",
    )
    order = await desk.order(customer_id=customer, asset_id=asset, title="空调又漏水")
    found: orders_pb2.SuggestSolutionsResponse = await desk.call(
        at("SuggestSolutions"), work_order_id=order.work_order_id
    )
    best = found.solutions[0]
    assert (best.work_order_id, best.completion_summary) == (before.work_order_id, "更换排水泵")
    assert best.points == sum(each.points for each in best.reasons) > 80
    assert [each.reason for each in best.reasons] == [
        "same_asset", "same_customer", "same_item", "same_words",
    ]  # fmt: skip
