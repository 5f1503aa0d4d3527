"""Many callers at once: each earning moves exactly once, and the books balance."""

import asyncio
from collections.abc import Awaitable

from kit.errors import ServiceError
from protos.settlement.v1 import settlement_pb2 as pb
from tests.rpc.settlement.conftest import Desk, unique
from tests.rpc.settlement.words import line


async def outcomes(*calls: Awaitable[pb.Earning]) -> list[str]:
    """What became of calls made all at once: done, or the reason of the refusal."""

    async def outcome(call: Awaitable[pb.Earning]) -> str:
        try:
            await call
        except ServiceError as refusal:
            return refusal.reason
        return "done"

    return list(await asyncio.gather(*map(outcome, calls)))


async def test_one_earning_is_locked_and_posted_exactly_once_by_many(settlement: Desk) -> None:
    earning = await settlement.promise()
    for step in (settlement.lock, settlement.post):
        found = await outcomes(*(step(earning.earning_id) for _ in range(12)))
        assert sorted(found) == ["SETTLEMENT_EARNING_STATE"] * 11 + ["done"]
    assert len(await settlement.transfers(earning.earning_id)) == 4
    assert (await settlement.verify()).sound


async def test_many_earnings_on_the_same_accounts_all_arrive(settlement: Desk) -> None:
    technician = unique("pe")

    async def earn(amount: int) -> None:
        earning = await settlement.promise(line("base", amount), technician_id=technician)
        await settlement.lock(earning.earning_id)
        await settlement.post(earning.earning_id)

    amounts = [100_01 + i for i in range(24)]
    await asyncio.gather(*(earn(amount) for amount in amounts))

    own = f"technician:{technician}:earning"
    posted, pending = (await settlement.balances(own))[own]
    assert pending == 0
    assert abs(posted - sum(amounts) * 0.7) < 1  # in whatever order they came, within a fen
    assert (await settlement.verify()).sound


async def test_cancelling_and_posting_at_once_end_in_one_of_two_ways(settlement: Desk) -> None:
    for _ in range(6):
        earning = await settlement.promise()
        await settlement.lock(earning.earning_id)
        await outcomes(settlement.cancel(earning.earning_id), settlement.post(earning.earning_id))
        final = (await settlement.get(earning.earning_id)).state
        assert final in (pb.EARNING_STATE_CANCELLED, pb.EARNING_STATE_REVERSED)
    assert (await settlement.verify()).sound


async def test_the_same_call_made_many_times_at_once_has_one_effect(settlement: Desk) -> None:
    key = unique("key")
    work_order = unique("wo")
    found = await outcomes(
        *(settlement.promise(key=key, work_order_id=work_order) for _ in range(8))
    )
    assert set(found) <= {"done", "IDEMPOTENCY_KEY_IN_USE"}
    assert "done" in found
    again = await settlement.promise(key=key, work_order_id=work_order)
    listed = await settlement.stub.ListEarnings(pb.ListEarningsRequest(case_id="ca_1"))
    mine = [earning for earning in listed.earnings if earning.work_order_id == work_order]
    assert mine == [again]


async def test_a_work_order_promised_twice_at_once_pays_the_technician_once(
    settlement: Desk,
) -> None:
    work_order = unique("wo")
    found = await outcomes(*(settlement.promise(work_order_id=work_order) for _ in range(6)))
    assert sorted(found) == ["SETTLEMENT_EARNING_EXISTS"] * 5 + ["done"]
