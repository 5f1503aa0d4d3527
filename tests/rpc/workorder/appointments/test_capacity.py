"""Many at once on a real PostgreSQL: a slot never takes more than it can, and nobody is lost."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from datetime import timedelta
from random import Random
from typing import Any

from kit.errors import FailedPrecondition
from tests.rpc.workorder.appointments.conftest import Bookings
from tests.rpc.workorder.test_concurrency import outcomes

#: As many as there are connections to the database; whoever comes beyond them waits outside.
AT_ONCE = 16


async def all_of(calls: list[Awaitable[Any]]) -> Counter[str]:
    """Every call's outcome, some of them at a time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def through(call: Awaitable[Any]) -> Any:
        async with gate:
            return await call

    return await outcomes([through(call) for call in calls])


async def test_hundreds_who_want_a_few_slots_fill_them_and_no_more(bookings: Bookings) -> None:
    await bookings.calendar(7, 3, 0)
    wanted = [(number, 9 if number % 3 else 11) for number in range(300)]
    ended = await all_of(
        [
            bookings.call("ReserveSlot", **bookings.of_case(f"ca_{number}", hour))
            for number, hour in wanted
        ]
    )
    assert ended == {"done": 10, "APPOINTMENT_SLOT_FULL": 290}
    assert await bookings.left() == [0, 0, 0]
    assert bookings.counted() == [(7, 7), (3, 3)]


async def test_what_comes_and_goes_at_random_is_counted_to_the_last_one(bookings: Bookings) -> None:
    """People who reserve, confirm, move on to other slots, let go and come again: at the end the
    counters say what the answers said."""
    await bookings.calendar(4, 4, 4)
    held: dict[str, str] = {}
    refused: Counter[str] = Counter()

    async def somebody(number: int) -> None:
        chance, case_id = Random(number), f"ca_{number}"
        for _ in range(8):
            hour = chance.choice((9, 11, 13))
            try:
                got = await bookings.for_case(case_id, hour)
                held[case_id] = got.reservation_id
                if chance.random() < 0.3:
                    await bookings.confirm(got.reservation_id)
                if chance.random() < 0.5:
                    await bookings.call("ReleaseSlot", reservation_id=got.reservation_id)
                    del held[case_id]
            except FailedPrecondition as refusal:
                refused[refusal.reason] += 1
            for taken, live in bookings.counted():
                assert live == taken <= 4

    await asyncio.gather(*(somebody(number) for number in range(AT_ONCE)))
    assert refused.keys() <= {"APPOINTMENT_SLOT_FULL", "APPOINTMENT_CONFIRMED_ALREADY"}
    live = bookings.desk.rows(
        "SELECT case_id, reservation_id FROM slot_reservation"
        " WHERE territory_code = %s AND state IN ('held', 'confirmed')",
        bookings.zone,
    )
    assert dict(live) == {bookings.case(name): each for name, each in held.items()}
    assert sum(taken for taken, _ in bookings.counted()) == len(held)


async def test_two_who_change_places_do_not_wait_for_each_other(bookings: Bookings) -> None:
    await bookings.calendar(40, 40)
    for number in range(20):
        await bookings.for_case(f"ca_{number}", 9 if number % 2 else 11)
    ended = await all_of(
        [
            bookings.call(
                "ReserveSlot", **bookings.of_case(f"ca_{number}", 11 if number % 2 else 9)
            )
            for number in range(20)
        ]
    )
    assert ended == {"done": 20}
    assert bookings.counted() == [(10, 10), (10, 10)]


async def test_of_those_who_want_what_just_expired_as_many_get_it_as_there_was(
    bookings: Bookings,
) -> None:
    await bookings.calendar(5)
    for number in range(5):
        await bookings.for_case(f"ca_old_{number}")
    bookings.desk.clock.advance(timedelta(minutes=30))
    ended = await all_of(
        [bookings.call("ReserveSlot", **bookings.of_case(f"ca_{number}")) for number in range(60)]
        + [bookings.call("ExpireSlots") for _ in range(5)]
    )
    assert ended == {"done": 5 + 5, "APPOINTMENT_SLOT_FULL": 55}
    assert bookings.counted() == [(5, 5)]


async def test_one_case_that_asks_ten_times_at_once_has_one_slot(bookings: Bookings) -> None:
    await bookings.calendar(5, 5)
    ended = await all_of(
        [
            bookings.call("ReserveSlot", **bookings.of_case("ca_1", 9 + 2 * (n % 2)))
            for n in range(10)
        ]
    )
    assert ended == {"done": 10}
    assert sum(taken for taken, _ in bookings.counted()) == 1


async def test_a_capacity_that_is_lowered_under_way_throws_nobody_out_and_lets_nobody_in(
    bookings: Bookings,
) -> None:
    await bookings.calendar(30)
    reserving = [
        bookings.call("ReserveSlot", **bookings.of_case(f"ca_{number}")) for number in range(60)
    ]
    lowering = bookings.calendar(10)
    ended = await all_of([*reserving[:30], lowering, *reserving[30:]])
    done = ended["done"] - 1  # one of them lowered it
    assert 10 <= done <= 30
    assert bookings.counted() == [(done, done)]
    (slot,) = await bookings.slots()
    assert (slot.capacity, slot.taken, slot.remaining) == (10, done, 0)
    assert slot.overbooked == done - 10
