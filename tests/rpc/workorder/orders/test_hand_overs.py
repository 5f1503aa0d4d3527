"""A work order on its way from one team to another is never without an owner."""

import asyncio
from typing import Any

import pytest

from kit.errors import ServiceError
from protos.workorder.v1 import orders_pb2
from protos.workorder.v1 import workorder_pb2 as pb
from tests.rpc.workorder.conftest import DISPATCHER, Desk, technician
from tests.rpc.workorder.orders.conftest import at, team


async def asked(desk: Desk, order: pb.WorkOrder, to_team: str, **fields: Any) -> Any:
    by = fields.pop("by", DISPATCHER)
    return await desk.call(
        at("HandOverWorkOrder"),
        by,
        work_order_id=order.work_order_id,
        to_team_id=to_team,
        reason="需要维修",
        **fields,
    )


async def test_a_technician_hands_over_in_one_tap_and_stays_the_owner_until_it_is_taken(
    desk: Desk,
) -> None:
    installer = await desk.technician()
    repairer = await desk.technician()
    repairs = await team(desk, "repair", (repairer,))
    order = await desk.in_progress(installer)
    waiting = await asked(desk, order, repairs, by=technician(installer))
    assert waiting.answer == orders_pb2.HAND_OVER_ANSWER_UNSPECIFIED
    meanwhile = await desk.get(order.work_order_id)
    assert (meanwhile.owner_id, meanwhile.state) == (installer, pb.WORK_ORDER_STATE_IN_PROGRESS)
    taken = await desk.call(
        at("AnswerHandOver"),
        technician(repairer),
        hand_over_id=waiting.hand_over_id,
        accept=True,
    )
    assert taken.answer == orders_pb2.HAND_OVER_ANSWER_ACCEPTED
    after = await desk.get(order.work_order_id)
    assert (after.team_id, after.owner_id) == (repairs, repairs)
    assert (after.state, after.technician_id) == (pb.WORK_ORDER_STATE_CREATED, "")


async def test_what_is_sent_back_stays_as_it_was(desk: Desk) -> None:
    order = await desk.accepted()
    waiting = await asked(desk, order, await team(desk))
    before = await desk.get(order.work_order_id)
    refusal = await desk.refused(
        at("AnswerHandOver"), hand_over_id=waiting.hand_over_id, accept=False
    )
    assert refusal.reason == "WORK_ORDER_REASON_MISSING"
    back = await desk.call(
        at("AnswerHandOver"), hand_over_id=waiting.hand_over_id, accept=False, reason="不归我们"
    )
    assert (back.answer, back.answer_reason) == (
        orders_pb2.HAND_OVER_ANSWER_SENT_BACK, "不归我们",
    )  # fmt: skip
    assert await desk.get(order.work_order_id) == before
    assert (await asked(desk, order, await team(desk))).hand_over_id


async def test_one_team_is_asked_at_a_time(desk: Desk) -> None:
    order = await desk.order()
    first = await asked(desk, order, await team(desk))
    refusal = await desk.refused(
        at("HandOverWorkOrder"),
        work_order_id=order.work_order_id,
        to_team_id=await team(desk),
        reason="x",
    )
    assert refusal.reason == "HAND_OVER_OPEN"
    await desk.call(at("WithdrawHandOver"), DISPATCHER, hand_over_id=first.hand_over_id)
    await asked(desk, order, await team(desk))


async def test_an_offer_that_is_open_is_withdrawn_when_another_team_takes_over(desk: Desk) -> None:
    order = await desk.offered()
    waiting = await asked(desk, order, await team(desk))
    await desk.call(at("AnswerHandOver"), hand_over_id=waiting.hand_over_id, accept=True)
    assert desk.rows("SELECT outcome FROM offer WHERE work_order_id = %s", order.work_order_id) == [
        ("withdrawn",)
    ]


async def test_only_who_is_asked_answers(desk: Desk) -> None:
    order = await desk.order()
    waiting = await asked(desk, order, await team(desk))
    stranger = technician(await desk.technician())
    refusal = await desk.refused(
        at("AnswerHandOver"), stranger, hand_over_id=waiting.hand_over_id, accept=True
    )
    assert refusal.reason == "HAND_OVER_NOT_YOURS"


async def test_a_hand_over_is_answered_once_whoever_is_faster(desk: Desk) -> None:
    order = await desk.order()
    waiting = await asked(desk, order, await team(desk))

    async def answer(accept: bool) -> str:
        try:
            answered = await desk.call(
                at("AnswerHandOver"),
                hand_over_id=waiting.hand_over_id,
                accept=accept,
                reason="不归我们",
            )
        except ServiceError as refusal:
            return refusal.reason
        return orders_pb2.HandOverAnswer.Name(answered.answer)

    answers = await asyncio.gather(*(answer(number % 2 == 0) for number in range(6)))
    assert answers.count("HAND_OVER_ANSWERED") == 5


@pytest.mark.parametrize("to_team", ["tm_nobody"])
async def test_a_team_that_is_not_there_is_not_asked(desk: Desk, to_team: str) -> None:
    order = await desk.order()
    refusal = await desk.refused(
        at("HandOverWorkOrder"), work_order_id=order.work_order_id, to_team_id=to_team, reason="x"
    )
    assert refusal.reason == "TEAM_UNKNOWN"


async def test_a_team_sees_what_it_is_asked(desk: Desk) -> None:
    to_team = await team(desk)
    waiting = await asked(desk, await desk.order(), to_team)
    found = await desk.call(at("ListHandOvers"), DISPATCHER, to_team_id=to_team, open_only=True)
    assert [each.hand_over_id for each in found.hand_overs] == [waiting.hand_over_id]
