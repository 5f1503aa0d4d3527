"""The completion code: who sees it, and how often one may guess."""

from kit.authn import Actor
from protos.workorder.v1 import workorder_pb2 as pb
from tests.rpc.workorder.conftest import CUSTOMER, CUSTOMER_SERVICE, Desk, technician, theirs


def another(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


async def test_a_wrong_code_is_answered_and_counted_and_the_right_one_still_counts(
    desk: Desk,
) -> None:
    order = await desk.in_progress()
    wrong = await desk.call(
        "CompleteWork", **theirs(order), completion_code=another(order.completion_code)
    )
    assert wrong.state == pb.WORK_ORDER_STATE_IN_PROGRESS
    assert (wrong.code_tries_left, wrong.revision) == (4, order.revision + 1)
    assert not wrong.HasField("completed_at")
    right = await desk.call("CompleteWork", **theirs(order), completion_code=order.completion_code)
    assert right.state == pb.WORK_ORDER_STATE_COMPLETED


async def test_a_wrong_try_that_is_sent_twice_counts_once(desk: Desk) -> None:
    order = await desk.in_progress()
    attempt = {
        **theirs(order),
        "completion_code": another(order.completion_code),
        "idempotency_key": f"try-{order.work_order_id}",
    }
    first = await desk.call("CompleteWork", **attempt)
    assert await desk.call("CompleteWork", **attempt) == first
    assert (await desk.get(order.work_order_id)).code_tries_left == 4


async def test_five_wrong_codes_lock_until_customer_service_issues_a_new_one(desk: Desk) -> None:
    order = await desk.in_progress()
    zhang = technician(order.technician_id)
    wrong = {**theirs(order), "completion_code": another(order.completion_code)}
    tries_left = [
        (await desk.call("CompleteWork", zhang, **wrong)).code_tries_left for _ in "12345"
    ]
    assert tries_left == [4, 3, 2, 1, 0]

    right = {**theirs(order), "completion_code": order.completion_code}
    refusal = await desk.refused("CompleteWork", zhang, **right)
    assert (refusal.reason, refusal.field) == ("WORK_ORDER_CODE_LOCKED", "completion_code")

    renewed = await desk.call(
        "ReissueCompletionCode",
        CUSTOMER_SERVICE,
        work_order_id=order.work_order_id,
        reason="师傅输错五次",
    )
    assert renewed.code_tries_left == 5
    done = await desk.call(
        "CompleteWork", zhang, **theirs(order), completion_code=renewed.completion_code
    )
    assert done.state == pb.WORK_ORDER_STATE_COMPLETED


async def test_what_cannot_be_a_code_costs_no_try(desk: Desk) -> None:
    order = await desk.in_progress()
    refusal = await desk.refused("CompleteWork", **theirs(order), completion_code="12 456")
    assert (refusal.reason, refusal.field) == ("WORK_ORDER_CODE_MALFORMED", "completion_code")
    assert (await desk.get(order.work_order_id)).code_tries_left == 5


async def test_the_customers_side_is_told_the_code_and_nobody_else(desk: Desk) -> None:
    order = await desk.accepted()
    supervisor = Actor("pe_supervisor", frozenset({"supervisor"}))
    seen = {
        actor.person_id: (await desk.get(order.work_order_id, actor)).completion_code
        for actor in (CUSTOMER, CUSTOMER_SERVICE, technician(order.technician_id), supervisor)
    }
    assert seen == {
        CUSTOMER.person_id: order.completion_code,
        CUSTOMER_SERVICE.person_id: order.completion_code,
        order.technician_id: "",
        "pe_supervisor": "",
    }


async def test_a_technicians_own_commands_do_not_tell_the_code(desk: Desk) -> None:
    order = await desk.offered()
    answer = await desk.call("AcceptOffer", technician(order.offer.technician_id), **theirs(order))
    assert answer.completion_code == ""


async def test_a_code_can_be_issued_anew_before_anybody_guessed(desk: Desk) -> None:
    order = await desk.order()
    renewed = await desk.call(
        "ReissueCompletionCode",
        CUSTOMER_SERVICE,
        work_order_id=order.work_order_id,
        reason="客户发到了群里",
    )
    assert renewed.revision == 2
    assert renewed.completion_code == (await desk.get(order.work_order_id)).completion_code
