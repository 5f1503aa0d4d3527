"""Many at once on a real PostgreSQL: one winner, and no day overfilled."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable
from typing import Any

from kit.errors import ServiceError
from tests.rpc.workorder.conftest import Desk, theirs


async def outcomes(calls: list[Awaitable[Any]]) -> Counter[str]:
    """How many calls were done, and how many refused for which reason."""
    ended = await asyncio.gather(*calls, return_exceptions=True)
    counted: Counter[str] = Counter()
    for end in ended:
        if isinstance(end, ServiceError):
            counted[end.reason] += 1
        elif isinstance(end, BaseException):
            raise end
        else:
            counted["done"] += 1
    return counted


async def test_an_offer_accepted_ten_times_at_once_is_accepted_once(desk: Desk) -> None:
    order = await desk.offered()
    ended = await outcomes([desk.call("AcceptOffer", **theirs(order)) for _ in range(10)])
    assert ended == {"done": 1, "WORK_ORDER_STATE_FORBIDS": 9}
    assert (await desk.get(order.work_order_id)).revision == order.revision + 1


async def test_of_two_technicians_who_accept_at_once_the_one_with_the_offer_wins(
    desk: Desk,
) -> None:
    order = await desk.offered()
    wang = await desk.technician()
    intruder: dict[str, Any] = {"work_order_id": order.work_order_id, "technician_id": wang}
    ended = await outcomes(
        [
            call
            for _ in range(5)
            for call in (
                desk.call("AcceptOffer", **intruder),
                desk.call("AcceptOffer", **theirs(order)),
            )
        ]
    )
    assert ended["done"] == 1
    assert (await desk.get(order.work_order_id)).technician_id == order.offer.technician_id


async def test_accepting_and_expiring_at_once_has_one_winner(desk: Desk) -> None:
    for _ in range(10):
        order = await desk.offered()
        ended = await outcomes(
            [desk.call("AcceptOffer", **theirs(order)), desk.call("ExpireOffer", **theirs(order))]
        )
        assert ended == {"done": 1, "WORK_ORDER_STATE_FORBIDS": 1}
        settled = desk.rows(
            "SELECT o.outcome, w.state FROM offer o JOIN work_order w USING (work_order_id)"
            " WHERE work_order_id = %s",
            order.work_order_id,
        )
        assert settled in ([("accepted", "accepted")], [("expired", "created")])


async def test_a_work_order_offered_to_many_at_once_is_offered_to_one(desk: Desk) -> None:
    order = await desk.order()
    people = [await desk.technician() for _ in range(6)]
    ended = await outcomes(
        [desk.call("OfferWorkOrder", **desk.offer(order.work_order_id, one)) for one in people]
    )
    assert ended == {"done": 1, "WORK_ORDER_STATE_FORBIDS": 5}


async def test_many_offers_at_once_never_overfill_a_technicians_day(desk: Desk) -> None:
    zhang = await desk.technician(daily_capacity=3)
    orders = [await desk.order() for _ in range(12)]
    ended = await outcomes(
        [desk.call("OfferWorkOrder", **desk.offer(one.work_order_id, zhang)) for one in orders]
    )
    assert ended == {"done": 3, "TECHNICIAN_CAPACITY_REACHED": 9}
    live = desk.rows(
        "SELECT count(*) FROM offer WHERE technician_id = %s AND outcome IS NULL", zhang
    )
    assert live == [(3,)]


async def test_wrong_codes_given_at_once_are_all_counted_and_no_more_than_five(desk: Desk) -> None:
    order = await desk.in_progress()
    wrong = f"{(int(order.completion_code) + 1) % 10**6:06}"
    ended = await outcomes(
        [desk.call("CompleteWork", **theirs(order), completion_code=wrong) for _ in range(9)]
    )
    assert ended == {"done": 5, "WORK_ORDER_CODE_LOCKED": 4}
    assert (await desk.get(order.work_order_id)).code_tries_left == 0


async def test_a_thousand_technicians_want_a_hundred_orders_and_each_order_has_one_winner(
    desk: Desk,
) -> None:
    """Ten are asked for each order, all of them accept in the same moment, some are asked for several
    orders: nobody waits in a circle, and whoever comes too late hears so."""
    # Of a district of their own, so that other tests do not find them among their candidates.
    of: dict[str, Any] = {"daily_capacity": 20, "territory_codes": ["440103"]}
    people = [await desk.technician(**of) for _ in range(1_000)]
    orders = [await desk.order() for _ in range(100)]
    chance = random.Random(24)
    asked = {
        order.work_order_id: [*people[n * 10 : n * 10 + 9], chance.choice(people[: n * 10 or 1])]
        for n, order in enumerate(orders)
    }
    wishes = [(order_id, who) for order_id, whom in asked.items() for who in dict.fromkeys(whom)]
    turn = asyncio.Semaphore(16)  # as many as have a connection of their own

    async def call(rpc: str, **fields: Any) -> None:
        async with turn:
            await desk.call(rpc, **fields)

    await asyncio.gather(
        *(call("OfferWorkOrder", **desk.offer(*wish), beside_others=True) for wish in wishes)
    )
    chance.shuffle(wishes)
    ended = await outcomes(
        [call("AcceptOffer", work_order_id=order, technician_id=who) for order, who in wishes]
    )
    assert ended == {"done": 100, "WORK_ORDER_STATE_FORBIDS": len(wishes) - 100}
    settled = desk.rows(
        "SELECT count(*) FILTER (WHERE outcome = 'accepted'),"
        " count(*) FILTER (WHERE outcome = 'withdrawn'), count(*) FROM offer"
        " WHERE work_order_id = ANY(%s) GROUP BY work_order_id",
        list(asked),
    )
    assert len(settled) == 100
    assert all(won == 1 and lost == made - 1 for won, lost, made in settled)
